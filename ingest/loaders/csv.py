"""Tables as text, with commas, semicolons, tabs or bars between the fields: told apart by content.

The standard library's `csv.Sniffer` takes letters for delimiters and is lost with Chinese; here the delimiter is the
one that cuts the lines into the same number of fields. Format: RFC 4180, and what programs make of it.
"""

import csv
import re
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import text_document
from ingest.decode import clean, decode
from ingest.loaders.text import undecodable
from ingest.tables.rows import table_lines
from ingest.tables.sheets import CellLimit, Row, cell
from ingest.workspace import Workspace

SUFFIXES = (".csv", ".tsv", ".tab", ".psv")
VERSION = "1"

_DELIMITERS = (",", "\t", ";", "|")  # in a tie, the earlier one
_SAMPLE = 200  # lines that the delimiter is told by
_MOST_LINES = 200  # lines of one field in quotes; a quote that is not closed by then is none
_DECLARED = re.compile(r"sep=(.)")  # Excel's own word for the delimiter, as the first line
_KEPT_AS_TEXT = re.compile(r'^="([^"]*)"$')  # keeps Excel from taking 001 for a number


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a table into one Document: a row a line, each value with its column's name."""
    decoded = decode(path.read_bytes())
    text = clean(decoded.text)
    lines = _lines(text)
    sample = list(islice(lines, _SAMPLE))
    if sample and (declared := _DECLARED.fullmatch(sample[0])):
        delimiter: str | None = declared[1]
        del sample[0]
    else:
        delimiter = _delimiter(sample)
    records = _records(chain(sample, lines), delimiter=delimiter)
    limit = CellLimit(workspace.limits.cells)
    body = "\n".join(table_lines(row.cells for row in limit.limited(_rows(records))))
    return [text_document(body, loader="csv", encoding=decoded.encoding, gaps=[*undecodable(decoded), *limit.gaps])]


def _lines(text: str) -> Iterator[str]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def _rows(records: Iterable[list[str]]) -> Iterator[Row]:
    for number, record in enumerate(records):
        fields = (_KEPT_AS_TEXT.sub(r"\1", field) for field in record)
        cells = [made for column, field in enumerate(fields) if (made := cell(field, column)).text]
        if cells:
            yield Row(number, cells)


def _delimiter(sample: list[str]) -> str | None:
    """Return what cuts most of the lines into the same number of fields, None where nothing does."""
    lines = [line for line in sample if line.strip()]
    best: tuple[float, int, str | None] = (0.0, 0, None)
    for delimiter in _DELIMITERS:
        widths = [len(record) for record in _records(iter(lines), delimiter=delimiter)]
        width, count = max(Counter(widths).items(), key=lambda item: (item[0] > 1, item[1], item[0]), default=(0, 0))
        share = round(count / max(1, len(widths)), 1)
        # Lines of a table may have more or less fields than its header, lines of prose often have one.
        is_table = width > 1 and (2 * count > len(widths) or (widths[0] == width and min(widths) > 1))
        if is_table and (share, width) > best[:2]:
            best = (share, width, delimiter)
    return best[2]


def _records(lines: Iterator[str], *, delimiter: str | None) -> Iterator[list[str]]:
    """Yield the fields of each record. Where a quote is never closed it is text, and its line a record of its own."""
    csv.field_size_limit(sys.maxsize)
    quotes = _Quotes(delimiter) if delimiter else None
    ahead: deque[str] = deque()
    while (line := ahead.popleft() if ahead else next(lines, None)) is not None:
        if '"' not in line or not quotes or not delimiter:
            yield line.split(delimiter) if delimiter else [line]
            continue
        record = [line]
        is_open = quotes.left_open(line)
        while is_open and len(record) < _MOST_LINES:
            following = ahead.popleft() if ahead else next(lines, None)
            if following is None:
                break
            record.append(following)
            is_open = quotes.left_open(following, inside=True)
        if is_open is False:
            yield from csv.reader([f"{part}\n" for part in record], delimiter=delimiter, skipinitialspace=True)
        else:
            ahead.extendleft(reversed(record[1:]))
            yield line.split(delimiter)


class _Quotes:
    """Tells whether a field in quotes goes on in the next line."""

    def __init__(self, delimiter: str) -> None:
        around = re.escape(delimiter)
        self._opening = re.compile(rf'(?:^|{around}) *"')
        self._closing = re.compile(rf'[^"]*+(?:""[^"]*+)*+"(?= *(?:{around}|$))')
        self._no_closing = re.compile(r'[^"]*+(?:""[^"]*+)*+')

    def left_open(self, line: str, *, inside: bool = False) -> bool | None:
        """Return whether `line` ends in a field in quotes, None where its quotes are none of fields.

        `inside` says that it begins in one.
        """
        position = 0
        while True:
            if inside:
                closing = self._closing.match(line, position)
                if not closing:
                    return True if self._no_closing.fullmatch(line, position) else None
                position = closing.end()
            opening = self._opening.search(line, position)
            if not opening:
                return False
            position = opening.end()
            inside = True
