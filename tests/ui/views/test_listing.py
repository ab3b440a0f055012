from ingest.library.report import DocumentStatus
from ui.views.listing import Folder, Wanted, chosen, placed, tree


def document(source, *, folder="/家/docs", status="indexed", read=10, modified=None):
    return DocumentStatus(source, status, "text", None, 1, read, read, 1, folder=folder, modified=modified)


def sources(found):
    return [one.document.source for one in found]


LISTED = placed(
    [
        document("合同/2024/租赁.docx", read=30, modified=300.0),
        document("合同/2025/采購.PDF", status="failed", read=0, modified=100.0),
        document("说明.txt", status="partial", read=20, modified=200.0),
    ]
)


def test_the_tree_shows_the_top_and_what_is_beside_and_below_the_open_folder():
    assert tree(LISTED, opened="") == [Folder("合同", 2)]
    assert tree(LISTED, opened="合同") == [Folder("合同", 2), Folder("合同/2024", 1), Folder("合同/2025", 1)]
    assert tree(LISTED, opened="合同/2024") == tree(LISTED, opened="合同")


def test_several_synced_folders_are_the_top_of_the_tree_and_are_told_apart():
    listed = placed([document("a.txt", folder="/一/资料"), document("a.txt", folder="/二/资料")])
    assert [folder.path for folder in tree(listed, opened="")] == ["资料 (1)", "资料 (2)"]


def test_a_folder_wants_what_lies_in_it_and_below_it_and_not_beside_it():
    listed = placed([document("合同/a.txt"), document("合同旧/b.txt"), document("合同/x/c.txt")])
    assert sources(chosen(listed, Wanted(folder="合同"))) == ["合同/a.txt", "合同/x/c.txt"]


def test_names_are_found_in_any_script_and_width():
    assert sources(chosen(LISTED, Wanted(words="采购"))) == ["合同/2025/采購.PDF"]
    assert sources(chosen(LISTED, Wanted(words="２０２４ 租赁"))) == ["合同/2024/租赁.docx"]


def test_states_kinds_and_times_restrict_the_list_together():
    assert sources(chosen(LISTED, Wanted(statuses=("failed", "partial")))) == ["合同/2025/采購.PDF", "说明.txt"]
    assert sources(chosen(LISTED, Wanted(kinds=("pdf",)))) == ["合同/2025/采購.PDF"]
    assert sources(chosen(LISTED, Wanted(since=200.0, statuses=("indexed",)))) == ["合同/2024/租赁.docx"]


def test_what_needs_attention_comes_first_when_sorted_by_state():
    assert sources(chosen(LISTED, Wanted(order="status")))[0] == "合同/2025/采購.PDF"
    assert sources(chosen(LISTED, Wanted(order="characters", descending=True)))[0] == "合同/2024/租赁.docx"
    assert sources(chosen(LISTED, Wanted(order="modified")))[0] == "合同/2025/采購.PDF"
