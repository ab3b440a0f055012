"""Faults of the file system, F1 to F24: whatever a folder is like, a sync ends, tells the truth, and loses nothing."""

import ctypes
import io
import json
import os
import socket
import subprocess
import threading
import unicodedata
from contextlib import contextmanager
from pathlib import Path

import pytest
from docx import Document
from samples import BigramEmbedder, story, sync_all

from ingest.errors import Reason
from ingest.library.report import documents_status
from ingest.library.store import Library
from ingest.sync import Sync
from ingest.types import Added, Failed, Moved, Progress, Removed, Summary, Unchanged, Updated
from ingest.watch import Why, watch

READABLE = {
    "F1-newline": b"a\nb.txt",
    "F1-tab-and-controls": b"a\tb\x01\x7fc.txt",
    "F1-quotes": "引'号\"`.txt".encode(),
    "F1-shell": b"; rm -rf $(HOME) & | > x.txt",
    "F1-backslash": b"a\\b\\n.txt",
    "F1-ansi": b"\x1b[31mred\x1b[0m.txt",
    "F2-255-bytes": ("长" * 83 + "ab.txt").encode(),
    "F3-not-utf8": b"\xff.txt",
    "F3-gbk": "合同.txt".encode("gbk"),
    "F4-nfc": unicodedata.normalize("NFC", "é文.txt").encode(),
    "F4-nfd": unicodedata.normalize("NFD", "é文.txt").encode(),
    "F4-lower-case": b"case.txt",
    "F4-upper-case": b"CASE.txt",
    "F4-trailing-dot": "末尾.txt.".encode(),
    "F4-trailing-space": "末尾.txt ".encode(),
    "F4-device-name": b"CON.txt",
    "F5-emoji": "😀👨‍👩‍👧.txt".encode(),
    "F5-right-to-left": "\u202eمرحبا\u202c.txt".encode(),
    "F5-option": b"--help.txt",
    "F5-options": b"-rf",
    "F6-dots": b"a..b.txt",
    "F6-encoded-dots": b"%2e%2e%2fetc%2fpasswd.txt",
    "F6-windows-dots": b"a\\..\\..\\b.txt",
    "F6-fullwidth-dots": "．．／外.txt".encode(),
}
LINKS = {
    "F8-file": "/etc/passwd",
    "F8-home": str(Path.home()),
    "F8-above": "..",
    "F9-dangling": "没有.txt",
    "F9-itself": "F9-itself",
    "F10-zero": "/dev/zero",
}
SILENT = {"F7-inside": "子/里面.txt", "F7-folder": "子", "F9-parent": ".."}
TEMPORARY = ["~$a.docx", ".a.txt.swp", "a.pdf.crdownload", ".DS_Store", "Thumbs.db", "a.pdf.xltd", ".~lock.a.odt#"]


@contextmanager
def as_an_ordinary_user():
    """Let go, in this thread, of what lets root read everything."""
    if os.geteuid():
        yield
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # capset(2), version 3, this thread
    held = (ctypes.c_uint32 * 6)()
    if not hasattr(libc, "capset") or libc.capget(header, held):
        pytest.skip("root reads everything here")
    less = (ctypes.c_uint32 * 6)(*held)
    less[0] &= ~0b110  # effective, without CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH
    assert libc.capset(header, less) == 0
    try:
        yield
    finally:
        assert libc.capset(header, held) == 0


