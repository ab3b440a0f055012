"""Lines of a PDF that are no content: running headers and footers, page numbers, watermarks."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ingest.pdf.page import Page
from ingest.pdf.text import Line

_TOP_BAND, _BOTTOM_BAND = 0.09, 0.08  # shares of the page's height where running lines stand
_PAGE_NUMBER = re.compile(
    r"[-–—·\s]*(?:第\s*|page\s+|p\.\s*)?(?:\d{1,4}|[ivxlc]{1,6})\s*(?:页|頁)?"
    r"(?:\s*[/／,，]?\s*(?:共|of)?\s*\d{1,4}\s*(?:页|頁)?)?[-–—·\s]*",
    re.IGNORECASE,
)
_TABLE_BAND = 0.16  # share of the page's height that a running header in the form of a table takes at most
_MOSTLY = 0.5

_Key = tuple[str, bool]  # the text without its digits, whether it stands at the top


class RunningLines:
    """Learns from page after page which lines come back, and takes them out."""

    def __init__(self) -> None:
        self._pages = 0
        self._seen: Counter[_Key] = Counter()
        self._slots: dict[int, Counter[_Key]] = {}  # by height on the page
        self._aslant: Counter[str] = Counter()
        self._tables: Counter[str] = Counter()

    def learn(self, page: Page) -> None:
        """Take a page into account; the pages that follow one tell what runs on it."""
        self._pages += bool(page.lines)
        edge = [line for line in page.lines if _is_at_edge(line, page=page)]
        self._seen.update({_key(line, page=page) for line in edge})
        for slot, key in {(_slot(line), _key(line, page=page)) for line in edge}:
            self._slots.setdefault(slot, Counter())[key] += 1
        for line in page.lines:
            self._aslant[line.text] += line.is_aslant
        self._tables.update({text for _, text in _edge_tables(page)})

    def without(self, page: Page) -> tuple[Page, dict[str, str]]:
        """Return the page without such lines, and the text that was left out by what it is."""
        running = {table for table, text in _edge_tables(page) if self._tables[text] >= self._often}
        kept: list[Line] = []
        left_out = {"watermark": page.watermark} if page.watermark else {}
        for line in page.lines:
            if kind := self._kind(line, page=page, tables=running):
                left_out[kind] = left_out.get(kind, "") + line.text
            else:
                kept.append(line)
        tables = [table for number, table in enumerate(page.tables) if number not in running]
        return replace(page, lines=kept, tables=tables), left_out

    @property
    def _often(self) -> float:
        return max(2.0, min(5.0, self._pages / 2))

    def _kind(self, line: Line, *, page: Page, tables: set[int]) -> str | None:
        if line.is_aslant:
            return "watermark" if self._aslant[line.text] > 1 else None
        if tables and any(page.tables[number].holds(line) for number in tables):
            return "running_header"
        if not _is_at_edge(line, page=page):
            return None
        if _PAGE_NUMBER.fullmatch(line.text):
            return "page_number"
        if not self._is_running(line, page=page):
            return None
        return "running_header" if line.bottom < page.height / 2 else "running_footer"

    def _is_running(self, line: Line, *, page: Page) -> bool:
        if self._seen[_key(line, page=page)] >= self._often:
            return True
        # The header of a chapter of one page stands where those of the other chapters do.
        slot = self._slots.get(_slot(line), Counter[_Key]())
        repeated = sum(count for count in slot.values() if count > 1)
        return slot.total() >= 5 and repeated > _MOSTLY * slot.total() and slot.total() > _MOSTLY * self._pages


def _is_at_edge(line: Line, *, page: Page) -> bool:
    is_outside = line.bottom < page.height * _TOP_BAND or line.top > page.height * (1 - _BOTTOM_BAND)
    return is_outside and not (line.is_aslant or line.is_aside or any(table.holds(line) for table in page.tables))


def _edge_tables(page: Page) -> Iterator[tuple[int, str]]:
    """Yield number and text, digits apart, of the tables at the head of a page: controlled documents have such."""
    for number, table in enumerate(page.tables):
        if table.box[3] < _TABLE_BAND * page.height:
            yield number, re.sub(r"\d+", "#", "".join(line.text for line in page.lines if table.holds(line)))


def _key(line: Line, *, page: Page) -> _Key:
    return re.sub(r"\s+", "", re.sub(r"\d+", "#", line.text)), line.bottom < page.height / 2


def _slot(line: Line) -> int:
    return round(line.bottom / 4)
