"""Bytes into text: which encoding a file is in, and where it breaks it.

Detection rests on content alone: a byte order mark, strict UTF-8, then the encoding in which the bytes are the
likeliest text. Labels inside files (an HTML `charset`, an XML declaration) are often wrong and are not asked. EUC-TW,
which Python cannot decode, HZ and UTF-7 are not known.
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ingest.errors import Reason, UnreadableFile
from ingest.likely import bits, is_noise, looks_garbled

# The longer mark comes first: UTF-32 LE begins with the mark of UTF-16 LE.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Encodings without a mark, and the bits by which a text must be likelier in one to be taken for it, going by how often
# such files turn up here. In a tie, the earlier one.
_CANDIDATES = {
    "utf-8": 0.0, "gb18030": 0.0, "big5hkscs": 3.0, "utf-16-le": 6.0, "utf-16-be": 7.0, "cp1252": 4.0, "cp932": 15.0,
    "euc_jp": 15.0, "cp949": 15.0,
}  # fmt: skip
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_FOREIGN = ("utf-8", "gb18030", "big5hkscs")  # what a single line of a file in another encoding may be in
_FOREIGN_BITS = 15.0
_NOISE_BITS = 10.5  # a byte; rare hanzi take 10 in GB 18030, Chinese prose 6, English 5

_WINDOWS, _WINDOW = 8, 8 * 1024  # a sample: detection takes the same time for a file of any size
_BLOCK = 1024**2
_SHORT = 64  # bytes; longer UTF-16 is never ASCII by chance

_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_SINGLE_BYTE = re.compile(rb"[\x00-\x2f\x3a-\x3f]")  # never the second half of a character
# UTF-8 that no other encoding gives by chance: a character of three bytes, or nine of two.
_SURE_UTF8 = re.compile(rb"[\xe0-\xf4][\x80-\xbf]{2}|(?:[\xc2-\xdf][\x80-\xbf][\x00-\x7f]*){9}")
_UTF8_RUN = re.compile(rb"(?:[\xe2-\xef][\x80-\xbf]{2}){2}")
_LATIN_RUN = re.compile("[^\x00-\x7f](?=[^\x00-\x7f])")
_NEVER_STORED = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
    + "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text, its encoding as Python names it, and the offset of the first byte that is not valid in it.

    Lines in another Chinese encoding than the rest are read in theirs; the first of them counts as not valid too.
    `doubtful` where the bytes are valid but the text is probably none: the file is in an encoding that is not known.
    """

    text: str
    encoding: str
    first_bad: int | None = None
    doubtful: bool = False


def decode(data: bytes) -> Decoded:
    """Return the text that `data` holds; bytes that fit no encoding become U+FFFD and are told of.

    Raises `UnreadableFile(NOT_TEXT)` for what is no text in any of the encodings: pictures, archives, noise.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_as(encoding, data=data, skip=len(mark))
    if not data:
        return Decoded("", "utf-8")
    if (text := _certain_utf8(data)) is not None:
        return _checked(Decoded(text, "utf-8"))
    decoded = _decode_as(_best_encoding(data), data=data, skip=0)
    return replace(decoded, doubtful=looks_garbled(decoded.text[: _WINDOWS * _WINDOW]))


def clean(text: str) -> str:
    r"""Return `text` as it is stored: line ends as "\n", no NUL, no byte order mark, always encodable as UTF-8."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").replace("\ufeff", "")
    return _NEVER_STORED.sub("\ufffd", text)


def _certain_utf8(data: bytes) -> str | None:
    """Return the text of valid UTF-8 that can hardly be anything else.

    A NUL is valid, but in practice it is half of an ASCII character in UTF-16, or no text at all. A few characters of
    two bytes may as well be GBK (学习 is ѧϰ), and a few letters UTF-16.
    """
    certain = len(data) > _SHORT if data.isascii() else _SURE_UTF8.search(data) is not None
    if not certain or 0 in data[: _WINDOWS * _WINDOW]:
        return None
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _best_encoding(data: bytes) -> str:
    sample = list(_sample(data))
    costs = {
        encoding: handicap + sum(_cost(piece, encoding=encoding, final=final) for piece, final in sample)
        for encoding, handicap in _CANDIDATES.items()
    }
    best = min(costs, key=costs.__getitem__)
    if costs[best] - _CANDIDATES[best] > _NOISE_BITS * sum(len(piece) for piece, _ in sample):
        raise UnreadableFile(Reason.NOT_TEXT)
    return best


