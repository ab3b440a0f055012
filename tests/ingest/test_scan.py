import errno
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tracemalloc
import unicodedata
from pathlib import Path

import pytest

from ingest import scan as scan_module
from ingest.errors import Reason, UnreadableFile
from ingest.scan import FoundFile, Skipped, digest, fingerprint, is_temporary, scan, unreadable


def found(folder, **options):
    return [item.relative.decode() for item in scan(folder, **options) if isinstance(item, FoundFile)]


def skipped(folder, **options):
    items = [item for item in scan(folder, **options) if isinstance(item, Skipped)]
    return {item.relative.decode(): (item.reason, item.below) for item in items}


def write(path, text="正文"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def calls_of(function):
    count = 0

    def on_event(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(on_event)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def test_files_come_in_the_order_of_their_names_before_those_of_subfolders(folder):
    for name in ("乙.txt", "丙/一.txt", "甲.txt", "丙/丁/二.txt", "乙/三.txt"):
        write(folder / name)
    assert found(folder) == ["乙.txt", "甲.txt", "丙/一.txt", "丙/丁/二.txt", "乙/三.txt"]


def test_a_folder_that_is_a_link_is_walked(folder, tmp_path):
    write(folder / "甲.txt")
    (tmp_path / "捷径").symlink_to(folder)
    assert found(tmp_path / "捷径") == ["甲.txt"]


@pytest.mark.parametrize(
    "target", ["../外面.txt", "../外面", "..", "/etc/passwd", "/dev/zero", "没有", "自己", ".库/甲.txt", "草稿/甲.txt"]
)
def test_a_link_to_what_is_not_walked_is_named_and_not_followed(folder, tmp_path, target):
    write(tmp_path / "外面.txt")
    write(tmp_path / "外面" / "甲.txt")
    write(folder / ".库" / "甲.txt")
    write(folder / "草稿" / "甲.txt")
    (folder / "自己").symlink_to(target)
    assert found(folder, ignore=["草稿"]) == []
    assert skipped(folder, ignore=["草稿"]) == {"自己": (Reason.LINK_OUTSIDE, False)}


@pytest.mark.parametrize("target", ["甲.txt", "./子/../子/乙.txt", "子", ".", "另一个链接", "管道"])
def test_a_link_to_what_is_walked_anyway_is_passed_over(folder, target):
    write(folder / "甲.txt")
    write(folder / "子" / "乙.txt")
    os.mkfifo(folder / "管道")
    (folder / "另一个链接").symlink_to("子")
    (folder / "链接").symlink_to(target)
    assert found(folder) == ["甲.txt", "子/乙.txt"]
    assert skipped(folder) == {}


def test_a_link_names_where_it_leads_or_why_it_leads_nowhere(folder, tmp_path):
    outside = write(tmp_path / "外面.txt")
    (folder / "一").symlink_to(outside)
    (folder / "二").symlink_to("没有")
    (folder / "三").symlink_to("三")
    values = {item.relative.decode(): item.values for item in scan(folder)}
    assert values == {
        "一": {"target": str(outside)},
        "二": {"cause": os.strerror(errno.ENOENT)},
        "三": {"cause": os.strerror(errno.ELOOP)},
    }


def test_links_to_parents_end(folder):
    (folder / "甲" / "乙").mkdir(parents=True)
    write(folder / "甲" / "乙" / "文.txt")
    for number, target in enumerate(["..", "../..", "../../甲"]):
        (folder / "甲" / "乙" / f"环{number}").symlink_to(target)
    assert found(folder) == ["甲/乙/文.txt"]
    assert skipped(folder) == {}


def test_pipes_and_sockets_are_passed_over(folder, monkeypatch):
    os.mkfifo(folder / "管道.txt")
    monkeypatch.chdir(folder)  # a socket's whole path may have about 100 bytes only
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("套接字.txt")
        assert list(scan(folder)) == []


@pytest.mark.parametrize(
    "name",
    [
        ".隐藏.txt", "~$合同.docx", ".~lock.报告.odt#", ".合同.txt.swp", "._文稿.docx", "合同.docx~", "~wps1A2B.docx",
        "~WRL0003.tmp", "合同.pdf.crdownload", "合同.pdf.part", "合同.pdf.download", "合同.pdf.opdownload",
        "合同.pdf.baiduyun.p.downloading", "合同.pdf.td", "合同.pdf.td.cfg", "合同.pdf.xltd", "合同.pdf.xltd.cfg",
        "合同.xlbt.cfg", "合同.pdf.bc!", "合同.pdf.qdl2", "合同.pdf.aria2", "合同.pdf.!qB", "Thumbs.db", ".DS_Store",
        "desktop.ini", "~syncthing~合同.docx.tmp",
    ],
)  # fmt: skip
def test_somebodys_work_in_progress_is_passed_over(folder, name):
    write(folder / name)
    assert is_temporary(name) and found(folder) == []


@pytest.mark.parametrize(
    "name", ["~说明.txt", "$合同.docx", "part.txt", "tmp.md", "模板.dotx", "第1章.td.txt", "下载.md"]
)
def test_a_name_that_only_looks_like_one_is_read(folder, name):
    write(folder / name)
    assert not is_temporary(name) and found(folder) == [name]


@pytest.mark.parametrize(
    ("name", "walked"),
    [("归档.tmp", True), ("上册.part", True), ("lock", True), (".git", False), ("$RECYCLE.BIN", False),
     ("System Volume Information", False), ("lost+found", False), ("__MACOSX", False), ("@eaDir", False)],
)  # fmt: skip
def test_folders_are_walked_unless_hidden_or_the_systems_own(folder, name, walked):
    write(folder / name / "甲.txt")
    assert found(folder) == [f"{name}/甲.txt"] * walked


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("*.log", ["甲.txt", "草稿/乙.txt"]),
        ("草稿", ["运行.log", "甲.txt"]),
        ("草稿/", ["运行.log", "甲.txt"]),
        ("草稿/*.txt", ["运行.log", "甲.txt", "草稿/丙.log"]),
        ("[甲乙].txt", ["运行.log", "草稿/丙.log"]),
        ("乙.TXT", ["运行.log", "甲.txt", "草稿/丙.log", "草稿/乙.txt"]),
    ],
)
def test_what_matches_a_pattern_is_ignored(folder, pattern, left):
    for name in ("甲.txt", "运行.log", "草稿/乙.txt", "草稿/丙.log"):
        write(folder / name)
    assert sorted(found(folder, ignore=[pattern])) == sorted(left)


