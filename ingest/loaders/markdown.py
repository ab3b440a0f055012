"""Markdown: the source itself is stored, so that a citation points at what the author wrote and no mark is lost.

Only tables change their form: a row of one alone would not tell what its values are.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from langchain_core.documents import Document

from ingest.blocks import Heading, text_document
from ingest.decode import clean, decode
from ingest.loaders.text import undecodable
from ingest.tables.rows import table_text
from ingest.workspace import Workspace

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd")
VERSION = "1"

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_HASHES = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})[ \t]*$")
_NOT_A_TITLE = re.compile(r" {4}|\t|\s*(?:$|[|>#]|[-*+] |\d+[.)] |<|[-=_*]{3,}\s*$)")
_MARKS = re.compile(r"[*`]|!?\[([^\]]*)\]\([^)]*\)")
_RULE = re.compile(r" {0,3}(?=[^|]*\|)\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_BAR = re.compile(r"(?<!\\)\|")
_BREAK = re.compile(r"<br\s*/?>", re.I)


def load(path: Path, *, workspace: Workspace) -> list[Document]:
    """Read a Markdown file into one Document with its `#` and underlined headings."""
    decoded = decode(path.read_bytes())
    text = _tables_as_rows(clean(decoded.text))
    headings = list(_headings(text))
    return [
        text_document(text, loader="markdown", headings=headings, encoding=decoded.encoding, gaps=undecodable(decoded))
    ]


def _tables_as_rows(text: str) -> str:
    """Return the source with its tables as rows that name their values; a table's rows end at a line without a bar."""
    parts: list[str] = []
    done = 0
    lines = list(_lines_outside_code(text))
    for index, (start, line) in enumerate(lines[:-1]):
        rule_start, rule = lines[index + 1]
        if start < done or "|" not in line or not _RULE.match(rule) or rule_start != start + len(line) + 1:
            continue
        header, end = _cells(line), rule_start + len(rule)
        if len(header) != len(_cells(rule)):
            continue
        rows = [header]
        for row_start, row in lines[index + 2 :]:
            if row_start != end + 1 or "|" not in row:
                break
            rows.append(_cells(row) + [""] * (len(header) - len(_cells(row))))
            end = row_start + len(row)
        parts += [text[done:start], table_text(rows, header=any(header))]
        done = end
    return "".join([*parts, text[done:]])


def _cells(line: str) -> list[str]:
    cells = [_BREAK.sub(" ", cell.replace("\\|", "|")).strip() for cell in _BAR.split(line.strip())]
    return cells[line.strip().startswith("|") : len(cells) - (len(cells) > 1 and not cells[-1])]


def _headings(text: str) -> Iterator[Heading]:
    previous_start, previous = 0, ""
    for start, line in _lines_outside_code(text):
        if (hashes := _HASHES.match(line)) and hashes.group(2):
            yield Heading(start + line.index("#"), len(hashes.group(1)), _plain(hashes.group(2)))
        elif (underline := _UNDERLINE.match(line)) and not _NOT_A_TITLE.match(previous):
            yield Heading(previous_start, 1 if underline.group(1).startswith("=") else 2, _plain(previous))
        # Only a paragraph of one line can be underlined; the second line of a longer one is no title.
        previous_start, previous = start, line if not previous.strip() or _NOT_A_TITLE.match(previous) else "#"
        if not line.strip():
            previous = ""


def _lines_outside_code(text: str) -> Iterator[tuple[int, str]]:
    """Yield offset and text of each line, those of fenced code and of the front matter left out."""
    start = 0
    fence = ""
    lines = text.split("\n")
    front_matter_end = lines.index("---", 1) if lines[0] == "---" and "---" in lines[1:] else -1
    for number, line in enumerate(lines):
        match = _FENCE.match(line)
        if match and not fence:
            fence = match.group(1)
        elif match and match.group(1).startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        elif not fence and number > front_matter_end:
            yield start, line
        start += len(line) + 1


def _plain(title: str) -> str:
    return _MARKS.sub(lambda match: match.group(1) or "", title).strip()
