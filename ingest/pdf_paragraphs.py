"""Lines of one PDF page joined into paragraphs and tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.blocks import table_text
from ingest.pdf_tables import Table
from ingest.pdf_text import SOFT_HYPHEN, Line

_END = re.compile("[。！？!?；;：:…][」』”’）)]*$")
_ITEM = re.compile(
    r"[（(]?[一二三四五六七八九十百\d]{1,3}[）)、]|\d{1,2}[.．](?!\d)|\d{1,2}(?:[.．]\d{1,2}){1,3}\s"
    r"|第[〇零一二三四五六七八九十百千\d]+[编編篇章节節条條款](?![的规規所和与與、])|[①-⑳]"
)
_BULLET = re.compile("[•●○■◆▪▶➢·\\-–—*]\\s|[\uf06c\uf0b7\uf0d8\uf0a7]")
_SYMBOL_BULLET = re.compile("^[\uf06c\uf0b7\uf0d8\uf0a7]\\s*")  # characters of Word's symbol fonts
_WIDE = re.compile("[\u2e80-\uffef]")
_INDENT = 1.3  # ems; a paragraph begins with two
_SAME_BASELINE = 0.3  # ems
_FEWEST_ROWS = 3  # of a table without lines


@dataclass(frozen=True, slots=True)
class Page:
    """A page as read: its number from 1, height in points, its lines in the file's order, its ruled tables."""

    number: int
    height: float
    lines: list[Line]
    tables: list[Table] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Body:
    """What the running text of the document looks like: font size, font, distance of baselines in ems."""

    size: float
    font: str
    leading: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, as one text; those of a table come as rows, and `lines` is empty."""

    text: str
    lines: tuple[Line, ...] = ()


def paragraphs(page: Page, *, body: Body) -> Iterator[Paragraph]:
    """Yield what stands on a page as paragraphs and tables, in reading order."""
    columns = _Columns(page)
    lines: list[Line] = []
    for item in _items(page):
        if isinstance(item, Line) and lines and not _is_new(item, lines=lines, columns=columns, body=body):
            lines.append(item)
            continue
        if lines:
            yield Paragraph(_joined(lines), tuple(lines))
        lines = []
        if isinstance(item, Line):
            lines = [item]
        else:
            yield item
    if lines:
        yield Paragraph(_joined(lines), tuple(lines))


class _Columns:
    """The left and right edge of the column that a line stands in."""

    def __init__(self, page: Page) -> None:
        self._lines = [line for line in page.lines if not any(table.holds(line) for table in page.tables)]
        self._known: dict[tuple[float, float], tuple[float, float]] = {}

    def edges(self, line: Line) -> tuple[float, float]:
        span = line.x0, line.x1
        if span not in self._known:
            # A line across both columns of a page must not make them one.
            widest = 1.6 * max(line.x1 - line.x0, 12 * line.size)
            same = [
                other
                for other in self._lines
                if other.x0 < line.x1 and other.x1 > line.x0 and other.x1 - other.x0 < widest
            ]
            self._known[span] = (
                min((other.x0 for other in same), default=line.x0),
                max((other.x1 for other in same), default=line.x1),
            )
        return self._known[span]


def _is_new(line: Line, *, lines: list[Line], columns: _Columns, body: Body) -> bool:
    """Tell whether `line` begins a paragraph rather than going on with `lines`."""
    last, em = lines[-1], line.size
    if abs(last.size - em) > 1 or _ITEM.match(line.text) or _BULLET.match(line.text):
        return True
    left, _ = columns.edges(line)
    _, right = columns.edges(last)
    ends = bool(_END.search(last.text))
    room = (right - last.x1) / em  # what the last line left free
    is_hanging = bool(_ITEM.match(lines[0].text) or _BULLET.match(lines[0].text))
    if line.x0 > left + _INDENT * em and not is_hanging and abs(line.x0 - last.x0) > em / 2:
        return True
    if (line.font, line.is_bold) != (last.font, last.is_bold) and line.font and last.font and room > 2:
        return True
    # Where paragraphs begin with an indent, a line without one goes on, though the last one was short.
    is_indented = lines[0].x0 > columns.edges(lines[0])[0] + _INDENT * em
    distance = (line.bottom - last.bottom) / em
    if distance < 0:  # the next column
        return room > 6 or (ends and not is_indented)
    if distance > body.leading + 0.6 or (distance > body.leading + 0.25 and (ends or room > 2)):
        return True
    return room > 6 or (room > 2.2 and not is_indented and (ends or not _is_latin(line.text[:1])))


def _joined(lines: list[Line]) -> str:
    text = _SYMBOL_BULLET.sub("• ", lines[0].text)
    for line in lines[1:]:
        if text.endswith(SOFT_HYPHEN):
            text = text[:-1] + line.text
        elif _is_latin(text[-1:]) and _is_latin(line.text[:1]) and not _splits_number(text, line.text):
            text += " " + line.text
        else:
            text += line.text
    return text.replace(SOFT_HYPHEN, "")


def _is_latin(char: str) -> bool:
    return char.isascii() and (char.isalnum() or char in ",.;:)(%&\"'!?")


def _splits_number(above: str, below: str) -> bool:
    """Tell whether a line break fell into a number, as it may between the full lines of a Chinese text."""
    return above[-1:].isdigit() and below[:1].isdigit() and bool(_WIDE.search(above))


def _items(page: Page) -> Iterator[Line | Paragraph]:
    """Yield the lines of a page that are not in a table, and the tables where their first line stands."""
    rows: list[list[Line]] = []
    told: set[int] = set()
    for line in page.lines:
        number = next((number for number, table in enumerate(page.tables) if table.holds(line)), None)
        if number is None:
            if rows and _is_beside(line, last=rows[-1][-1]):
                rows[-1].append(line)
            else:
                rows.append([line])
        elif number not in told:
            yield from _plain_rows(rows)
            rows = []
            told.add(number)
            table = page.tables[number]
            yield Paragraph(table.text(line for line in page.lines if table.holds(line)))
    yield from _plain_rows(rows)


def _is_beside(line: Line, *, last: Line) -> bool:
    return abs(line.bottom - last.bottom) < _SAME_BASELINE * line.size and line.x0 > last.x1


def _plain_rows(rows: list[list[Line]]) -> Iterator[Line | Paragraph]:
    """Yield rows of pieces: a table where several rows have cells, two columns apart where they are woven together."""
    woven = _gutter(rows)
    if woven is not None:
        yield from (line for row in rows for line in row if line.x0 < woven)
        yield from (line for row in rows for line in row if line.x0 >= woven)
        return
    run: list[list[Line]] = []
    for row in rows:
        if len(row) > 1 or (run and _is_wrapped_cell(row[0], above=run[-1])):
            run.append(row)
            continue
        yield from _table_of(run)
        run = []
        yield row[0]
    yield from _table_of(run)


def _gutter(rows: list[list[Line]]) -> float | None:
    """Return where the right one of two columns begins whose lines come row by row, None where there are none."""
    pairs = [row for row in rows if len(row) == 2]
    if len(pairs) < 8 or len(pairs) < 0.6 * len(rows):
        return None
    left, right = max(row[0].x1 for row in pairs), min(row[1].x0 for row in pairs)
    letters = sum(len(line.text) for row in pairs for line in row) / (2 * len(pairs))
    return (left + right) / 2 if left < right and letters > 12 else None


def _is_wrapped_cell(line: Line, *, above: list[Line]) -> bool:
    starts = [cell.x0 for cell in above[1:]] if len(above) > 1 else [above[0].x0]
    near = line.bottom - above[0].bottom < 2.2 * line.size
    return near and any(abs(line.x0 - start) < line.size / 2 for start in starts)


def _table_of(run: list[list[Line]]) -> Iterator[Line | Paragraph]:
    full = [row for row in run if len(row) > 1]
    if len(full) < _FEWEST_ROWS:
        yield from (Paragraph(" ".join(line.text for line in row), tuple(row)) for row in run)
        return
    starts = sorted({round(line.x0) for line in full[0]})
    cells: list[list[str]] = []
    for row in run:
        if len(row) > 1:
            cells.append([line.text for line in row])
        else:
            number = min(range(len(cells[-1])), key=lambda cell: abs(starts[min(cell, len(starts) - 1)] - row[0].x0))
            cells[-1][number] += row[0].text
    yield Paragraph(table_text(cells))