def test_a_pattern_matches_a_name_however_its_letters_are_composed(folder):
    write(folder / unicodedata.normalize("NFD", "résumé.txt"))
    assert found(folder, ignore=[unicodedata.normalize("NFC", "résumé*")]) == []


def test_an_excluded_folder_is_not_walked_whatever_its_spelling(folder, tmp_path):
    write(folder / "库" / "目录.db")
    write(folder / "甲.txt")
    (tmp_path / "捷径").symlink_to(folder)
    for spelling in (folder / "库", tmp_path / "捷径" / "库", folder / "库" / ".." / "库"):
        assert found(folder, exclude=[spelling]) == found(tmp_path / "捷径", exclude=[spelling]) == ["甲.txt"]


def test_an_excluded_folder_is_known_by_identity_under_another_mount(folder, tmp_path):
    write(tmp_path / "库" / "目录.db")
    (folder / "挂载").mkdir()
    command = (
        f"import sys; sys.path[:0] = {sys.path!r}\nfrom pathlib import Path\nfrom ingest.scan import scan\n"
        f"print(len(list(scan(Path({str(folder)!r})))), len(list(scan(Path({str(folder)!r}),"
        f" exclude=[Path({str(tmp_path / '库')!r})]))))"
    )
    mounted = f'mount --bind "{tmp_path / "库"}" "{folder / "挂载"}" && exec "$0" -c "$1"'
    tools = shutil.which("unshare") and shutil.which("mount")
    shell = ["unshare", "-rm", "sh", "-c", mounted, sys.executable, command]
    done = subprocess.run(shell, capture_output=True, text=True) if tools else None
    if done is None or "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("mounting takes a user namespace, which this system does not give")
    assert done.stdout.split() == ["1", "0"], done.stderr


def test_the_folder_itself_may_be_among_the_excluded(folder):
    write(folder / "甲.txt")
    assert found(folder, exclude=[folder]) == ["甲.txt"]


def test_a_folder_that_is_gone_says_that_nothing_is_known_of_it(folder):
    assert skipped(folder / "没有") == {".": (Reason.VANISHED, True)}
    assert skipped(write(folder / "甲.txt")) == {".": (Reason.VANISHED, True)}


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.EACCES, Reason.NOT_PERMITTED),
        (errno.EPERM, Reason.NOT_PERMITTED),
        (errno.EIO, Reason.DAMAGED),
        (errno.ESTALE, Reason.DAMAGED),
        (errno.ENAMETOOLONG, Reason.DAMAGED),
        (errno.ELOOP, Reason.DAMAGED),
    ],
)
def test_an_error_of_the_file_system_is_named_truly(number, reason):
    refusal = unreadable(OSError(number, os.strerror(number)))
    assert (refusal.reason, refusal.values) == (reason, {"cause": os.strerror(number)})


def test_a_subfolder_on_a_broken_disk_hides_what_is_below_it(folder, monkeypatch):
    write(folder / "坏" / "甲.txt")
    write(folder / "好.txt")
    listed = os.scandir

    def failing(path):
        if Path(path).name == "坏":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return listed(path)

    monkeypatch.setattr(os, "scandir", failing)
    assert list(scan(folder))[1:] == [
        Skipped("坏".encode(), Reason.DAMAGED, {"cause": os.strerror(errno.EIO)}, below=True)
    ]


