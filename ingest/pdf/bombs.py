"""PDFs that are small and unpack to more than a machine holds, refused before anything unpacks them.

pdfium unpacks a stream as a whole, whatever its size. So the streams of a file are found and unpacked here first, a
piece at a time and only to be counted. Pictures are left out: an empty page in 600 dpi packs well, and is only unpacked
when it is drawn. So are attached files, each of which is refused on its own.
Streams: ISO 32000-1, 7.3.8; their filters: 7.4.
"""

import mmap
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits

_STREAM = re.compile(rb"stream\r?\n")
_HEAD = 4096  # bytes before a stream in which its dictionary lies
_OBJECT = re.compile(rb"\d\s+obj\b")
_LEFT_OUT = re.compile(rb"/Subtype\s*/Image\b|/Type\s*/EmbeddedFile\b")
_PIECE = 256 * 1024
_SMALL = 8 * 1024**2  # bytes that a stream may unpack to at any ratio
_DEEPEST = 8  # times that a stream may be packed


def refuse_bombs(path: Path, *, limits: Limits) -> None:
    """Raise UnreadableFile(TOO_LARGE) for a file with a stream that unpacks beyond the limits."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        total = 0
        for start in _streams(data):
            for unpacked, packed in _sizes(data, start=start):
                _refuse(total + unpacked, limit="unpacked_bytes", most=limits.unpacked_bytes)
                if unpacked > _SMALL:
                    _refuse(unpacked // packed, limit="unpacked_ratio", most=limits.unpacked_ratio)
            total += unpacked


def _refuse(value: int, *, limit: str, most: int) -> None:
    if value > most:
        raise UnreadableFile(Reason.TOO_LARGE, limit=limit, value=value, most=most)


def _streams(data: mmap.mmap) -> Iterator[int]:
    """Yield where each stream begins that is packed, going by its first bytes: what it is said to be may be far off."""
    after = 0
    for match in _STREAM.finditer(data):
        if data[match.start() - 3 : match.start()] == b"end":
            continue
        head = data[max(after, match.start() - _HEAD) : match.start()]
        begins = [found.end() for found in _OBJECT.finditer(head)]
        after = match.end()
        if not _LEFT_OUT.search(head, begins[-1] if begins else 0) and _is_packed(data[after : after + 2]):
            yield after


def _is_packed(head: bytes) -> bool:
    """Tell a zlib header (RFC 1950, 2.2)."""
    return len(head) > 1 and head[0] & 15 == 8 and head[0] >> 4 < 8 and (head[0] << 8 | head[1]) % 31 == 0


def _sizes(data: mmap.mmap, *, start: int) -> Iterator[tuple[int, int]]:
    """Yield how many bytes have come out of a stream so far, and how many have gone in; it may be packed repeatedly."""
    unpackers = [zlib.decompressobj()]
    packed = unpacked = 0
    yield 0, 1
    while not unpackers[0].eof and (piece := data[start + packed : start + packed + _PIECE]):
        packed += len(piece)
        try:
            for size in _through(piece, unpackers=unpackers, depth=0):
                unpacked += size
                yield unpacked, packed - len(unpackers[0].unused_data) or 1
        except zlib.error:
            return  # damaged or encrypted: pdfium will say so


def _through(piece: bytes, *, unpackers: "list[zlib._Decompress]", depth: int) -> Iterator[int]:
    """Yield how many bytes come out of the last unpacker, as they come, while `piece` goes into the one at `depth`."""
    while piece:
        out = unpackers[depth].decompress(piece, _PIECE)
        piece = unpackers[depth].unconsumed_tail
        if depth + 1 == len(unpackers) < _DEEPEST and _is_packed(out[:2]):
            unpackers.append(zlib.decompressobj())
        if depth + 1 < len(unpackers):
            yield from _through(out, unpackers=unpackers, depth=depth + 1)
        else:
            yield len(out)
