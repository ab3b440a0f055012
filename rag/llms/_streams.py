"""Bytes to text to answer, piece by piece."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from rag.types import Reading


class Made:
    """What a model makes, taken apart: how far it has read, the bytes of its answer, facts about it at the end."""

    def __init__(self, parts: Iterator[bytes | Reading | Mapping[str, Any]]) -> None:
        self._parts = parts
        self._first: list[bytes] = []
        self.count = 0
        self.facts: dict[str, Any] = {}

    def readings(self) -> Iterator[Reading]:
        """Yield what comes before the answer."""
        for part in self._parts:
            if isinstance(part, Reading):
                yield part
            elif self._is_piece(part):
                self._first.append(part)
                return

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes of the answer, counting their pieces."""
        while self._first:
            self.count += 1
            yield self._first.pop()
        for part in self._parts:
            if self._is_piece(part):
                self.count += 1
                yield part

    def _is_piece(self, part: bytes | Reading | Mapping[str, Any]) -> TypeGuard[bytes]:
        if isinstance(part, Mapping):
            self.facts.update(part)
        return isinstance(part, bytes)


def decoded(pieces: Iterator[bytes]) -> Iterator[str]:
    """Yield the text of the pieces; a character that is spread over several comes whole, with the last of them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    for piece in pieces:
        yield decoder.decode(piece)
    yield decoder.decode(b"", final=True)


def until_stopped(texts: Iterator[str], *, stops: Sequence[str]) -> Iterator[str]:
    """Yield text up to the first stop; what may be the beginning of a stop is held back until it is told."""
    held = ""
    for text in texts:
        held += text
        found = [at for stop in stops if (at := held.find(stop)) >= 0]
        if found:
            held = held[: min(found)]
            break
        safe = len(held) - max((_overlap(held, stop) for stop in stops), default=0)
        if safe:
            yield held[:safe]
            held = held[safe:]
    if held:
        yield held


def _overlap(text: str, stop: str) -> int:
    """Return how many of the last characters of `text` begin `stop`."""
    lengths = range(min(len(text), len(stop) - 1), 0, -1)
    return next((length for length in lengths if text.endswith(stop[:length])), 0)