def _sample(data: bytes) -> Iterator[tuple[bytes, bool]]:
    """Yield pieces of the data, and whether each is the end of it.

    Every piece begins with a whole character in all encodings: where the first high byte follows on ASCII, and at an
    even offset. So a long head of ASCII does not hide what comes after it.
    """
    if len(data) <= _WINDOWS * _WINDOW:
        yield data, True
        return
    done = 0
    for number in range(_WINDOWS):
        at = max(done, number * len(data) // _WINDOWS)
        if at and (single := _SINGLE_BYTE.search(data, at)):
            at = single.end()
        high = _HIGH_BYTE.search(data, at)
        start = (high.start() if high else at) // 2 * 2
        if start >= done:
            done = start + _WINDOW
            yield data[start:done], done >= len(data)


def _cost(piece: bytes, *, encoding: str, final: bool) -> float:
    text = codecs.getincrementaldecoder(encoding)("replace").decode(piece, final)
    cost = bits(text)
    if encoding in _WIDE:
        return cost + bits("\0") * text.count("\0")  # two bytes of nothing are not likelier than one
    if encoding == "cp1252":
        return cost + 8.0 * len(_LATIN_RUN.findall(text))  # accents and quotes hardly follow each other
    return cost


def _decode_as(encoding: str, *, data: bytes, skip: int) -> Decoded:
    try:
        if encoding in ("utf-8", *_WIDE) or not _UTF8_RUN.search(data):
            return _checked(Decoded(str(memoryview(data)[skip:], encoding), encoding))
    except UnicodeDecodeError as error:
        if encoding in _WIDE:
            text = str(memoryview(data)[skip:], encoding, "replace")
            return _checked(Decoded(text, encoding, skip + error.start))
    return _checked(_decode_lines(data, encoding=encoding, skip=skip))


def _checked(decoded: Decoded) -> Decoded:
    if is_noise(decoded.text[: _WINDOWS * _WINDOW]):
        raise UnreadableFile(Reason.NOT_TEXT)
    return decoded


def _decode_lines(data: bytes, *, encoding: str, skip: int) -> Decoded:
    """Return the text of a file whose lines may be damaged, or in different encodings."""
    parts: list[str] = []
    first_bad: int | None = None
    start = skip
    while start < len(data):
        end = data.find(b"\n", start + _BLOCK) + 1 or len(data)
        block = data[start:end]
        lines = block.splitlines(keepends=True)
        if (encoding == "utf-8" or not _UTF8_RUN.search(block)) and _strict(block, encoding=encoding) is not None:
            lines = [block]
        for line in lines:
            text, bad = _decode_line(line, encoding=encoding)
            parts.append(text)
            if bad is not None and first_bad is None:
                first_bad = start + bad
            start += len(line)
    return Decoded("".join(parts), encoding, first_bad)


def _decode_line(line: bytes, *, encoding: str) -> tuple[str, int | None]:
    """Return the text of a line, and the offset of its first byte that is not of the file's encoding.

    A line that is clearly in another encoding, and valid in it to the last byte, is read in that one. The characters of
    UTF-8 are valid in GBK and Big5 at times, though they make no sense there.
    """
    text, bad = line.decode(encoding, "replace"), None
    try:
        line.decode(encoding)
        others: tuple[str, ...] = ("utf-8",)
    except UnicodeDecodeError as error:
        bad = error.start
        others = _FOREIGN
    most = bits(text) - _FOREIGN_BITS
    for other in others:
        foreign = _strict(line, encoding=other) if other != encoding else None
        if foreign is not None and bits(foreign) < most:
            text, most = foreign, bits(foreign)
            high = _HIGH_BYTE.search(line)
            bad = high.start() if high else 0
    return text, bad


def _strict(data: bytes, *, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
