"""The values of a JSON text, one after another, however deep they lie and wherever the text breaks off.

`json.loads` is not enough for strangers' files: a hundred thousand brackets end its recursion, two equal keys become
one, numbers lose digits, and a text that breaks off in the middle gives nothing. Format: RFC 8259.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from json import JSONDecodeError, JSONDecoder
from typing import NamedTuple

_TOKEN = re.compile(r'[\s,:]*+(?:([{}\[\]])|(")|([^\s,:{}\[\]"]++))')
_SCALAR = re.compile(r"-?(?:\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|Infinity)|NaN|true|false|null")
_STRINGS = JSONDecoder(strict=False)
_MOST_KEYS = 8  # of a path, the innermost ones; a whole path of each value would make a deep text grow by its square


class Value(NamedTuple):
    """A value that holds no others.

    `path` has the keys and 0-based places that lead to it, without its place in the outermost array where that holds
    objects or arrays: then `record` tells the elements of that array apart (None outside of them). `end` is where the
    value ends in the text.
    """

    text: str
    path: tuple[str | int, ...]
    record: tuple[int, int] | None
    end: int


class BrokenJsonError(Exception):
    """The text is no JSON at `offset`."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"no JSON at character {offset}")
        self.offset = offset


@dataclass(slots=True)
class _Level:
    """An object or an array that is being read: the key or the place of its current value."""

    is_object: bool
    key: str | None = None
    place: int = -1


def json_values(text: str) -> Iterator[Value]:
    """Yield the values in order; null has no text. Raises `BrokenJsonError` where the text breaks the format.

    Several values may follow each other, and a comma too many does no harm.
    """
    nesting = _Nesting()
    position = 0
    while match := _TOKEN.match(text, position):
        bracket, quote, scalar = match.groups()
        start, position = match.start(match.lastindex or 0), match.end()
        if bracket and bracket in "}]":
            nesting.close(bracket, offset=start)
            continue
        if quote:
            scalar, position = _string(text, start)
        if nesting.takes_key():
            if not quote:
                raise BrokenJsonError(start)
            nesting.levels[-1].key = scalar
        elif bracket:
            nesting.open(bracket)
        else:
            if not quote and not _SCALAR.fullmatch(scalar):
                raise BrokenJsonError(start)
            path, record = nesting.place()
            yield Value("" if scalar == "null" and not quote else scalar, path, record, position)
    if nesting.levels:
        raise BrokenJsonError(len(text))


def _string(text: str, start: int) -> tuple[str, int]:
    try:
        value, end = _STRINGS.raw_decode(text, start)
    except JSONDecodeError as error:
        raise BrokenJsonError(start) from error
    return str(value), end


class _Nesting:
    """The objects and arrays around the current value, from the outermost on."""

    def __init__(self) -> None:
        self.levels: list[_Level] = []
        self._arrays: list[int] = []  # how deep the arrays among them lie
        self._count = 0  # of outermost arrays so far

    def takes_key(self) -> bool:
        """Return whether a key comes next."""
        return bool(self.levels) and self.levels[-1].is_object and self.levels[-1].key is None

    def open(self, bracket: str) -> None:
        """Go into the object or array that begins here."""
        self._next()
        if bracket == "[":
            self._count += not self._arrays
            self._arrays.append(len(self.levels))
        self.levels.append(_Level(bracket == "{"))

    def close(self, bracket: str, *, offset: int) -> None:
        """Leave the object or array that ends here."""
        if not self.levels or self.levels[-1].is_object != (bracket == "}"):
            raise BrokenJsonError(offset)
        if not self.levels.pop().is_object:
            self._arrays.pop()
        if self.levels:
            self.levels[-1].key = None

    def place(self) -> tuple[tuple[str | int, ...], tuple[int, int] | None]:
        """Return the path and the record of the value that stands here, and go on behind it."""
        self._next()
        depth = self._arrays[0] if self._arrays else len(self.levels)
        record = (self._count, self.levels[depth].place) if depth < len(self.levels) - 1 else None
        first = max(0, len(self.levels) - _MOST_KEYS)
        path = tuple(
            (level.key or "") if level.is_object else level.place
            for index, level in enumerate(self.levels[first:], first)
            if record is None or index != depth
        )
        if self.levels:
            self.levels[-1].key = None
        return path, record

    def _next(self) -> None:
        if self.levels and not self.levels[-1].is_object:
            self.levels[-1].place += 1
