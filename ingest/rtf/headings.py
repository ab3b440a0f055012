"""Which paragraphs of an RTF file are headings: by style, else by their look."""

import re
from collections import Counter

from ingest.blocks import Block
from ingest.headings import LONGEST
from ingest.office.flow_text import Piece
from ingest.rtf.blocks import Contents, Look, Paragraph, Style

_STYLE_NAME = re.compile(r"\s*(?:heading|标题|標題|見出し)\s*([1-9])\s*", re.IGNORECASE)
_TITLE_NAME = re.compile(r"\s*(?:title|标题|標題)\s*", re.IGNORECASE)
_CONTENTS_NAME = re.compile(r"\s*(?:toc|contents|目录|目錄)\s*\d\s*", re.IGNORECASE)
_BODY = 9  # the outline level of text that is no heading
_MOST_BASES = 10  # styles below each other: one may be based on itself, by way of others
_LARGER = 1.12  # size of a heading to that of the body
_LONGEST_TITLE = 60
_ENDS_LIKE_TEXT = re.compile("[。！？!?；;，,、：:…]$")
_LEADERS = re.compile(r"[.．·…]{4,}|\t\d+$")


def text_pieces(contents: Contents) -> tuple[list[Piece], str]:
    """Return the paragraphs and tables of a file as pieces with the level of each heading, and its table of contents.

    The lines of a table of contents are no pieces: they would be found instead of the text that they point at.
    """
    is_contents = {number for number, style in contents.styles.items() if _CONTENTS_NAME.fullmatch(style.name)}
    lines = "".join(one.text for one in contents.paragraphs if one.layout.style in is_contents and not one.is_table)
    paragraphs = [one for one in contents.paragraphs if one.layout.style not in is_contents or one.is_table]
    levels = _style_levels(contents.styles)
    found = [_styled(paragraph, levels=levels) for paragraph in paragraphs]
    titles = {number for number, style in contents.styles.items() if _TITLE_NAME.fullmatch(style.name)}
    are_titles = [paragraph.layout.style in titles for paragraph in paragraphs]
    if not any(found):
        found = _by_look(paragraphs)
        are_titles = [level > 0 for level in found]  # numbered headings are looked for below them
    return [_piece(*one) for one in zip(paragraphs, found, are_titles, strict=True)], lines


def _piece(paragraph: Paragraph, level: int, is_title: bool) -> Piece:
    is_item = paragraph.is_item and not level
    return Piece(Block(paragraph.text, level), list_key="list" if is_item else None, is_title=bool(level) and is_title)


def _style_levels(styles: dict[int, Style]) -> dict[int, int]:
    """Return the level of each style that is one of headings, by its name, its own mark, or the style below it."""
    found: dict[int, int] = {}
    for number in styles:
        base = styles.get(number)
        for _ in range(_MOST_BASES):
            level = _style_level(base) if base else None
            if level is not None or base is None or base.base is None:
                break
            base = styles.get(base.base)
        if level:
            found[number] = level
    return found


def _style_level(style: Style) -> int | None:
    if match := _STYLE_NAME.fullmatch(style.name):
        return int(match.group(1))
    if _TITLE_NAME.fullmatch(style.name):
        return 1
    if style.outline is None:
        return None
    return style.outline + 1 if 0 <= style.outline < _BODY else 0


def _styled(paragraph: Paragraph, *, levels: dict[int, int]) -> int:
    layout = paragraph.layout
    if paragraph.is_table or layout.depth:
        return 0
    if layout.outline is not None:
        return layout.outline + 1 if 0 <= layout.outline < _BODY else 0
    return levels.get(layout.style, 0)


def _by_look(paragraphs: list[Paragraph]) -> list[int]:
    """Return levels by size and weight, the largest type outermost."""
    body = _body(paragraphs)
    looks = [_stands_out(paragraph, body=body) for paragraph in paragraphs]
    order = sorted({look for look in looks if look}, key=lambda look: (-look.size, not look.is_bold))
    return [order.index(look) + 1 if look else 0 for look in looks]


def _body(paragraphs: list[Paragraph]) -> Look:
    looks: Counter[Look] = Counter()
    for paragraph in paragraphs:
        looks[paragraph.look] += 0 if paragraph.is_table else len(paragraph.text)
    return looks.most_common(1)[0][0] if looks else Look()


def _stands_out(paragraph: Paragraph, *, body: Look) -> Look | None:
    """Return the look of a heading: larger than the text, or bold where the text is not."""
    text, look = paragraph.text, paragraph.look
    is_large = look.size >= _LARGER * body.size
    is_bold = look.is_bold and not body.is_bold and look.size >= 0.95 * body.size
    if paragraph.is_table or paragraph.layout.depth or not (is_large or is_bold) or "\n" in text:
        return None
    longest = _LONGEST_TITLE if is_large else LONGEST
    letters = sum(char.isalpha() for char in text)
    is_title = 2 <= len(text) <= longest and letters >= 2 and not _LEADERS.search(text)
    return look if is_title and (is_large or not _ENDS_LIKE_TEXT.search(text)) else None