@pytest.fixture
def deep(folder):
    """The folder with 1,000 folders in each other and a file in the innermost."""
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(1000):
        os.mkdir("d")
        os.chdir("d")
    Path("底.txt").write_text("在最下面", "utf-8")
    os.fchdir(before)
    os.close(before)
    yield folder
    subprocess.run(["rm", "-rf", str(folder)], check=True)  # rmtree would recurse too deeply


def test_a_thousand_folders_in_each_other_are_walked(deep):
    *_, last = scan(deep)
    assert isinstance(last, FoundFile) and last.relative == ("d/" * 1000 + "底.txt").encode()
    assert digest(last.path) == hashlib.sha256("在最下面".encode()).digest()


def test_a_path_that_is_too_long_is_named(folder):
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(18):
        os.mkdir("长" * 80)
        os.chdir("长" * 80)
    Path("够不着.txt").write_text("太深了", "utf-8")
    os.fchdir(before)
    os.close(before)
    (last,) = scan(folder)
    assert isinstance(last, Skipped) and last.below
    assert (last.reason, last.values) == (Reason.DAMAGED, {"cause": os.strerror(errno.ENAMETOOLONG)})
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def test_many_small_files_take_work_in_proportion_and_no_more_memory(folder):
    calls, peaks = [], []
    for many in (15, 30):
        for number in range(len(calls) * 15, many):
            (folder / f"夹{number:02}").mkdir()
            for file in range(100):
                (folder / f"夹{number:02}" / f"{file}.txt").touch()
        calls.append(calls_of(lambda: sum(1 for _ in scan(folder))))
        tracemalloc.start()
        assert sum(1 for _ in scan(folder)) == 100 * many
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert calls[1] < 2.05 * calls[0]
    assert peaks[1] < 1.5 * peaks[0]


def test_a_digest_is_that_of_the_bytes(folder):
    data = os.urandom(3 * 1024 * 1024 + 17)
    (folder / "甲.bin").write_bytes(data)
    assert digest(folder / "甲.bin") == hashlib.sha256(data).digest()
    assert digest(folder / "甲.bin", limit=len(data)) == hashlib.sha256(data).digest()


def test_a_sparse_terabyte_is_refused_by_its_size(folder):
    path = folder / "一太字节.txt"
    path.touch()
    try:
        os.truncate(path, 1 << 40)
    except OSError:
        pytest.skip("the file system has no files of this size")
    with pytest.raises(UnreadableFile) as raised:
        digest(path, limit=2 << 30)
    assert raised.value.reason is Reason.TOO_LARGE
    assert raised.value.values == {"limit": "file_bytes", "value": 1 << 40, "most": 2 << 30}


def test_a_file_that_grows_is_read_to_its_size_at_the_start(folder, monkeypatch):
    path = write(folder / "日志.txt", "第一行\n")
    read = os.read

    def growing(descriptor, size):
        with path.open("a", encoding="utf-8") as file:
            file.write("又一行\n" * 1000)
        return read(descriptor, size)

    monkeypatch.setattr(scan_module.os, "read", growing)
    assert digest(path) == hashlib.sha256("第一行\n".encode()).digest()


@pytest.mark.parametrize("became", ["nothing", "folder", "link", "pipe", "socket", "below a file"])
def test_a_file_that_has_become_something_else_is_gone(folder, became, monkeypatch):
    path = folder / "甲.txt"
    monkeypatch.chdir(folder)
    server = socket.socket(socket.AF_UNIX)
    if became == "folder":
        path.mkdir()
    elif became == "link":
        path.symlink_to(write(folder / "乙.txt"))
    elif became == "pipe":
        os.mkfifo(path)
    elif became == "socket":
        server.bind(path.name)
    elif became == "below a file":
        path = write(folder / "丙") / "甲.txt"
    with server, pytest.raises(FileNotFoundError):
        digest(path)


def test_a_fingerprint_changes_with_the_content_whatever_the_time_says(folder):
    path = write(folder / "甲.txt", "保修三年")
    os.utime(path, ns=(0, 0))
    before = fingerprint(path)
    other = write(folder / "乙.txt", "保修五年")
    os.utime(other, ns=(0, 0))
    other.replace(path)
    assert fingerprint(path) != before
    (scanned,) = scan(folder)
    assert scanned.fingerprint == fingerprint(path)


@pytest.mark.parametrize("gone", ["没有.txt", "甲.txt/乙.txt"])
def test_a_gone_file_has_no_fingerprint(folder, gone):
    write(folder / "甲.txt")
    with pytest.raises(FileNotFoundError):
        fingerprint(folder / gone)


def test_the_root_is_walked_but_not_what_the_kernel_shows_as_files():
    scope = scan_module.Scope(Path("/"), exclude=[], ignore=[])
    assert not any(scope.holds(name, folder=True) for name in ("proc", "sys", "dev"))
    assert scope.holds("home", folder=True)
    assert not scan_module.Scope(Path("/home"), exclude=[Path("/home/库")], ignore=[]).holds("库", folder=True)
