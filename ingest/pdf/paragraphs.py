"""Lines of one PDF page joined into paragraphs and tables."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingest.pdf.columns import Columns
from ingest.pdf.glyphs import SOFT_HYPHEN
from ingest.pdf.page import Page
from ingest.pdf.rows import Grid, items
from ingest.pdf.text import Line

_END = re.compile("[。！？!?；;：:…][」』”’）)]*$")
_ITEM = re.compile(
    r"[（(]?[一二三四五六七八九十百\d]{1,3}[）)、]|\d{1,2}[.．](?!\d)|\d{1,2}(?:[.．]\d{1,2}){1,3}\s"
    r"|第[〇零一二三四五六七八九十百千\d]+[编編篇章节節条條款](?![的规規所和与與、])|[①-⑳]"
)
_BULLET = re.compile(r"[•●○■□◆◇▪▶➢❖✓→☑☐·\-–—*]\s|[•●■◆▪➢❖✓☑☐]")
_WIDE = re.compile("[\u2e80-\uffef]")
FIELD = re.compile(r"[^：:，。；！？\s]{1,12}[：:]\s*\S")  # of a form: 名称：某公司
LEADERS = re.compile(r"(?:[.．·…]\s?){4,}[\s\d]*$|…{2,}\s*\d+$")  # of a table of contents
_LARGER = 1.12  # size of a title to that of the body
_INDENT = 1.3  # ems; a paragraph begins with two


@dataclass(frozen=True, slots=True)
class Body:
    """What the running text looks like: font size, fonts, whether it is bold, distance of baselines in ems."""

    size: float
    fonts: frozenset[str]
    is_bold: bool
    leading: float


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together, as one text; a table is a `grid`, without lines."""

    text: str
    lines: tuple[Line, ...] = ()
    grid: Grid | None = field(default=None)


def paragraphs(page: Page, *, body: Body) -> Iterator[Paragraph]:
    """Yield what stands on a page as paragraphs and tables, in reading order."""
    columns = Columns(page)
    lines: list[Line] = []
    for item in items(page):
        if isinstance(item, Line) and lines and not _is_new(item, lines=lines, columns=columns, body=body):
            lines.append(item)
            continue
        if lines:
            yield Paragraph(_joined(lines), tuple(lines))
        lines = []
        if isinstance(item, Line):
            lines = [item]
        else:
            yield Paragraph("", grid=item)
    if lines:
        yield Paragraph(_joined(lines), tuple(lines))


def _is_new(line: Line, *, lines: list[Line], columns: Columns, body: Body) -> bool:
    """Tell whether `line` begins a paragraph rather than going on with `lines`."""
    last, em = lines[-1], line.size
    if abs(last.size - em) > max(1, 0.1 * em) or _ITEM.match(line.text) or _BULLET.match(line.text):
        return True
    if LEADERS.search(last.text) or line.is_aside or line.is_aslant:
        return True
    if _is_title(line, last=last, body=body):
        return False
    if len(lines) == 1 and FIELD.match(last.text) and FIELD.match(line.text) and abs(line.x0 - last.x0) < em / 2:
        return True
    left, _ = columns.edges(line)
    _, right = columns.edges(last)
    ends = bool(_END.search(last.text))
    room = (right - last.x1) / em  # what the last line left free
    is_hanging = bool(_ITEM.match(lines[0].text) or _BULLET.match(lines[0].text))
    if line.x0 > left + _INDENT * em and not is_hanging and abs(line.x0 - last.x0) > em / 2:
        return True
    if (line.font, line.is_bold) != (last.font, last.is_bold) and room > 2:
        return True
    # Where paragraphs begin with an indent, a line without one goes on, though the last one was short.
    is_indented = lines[0].x0 > columns.edges(lines[0])[0] + _INDENT * em
    is_indented = is_indented or (is_hanging and line.x0 > lines[0].x0 + em / 2)
    distance = (line.bottom - last.bottom) / em
    if distance < 0:  # the next column
        return room > 6 or (ends and not is_indented)
    if distance > body.leading + 0.6 or (distance > body.leading + 0.25 and (ends or room > 2)):
        return True
    return room > 6 or (room > 2.2 and not is_indented and (ends or not _is_latin(line.text[:1])))


def _is_title(line: Line, *, last: Line, body: Body) -> bool:
    """Tell whether two lines of large type are one title: centred alike, and close."""
    return (
        min(line.size, last.size) >= body.size * _LARGER
        and line.font == last.font
        and line.is_bold == last.is_bold
        and abs(line.x0 + line.x1 - last.x0 - last.x1) < line.size
        and abs(line.x0 - last.x0) > line.size / 2
        and 0 < line.bottom - last.bottom < 2.2 * line.size
        and not _END.search(last.text)
    )


def _joined(lines: list[Line]) -> str:
    text = lines[0].text
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
