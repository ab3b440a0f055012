"""Web pages: scripts, styles and navigation left out, headings and tables kept."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.documents import Document

from ingest.blocks import Block, page_document, table_text
from ingest.decode import clean, decode
from ingest.elements import LANGUAGES, element_blocks, partitioner
from ingest.errors import Reason, UnreadableFile
from ingest.html_text import pieces, table_rows
from ingest.loaders.text import undecodable
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from lxml.html import HtmlElement

SUFFIXES = (".html", ".htm", ".xhtml", ".shtml")
VERSION = "1"

# Not shown as text by a browser, or the same on every page of a site.
_DROPPED = (
    "script", "style", "nav", "template", "noscript", "iframe", "object", "svg", "head", "title", "select", "datalist",
    "textarea", "audio", "video", "canvas", "noembed", "noframes", "xml", "del",
)  # fmt: skip
# unstructured drops these with all they hold, but pages made by form frameworks have their whole text inside.
_RENAMED = {
    "form": "div", "figure": "div", "details": "div", "dialog": "div", "fieldset": "div",
    "figcaption": "p", "summary": "p", "legend": "p", "label": "span", "button": "span", "font": "span",
}  # fmt: skip
_DEEPEST = 150  # unstructured walks a page recursively; deeper ones are read by our own walk


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a web page into one Document; the bytes decide on the encoding, not the page's own claim."""
    decoded = decode(path.read_bytes())
    body = _body(clean(decoded.text))
    blocks = _blocks(body)
    return [page_document(blocks, loader="html", encoding=decoded.encoding, gaps=undecodable(decoded))]


def _body(text: str) -> "HtmlElement":
    from lxml import etree
    from lxml import html as lxml_html

    # As bytes, since lxml refuses a str that declares an encoding; the parser's own setting wins over a declaration.
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        root = lxml_html.document_fromstring(text.encode(), parser=parser)
    except etree.ParserError as error:  # nothing but tags
        raise UnreadableFile(Reason.BLANK) from error
    if any("Excessive depth" in entry.message for entry in parser.error_log):  # libxml2 has cut the page off there
        raise UnreadableFile(Reason.DAMAGED, cause="elements are nested too deeply")
    etree.strip_elements(root, *_DROPPED, with_tail=False)
    for element in root.iter(*_RENAMED):
        element.tag = _RENAMED[element.tag]
    main = root.find(".//main")
    # A page says with <main> where its own content is; what stands outside then repeats on every page of the site.
    return root if main is None or 2 * len(_visible(main)) < len(_visible(root)) else main


def _blocks(root: "HtmlElement") -> list[Block]:
    from lxml import html as lxml_html

    # Innermost first: a table that holds another one, or headings, is there for the layout.
    for table in reversed(list(root.iter("table"))):
        if next(table.iterdescendants("table", "h1", "h2", "h3", "h4"), None) is not None:
            _dissolve(table)
        else:
            _simplify(table)
    if _depth(root) <= _DEEPEST:
        page = lxml_html.tostring(root, encoding="unicode", with_tail=False)
        blocks = element_blocks(partitioner("html")(text=page, languages=LANGUAGES))
        read = "".join("".join(block.text.replace(" | ", "").split()) for block in blocks)
        if len(read) >= len(_visible(root)):
            return blocks
    return list(_walk(root))


def _dissolve(table: "HtmlElement") -> None:
    """Make plain blocks of a table's own cells, not of those of the tables inside."""
    sections = [table, *table.iterchildren("thead", "tbody", "tfoot")]
    rows = [row for section in sections for row in section.iterchildren("tr")]
    cells = [cell for row in rows for cell in row.iterchildren("td", "th")]
    for part in [*sections, *rows, *cells, *table.iterchildren("caption")]:
        part.tag = "div"


def _simplify(table: "HtmlElement") -> None:
    """Leave rows of plain cells: unstructured forgets spans, and tears words in bold or in links apart."""
    from lxml import etree

    rows = table_rows(table)
    table[:] = []
    table.text = None
    for row in rows:
        line = etree.SubElement(table, "tr")
        for text in row:
            etree.SubElement(line, "td").text = text


def _walk(root: "HtmlElement") -> Iterator[Block]:
    """Yield the blocks of a page with none of its text left out, however odd or deep it is built."""
    for table in list(root.iter("table")):
        table.tag, table.text, table[:] = "pre", table_text(table_rows(table)), []
    for text, tag in pieces(root):
        level = int(tag[1]) if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit() else 0
        yield Block(text if tag == "pre" else " ".join(text.split()), level)


def _depth(root: "HtmlElement") -> int:
    from lxml import etree

    depth = deepest = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        deepest = max(deepest, depth)
    return deepest


def _visible(element: "HtmlElement") -> str:
    return "".join("".join(element.itertext()).split())
