"""The patterns that synthetic documents are written in.

A pattern is text with slots: `{人}` is a word of that kind, `{人2}` another one, `{d1-30}` a number, `{甲|乙}` one of
two patterns, and `[...]` an answer that a question may ask for. Kinds are declared in `descriptions/words.txt`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

DESCRIPTIONS = Path(__file__).parent / "descriptions"

_NUMBERED = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a word of a kind; the same name is the same word within one pattern."""

    name: str

    @property
    def kind(self) -> str:
        """The name without its number: 人2 is a 人."""
        return self.name if self.name.startswith("d") else _NUMBERED.sub("", self.name)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several patterns."""

    options: "tuple[Pattern, ...]"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the pattern that is an answer."""

    inner: "Pattern"


Pattern = tuple[str | Slot | Choice | Span, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """A pattern's text, where its answers are in it, and the words of its slots."""

    text: str
    spans: tuple[tuple[int, int], ...]
    words: Mapping[str, str]


@cache
def parse(source: str) -> Pattern:
    """Return the pattern that `source` writes down."""
    reader = _Reader(source)
    pattern = reader.pattern(ends="")
    if reader.at < len(source):
        raise ValueError(f"{source!r}: unbalanced {source[reader.at]!r}")
    return pattern


class _Reader:
    def __init__(self, source: str) -> None:
        self.source, self.at = source, 0

    def pattern(self, *, ends: str) -> Pattern:
        """Return what stands before one of the characters `ends`, or before the end of the source."""
        parts: list[str | Slot | Choice | Span] = []
        while self.at < len(self.source) and self.source[self.at] not in ends:
            char = self.source[self.at]
            if char in "{[":
                parts.append(self._group())
            elif char in "}]" and not ends:
                break
            else:
                parts.append(char)
                self.at += 1
        return tuple(_joined(parts))

    def _group(self) -> Slot | Choice | Span:
        opening = self.source[self.at]
        closing = "}" if opening == "{" else "]"
        options = []
        while self.source[self.at] != closing:
            self.at += 1
            options.append(self.pattern(ends="|" + closing))
            if self.at >= len(self.source):
                raise ValueError(f"{self.source!r}: no {closing}")
        self.at += 1
        if opening == "[":
            return Span(options[0] if len(options) == 1 else (Choice(tuple(options)),))
        if len(options) == 1 and len(options[0]) == 1 and isinstance(options[0][0], str):
            return Slot(options[0][0])
        return Choice(tuple(options))


def _joined(parts: list[str | Slot | Choice | Span]) -> Iterator[str | Slot | Choice | Span]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
            text = ""
        yield part
    if text:
        yield text


def slot_names(pattern: Pattern) -> set[str]:
    """Return the names of a pattern's slots, those inside its choices and answers included."""
    found = set()
    for part in pattern:
        if isinstance(part, Slot):
            found.add(part.name)
        elif isinstance(part, Span):
            found |= slot_names(part.inner)
        elif isinstance(part, Choice):
            found |= {name for option in part.options for name in slot_names(option)}
    return found
