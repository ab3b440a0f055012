r"""Which characters the bytes of an RTF file are: by the charset of their font, else by the code page of the file.

Sources: RTF Specification 1.9.1, "Font Table" (\fcharset, \cpg) and "Character Set" (\ansicpg); the code pages of
Microsoft's National Language Support.
"""

import codecs
import re
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

# Code pages that Python knows better under another name: its GBK and Big5 lack characters that Windows writes.
_BY_CODE_PAGE = {
    936: "gb18030", 950: "big5hkscs", 1361: "johab", 10000: "mac_roman", 10001: "shift_jis", 10002: "big5hkscs",
    10003: "euc_kr", 10008: "gb18030", 20936: "gb18030", 51936: "gb18030", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
_ANSI, _DEFAULT = 0, 1
SYMBOL = "symbol"  # not an encoding of Python: a font of pictures, kept as private characters as Word does
_BY_CHARSET = {
    2: SYMBOL, 77: "mac_roman", 78: "shift_jis", 79: "euc_kr", 80: "gb18030", 81: "big5hkscs", 128: "cp932",
    129: "cp949", 130: "johab", 134: "gb18030", 136: "big5hkscs", 161: "cp1253", 162: "cp1254", 163: "cp1258",
    177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437",
    255: "cp850",
}  # fmt: skip
_BY_LANGUAGE = {
    1028: 950, 3076: 950, 5124: 950, 2052: 936, 4100: 936, 1041: 932, 1042: 949,
}  # fmt: skip
_WESTERN = "cp1252"
# A pair of bytes that is one of the everyday characters of a code page, by the rows that its standard keeps for them.
_EVERYDAY = {
    "gb18030": re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]"),
    "big5hkscs": re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]"),
    "cp932": re.compile(rb"[\x81-\x83\x88-\x97][\x40-\x7e\x80-\xfc]"),
    "cp949": re.compile(rb"[\xa1-\xa3\xb0-\xc8][\xa1-\xfe]"),
}
_HIGH = re.compile(rb"[\x80-\xff]")
_PIECE = re.compile(rb"[\x00-\x2f]+|[^\x00-\x2f]+")  # no character of two bytes has one of the former
_LAST_HIGH = re.compile(rb"[\x80-\xff]*\Z")
_LONE_HIGH = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")


class Charset(NamedTuple):
    """How the bytes of one font are read; `is_certain` is False for a Western font, which hides Chinese bytes often."""

    codec: str
    is_certain: bool = True


def codec_of_page(number: int | None) -> str:
    """Return the codec of a Windows code page, the Western one where Python has none."""
    name = _BY_CODE_PAGE.get(number or 1252, f"cp{number or 1252}")
    try:
        return codecs.lookup(name).name if name not in _BY_CODE_PAGE.values() else name
    except LookupError:
        return _WESTERN


def codec_of_language(number: int | None) -> str | None:
    """Return the codec that Windows uses in an East Asian language, None for the others."""
    page = _BY_LANGUAGE.get(number or 0)
    return codec_of_page(page) if page else None


@dataclass(slots=True)
class Font:
    """A font as the font table has it."""

    charset: int | None = None
    page: int | None = None
    name: str = ""

    def reading(self, *, page: str) -> Charset:
        """Return how its bytes are read in a file of the code page `page`."""
        if self.page:
            return Charset(codec_of_page(self.page))
        if self.charset is None or self.charset in (_ANSI, _DEFAULT):
            return Charset(page, is_certain=self.charset == _DEFAULT and page != _WESTERN)
        return Charset(_BY_CHARSET.get(self.charset, page))


class Decoder:
    r"""Bytes and \u numbers of a file, in their order, as text.

    The two bytes of a character may be apart, with marks or the border of a group between them. `codecs` counts the
    characters beyond ASCII by the codec that they came through; `first_bad` is the offset of the first run of bytes
    with one that is no character.
    """

    def __init__(self) -> None:
        self.codecs: Counter[str] = Counter()
        self.bad = 0
        self.first_bad: int | None = None
        self._text: list[str] = []
        self._bytes = bytearray()
        self._charset = Charset("ascii")
        self._offset = 0
        self._high = 0  # first half of a character beyond 16 bits

    def add_bytes(self, data: bytes, *, charset: Charset, offset: int) -> None:
        """Add bytes of a font; `offset` is where they stand in the file."""
        if charset != self._charset or self._high:
            self._finish()
        if not self._bytes:
            self._offset, self._charset = offset, charset
        self._bytes += data

    def add_number(self, number: int) -> None:
        r"""Add the character of a \u: 16 bits with a sign, of which some writers take no notice."""
        code = number + 0x10000 if number < 0 else number
        if self._high and 0xDC00 <= code < 0xE000:
            code = 0x10000 + ((self._high - 0xD800) << 10) + code - 0xDC00
            self._high = 0
        self._finish()
        if 0xD800 <= code < 0xDC00:
            self._high = code
        else:
            self._text.append(chr(code) if 0 < code < 0x110000 else "\ufffd")

    def add_text(self, text: str) -> None:
        """Add characters that are known."""
        self._finish()
        self._text.append(text)

    def take(self, *, at_end: bool = False) -> str:
        """Return the text up to here; the first byte of a character stays, unless nothing can follow `at_end`."""
        if at_end:
            self._finish()
        elif self._bytes:
            self._decode(final=False)
        text = "".join(self._text)
        self._text = []
        return text

    def _finish(self) -> None:
        if self._bytes:
            self._decode(final=True)
        if self._high:
            self._text.append("\ufffd")
            self._high = 0

    def _decode(self, *, final: bool) -> None:
        data = bytes(self._bytes)
        self._bytes.clear()
        if self._charset.is_certain:
            self._append(data, codec=self._charset.codec, final=final)
            return
        last = _LAST_HIGH.search(data)
        if not final and last and len(last[0]) % 2:
            data, self._bytes = data[:-1], bytearray(data[-1:])
        for piece in _PIECE.findall(data):
            self._append(piece, codec=_chinese_or_western(piece, page=self._charset.codec), final=True)

    def _append(self, data: bytes, *, codec: str, final: bool) -> None:
        text, used = _decoded(data, codec=codec, final=final)
        self._bytes += data[used:]
        self._text.append(text)
        if not text.isascii():
            self.codecs[codec] += len(text) - len(text.encode("ascii", "ignore"))
        if bad := text.count("\ufffd"):
            self.bad += bad
            self.first_bad = self._offset if self.first_bad is None else self.first_bad


def _decoded(data: bytes, *, codec: str, final: bool) -> tuple[str, int]:
    """Return the text of bytes, and how many of them it took."""
    if codec == SYMBOL:
        return "".join(chr(0xF000 + byte) if byte > 0x20 else chr(byte) for byte in data), len(data)
    if data.isascii():
        return data.decode("ascii"), len(data)
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = decoder.decode(data, final)
    return text, len(data) - len(decoder.getstate()[0])


def _chinese_or_western(data: bytes, *, page: str) -> str:
    """Return the codec of bytes in a Western font, which programs in China give to Chinese text as often as not.

    They are Chinese where most of their pairs are everyday characters, so that "Müller" stays what it is.
    """
    if page not in (*_EVERYDAY, _WESTERN):
        return page
    codec = "gb18030" if page == _WESTERN else page
    if 3 * len(_EVERYDAY[codec].findall(data)) >= len(_HIGH.findall(data)):
        return codec
    # A rare character alone: in a Chinese file it is two high bytes, an accented letter is one.
    return _WESTERN if page == _WESTERN or _LONE_HIGH.search(data) else codec
