import os
from pathlib import Path

import pytest
from samples import story, sync_all

from ingest.errors import Reason
from ingest.library import documents, report
from ingest.types import Added, Failed, Moved, Removed, Summary, Unchanged, Updated


def kinds(events):
    return [(type(event).__name__, getattr(event, "source", None)) for event in events[:-1]]


def visible_sources(library):
    return [document.source for document in report.documents_status(library.catalog)]


def test_a_folder_of_files_becomes_documents_in_their_subfolders(library, folder, embedder):
    (folder / "合同").mkdir()
    (folder / "合同" / "采购.txt").write_text(story(20), "utf-8")
    (folder / "通知.md").write_text("# 放假通知\n\n国庆节放假七天。", "utf-8")
    *_, summary = events = sync_all(library, folder, embedder)
    assert kinds(events) == [("Added", "通知.md"), ("Added", "合同/采购.txt")]
    assert summary.added == 2 and summary.embedded == len(embedder.embedded) > 2


def test_an_unchanged_folder_embeds_nothing(library, folder, embedder):
    (folder / "甲.txt").write_text(story(30), "utf-8")
    sync_all(library, folder, embedder)
    embedder.embedded.clear()
    *events, summary = sync_all(library, folder, embedder)
    assert events == [Unchanged("甲.txt")] and summary.unchanged == 1
    assert embedder.embedded == []


def test_a_touched_file_is_not_read_again(library, folder, embedder):
    path = folder / "甲.txt"
    path.write_text(story(30), "utf-8")
    sync_all(library, folder, embedder)
    os.utime(path, (1, 1))
    assert isinstance(sync_all(library, folder, embedder)[0], Unchanged)


def test_a_changed_sentence_embeds_only_what_changed(library, folder, embedder):
    text = story(3000)
    (folder / "甲.txt").write_text(text, "utf-8")
    sync_all(library, folder, embedder)
    (folder / "甲.txt").write_text(text.replace("第1500次巡检时", "第一千五百次夜间巡检的时候", 1), "utf-8")
    event, summary = sync_all(library, folder, embedder)
    assert isinstance(event, Updated) and summary.embedded <= 6 and summary.reused > 400


def test_a_rename_and_a_moved_folder_embed_nothing(library, folder, embedder):
    (folder / "旧").mkdir()
    for name in "甲乙":
        (folder / "旧" / f"{name}.txt").write_text(story(10, seed=ord(name)), "utf-8")
    sync_all(library, folder, embedder)
    embedder.embedded.clear()
    (folder / "旧").rename(folder / "新")
    *events, summary = sync_all(library, folder, embedder)
    assert {(e.moved_from, e.source) for e in events} == {("旧/甲.txt", "新/甲.txt"), ("旧/乙.txt", "新/乙.txt")}
    assert all(isinstance(event, Moved) for event in events)
    assert summary.moved == 2 and embedder.embedded == [] and visible_sources(library) == ["新/乙.txt", "新/甲.txt"]


def test_a_copy_shares_its_content_and_outlives_the_first(library, folder, embedder):
    (folder / "甲.txt").write_text("备用电源每季度检查一次。", "utf-8")
    sync_all(library, folder, embedder)
    (folder / "乙.txt").write_bytes((folder / "甲.txt").read_bytes())
    event, summary = sync_all(library, folder, embedder)[-2:]
    assert event == Added("乙.txt", 1, 1, 12, 0.0) and summary.embedded == 0
    (folder / "甲.txt").unlink()
    sync_all(library, folder, embedder)
    assert visible_sources(library) == ["乙.txt"]
    assert library.keywords.search("备用电源", limit=3)


def test_equal_new_files_are_embedded_once(library, folder, embedder):
    for name in ("甲", "乙", "丙"):
        (folder / f"{name}.txt").write_text("同样的内容写在三个文件里。", "utf-8")
    summary = sync_all(library, folder, embedder)[-1]
    assert summary.added == 3 and summary.embedded == 1
    assert library.catalog.number("SELECT count(*) FROM contents") == 1


def test_a_deleted_file_is_gone_from_both_indexes(library, folder, embedder):
    (folder / "甲.txt").write_text("钥匙放在前台的抽屉里。", "utf-8")
    (folder / "乙.txt").write_text("会议室需要提前一天预订。", "utf-8")
    sync_all(library, folder, embedder)
    (folder / "甲.txt").unlink()
    events = sync_all(library, folder, embedder)
    assert Removed("甲.txt") in events
    assert library.keywords.search("钥匙", limit=5) == []
    remaining = library.nearest(embedder.embed_question("钥匙放在前台"), limit=10)
    assert len(remaining) == library.catalog.number("SELECT count(*) FROM children") == 1
    assert library.catalog.number("SELECT count(*) FROM vectors") == 1


