"""Pages as read made into the Documents of a file, each with what of it was left out or lost; PDF and OFD alike."""

from collections import Counter
from collections.abc import Iterable, Iterator

from langchain_core.documents import Document

from ingest.blocks import page_document
from ingest.errors import Reason, UnreadableFile
from ingest.pdf.garbled import garbled
from ingest.pdf.layout import LaidOut, laid_out
from ingest.pdf.outline import Outline
from ingest.pdf.page import Page, visible

_KEPT = 0.99  # of the visible characters; below, the layout has lost some
_TOLD_LAST = (Reason.NO_TEXT_LAYER, Reason.GARBLED, Reason.DAMAGED)  # of a file without a page that could be read


def documents(pages: Iterable[Page], *, loader: str, total: int, outline: Outline | None = None) -> Iterator[Document]:
    """Yield `pages` as Documents while they are being read; `total` is how many the file has.

    Raises at the end NO_TEXT_LAYER, GARBLED or DAMAGED where no page could be read.
    """
    outcome: Counter[Reason | None] = Counter()
    for laid in laid_out(pages, outline=outline or Outline()):
        found = _document(laid, loader=loader, total=total)
        outcome[_failure(laid.page, text=found.page_content)] += 1
        yield found
    for reason in _TOLD_LAST:
        if outcome[reason] and not outcome[None]:
            raise UnreadableFile(reason, pages=total)


def _document(laid: LaidOut, *, loader: str, total: int) -> Document:
    page = laid.page
    found = page_document(laid.blocks, loader=loader, page=page.number, gaps=page.gaps)
    found.metadata["pages"] = total
    found.metadata["left_out"] = {kind: visible(text).total() for kind, text in laid.left_out.items()}
    content = visible(page.layer) - visible("".join(laid.left_out.values()))
    lost = (content - visible(found.page_content)).total()
    if lost > (1 - _KEPT) * content.total():
        values = {"found": content.total(), "read": content.total() - lost}
        found.metadata["gaps"].append({"reason": str(Reason.TEXT_LOST), "page": page.number, "values": values})
    return found


def _failure(page: Page, *, text: str) -> Reason | None:
    """Return why nothing of a page is of use, None where it is; a blank page neither is nor tells why."""
    reasons = [gap.reason for gap in page.gaps]
    if Reason.GARBLED in reasons:
        bad = garbled(text)
        return Reason.GARBLED if bad and bad.is_lost else None
    if text.strip():
        return None
    return Reason.NO_TEXT_LAYER if Reason.SCANNED_PAGES in reasons else next(iter(reasons), Reason.BLANK)
