"""Bytes to text to answer, piece by piece."""

import codecs
from collections.abc import Iterator, Sequence


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
