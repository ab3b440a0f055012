import struct

import pytest
from office_files import save_as, write_flat_odf
from reliability.hostile_files import ole

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import load
from ingest.office import libreoffice
from ingest.tables.rows import table_text


def word_file(*, flags=0):
    header = struct.pack("<HHHHHH", 0xA5EC, 0xC1, 0, 0, 0, flags)
    return ole({"WordDocument": header.ljust(5000, b"\0"), "1Table": bytes(5000)})


@pytest.fixture
def without_libreoffice(monkeypatch):
    monkeypatch.setattr(libreoffice, "program", lambda: None)


@pytest.mark.skipif(libreoffice.program() is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("suffix", [".doc", ".wps"])
def test_an_old_word_file_keeps_headings_and_tables(suffix, tmp_path):
    cells = (("部门", "人数"), ("研发", "12"), ("销售", "30"))
    rows = "".join(
        "<table:table-row>" + "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in row)
        + "</table:table-row>" for row in cells
    )  # fmt: skip
    write_flat_odf(
        tmp_path / "source.fodt",
        "text",
        '<text:h text:style-name="Heading_20_1" text:outline-level="1">第一章 总则</text:h>'
        f'<text:p>本办法自发布之日起施行。</text:p><table:table><table:table-column table:number-columns-repeated="2"/>'
        f"{rows}</table:table>",
    )
    path = save_as("doc", tmp_path / "source.fodt").rename(tmp_path / f"旧 文件{suffix}")
    (document,) = load(path)
    assert document.page_content == "第一章 总则\n\n本办法自发布之日起施行。\n\n" + table_text(cells)
    assert [heading["title"] for heading in document.metadata["headings"]] == ["第一章 总则"]
    assert document.metadata["loader"] == "doc"


def test_a_missing_libreoffice_is_named(without_libreoffice, tmp_path):
    (tmp_path / "a.doc").write_bytes(word_file())
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.doc")
    assert caught.value.reason is Reason.NEEDS_PROGRAM
    assert caught.value.values == {"program": "LibreOffice"}


def test_a_password_is_told_of_before_libreoffice_is_asked(without_libreoffice, tmp_path):
    (tmp_path / "a.doc").write_bytes(word_file(flags=0x0100))
    with pytest.raises(UnreadableFile) as caught:
        load(tmp_path / "a.doc")
    assert caught.value.reason is Reason.ENCRYPTED
