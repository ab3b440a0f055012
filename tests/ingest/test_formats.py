"""Which loader gets a file, and why a file is refused: the same for every format."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import ingest.loaders
from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load, supported_suffixes

MODULES = [
    importlib.import_module(f"ingest.loaders.{found.name}") for found in pkgutil.iter_modules(ingest.loaders.__path__)
]


def reason(path, **arguments):
    with pytest.raises(UnreadableFile) as caught:
        load(path, **arguments)
    return caught.value.reason


@pytest.fixture
def write(tmp_path):
    def write(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_loader_keeps_to_the_contract(module):
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in module.SUFFIXES)
    assert list(inspect.signature(module.load).parameters) == ["path", "workspace"]
    assert set(module.SUFFIXES) <= set(supported_suffixes())


def test_no_two_loaders_claim_a_suffix():
    assert len(supported_suffixes()) == len(set(supported_suffixes()))


def test_finding_the_loaders_imports_nothing_heavy():
    code = (
        "import sys; from ingest.loaders import supported_suffixes; supported_suffixes();"
        "sys.exit(any(name in sys.modules for name in ('unstructured', 'pypdfium2', 'pdfplumber', 'lxml', 'docx')))"
    )
    root = Path(ingest.loaders.__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html", ".docx", ".pdf", ".xyz"])
def test_an_empty_file_is_empty_whatever_its_name(write, suffix):
    assert reason(write(f"a{suffix}", b"")) is Reason.EMPTY


@pytest.mark.parametrize("suffix", [".txt", ".md", ".html"])
def test_a_file_of_blanks_is_blank(write, suffix):
    assert reason(write(f"a{suffix}", " \n\u3000\u200b\ufeff\t\n".encode())) is Reason.BLANK


def test_noise_under_the_name_of_a_text_is_no_text(write):
    assert reason(write("a.txt", bytes(range(256)) * 20)) is Reason.NOT_TEXT


@pytest.mark.parametrize("head", [b"\x1f\x8b\x08", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"SQLite format 3\0"])
def test_other_formats_are_not_taken_for_text(write, head):
    assert reason(write("a.txt", head + "内容".encode() * 50)) is Reason.UNSUPPORTED


def test_an_unknown_suffix_is_unsupported(write):
    assert reason(write("a.xyz", "内容".encode())) is Reason.UNSUPPORTED


def test_the_given_name_decides_where_the_content_does_not(write):
    path = write("upload-1234", "# 标题\n\n内容".encode())
    assert load(path, name="手册.md")[0].metadata["loader"] == "markdown"
    assert load(path)[0].metadata["loader"] == "text"


def test_an_ole_container_that_is_not_whole_is_damaged(write):
    assert reason(write("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000))) is Reason.DAMAGED


@pytest.mark.parametrize("name", ["台账.xls", "公告.doc", "公告.wps", "说明"])
def test_a_page_under_the_name_of_another_format_is_a_page(write, name):
    page = "<html><body><table><tr><td>品名</td></tr></table></body></html>"
    assert load(write(name, page.encode("gb18030")))[0].metadata["loader"] == "html"


@pytest.mark.parametrize("name", ["公告.docx", "公告.pdf", "公告"])
def test_a_text_under_the_name_of_another_format_is_a_text(write, name):
    (document,) = load(write(name, "本公司定于周五停电检修。".encode("gb18030")))
    assert (document.page_content, document.metadata["loader"]) == ("本公司定于周五停电检修。", "text")


@pytest.mark.parametrize("text", ["BMI 指数过高的员工应当复查。", "MZ 系列温控箱", "ID3 决策树", "文件以 %PDF- 开头。"])
def test_a_text_that_begins_like_another_format_is_a_text(write, text):
    assert load(write("a.txt", text.encode()))[0].page_content == text


@pytest.mark.parametrize("suffix", [".docx", ".pdf"])
def test_noise_under_the_name_of_another_format_is_damage(write, suffix):
    assert reason(write(f"a{suffix}", bytes(range(256)) * 20)) is Reason.DAMAGED


@pytest.mark.parametrize("kept", [slice(60, None), slice(0, -30), slice(0, 100)])
def test_a_zip_that_is_not_whole_is_damaged(tmp_path, write, kept):
    with zipfile.ZipFile(tmp_path / "whole.docx", "w") as archive:
        archive.writestr("word/document.xml", "<x/>" * 100)
    data = (tmp_path / "whole.docx").read_bytes()
    assert reason(write("a.docx", b"PK\x03\x04" + data[kept])) is Reason.DAMAGED


def test_a_zip_of_something_else_is_unsupported(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.apk", "w") as archive:
        archive.writestr("classes.dex", "x")
    assert reason(tmp_path / "a.apk") is Reason.UNSUPPORTED


def test_a_file_that_is_gone_or_a_folder_is_told_apart(tmp_path):
    assert reason(tmp_path / "none.txt") is Reason.VANISHED
    (tmp_path / "folder.txt").mkdir()
    assert reason(tmp_path / "folder.txt") is Reason.UNSUPPORTED