def write(path, text="仓库钥匙放在前台。"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def failures(events):
    return {event.source: event.reason for event in events if isinstance(event, Failed)}


def shown(library):
    """Return what each document shows, by its source."""
    rows = library.catalog.rows(
        "SELECT source, group_concat(text, '') AS text FROM documents JOIN passages USING (content_id) GROUP BY source"
    )
    return {row["source"]: row["text"] for row in rows}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Two passes over a folder of odd names, links and what is no file: the events, and the documents by path."""
    base = tmp_path_factory.mktemp("园")
    folder = base / "资料"
    write(folder / "子" / "里面.txt", "只出现一次的内容。")
    write(base / "外面.txt", "外面的内容。")
    for number, name in enumerate(READABLE.values()):
        write(Path(os.fsdecode(os.fsencode(folder) + b"/" + name)), f"第{number}份名字不寻常的文件。")
    for name, target in LINKS.items():
        (folder / name).symlink_to(target)
    for name, target in SILENT.items():
        (folder / "子" / name if name == "F9-parent" else folder / name).symlink_to(target)
    for name in TEMPORARY:
        write(folder / name)
    os.mkfifo(folder / "F10-fifo.txt")
    before = Path.cwd()
    os.chdir(folder)  # a socket's whole path may have about 100 bytes only
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("F10-socket.txt")
        os.chdir(before)
        library = Library(base / "library")
        events = sync_all(library, folder, BigramEmbedder())
    documents = {
        row["path"]: row
        for row in library.catalog.rows(
            "SELECT path, source, text FROM documents LEFT JOIN passages USING (content_id)"
        )
    }
    again = sync_all(library, folder, BigramEmbedder())
    library.close()
    return events, documents, again


@pytest.mark.parametrize("row", READABLE)
def test_an_odd_name_is_kept_and_its_file_is_read(zoo, row):
    events, documents, _ = zoo
    document = documents[READABLE[row]]
    number = list(READABLE).index(row)
    assert document["text"] == f"第{number}份名字不寻常的文件。"
    assert document["source"] in {event.source for event in events if isinstance(event, Added)}
    json.dumps(document["source"]).encode("utf-8")
    document["source"].encode("utf-8")


def test_f4_names_that_look_alike_are_documents_of_their_own(zoo):
    _, documents, _ = zoo
    assert len({row["source"] for row in documents.values()}) == len(documents) >= len(READABLE)


@pytest.mark.parametrize("row", LINKS)
def test_a_link_that_leads_out_is_listed_and_not_followed(zoo, row):
    events, documents, _ = zoo
    assert failures(events)[row] is Reason.LINK_OUTSIDE
    assert os.fsencode(row) not in documents


@pytest.mark.parametrize("row", ["F7-inside", "F7-folder", "子/F9-parent", "F10-fifo.txt", "F10-socket.txt"])
def test_a_link_inside_and_what_is_no_file_are_passed_over(zoo, row):
    events, documents, _ = zoo
    assert row not in {getattr(event, "source", None) for event in events} | {
        document["source"] for document in documents.values()
    }


def test_f7_a_file_with_links_to_it_is_one_document(zoo):
    _, documents, _ = zoo
    assert [path for path, row in documents.items() if row["text"] == "只出现一次的内容。"] == ["子/里面.txt".encode()]


@pytest.mark.parametrize("name", TEMPORARY, ids=lambda name: f"F17-{name}")
def test_a_temporary_file_is_ignored(zoo, name):
    events, documents, _ = zoo
    assert name not in failures(events) and os.fsencode(name) not in documents


def test_a_second_pass_over_all_of_this_changes_nothing(zoo):
    events, _, again = zoo
    *rest, summary = again
    assert summary.unchanged == len(READABLE) + 1 and summary.failed == len(LINKS)
    assert {type(event) for event in rest} == {Unchanged, Failed}
    assert failures(again) == failures(events)


def test_f2_a_path_that_is_too_long_is_named_and_the_others_are_read(library, folder, embedder):
    write(folder / "甲.txt")
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(18):
        os.mkdir("长" * 80)
        os.chdir("长" * 80)
    write(Path("够不着.txt"))
    os.fchdir(before)
    os.close(before)
    events = sync_all(library, folder, embedder)
    assert list(failures(events).values()) == [Reason.DAMAGED] and events[-1].added == 1
    subprocess.run(["rm", "-rf", str(folder)], check=True)  # rmtree cannot reach it either


def test_f11_what_may_not_be_read_is_named_and_the_others_go_on(library, folder, embedder):
    modes = {"文件/甲.txt": 0, "夹": 0, "只能列出": 0o444}
    for number, name in enumerate(["文件/甲.txt", "夹/甲.txt", "只能列出/甲.txt", "乙.txt"]):
        write(folder / name, f"第{number}份内容。")
    for name, mode in modes.items():
        (folder / name).chmod(mode)
    with as_an_ordinary_user():
        events = sync_all(library, folder, embedder)
    for name in modes:
        (folder / name).chmod(0o755)
    assert failures(events) == dict.fromkeys(["文件/甲.txt", "夹", "只能列出/甲.txt"], Reason.NOT_PERMITTED)
    assert shown(library) == {"乙.txt": "第3份内容。"}
    *_, summary = sync_all(library, folder, embedder)
    assert (summary.added, summary.failed) == (3, 0), "read as soon as they may be"


def test_f24_when_the_permission_is_lost_the_old_version_stays_and_is_marked(library, folder, embedder):
    path = write(folder / "内部" / "甲.txt")
    sync_all(library, folder, embedder)
    embedder.embedded.clear()
    for locked in (path, path.parent, folder):
        locked.chmod(0)
        with as_an_ordinary_user():
            *_, summary = events = sync_all(library, folder, embedder)
        locked.chmod(0o755)
        assert list(failures(events).values()) == [Reason.NOT_PERMITTED] and summary.removed == summary.held == 0
        assert library.keywords.search("仓库钥匙", limit=3)
        if locked == path:
            assert [document.status for document in documents_status(library.catalog)] == ["failed"]
        assert sync_all(library, folder, embedder)[0] == Unchanged("内部/甲.txt")
        assert [document.status for document in documents_status(library.catalog)] == ["indexed"]
    assert embedder.embedded == []


def test_f12_a_folder_that_is_none_is_told_and_removes_nothing(library, folder, embedder):
    write(folder / "甲.txt")
    sync_all(library, folder, embedder)
    folder.rename(folder.with_name("拔掉了"))
    for put_there in (
        lambda: None,
        lambda: write(folder, "这里现在是一个文件。"),
        lambda: (folder.unlink(), folder.symlink_to("没有")),
    ):
        put_there()
        *events, summary = sync_all(library, folder, embedder)
        assert failures(events) == {str(folder): Reason.VANISHED} and summary.removed == 0
        assert library.keywords.search("仓库钥匙", limit=3)


def test_f12_an_empty_folder_is_a_library_without_documents(library, folder, embedder):
    assert sync_all(library, folder, embedder) == [Summary(seconds=pytest.approx(0, abs=60))]


def test_f12_a_folder_that_cannot_be_written_to_is_read_and_left_as_it_is(library, folder, embedder):
    write(folder / "甲.txt")
    folder.chmod(0o555)
    before = [(entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(folder)]
    with as_an_ordinary_user():
        assert sync_all(library, folder, embedder)[-1].added == 1
    assert [(entry.name, entry.stat().st_mtime_ns) for entry in os.scandir(folder)] == before
    folder.chmod(0o755)


def test_f12_the_library_inside_the_folder_is_never_read(folder, embedder):
    write(folder / "甲.txt")
    library = Library(folder / "库")
    for expected in ("added", "unchanged"):
        *_, summary = Sync(library, embedder=embedder, exclude=[folder / "库"]).run([folder])
        assert getattr(summary, expected) == 1 and summary.failed == 0
    library.close()


def test_f13_a_file_that_changes_while_it_is_read_is_not_indexed_half_but_by_the_next_pass(library, folder, embedder):
    path = write(folder / "甲.txt", "旧的内容。")
    events = []
    for event in Sync(library, embedder=embedder).run([folder]):
        if isinstance(event, Progress) and event.stage == "read" and not events:
            path.write_text("新的内容，比旧的长。", "utf-8")
        events.append(event)
    assert failures(events) == {"甲.txt": Reason.CHANGED_WHILE_READING} and shown(library) == {}
    assert isinstance(sync_all(library, folder, embedder)[0], Added)
    assert shown(library) == {"甲.txt": "新的内容，比旧的长。"}


@pytest.mark.parametrize("became", ["F14-nothing", "F14-folder", "F14-pipe", "F14-link-outside", "F14-no-parent"])
def test_a_file_that_goes_away_between_the_walk_and_the_reading_counts_as_removed(library, folder, embedder, became):
    path = write(folder / "子" / "甲.txt")
    (folder / "子" / "链接").symlink_to("/etc/passwd")
    events = []
    for event in Sync(library, embedder=embedder).run([folder]):
        if event == Failed("子/链接", Reason.LINK_OUTSIDE, {"target": "/etc/passwd"}):  # comes right after the file
            path.unlink()
            if became == "F14-folder":
                path.mkdir()
            elif became == "F14-pipe":
                os.mkfifo(path)
            elif became == "F14-link-outside":
                path.symlink_to("/etc/passwd")
            elif became == "F14-no-parent":
                (folder / "子" / "链接").unlink()
                path.parent.rmdir()
                write(folder / "子", "子成了一个文件。")
        events.append(event)
    assert list(failures(events)) == ["子/链接"] and shown(library) == {}
    sync_all(library, folder, embedder)
    assert "子/甲.txt" not in shown(library)


def test_f15_a_log_that_is_written_to_all_the_time_holds_up_nothing(library, folder, embedder):
    path = write(folder / "日志.txt", "第一行。\n")
    write(folder / "甲.txt")
    for _ in range(2):
        for event in Sync(library, embedder=embedder).run([folder]):
            with path.open("a", encoding="utf-8") as file:
                file.write(f"又写了一行：{type(event).__name__}。\n")
    assert "甲.txt" in shown(library)
    sync_all(library, folder, embedder)
    assert shown(library)["日志.txt"].endswith("又写了一行：Summary。"), "read once it is at rest"


def test_f16_a_file_that_is_still_being_copied_is_named_and_read_when_it_is_whole(library, folder, embedder):
    document = Document()
    document.add_paragraph("合同自签字之日起生效。")
    document.save(whole := io.BytesIO())
    path = folder / "合同.docx"
    path.write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    events = sync_all(library, folder, embedder)
    assert failures(events) == {"合同.docx": Reason.DAMAGED} and events[-1].added == 0
    path.write_bytes(whole.getvalue())
    assert isinstance(sync_all(library, folder, embedder)[0], Added)
    assert shown(library) == {"合同.docx": "合同自签字之日起生效。"}


def test_f18_a_renamed_folder_is_not_embedded_again_and_stays_searchable_meanwhile(library, folder, embedder):
    for number in range(60):
        write(folder / "旧" / "深" / f"{number}.txt", story(1, seed=number))
    sync_all(library, folder, embedder)
    embedder.embedded.clear()
    (folder / "旧").rename(folder / "新")
    events = []
    for event in Sync(library, embedder=embedder).run([folder]):
        events.append(event)
        assert library.keywords.search("次巡检", limit=3)
    assert events[-1].moved == 60 and events[-1].held == 0 and embedder.embedded == []
    assert {event.moved_from for event in events if isinstance(event, Moved)} == {
        f"旧/深/{number}.txt" for number in range(60)
    }
    assert set(shown(library)) == {f"新/深/{number}.txt" for number in range(60)}


def test_f19_a_change_is_found_though_size_and_time_are_the_same(library, folder, embedder):
    replaced, written = folder / "替换.txt", folder / "重写.txt"
    for path in (replaced, written):
        write(path, "保修三年。")
        os.utime(path, ns=(10**18, 10**18))
    sync_all(library, folder, embedder)
    for path in (folder.with_name("另一份.txt"), written):
        write(path, "保修五年。")
        os.utime(path, ns=(10**18, 10**18))
    folder.with_name("另一份.txt").replace(replaced)
    assert {type(event) for event in sync_all(library, folder, embedder)[:-1]} == {Updated}
    assert shown(library) == {"替换.txt": "保修五年。", "重写.txt": "保修五年。"}


def test_f20_a_time_that_cannot_be_right_hides_no_change(library, folder, embedder):
    times = {"纪元.txt": 0, "之前.txt": -86400, "溢出.txt": 2**31 + 5, "未来.txt": 4 * 10**9}
    for name, seconds in times.items():
        os.utime(write(folder / name, f"{name}保修三年。"), (seconds, seconds))
    assert sync_all(library, folder, embedder)[-1].added == 4
    for name, seconds in times.items():
        os.utime(write(folder / name, f"{name}保修二十年。"), (seconds - 3600, seconds - 3600))
    assert sync_all(library, folder, embedder)[-1].updated == 4
    assert shown(library) == {name: f"{name}保修二十年。" for name in times}


def test_f21_a_sparse_terabyte_is_refused_by_its_size(library, folder, embedder):
    path = write(folder / "一太字节.txt")
    try:
        os.truncate(path, 1 << 40)
    except OSError:
        pytest.skip("the file system has no files of this size")
    event = sync_all(library, folder, embedder)[0]
    assert event == Failed(
        "一太字节.txt", Reason.TOO_LARGE, {"limit": "file_bytes", "value": 1 << 40, "most": 2 * 1024**3}
    )


def test_f22_a_file_below_a_thousand_folders_is_read_moved_and_removed(library, folder, embedder):
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(1000):
        os.mkdir("d")
        os.chdir("d")
    write(Path("底.txt"))
    os.fchdir(before)
    os.close(before)
    source = "d/" * 1000 + "底.txt"
    assert [event.source for event in sync_all(library, folder, embedder)[:-1]] == [source]
    (folder / "d").rename(folder / "e")
    assert sync_all(library, folder, embedder)[0] == Moved("e" + source[1:], source)
    subprocess.run(["rm", "-rf", str(folder / "e")], check=True)  # rmtree would recurse too deeply
    assert sync_all(library, folder, embedder)[0] == Removed("e" + source[1:])


def test_f22_many_equal_files_are_read_once(library, folder, embedder):
    for number in range(300):
        write(folder / f"夹{number % 7}" / f"{number}.txt")
    *_, summary = events = sync_all(library, folder, embedder)
    assert summary.added == 300 and summary.embedded == 1
    assert sync_all(library, folder, embedder)[-1].unchanged == 300
    assert sum(isinstance(event, Added) for event in events) == 300


def test_f23_what_was_never_reported_is_found_by_the_next_check(library, folder, embedder):
    stop = threading.Event()
    passes = watch([folder], stop=stop, settle_s=0.0, full_check_s=0.2, ignore=["甲.txt"])  # no report of this one
    next(passes)
    write(folder / "甲.txt")
    assert next(passes).why is Why.CHECK
    assert isinstance(sync_all(library, folder, embedder)[0], Added)
    stop.set()


def test_f23_a_watched_folder_with_the_library_in_it_comes_to_rest(folder, embedder):
    library = Library(folder / "库")
    stop = threading.Event()
    whys, added = [], 0
    for due in watch([folder], stop=stop, settle_s=0.0, full_check_s=0.5, exclude=[folder / "库"]):
        *_, summary = Sync(library, embedder=embedder, exclude=[folder / "库"]).run([folder])
        whys.append(due.why)
        added += summary.added
        if due.why is Why.START:
            write(folder / "甲.txt")
        if due.why is Why.CHECK:
            stop.set()
    assert whys[0] is Why.START and whys[-1] is Why.CHECK and added == 1
    assert whys.count(Why.CHANGED) <= 2, "its own writing is no change"
    library.close()
