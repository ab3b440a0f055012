"""OpenDocument texts (LibreOffice, WPS): headings by outline level, lists with their numbers, tables as rows, notes.

Read with a walk of our own: unstructured asks pandoc, which loses the last column of tables.
"""

from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import text_document
from ingest.errors import Reason, UnreadableFile
from ingest.office.flow_text import KEPT, flow_text, visible_characters
from ingest.office.opendocument import OFFICE, content, content_characters
from ingest.office.opendocument_blocks import ContentReader
from ingest.office.opendocument_lists import Styles
from ingest.types import Gap
from ingest.workspace import Workspace
from ingest.zip_package import open_package

SUFFIXES = (".odt", ".ott")
VERSION = "1"


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read an OpenDocument text into one Document; pages come about only while it is shown, so there are none.

    Headings are those by outline level; a file that has none is searched for numbered ones. Notes and comments follow
    the paragraph that refers to them. `left_out` counts characters that are deleted, hidden, phonetic, or in a table of
    contents.
    """
    with open_package(path, limits=workspace.limits) as package:
        root = content(package)
        body = root.find(f"{OFFICE}body/{OFFICE}text")
        if body is None:
            raise UnreadableFile(Reason.DAMAGED, cause="the document has no text")
        roots = [content(package, "styles.xml")] if "styles.xml" in package.names else []
        reader = ContentReader(package, Styles(*roots, root), most_cells=workspace.limits.cells)
        text, headings = flow_text(reader.pieces(body), loader="odt")
    if reader.pictures and not text:
        raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=reader.pictures)
    gaps = [Gap(Reason.EMBEDDED_FILES, values={"count": reader.embedded})] if reader.embedded else []
    found, read = content_characters(body) - reader.left_out.total(), visible_characters([text])
    if read < KEPT * found:
        gaps.append(Gap(Reason.TEXT_LOST, values={"found": found, "read": read}))
    document = text_document(text, loader="odt", headings=headings, gaps=gaps)
    document.metadata["left_out"] = dict(+reader.left_out)
    return [document]
