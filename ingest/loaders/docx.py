"""Word files: paragraphs, headings by style, numbered lists with their numbers, tables as rows."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.documents import Document

from ingest.blocks import page_document, text_document
from ingest.elements import LANGUAGES, element_blocks, partitioner
from ingest.errors import Reason, UnreadableFile
from ingest.headings import chinese_number, find_headings
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from lxml.etree import _Element

SUFFIXES = (".docx", ".docm", ".dotx")
VERSION = "1"

_MOST_UNZIPPED = 512 * 1024**2  # bytes of all members together
_MOST_RATIO = 200  # unzipped to zipped; text in XML reaches 20 to 50
_SMALL = 1024**2  # a short member may well have a high ratio
_MAIN = "word/document.xml"
_NOTES = ("word/footnotes.xml", "word/endnotes.xml")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_WORD_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_LIKE_WORD = (
    b"application/vnd.ms-word.document.macroEnabled.main+xml",
    b"application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    b"application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
)
# What unstructured passes over with the text inside: content controls, tracked insertions, fields, smart tags.
_UNWRAPPED = ("sdt", "sdtContent", "ins", "moveTo", "smartTag", "customXml", "fldSimple")
_DROPPED = ("del", "moveFrom", "sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr", "lastRenderedPageBreak")
_CHINESE = (
    "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting",
    "ideographDigital",
)  # fmt: skip


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a Word file into one Document; Word decides on pages only while it shows a file, so there are none.

    Headings are those by style; a file that has none is searched for numbered ones.
    """
    try:
        source = _simplified(path)
        partition = partitioner("docx")
        _teach_chinese_numbers()
        blocks = element_blocks(partition(file=source, languages=LANGUAGES))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, KeyError, ValueError) as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    document = page_document(blocks, loader="docx")
    if not document.metadata["headings"]:
        text = document.page_content
        document = text_document(text, loader="docx", headings=find_headings(text))
    return [document]


def _simplified(path: Path) -> io.BytesIO:
    """Return the file in a form that unstructured reads without losing text."""
    simple = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(simple, "w") as copy:
        _check_members(archive)
        for member in archive.infolist():
            if member.filename == _MAIN:
                content = _simplified_main(archive)
            elif member.filename.startswith("word/media/"):
                content = b""  # pictures are not read, but have to be there
            else:
                content = archive.read(member)
            if member.filename == "[Content_Types].xml":
                for kind in _LIKE_WORD:
                    content = content.replace(kind, _WORD_TYPE)
            copy.writestr(member.filename, content)
    simple.seek(0)
    return simple


def _check_members(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    total = sum(member.file_size for member in members)
    if total > _MOST_UNZIPPED:
        raise UnreadableFile(Reason.TOO_LARGE, size=total, limit=_MOST_UNZIPPED)
    for member in members:
        if member.flag_bits & 1:
            raise UnreadableFile(Reason.ENCRYPTED)
        if member.file_size > max(_SMALL, _MOST_RATIO * member.compress_size):
            raise UnreadableFile(Reason.TOO_LARGE, size=member.file_size, limit=_MOST_RATIO * member.compress_size)


def _simplified_main(archive: zipfile.ZipFile) -> bytes:
    from lxml import etree

    root = _parsed(archive.read(_MAIN))
    etree.strip_elements(root, _FALLBACK, *(_W + name for name in _DROPPED), with_tail=False)
    etree.strip_tags(root, *(_W + name for name in _UNWRAPPED))
    for box in list(root.iter(_W + "txbxContent")):
        _lift(box)
    for formula in list(root.iter(_M + "oMath")):
        text = "".join(part.text or "" for part in formula.iter(_M + "t"))
        formula.tag, formula[:] = _W + "r", [_element("t", text=text)]
    body = root.find(_W + "body")
    if body is None:
        raise UnreadableFile(Reason.DAMAGED, cause="the document has no body")
    last = body[-1] if len(body) and body[-1].tag == _W + "sectPr" else None
    for note in _notes(archive):
        body.append(note) if last is None else last.addprevious(note)
    return bytes(etree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _parsed(content: bytes) -> "_Element":
    from lxml import etree

    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    except etree.XMLSyntaxError as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error


def _lift(box: "_Element") -> None:
    """Move the paragraphs of a text box behind the paragraph that it is anchored in."""
    anchor = next((element for element in box.iterancestors(_W + "p")), None)
    if anchor is not None:
        for paragraph in reversed(list(box)):
            anchor.addnext(paragraph)


def _notes(archive: zipfile.ZipFile) -> "Iterator[_Element]":
    """Yield the footnotes and endnotes as paragraphs; they stand behind the text."""
    names = archive.namelist()
    for member in (name for name in _NOTES if name in names):
        for note in _parsed(archive.read(member)):
            if note.get(_W + "type") in (None, "normal"):
                text = "".join(part.text or "" for part in note.iter(_W + "t")).strip()
                yield _element("p", _element("r", _element("t", text=text)))


def _element(name: str, *children: "_Element", text: str | None = None) -> "_Element":
    from lxml import etree

    element = etree.Element(_W + name)
    element.text = text
    element.extend(children)
    return element


def _teach_chinese_numbers() -> None:
    """Let unstructured write 第三条 for a paragraph that Word numbers so; it knows Latin numbers only.

    The number is not in the text of such a paragraph, and a contract without them cannot be cited.
    """
    from unstructured.partition import docx

    labels: Any = docx._ListLabels
    known = labels._format_number
    if getattr(known, "knows_chinese", False):
        return

    def format_number(value: int, num_fmt: str) -> str:
        return chinese_number(value) if num_fmt in _CHINESE else known(value, num_fmt)

    format_number.knows_chinese = True  # type: ignore[attr-defined]
    labels._format_number = staticmethod(format_number)
