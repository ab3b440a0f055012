"""An RTF file as tokens: braces, control words, bytes of text.

Source: Rich Text Format (RTF) Specification, version 1.9.1, Microsoft 2008, "RTF Syntax".
"""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

_TOKEN = re.compile(
    rb"([{}])"
    rb"|\\([A-Za-z]{1,32})(-?[0-9]{1,10})? ?"
    rb"|((?:\\'[0-9A-Fa-f]{2}[\r\n]*+){1,4096}+)"
    rb"|([^\\{}\r\n\0]+)"
    rb"|\\(.)",
    re.DOTALL,
)
_ESCAPED = b"\\{}"


class Kind(Enum):
    """What a token is."""

    OPEN = 1
    CLOSE = 2
    WORD = 3  # a control word, as \par
    SYMBOL = 4  # a control symbol, as \~
    HEX = 5  # bytes written as \'xx
    RAW = 6  # bytes written as they are


class Token(NamedTuple):
    """`value` is the name of a control word or symbol, or the bytes of text; `number` the parameter of a word.

    `offset` counts bytes from the start of the file.
    """

    kind: Kind
    offset: int
    value: bytes = b""
    number: int | None = None


def tokens(data: bytes) -> Iterator[Token]:
    r"""Yield the tokens of a file in order; the binary data after \bin is passed over."""
    start = 0
    while start < len(data):
        for match in _TOKEN.finditer(data, start):
            token = _token(match)
            if token.value == b"bin" and token.kind is Kind.WORD:
                start = match.end() + max(0, token.number or 0)
                break
            yield token
        else:
            return


def _token(match: "re.Match[bytes]") -> Token:
    brace, word, number, in_hex, raw, symbol = match.groups()
    if word is not None:
        return Token(Kind.WORD, match.start(), word, None if number is None else int(number))
    if raw is not None:
        return Token(Kind.RAW, match.start(), raw)
    if in_hex is not None:
        return Token(Kind.HEX, match.start(), bytes.fromhex(in_hex.replace(b"\\'", b"").decode("ascii")))
    if brace is not None:
        return Token(Kind.OPEN if brace == b"{" else Kind.CLOSE, match.start())
    return Token(Kind.RAW if symbol in _ESCAPED else Kind.SYMBOL, match.start(), symbol)
