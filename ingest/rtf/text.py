r"""The text of an RTF file: groups, fonts, styles and tables followed from the first byte to the last.

Source: Rich Text Format (RTF) Specification, version 1.9.1, Microsoft 2008. Open groups are a list: a file may open a
hundred thousand of them.
"""

import re
from collections.abc import Callable

from ingest.rtf.blocks import Contents, Definition, Flow, Style
from ingest.rtf.encoding import Charset, Decoder, Font, codec_of_language, codec_of_page
from ingest.rtf.tokens import Kind, Token, tokens
from ingest.rtf.words import (
    CHANGES,
    CHARACTERS,
    CONTAINERS,
    ENDNOTE,
    NOTES,
    PLACES,
    SHOWN_IN_CONTAINERS,
    Place,
    State,
    has_meaning,
    is_skipped,
)  # fmt: skip

_DEEPEST = 2_000_000  # open groups; more are no document, and each takes memory
_BOLD_NAME = re.compile("bold|black|heavy|simhei|heiti|黑体|黑體", re.IGNORECASE)


def read_contents(data: bytes) -> Contents:
    """Return what an RTF file holds; a file that is cut short is read as far as it goes."""
    reader = _Reader(data)
    for token in tokens(data):
        reader.take(token)
        if len(reader.groups) > _DEEPEST:
            break
    return reader.finished()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.groups: list[State] = []
        self.contents = Contents()
        self.text = Decoder()
        self.names = Decoder()  # of fonts and styles, whose bytes say nothing about the text's
        self.state = State(Place.TEXT, Flow())
        self.body = self.state.flow
        self.page = codec_of_page(None)
        self.default_font: int | None = None
        self.fonts: dict[int, Font] = {}
        self.entry = 0  # the font or style that is being defined
        self.definition = Definition()
        self.in_row = False
        self.is_starred = False
        self.to_skip = 0  # characters that stand for a \u to those who cannot read it
        # Bytes beyond ASCII are written as \'xx. Programs that know no better write them as they are, UTF-8 at that.
        self.is_utf8 = not data.isascii() and _is_utf8(data)

    def take(self, token: Token) -> None:
        """Go on by one token."""
        kind = token.kind
        if kind is Kind.WORD:
            self._word(token.value, number=token.number)
        elif kind is Kind.OPEN:
            self.to_skip = 0
            self.groups.append(self.state)
        elif kind is Kind.CLOSE:
            self.to_skip = 0
            if self.groups:
                self._leave()
        elif kind is Kind.SYMBOL:
            self._symbol(token.value)
        elif self.state.place not in (Place.CONTAINER, Place.NOWHERE):
            self._bytes(token)

    def finished(self) -> Contents:
        """Return what was read; groups that are still open tell of a file that was cut."""
        contents, decoder = self.contents, self.text
        contents.is_cut = bool(self.groups)
        while self.groups:
            self._leave()
        self.flush(at_end=True)
        contents.paragraphs = self.body.closed()
        contents.encoding = max(decoder.codecs, key=decoder.codecs.__getitem__, default=None)
        contents.bad, contents.first_bad = decoder.bad, decoder.first_bad
        return contents

    def flush(self, *, at_end: bool = False) -> None:
        """Put the text since the last change where it belongs."""
        text, state = self.decoder.take(at_end=at_end), self.state
        if not text or state.is_hidden or state.is_deleted:
            return
        if state.place is Place.TEXT:
            is_bold = state.look.is_bold or bool(_BOLD_NAME.search(self._font().name))
            layout = state.layout._replace(depth=self.depth)
            state.flow.add(text, layout=layout, look=state.look._replace(is_bold=is_bold))
        elif state.place is Place.LABEL:
            state.flow.add_label(text)
        elif state.place is Place.FONTS:
            font = self.fonts.setdefault(self.entry, Font())
            font.name += text.rstrip(";")
        elif state.place is Place.STYLES:
            style = self.contents.styles.setdefault(self.entry, Style())
            style.name += text.rstrip(";")

    @property
    def decoder(self) -> Decoder:
        """What the characters here go through."""
        return self.names if self.state.place in (Place.FONTS, Place.STYLES) else self.text

    @property
    def depth(self) -> int:
        """How many tables the text here lies in; some writers do not say so between the marks of a row."""
        return max(self.state.layout.depth, int(self.in_row))

    def _leave(self) -> None:
        left, back = self.state, self.groups.pop()
        self.flush(at_end=left.flow is not back.flow or left.place is not back.place)
        self.state = back
        if left.flow is not back.flow:
            back.flow.add_box(left.flow.closed())

    def _word(self, name: bytes, *, number: int | None) -> None:
        starred, self.is_starred = self.is_starred, False
        if self.state.place is Place.NOWHERE or not (starred or has_meaning(name) or name in _ACTIONS):
            return
        if self._enter(name, starred=starred):
            return
        if (text := CHARACTERS.get(name)) is not None:
            self._character(text)
        elif name == b"u" and number is not None:
            self.to_skip = self.state.fallback
            if self.state.place is not Place.CONTAINER:
                self.decoder.add_number(number)
        else:
            self.to_skip = 0
            if self.state.place in (Place.FONTS, Place.STYLES) and self._define(name, number=number):
                return
            if change := CHANGES.get(name):
                self.flush()
                self.state = change(self.state, number)
            elif action := _ACTIONS.get(name):
                action(self, number)

    def _enter(self, name: bytes, *, starred: bool) -> bool:
        """Follow a word that says what the text of its group is for; False for all other words."""
        place = self.state.place
        if place is Place.CONTAINER and name in SHOWN_IN_CONTAINERS:
            self._go(Place.TEXT, flow=Flow() if SHOWN_IN_CONTAINERS[name] else None)
        elif name in CONTAINERS:
            self._go(Place.CONTAINER)
            self.contents.objects += name == b"object"
        elif is_skipped(name, starred=starred) or (place is Place.STYLES and name in (b"cs", b"ds", b"ts")):
            self._go(Place.NOWHERE)
            self.contents.pictures += name == b"pict"
        elif name in PLACES:
            self._go(PLACES[name])
        elif name in NOTES and place is Place.TEXT:
            self._go(place, flow=Flow(label=NOTES[name]))
        else:
            return False
        return True

    def _go(self, place: Place, *, flow: Flow | None = None) -> None:
        self.flush(at_end=True)
        self.state = self.state._replace(place=place, flow=flow or self.state.flow)

    def _define(self, name: bytes, *, number: int | None) -> bool:
        """Note what a font or a style is; False for words that are not about that."""
        is_font = self.state.place is Place.FONTS
        if name == (b"f" if is_font else b"s"):
            self.flush(at_end=True)
            self.entry = number or 0
        elif is_font and name in (b"fcharset", b"cpg"):
            font = self.fonts.setdefault(self.entry, Font())
            font.charset, font.page = (number, font.page) if name == b"fcharset" else (font.charset, number)
        elif not is_font and name in (b"sbasedon", b"outlinelevel"):
            style = self.contents.styles.setdefault(self.entry, Style())
            style.base, style.outline = (number, style.outline) if name == b"sbasedon" else (style.base, number)
        else:
            return False
        return True

    def _symbol(self, value: bytes) -> None:
        self.is_starred = value == b"*"
        if self.state.place is Place.NOWHERE or self.is_starred:
            return
        if value in b"\r\n":
            self.end_paragraph()
        elif (text := CHARACTERS.get(value)) is not None:
            self._character(text)

    def _character(self, text: str) -> None:
        if self.to_skip:
            self.to_skip -= 1
        elif self.state.place is not Place.CONTAINER:
            self.decoder.add_text(text)

    def _bytes(self, token: Token) -> None:
        value = token.value[self.to_skip :]
        self.to_skip = max(0, self.to_skip - len(token.value))
        if value:
            is_utf8 = self.is_utf8 and token.kind is Kind.RAW and not value.isascii()
            found = Charset("utf-8") if is_utf8 else self._font().reading(page=self.page)
            self.decoder.add_bytes(value, charset=found, offset=token.offset)

    def _font(self) -> Font:
        number = self.default_font if self.state.font is None else self.state.font
        if self.state.place is Place.FONTS:
            number = self.entry
        return self.fonts.get(number, Font()) if number is not None else Font()

    def end_paragraph(self) -> None:
        """End a paragraph of the text; of a list of fonts or styles, there are none."""
        self.flush(at_end=True)
        if self.state.place is Place.TEXT:
            self.state.flow.end_paragraph(depth=self.depth)

    def end_cell(self, *, depth: int) -> None:
        """End a cell of the table at `depth`."""
        self.flush(at_end=True)
        if self.state.place is Place.TEXT:
            self.state.flow.end_cell(depth=depth)

    def end_row(self, *, depth: int) -> None:
        """End a row of the table at `depth`."""
        self.flush(at_end=True)
        if self.state.place is Place.TEXT:
            self.state.flow.end_row(self.definition, depth=depth)
        self.in_row = self.in_row and depth > 1

    def begin_row(self) -> None:
        """Begin the definition of a row, which may stand before or behind its cells, or both."""
        self.flush()
        self.definition = Definition()
        self.in_row = self.in_row or not self.state.is_nested

    def set_page(self, page: int | None) -> None:
        """Note the code page of the file."""
        self.page = codec_of_page(page)

    def set_language(self, number: int | None) -> None:
        """Note the language of East Asian text, which says more than the code page of a file that has none."""
        codec = codec_of_language(number)
        if codec and self.page == codec_of_page(None):
            self.page = codec

    def set_default_font(self, number: int | None) -> None:
        """Note the font of text that names none."""
        self.default_font = number


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