def test_a_bad_file_is_listed_and_the_others_are_unaffected(library, folder, embedder):
    (folder / "空.txt").touch()
    (folder / "噪声.txt").write_bytes(os.urandom(4000))
    (folder / "断.docx").write_bytes(b"PK\x03\x04" + bytes(100))
    (folder / "好.txt").write_text("这一份是好的。", "utf-8")
    events = sync_all(library, folder, embedder)
    reasons = {event.source: event.reason for event in events if isinstance(event, Failed)}
    assert reasons == {"空.txt": Reason.EMPTY, "噪声.txt": Reason.NOT_TEXT, "断.docx": Reason.DAMAGED}
    assert events[-1].added == 1 and events[-1].failed == 3
    again = sync_all(library, folder, embedder)
    assert {e.source for e in again if isinstance(e, Failed)} == set(reasons), "listed again, though not read again"


def test_a_new_version_that_fails_leaves_the_old_one_searchable(library, folder, embedder):
    (folder / "甲.txt").write_text("保修期为三年。", "utf-8")
    sync_all(library, folder, embedder)
    (folder / "甲.txt").write_bytes(b"")
    assert isinstance(sync_all(library, folder, embedder)[0], Failed)
    assert library.keywords.search("保修期", limit=3)
    (folder / "甲.txt").write_text("保修期为五年。", "utf-8")
    assert isinstance(sync_all(library, folder, embedder)[0], Updated)
    assert [document.status for document in report.documents_status(library.catalog)] == ["indexed"]


def test_a_forgotten_document_stays_away_until_its_file_changes(library, folder, embedder):
    (folder / "甲.txt").write_text("临时通行证当天有效。", "utf-8")
    sync_all(library, folder, embedder)
    documents.forget(library.catalog, "甲.txt")
    library.collect()
    assert sync_all(library, folder, embedder) == [Summary(seconds=pytest.approx(0, abs=60))]
    assert library.keywords.search("通行证", limit=3) == [] and visible_sources(library) == []
    assert library.catalog.number("SELECT count(*) FROM vectors") == 0, "its text is gone, not only hidden"
    (folder / "甲.txt").write_text("临时通行证两天有效。", "utf-8")
    assert isinstance(sync_all(library, folder, embedder)[0], Added)


def test_force_reads_again_and_embeds_nothing_new(library, folder, embedder):
    (folder / "甲.txt").write_text(story(20), "utf-8")
    sync_all(library, folder, embedder)
    embedder.embedded.clear()
    event, summary = sync_all(library, folder, embedder, force=True)
    assert isinstance(event, Updated) and summary.embedded == 0 and summary.reused > 0
    assert library.catalog.number("SELECT count(*) FROM contents") == 1


def test_another_embedder_embeds_everything_again(library, folder, embedder):
    (folder / "甲.txt").write_text(story(20), "utf-8")
    sync_all(library, folder, embedder)
    other = type(embedder)()
    other.name = "another-256"
    assert sync_all(library, folder, other)[-1].embedded == len(other.embedded) > 0
    assert library.nearest(other.embed_question("巡检"), limit=3)


def test_two_folders_with_the_same_path_have_two_names(library, folder, embedder, tmp_path):
    second = tmp_path / "归档"
    second.mkdir()
    (folder / "说明.txt").write_text("第一份说明。", "utf-8")
    (second / "说明.txt").write_text("第二份说明。", "utf-8")
    sync_all(library, folder, embedder)
    sync_all(library, second, embedder)
    assert visible_sources(library) == ["归档/说明.txt", "说明.txt"]


def test_a_missing_folder_removes_nothing(library, folder, embedder):
    (folder / "甲.txt").write_text("这些资料在移动硬盘上。", "utf-8")
    sync_all(library, folder, embedder)
    folder.rename(folder.with_name("拔掉了"))
    event, _ = sync_all(library, folder, embedder)
    assert (event.source, event.reason) == (str(folder), Reason.VANISHED)
    assert visible_sources(library) == ["甲.txt"]


def test_hidden_and_temporary_files_and_links_are_passed_over(library, folder, embedder, tmp_path):
    (tmp_path / "外面.txt").write_text("不该被读到。", "utf-8")
    (folder / "链接.txt").symlink_to(tmp_path / "外面.txt")
    (folder / "环").symlink_to(folder)
    for name in (".隐藏.txt", "~$草稿.docx", "下载.pdf.crdownload"):
        (folder / name).write_text("不该被读到。", "utf-8")
    os.mkfifo(folder / "管道.txt")
    assert sync_all(library, folder, embedder)[-1].added == 0


@pytest.mark.parametrize(
    "name", ["带\n换行.txt", "引'号\".txt", "--help.txt", "长" * 80 + ".txt", "é.txt", "e\u0301.txt"]
)
def test_odd_names_are_kept(library, folder, embedder, name):
    (folder / name).write_text("名字不寻常的文件。", "utf-8")
    assert kinds(sync_all(library, folder, embedder)) == [("Added", name)]


def test_a_name_that_is_not_utf8_is_shown_escaped(library, folder, embedder):
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("文件名不是 UTF-8。", "utf-8")
    assert kinds(sync_all(library, folder, embedder)) == [("Added", "\\xff.txt")]
    assert isinstance(sync_all(library, folder, embedder)[0], Unchanged)
