"""Archives: every document inside is a member, with the name that it was given."""

import stat
import struct
import zipfile
import zlib

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.loaders import zip as loader
from ingest.workspace import Member, temporary_workspace


class RawName(zipfile.ZipInfo):
    """An entry whose name is written as the given bytes, as Windows programs do."""

    def __init__(self, raw, number):
        super().__init__(f"{number}")
        self.raw = raw

    def _encodeFilenameFlags(self):
        return self.raw, self.flag_bits & ~0x800


@pytest.fixture
def path(tmp_path):
    return tmp_path / "资料.zip"


def read(path, **limits):
    """Return the members (name: content or reason) and the gaps of the archive."""
    found = {}
    with temporary_workspace(limits=Limits(**limits)) as workspace:
        for part in loader.load(path, workspace=workspace):
            if not isinstance(part, Member):
                assert part.page_content == ""
                return found, part.metadata["gaps"]
            assert part.name not in found
            if part.path is not None:
                assert part.path.parent == workspace.scratch
                assert part.path.name.isascii()
            found[part.name] = part.reason if part.path is None else part.path.read_bytes()
    raise AssertionError("no document for the archive")


def write(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def write_raw(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for number, name in enumerate(names):
            archive.writestr(RawName(name, number), b"x")


def test_documents_are_members_and_what_systems_leave_behind_is_not(path):
    names = [
        "合同.docx",
        "资料/年报.pdf",
        "__MACOSX/._合同.docx",
        ".DS_Store",
        "~$合同.docx",
        "资料/Thumbs.db",
        ".git/x",
    ]
    write(path, dict.fromkeys([*names, "空/"], "内容"))
    assert read(path) == ({"合同.docx": "内容".encode(), "资料/年报.pdf": "内容".encode()}, [])


@pytest.mark.parametrize(
    ("codec", "names"), [("gbk", ["合同.docx", "一.txt"]), ("big5", ["資料.docx", "會議記錄.txt"])]
)
def test_names_without_a_flag_are_in_the_code_page_of_the_system(path, codec, names):
    write_raw(path, [name.encode(codec) for name in names])
    assert list(read(path)[0]) == names


def test_a_unicode_path_field_counts_more_than_the_name(path):
    raw = b"report.docx"
    entry = RawName(raw, 0)
    name = "报告.docx".encode()
    entry.extra = struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(raw)) + name
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry, b"x")
    assert list(read(path)[0]) == ["报告.docx"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [("../逃.txt", "逃.txt"), ("a/../../b.txt", "a/b.txt"), ("/etc/passwd", "etc/passwd"), ("C:\\x.txt", "x.txt"),
     ("..\\y.txt", "y.txt")],
)  # fmt: skip
def test_a_name_that_leads_out_of_the_archive_is_refused(path, name, shown):
    write(path, {name: "x", "好.txt": "好"})
    assert read(path)[0] == {shown: Reason.UNSAFE_NAME, "好.txt": "好".encode()}


def test_a_link_is_refused(path):
    link = zipfile.ZipInfo("链接.txt")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    write(path, {link: "/etc/passwd"})
    assert read(path)[0] == {"链接.txt": Reason.UNSAFE_NAME}


def test_backslashes_are_folders_and_control_characters_are_taken_out(path):
    write(path, {"资料\\合\u202e同\n.txt": "x"})
    assert list(read(path)[0]) == ["资料/合同.txt"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_members_of_one_name_are_kept_apart(path):
    with zipfile.ZipFile(path, "w") as archive:
        for content in "甲乙丙":
            archive.writestr("a/合同.docx", content)
    assert list(read(path)[0]) == ["a/合同.docx", "a/合同 (2).docx", "a/合同 (3).docx"]


def test_an_encrypted_member_is_refused_alone(path):
    write(path, {"密.txt": "x", "好.txt": "好"})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)
    assert read(path)[0] == {"密.txt": Reason.ENCRYPTED, "好.txt": "好".encode()}


def test_a_bomb_is_refused_alone_and_leaves_nothing_on_disk(path):
    write(path, {"炸弹.txt": bytes(20 * 1024**2), "好.txt": "好"})
    with temporary_workspace() as workspace:
        bomb, good, _ = loader.load(path, workspace=workspace)
        assert (bomb.reason, bomb.values["limit"]) == (Reason.TOO_LARGE, "unpacked_ratio")
        assert [file.name for file in workspace.scratch.iterdir()] == [good.path.name]


def test_members_beyond_the_limit_of_bytes_are_refused(path):
    write(path, {"大.txt": "x" * 200, "小.txt": "x" * 50, "再.txt": "x" * 60})
    found, _ = read(path, unpacked_bytes=100)
    assert found == {"大.txt": Reason.TOO_LARGE, "小.txt": b"x" * 50, "再.txt": Reason.TOO_LARGE}


def test_members_beyond_the_limit_of_their_number_are_a_gap(path):
    write(path, {f"{number}.txt": "x" for number in range(30)})
    found, gaps = read(path, members=10)
    assert len(found) == 10
    assert gaps[0]["values"] == {"limit": "members", "value": 30, "most": 10}


def test_a_directory_that_lies_about_a_size_is_not_believed(path):
    write(path, {"谎.txt": "x" * 100_000, "好.txt": "好"})
    data = bytearray(path.read_bytes())
    directory = data.index(b"PK\1\2")
    data[directory + 24 : directory + 28] = struct.pack("<I", 10)
    path.write_bytes(data)
    assert read(path)[0] == {"谎.txt": Reason.DAMAGED, "好.txt": "好".encode()}


def test_members_that_overlap_are_refused(path):
    write(path, {"a.txt": "x" * 100})
    data = path.read_bytes()
    directory, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    entries = data[directory:end] * 3
    tail = b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, 3, 3, len(entries), directory, 0)
    path.write_bytes(data[:directory] + entries + tail)
    # Versions of zipfile differ in whether the first of them is good.
    assert [content for content in read(path)[0].values() if content is not Reason.DAMAGED] in ([], [b"x" * 100])


def test_what_is_no_archive_is_damaged(path):
    path.write_bytes(b"PK\3\4" + bytes(100))
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.reason is Reason.DAMAGED
