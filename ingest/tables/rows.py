"""Tables as stored text: a row a line, each value with the name of its column, so that any slice can be read alone."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from ingest.tables.header import is_label, names_columns

_HEAD = 20  # rows that the layout of a table is told by
_MOST_ABOVE = 8  # rows of titles and notes before the header
_MOST_HEADER = 3  # rows of a header with merged cells
_LONGEST_NAME = 40  # characters of a column's name in each row; the header's own line has the whole of it
_TOTAL = re.compile("(?:合\\s*计|总\\s*计|小\\s*计|共\\s*计|合\\s*計|總\\s*計|小\\s*計|总和|累计|total)[:：]?", re.I)
# 制表人：李四, but not 8:30 or an address.
_NAMED_ALREADY = re.compile("[^:：\\d][^:：]{0,11}[:：](?!//)")


class Cell(NamedTuple):
    """A cell that is not empty: its text without line breaks, its 0-based column, how many of each it covers."""

    text: str
    column: int
    columns: int = 1
    rows: int = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """How many rows stand above a table (titles, notes), and how many then name its columns."""

    above: int = 0
    header: int = 0


def table_text(rows: Iterable[Iterable[str]], *, header: bool | None = None) -> str:
    """Return a table as lines: the header's names joined by " | ", then "列名：值 | 列名：值" for every row.

    `header` is whether the first row names the columns, None where the format does not say (it is guessed). Rows that
    are longer or shorter than the header are not tied to it, nor are all where there is none: their cells are joined by
    " | ". Blanks inside a cell become one space. An empty cell has no line of its own and no name.
    """
    texts = [[" ".join(cell.split()) for cell in row] for row in rows]
    texts = [row for row in texts if any(row)]
    width = max(map(len, texts), default=0)
    start = 0 if header else next((i for i, row in enumerate(texts) if not _spans_table(row, width=width)), 0)
    lines = [next(filter(None, row)) for row in texts[:start]]
    body = texts[start:]
    if header is None:
        header = bool(body) and len(body[0]) == width and names_columns(body)
    if not header or width < 2:
        return "\n".join([*lines, *map(_plain_texts, body)])
    names = dict(enumerate(map(_short, body[0])))
    lines.append(_plain_texts(body[0]))
    for row in body[1:]:
        cells = [Cell(text, column) for column, text in enumerate(row) if text]
        lines.append(row_line(cells, names=names) if len(row) == len(body[0]) else _plain_texts(row))
    return "\n".join(lines)


def table_lines(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield the lines of a table as `table_text` has them, from cells that know their columns, row by row.

    The source is one that exports data: a first row that may be a header is one.
    """
    iterator = iter(rows)
    head = list(islice(iterator, _HEAD))
    layout = layout_of(head)
    body = layout.above + layout.header
    yield from map(plain_line, head[:body])
    names = column_names(head[layout.above : body])
    for row in chain(head[body:], iterator):
        yield row_line(row, names=names)


def layout_of(head: Sequence[Sequence[Cell]], *, likely: bool = True) -> Layout:
    """Return the layout of a table by its first rows; `likely` as in `names_columns`."""
    width = max((_covered(row) for row in head if len(row) > 1), default=0)
    above = 0
    while above < min(len(head), _MOST_ABOVE) and _stands_above(head[above], width=width):
        above += 1
    if above == len(head):
        return Layout()
    header = 1
    while (
        header < _MOST_HEADER and above + header < len(head) and _goes_on(head[above + header - 1 : above + header + 1])
    ):
        header += 1
    rows = [_texts_of(head[above : above + header]), *(_by_column(row) for row in head[above + header :])]
    columns = sorted(set().union(*rows))
    aligned = [[row.get(column, "") for column in columns] for row in rows]
    return Layout(above, header if names_columns(aligned, likely=likely) else 0)


def column_names(header: Sequence[Sequence[Cell]]) -> dict[int, str]:
    """Return the name of each column by the rows of a header: a cell above several columns comes before theirs."""
    return {column: _short(text) for column, text in _texts_of(header).items()}


def row_line(row: Sequence[Cell], *, names: Mapping[int, str]) -> str:
    """Return a row as "列名：值 | 列名：值"; what is no value of a column (a total's label, a note) stands alone."""
    if not names or (len(row) == 1 and _is_note(row[0], width=len(names))):
        return plain_line(row)
    is_label_with_text = len(row) == 2 < len(names) and row[0].text.endswith((":", "："))
    names_itself = 2 * sum(bool(_NAMED_ALREADY.match(cell.text)) for cell in row) > len(row)
    if is_label_with_text or (names_itself and _NAMED_ALREADY.match(row[0].text)):
        return " | ".join(cell.text for cell in row)
    parts = []
    for index, cell in enumerate(row):
        name = names.get(cell.column, "")
        alone = not name or cell.columns > 1 or (index == 0 and _TOTAL.fullmatch(cell.text))
        parts.append(cell.text if alone else f"{name}：{cell.text}")
    return " | ".join(parts)


def plain_line(row: Sequence[Cell]) -> str:
    """Return a row's cells joined by " | ", with an empty one where columns between them are empty."""
    parts: list[str] = []
    following = row[0].column if row else 0
    for cell in row:
        if cell.column > following:
            parts.append("")
        parts.append(cell.text)
        following = cell.column + cell.columns
    return " | ".join(parts)


def _plain_texts(row: Sequence[str]) -> str:
    last = max((index for index, text in enumerate(row) if text), default=-1)
    return " | ".join(row[: last + 1])


def _spans_table(row: Sequence[str], *, width: int) -> bool:
    """Return whether a row is one text over the whole table: a caption or a title, maybe repeated in each cell."""
    filled = [text for text in row if text]
    return width > 1 and len(set(filled)) == 1 and len(filled) in (1, len(row))


def _stands_above(row: Sequence[Cell], *, width: int) -> bool:
    """Return whether a row before the header is a title or a note: it fills little of the table, or names itself."""
    if width < 2:
        return False
    if len(row) == 1 or (width > 2 and _covered(row) * 2 < width):
        return True
    return (
        width > 2
        and all(_NAMED_ALREADY.match(cell.text) for cell in row)
        and not all(cell.text.endswith((":", "：")) for cell in row)
    )


def _goes_on(rows: Sequence[Sequence[Cell]]) -> bool:
    """Return whether the second of two rows belongs to the header too: the first has cells over several columns."""
    upper, lower = rows
    return any(cell.columns > 1 for cell in upper) and len(upper) > 1 and all(is_label(cell.text) for cell in lower)


def _texts_of(header: Sequence[Sequence[Cell]]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for row in header:
        for cell in row:
            for column in range(cell.column, cell.column + cell.columns):
                above = texts.get(column)
                texts[column] = cell.text if above in (None, cell.text) else f"{above}/{cell.text}"
    return texts


def _by_column(row: Sequence[Cell]) -> dict[int, str]:
    return {cell.column: cell.text for cell in row}


def _covered(row: Sequence[Cell]) -> int:
    return sum(cell.columns for cell in row)


def _is_note(cell: Cell, *, width: int) -> bool:
    return width > 2 and (cell.columns > 1 or len(cell.text) > 20 or ":" in cell.text or "：" in cell.text)


def _short(name: str) -> str:
    name = name.rstrip(":： ")
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
