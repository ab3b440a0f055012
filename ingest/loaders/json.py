"""JSON and JSON lines: a block for each record, with "键：值" lines, the keys of nested values joined by dots."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import Block, page_document
from ingest.decode import clean, decode
from ingest.errors import Reason
from ingest.json_values import BrokenJsonError, Value, json_values
from ingest.loaders.text import undecodable
from ingest.types import Gap
from ingest.workspace import Workspace

SUFFIXES = (".json", ".jsonl", ".ndjson", ".geojson")
VERSION = "1"

_SAMPLE = 50  # lines that tell JSON lines from one value over many lines
_LONGEST_ITEM = 50  # characters of an item of an array that stands in one line with others


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a JSON file into one Document; from where it breaks the format its text stays as it is, with a gap.

    The gap is DAMAGED with `line` (1-based). In JSON lines each broken line has one, and the others go on.
    """
    decoded = decode(path.read_bytes())
    text = clean(decoded.text)
    gaps = undecodable(decoded)
    blocks: list[Block] = []
    if _is_lines(text):
        for number, line in enumerate(text.split("\n"), 1):
            blocks += _blocks(line, first_line=number, one_record=True, gaps=gaps)
    else:
        blocks += _blocks(text, first_line=1, one_record=False, gaps=gaps)
    return [page_document(blocks, loader="json", encoding=decoded.encoding, gaps=gaps)]


def _is_lines(text: str) -> bool:
    """Return whether most of the first lines are a value each."""
    lines = [line.strip() for line in islice(text.split("\n", 4 * _SAMPLE), 4 * _SAMPLE)]
    lines = [line for line in lines if line][:_SAMPLE]
    whole = sum(line.startswith(("{", "[")) and line.endswith(("}", "]")) and len(line) > 2 for line in lines)
    return len(lines) > 1 and whole * 2 >= len(lines)


def _blocks(text: str, *, first_line: int, one_record: bool, gaps: list[Gap]) -> Iterator[Block]:
    """Yield a block for each record; `one_record` says that the whole text is one."""
    values: list[Value] = []
    end = 0
    try:
        for value in json_values(text):
            end = value.end
            if values and value.record != values[0].record and not one_record:
                yield Block(_record_text(values))
                values = []
            values.append(value)
        yield Block(_record_text(values))
    except BrokenJsonError as error:
        yield Block(_record_text(values))
        yield Block(text[end:])
        gaps.append(Gap(Reason.DAMAGED, values={"line": first_line + text.count("\n", 0, error.offset)}))


def _record_text(values: Iterable[Value]) -> str:
    """Return the lines of a record; short items of one array share a line."""
    lines: list[list[str]] = []
    for array, group in groupby(values, key=_array):
        name = "" if array is None else _name(array)
        for index, value in enumerate(value for value in group if value.text.strip()):
            if array is not None and index:
                lines[-1] += ["、", value.text.strip()]
            else:
                name = name if array is not None else _name(value.path)
                lines.append([f"{name}：" if name else "", value.text.strip()])
    return "\n".join("".join(line) for line in lines)


def _array(value: Value) -> tuple[str | int, ...] | None:
    """Return the path of the array that a short item stands in, None for all other values."""
    is_item = bool(value.path) and isinstance(value.path[-1], int) and len(value.text) <= _LONGEST_ITEM
    return value.path[:-1] if is_item else None


def _name(path: Sequence[str | int]) -> str:
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part + 1}]"
        else:
            key = " ".join(part.split())
            name += f".{key}" if name and key else key
    return name
