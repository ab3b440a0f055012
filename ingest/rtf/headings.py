"""The paragraphs of an RTF file as pieces: headings by style, tables of contents left out."""

import re

from ingest.blocks import Block
from ingest.office.flow_text import Piece
from ingest.rtf.blocks import Contents, Paragraph, Style

_STYLE_NAME = re.compile(r"\s*(?:heading|标题|標題|見出し)\s*([1-9])\s*", re.IGNORECASE)
_TITLE_NAME = re.compile(r"\s*(?:title|标题|標題)\s*", re.IGNORECASE)
_CONTENTS_NAME = re.compile(r"\s*(?:toc|contents|目录|目錄)\s*\d\s*", re.IGNORECASE)
_BODY = 9  # the outline level of text that is no heading
_MOST_BASES = 10  # styles below each other: one may be based on itself, by way of others


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
    return [_piece(one, level, titles=titles) for one, level in zip(paragraphs, found, strict=True)], lines


def _piece(paragraph: Paragraph, level: int, *, titles: set[int]) -> Piece:
    key = "list" if paragraph.is_item and not level else None
    is_title = level > 0 and paragraph.layout.style in titles
    look = None if paragraph.is_table or paragraph.layout.depth else paragraph.look
    return Piece(Block(paragraph.text, level), key, is_title, look)


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
