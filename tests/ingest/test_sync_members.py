"""Files inside of archives and mails are documents of their own, and follow their container."""

import io
import zipfile

import pytest
from samples import BigramEmbedder, story

from ingest.errors import Reason
from ingest.library import documents, report
from ingest.library.store import Library
from ingest.limits import Limits
from ingest.sync import Sync
from ingest.types import Added, Failed, Moved, Progress, Removed, Summary, Unchanged


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


@pytest.fixture
def library(tmp_path):
    with_library = Library(tmp_path / "library")
    yield with_library
    with_library.close()


def zipped(**members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return data.getvalue()


def sync(library, folder, **options):
    events = Sync(library, embedder=BigramEmbedder(), **options).run([folder])
    return [event for event in events if not isinstance(event, Progress)]


def told(events, kind):
    return sorted(event.source for event in events if isinstance(event, kind))


def state(library):
    return {status.source: status.status for status in report.documents_status(library.catalog)}


def test_files_of_an_archive_are_documents_below_its_name(library, folder):
    (folder / "归档.zip").write_bytes(
        zipped(合同__采购_dot_txt="采购合同：付款期限三十日。", 说明_dot_md="# 说明\n\n归档于五月。")
    )
    events = sync(library, folder)
    assert told(events, Added) == ["归档.zip", "归档.zip/合同/采购.txt", "归档.zip/说明.md"]
    assert report.stored_text(library.catalog, "归档.zip/合同/采购.txt").text == "采购合同：付款期限三十日。"
    assert told(sync(library, folder), Unchanged) == ["归档.zip", "归档.zip/合同/采购.txt", "归档.zip/说明.md"]


def test_a_changed_archive_embeds_only_what_changed_inside(library, folder):
    long = story(60)
    (folder / "a.zip").write_bytes(zipped(长_dot_txt=long, 短_dot_txt="旧的说明。", 多_dot_txt="多余的。"))
    sync(library, folder)
    (folder / "a.zip").write_bytes(zipped(长_dot_txt=long, 短_dot_txt="新的说明。"))
    events = sync(library, folder)
    assert events[-1].embedded == 1
    assert told(events, Removed) == ["a.zip/多.txt"]
    assert report.stored_text(library.catalog, "a.zip/短.txt").text == "新的说明。"
    assert state(library) == {"a.zip": "indexed", "a.zip/长.txt": "indexed", "a.zip/短.txt": "indexed"}


def test_a_renamed_archive_takes_its_files_along(library, folder):
    (folder / "旧.zip").write_bytes(zipped(甲_dot_txt="甲方为成都砚溪。", 内_dot_zip=zipped(乙_dot_txt="乙方为重庆。")))
    sync(library, folder)
    (folder / "旧.zip").rename(folder / "新.zip")
    events = sync(library, folder)
    assert [event for event in events if isinstance(event, Moved)] == [Moved("新.zip", "旧.zip")]
    assert events[-1].embedded == 0
    assert sorted(state(library)) == ["新.zip", "新.zip/内.zip", "新.zip/内.zip/乙.txt", "新.zip/甲.txt"]
    assert told(sync(library, folder), Removed) == []


def test_a_deleted_archive_takes_its_files_with_it(library, folder):
    (folder / "a.zip").write_bytes(zipped(甲_dot_txt="甲方为成都砚溪。"))
    sync(library, folder)
    (folder / "a.zip").unlink()
    assert told(sync(library, folder), Removed) == ["a.zip", "a.zip/甲.txt"]
    assert state(library) == {}


def test_two_copies_of_an_archive_are_read_once_and_have_their_own_files(library, folder):
    data = zipped(甲_dot_txt=story(30))
    (folder / "a.zip").write_bytes(data)
    sync(library, folder)
    (folder / "b.zip").write_bytes(data)
    events = sync(library, folder)
    assert events[-1].embedded == 0
    assert sorted(state(library)) == ["a.zip", "a.zip/甲.txt", "b.zip", "b.zip/甲.txt"]
    (folder / "a.zip").unlink()
    sync(library, folder)
    assert state(library) == {"b.zip": "indexed", "b.zip/甲.txt": "indexed"}


def test_a_file_inside_that_cannot_be_read_is_listed_and_the_others_are_there(library, folder):
    (folder / "a.zip").write_bytes(zipped(坏_dot_docx=b"PK\x03\x04 cut", 好_dot_txt="还在。"))
    events = sync(library, folder)
    assert [(event.source, event.reason) for event in events if isinstance(event, Failed)] == [
        ("a.zip/坏.docx", Reason.DAMAGED)
    ]
    assert state(library)["a.zip/好.txt"] == "indexed"
    assert told(sync(library, folder), Failed) == ["a.zip/坏.docx"]


def test_archives_in_archives_are_opened_as_deep_as_the_limit_says(library, folder):
    inner = zipped(底_dot_txt="最里面。")
    (folder / "a.zip").write_bytes(zipped(b_dot_zip=zipped(c_dot_zip=inner)))
    events = sync(library, folder, limits=Limits(depth=2))
    [failure] = [event for event in events if isinstance(event, Failed)]
    assert (failure.source, failure.reason) == ("a.zip/b.zip/c.zip", Reason.NESTED_TOO_DEEPLY)
    assert "a.zip/b.zip/c.zip/底.txt" not in state(library)
    other = Library(folder.parent / "other")
    sync(other, folder)
    assert "a.zip/b.zip/c.zip/底.txt" in state(other)
    other.close()


def test_an_archive_that_is_forgotten_forgets_what_is_inside(library, folder):
    (folder / "a.zip").write_bytes(zipped(甲_dot_txt="甲方为成都砚溪。"))
    sync(library, folder)
    with library.catalog.transaction():
        documents.forget(library.catalog, "a.zip")
    assert state(library) == {}
    sync(library, folder)
    assert state(library) == {}


def test_nothing_of_what_was_unpacked_is_left_behind(library, folder):
    (folder / "a.zip").write_bytes(zipped(甲_dot_txt="甲方为成都砚溪。"))
    sync(library, folder)
    assert list((library.folder / "scratch").iterdir()) == []


def test_when_most_files_are_gone_at_once_they_stay_until_that_is_confirmed(library, folder):
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"第{number}份文件", encoding="utf-8")
    sync(library, folder)
    for number in range(6):
        (folder / f"{number}.txt").unlink()
    events = sync(library, folder)
    assert told(events, Removed) == []
    assert isinstance(events[-1], Summary)
    assert events[-1].held == 6
    assert len(state(library)) == 8
    assert len(told(sync(library, folder, remove_many=True), Removed)) == 6
    assert len(state(library)) == 2


def test_files_that_turn_up_elsewhere_are_no_loss_to_be_confirmed(library, folder):
    (folder / "旧").mkdir()
    for number in range(8):
        (folder / "旧" / f"{number}.txt").write_text(f"第{number}份文件", encoding="utf-8")
    sync(library, folder)
    (folder / "旧").rename(folder / "新")
    events = sync(library, folder)
    assert len([event for event in events if isinstance(event, Moved)]) == 8
    assert (events[-1].held, events[-1].embedded) == (0, 0)
