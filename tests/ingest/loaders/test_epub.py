"""Books: chapters in the order of reading, with their headings."""

import zipfile

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import epub as loader
from ingest.workspace import temporary_workspace

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
)
NCX = (
    '<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>'
    "<navPoint><navLabel><text>第一章 开始</text></navLabel><content src='a.xhtml'/>"
    "<navPoint><navLabel><text>第一节</text></navLabel><content src='a.xhtml#s'/></navPoint></navPoint>"
    "<navPoint><navLabel><text>第二章</text></navLabel><content src='b%20b.xhtml'/></navPoint></navMap></ncx>"
)
NAV = (
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body><nav epub:type="toc">'
    "<ol><li><a href='a.xhtml'>第一章 开始</a>"
    "<ol><li><a href='a.xhtml#s'>第一节</a></li></ol></li></ol></nav></body></html>"
)


def chapter(body):
    return (
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/></head>'
        f"<body>{body}</body></html>"
    )


def read(tmp_path, chapters, spine, *, items="", **files):
    path = tmp_path / "书.epub"
    manifest = "".join(
        f'<item id="{name[0]}" href="{name.replace(" ", "%20")}.xhtml" media-type="application/xhtml+xml"/>'
        for name in chapters
    )
    refs = "".join(f'<itemref idref="{name}"/>' for name in spine)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("META-INF/container.xml", CONTAINER)
        opf = f"<manifest>{manifest}{items}</manifest><spine>{refs}</spine>"
        archive.writestr("OEBPS/book.opf", f'<package xmlns="http://www.idpf.org/2007/opf">{opf}</package>')
        for name, text in chapters.items():
            if text is not None:
                archive.writestr(f"OEBPS/{name}.xhtml", chapter(text))
        for name, text in files.items():
            archive.writestr(
                {"ncx": "OEBPS/toc.ncx", "nav": "OEBPS/nav.xhtml"}.get(name, "META-INF/encryption.xml"), text
            )
    with temporary_workspace() as workspace:
        (document,) = loader.load(path, workspace=workspace)
    return document


def encryption(algorithm, target):
    return (
        '<encryption xmlns:e="http://www.w3.org/2001/04/xmlenc#"><e:EncryptedData>'
        f'<e:EncryptionMethod Algorithm="{algorithm}"/><e:CipherData><e:CipherReference URI="{target}"/></e:CipherData>'
        "</e:EncryptedData></encryption>"
    )


def test_chapters_stand_in_the_order_of_reading(tmp_path):
    document = read(tmp_path, {"a": "<h1>甲</h1><p>一</p>", "b": "<h2>乙</h2><p>二</p>"}, "ba")
    assert document.page_content == "乙\n\n二\n\n甲\n\n一"
    assert [(h["level"], h["title"]) for h in document.metadata["headings"]] == [(2, "乙"), (1, "甲")]
    assert document.metadata["page"] is None


@pytest.mark.parametrize(
    ("items", "files"),
    [
        ('<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>', {"ncx": NCX}),
        ('<item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>', {"nav": NAV}),
    ],
)
def test_a_chapter_without_headings_has_those_of_the_table_of_contents(tmp_path, items, files):
    text = "<p>第一章　开始</p><p>正文。</p><p>第一节</p><p>节文。</p>"
    headings = read(tmp_path, {"a": text}, "a", items=items, **files).metadata["headings"]
    assert [(heading["level"], heading["title"]) for heading in headings] == [(1, "第一章 开始"), (2, "第一节")]


def test_a_title_that_only_the_table_of_contents_has_is_put_before_its_chapter(tmp_path):
    items = '<item id="n" href="toc.ncx" media-type="application/x-dtbncx+xml"/>'
    document = read(tmp_path, {"b b": "<p>正文。</p>"}, "b", items=items, ncx=NCX)
    assert document.page_content == "第二章\n\n正文。"


def test_a_table_of_contents_in_the_order_of_reading_is_left_out(tmp_path):
    items = '<item id="n" href="nav.xhtml" properties="nav" media-type="application/xhtml+xml"/>'
    assert read(tmp_path, {"a": "<h1>甲</h1>"}, "na", items=items, nav=NAV).page_content == "甲"


def test_footnotes_are_kept(tmp_path):
    document = read(tmp_path, {"a": "<p>正文<a href='#n'>[1]</a>。</p><aside id='n'>[1] 注释。</aside>"}, "a")
    assert document.page_content == "正文[1]。\n\n[1] 注释。"


def test_a_missing_chapter_is_a_gap(tmp_path):
    document = read(tmp_path, {"a": "<p>甲</p>", "b": None}, "abx")
    assert document.page_content == "甲"
    assert [gap["reason"] for gap in document.metadata["gaps"]] == ["damaged", "damaged"]


def test_a_protected_book_is_encrypted(tmp_path):
    rights = encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "OEBPS/a.xhtml")
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, {"a": "<p>密</p>"}, "a", rights=rights)
    assert caught.value.reason is Reason.ENCRYPTED


def test_garbled_fonts_are_no_protection_of_the_text(tmp_path):
    rights = encryption("http://www.idpf.org/2008/embedding", "OEBPS/font.ttf")
    assert read(tmp_path, {"a": "<p>明文</p>"}, "a", rights=rights).page_content == "明文"


def test_a_protected_chapter_among_others_is_a_gap(tmp_path):
    rights = encryption("http://www.w3.org/2001/04/xmlenc#aes256-cbc", "OEBPS/b.xhtml")
    document = read(tmp_path, {"a": "<p>明</p>", "b": "<p>密</p>"}, "ab", rights=rights)
    assert (document.page_content, document.metadata["gaps"][0]["reason"]) == ("明", "encrypted")