_ACTIONS: dict[bytes, Callable[[_Reader, int | None], None]] = {
    b"par": lambda reader, _: reader.end_paragraph(),
    b"sect": lambda reader, _: reader.end_paragraph(),
    b"page": lambda reader, _: reader.end_paragraph(),
    b"column": lambda reader, _: reader.end_paragraph(),
    b"cell": lambda reader, _: reader.end_cell(depth=1),
    b"row": lambda reader, _: reader.end_row(depth=1),
    b"nestcell": lambda reader, _: reader.end_cell(depth=max(2, reader.depth)),
    b"nestrow": lambda reader, _: reader.end_row(depth=max(2, reader.depth)),
    b"trowd": lambda reader, _: reader.begin_row(),
    b"trhdr": lambda reader, _: setattr(reader.definition, "is_header", True),
    b"clmrg": lambda reader, _: setattr(reader.definition, "goes_on", "left"),
    b"clvmrg": lambda reader, _: setattr(reader.definition, "goes_on", "above"),
    b"cellx": lambda reader, number: reader.definition.add_cell(number or 0),
    b"ftnalt": lambda reader, _: setattr(reader.state.flow, "label", ENDNOTE),
    b"ansicpg": lambda reader, number: reader.set_page(number),
    b"mac": lambda reader, _: reader.set_page(10000),
    b"pc": lambda reader, _: reader.set_page(437),
    b"pca": lambda reader, _: reader.set_page(850),
    b"deff": lambda reader, number: reader.set_default_font(number),
    b"deflang": lambda reader, number: reader.set_language(number),
    b"deflangfe": lambda reader, number: reader.set_language(number),
}
