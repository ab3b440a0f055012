"""What the words of an RTF file mean to its text: characters, places whose text is not shown, marks on what follows.

Source: Rich Text Format (RTF) Specification, version 1.9.1, "Special Characters" and "Destinations".
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from ingest.office.look import Look
from ingest.rtf.blocks import Flow, Layout

CHARACTERS = {
    b"line": "\n", b"lbr": "\n", b"softline": "\n", b"tab": "\t", b"emdash": "—", b"endash": "–", b"bullet": "•",
    b"lquote": "‘", b"rquote": "’", b"ldblquote": "“", b"rdblquote": "”", b"emspace": " ", b"enspace": " ",
    b"qmspace": " ", b"~": " ", b"_": "-", b"\t": "\t",
}  # fmt: skip
# Not part of the text: definitions, pictures, running headers and footers, what an index or a table of contents says.
SKIPPED = frozenset((
    b"colortbl", b"info", b"pict", b"header", b"headerl", b"headerr", b"headerf", b"footer", b"footerl", b"footerr",
    b"footerf", b"ftnsep", b"ftnsepc", b"ftncn", b"aftnsep", b"aftnsepc", b"aftncn", b"fldinst", b"xe", b"rxe", b"tc",
    b"tcn", b"shprslt", b"nonshppict", b"nonesttables", b"filetbl", b"listtable", b"listoverridetable",
    b"rsidtbl", b"generator", b"mmathPict", b"sp", b"objdata", b"bkmkstart", b"bkmkend", b"pn", b"private",
))  # fmt: skip
# Their own text is not shown, but that of a group inside is: the text of a shape, the picture of an object.
CONTAINERS = frozenset((b"object", b"shp", b"shpinst", b"do", b"upr", b"shpgrp"))
SHOWN_IN_CONTAINERS = {b"shptxt": True, b"dptxbxtext": True, b"result": False, b"ud": False}  # whether in a box
NOTES = {b"footnote": "脚注：", b"annotation": "批注："}
ENDNOTE = "尾注："
# Groups marked "to be passed over by who does not know them" that hold text or the marks of tables all the same.
KEPT = frozenset((
    b"nesttableprops", b"moMath", b"moMathPara", b"fldrslt", b"listtext", b"pntext", b"footnote", b"annotation",
    b"shptxt", b"ud", b"fonttbl", b"stylesheet", b"dptxbxtext", b"result", b"cs", b"ds", b"ts",
)) | CONTAINERS  # fmt: skip


class Place(Enum):
    """What the text of a group is for."""

    TEXT = 1
    LABEL = 2  # the number of a list item
    FONTS = 3
    STYLES = 4
    CONTAINER = 5
    NOWHERE = 6


PLACES = {
    b"listtext": Place.LABEL, b"pntext": Place.LABEL, b"fonttbl": Place.FONTS, b"stylesheet": Place.STYLES,
}  # fmt: skip


class State(NamedTuple):
    r"""What a group has set; its end restores what was before. `fallback` characters follow each \u."""

    place: Place
    flow: Flow
    font: int | None = None
    fallback: int = 1
    is_hidden: bool = False
    is_deleted: bool = False
    layout: Layout = Layout()
    look: Look = Look()
    is_nested: bool = False
    is_asian: bool = False  # what is said next about "associated" characters is about Chinese ones


Change = Callable[[State, int | None], State]


def has_meaning(name: bytes) -> bool:
    """Tell whether a word says anything about the text; most are about how the page looks."""
    return name in _MEANING or _is_property(name)


def is_skipped(name: bytes, *, starred: bool) -> bool:
    r"""Tell whether a group that begins with this word, after \* maybe, holds no text of the document."""
    return name in SKIPPED or _is_property(name) or (starred and name not in KEPT)


def _is_property(name: bytes) -> bool:
    """Tell whether a word begins the properties of a part of a formula."""
    return name[:1] == b"m" and name.endswith(b"Pr")


def _resized(state: State, number: int | None) -> State:
    return state._replace(look=state.look._replace(size=number or Look().size))


def _emboldened(state: State, number: int | None) -> State:
    return state._replace(look=state.look._replace(is_bold=number != 0))


def _plain(state: State, _: int | None) -> State:
    return state._replace(font=None, is_hidden=False, is_deleted=False, look=Look())


# Words that change what follows them in their group. A switch is on unless its number is 0.
CHANGES: dict[bytes, Change] = {
    b"plain": _plain,
    b"pard": lambda state, _: state._replace(layout=Layout()),
    b"f": lambda state, number: state._replace(font=number),
    b"uc": lambda state, number: state._replace(fallback=max(0, 1 if number is None else number)),
    b"v": lambda state, number: state._replace(is_hidden=number != 0),
    b"deleted": lambda state, number: state._replace(is_deleted=number != 0),
    b"nesttableprops": lambda state, _: state._replace(is_nested=True),
    b"b": _emboldened,
    b"fs": _resized,
    # LibreOffice gives the look of Chinese characters so; behind another of these words it is that of Arabic ones.
    b"dbch": lambda state, _: state._replace(is_asian=True),
    **dict.fromkeys((b"loch", b"hich", b"rtlch", b"ltrch"), lambda state, _: state._replace(is_asian=False)),
    b"ab": lambda state, number: _emboldened(state, number) if state.is_asian else state,
    b"afs": lambda state, number: _resized(state, number) if state.is_asian else state,
    b"s": lambda state, number: state._replace(layout=state.layout._replace(style=number or 0)),
    b"outlinelevel": lambda state, number: state._replace(layout=state.layout._replace(outline=number or 0)),
    b"intbl": lambda state, _: state._replace(layout=state.layout._replace(depth=max(1, state.layout.depth))),
    b"itap": lambda state, number: state._replace(layout=state.layout._replace(depth=1 if number is None else number)),
}
_MEANING = (
    SKIPPED | KEPT | CHARACTERS.keys() | PLACES.keys() | CHANGES.keys() | {b"u", b"fcharset", b"cpg", b"sbasedon"}
)
