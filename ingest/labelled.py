"""Bytes that come with the name of their encoding, as in mails: the name is a hint, for it is often wrong.

Chinese programs write GBK under the name gb2312, GB 18030 under any name, UTF-8 under gb2312 and the reverse.
"""

import codecs
import re
from collections.abc import Iterable

from ingest.decode import Decoded, decode
from ingest.errors import UnreadableFile

_WIDER = {
    "gb2312": "gb18030", "gbk": "gb18030", "cp936": "gb18030", "big5": "big5hkscs", "cp950": "big5hkscs",
    "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-1": "cp1252",
}  # fmt: skip
_WINDOWS = {936: "gb18030", 950: "big5hkscs", 932: "cp932", 949: "cp949", 54936: "gb18030", 65001: "utf-8"}
_WESTERN = ("ascii", "cp1252", "iso8859-15", "mac-roman")
_CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uff01-\uff5e]")
_KANA = re.compile("[\u3041-\u30fe]")
_ENCODED = re.compile(r"=\?([\w.:*-]+)\?([BbQq])\?([^?]*)\?=")
# Python's codecs that turn bytes into text; it has others (zip, rot13) that a mail must not be able to name.
_WRITING = re.compile(
    r"utf[_-]?[78]\b|gb|hz|big5|cp|euc|iso|shift|johab|koi8|mac|tis|latin|windows|ascii|us-ascii|chinese|x-",
    re.I,
)


def decode_labelled(data: bytes, label: str | None) -> Decoded:
    """Return the text of `data`, which says that it is in the encoding `label`.

    Bytes that hold Chinese as UTF-8 are UTF-8, whatever the label. Else the label counts where the bytes are valid in
    it, unless it is for Western languages, in which any bytes are valid: then what the bytes look like decides.
    """
    if data.isascii() and not _is_seven_bit(label):
        return Decoded(data.decode(), "utf-8")
    encoding = codec_name(label)
    as_utf8 = _strictly(data, "utf-8")
    if as_utf8 is not None and (encoding in (None, "utf-8") or _CHINESE.search(as_utf8)):
        return Decoded(as_utf8.removeprefix("\ufeff"), "utf-8")
    named = None if encoding is None else _strictly(data, encoding)
    if named is not None and encoding is not None and encoding not in _WESTERN:
        return Decoded(named, encoding)
    try:
        found = decode(data)
    except UnreadableFile:
        found = None
    if found is not None and (found.first_bad is None or named is None):
        return found
    if named is not None and encoding is not None:
        return Decoded(named, encoding)
    first_bad = next(index for index, byte in enumerate(data) if byte > 0x7F)
    return Decoded(data.decode("utf-8", "replace"), "utf-8", first_bad)


def codec_name(label: str | None) -> str | None:
    """Return Python's name of the encoding that a label means, the wider one of a family; None for unknown labels."""
    if not label or not _WRITING.match(label.strip()):
        return None
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        return None
    return _WIDER.get(name, name)


def code_page_name(number: int) -> str | None:
    """Return Python's name of a Windows code page, None for an unknown one."""
    return _WINDOWS.get(number) or codec_name(f"cp{number}")


def decode_names(names: Iterable[bytes]) -> list[str]:
    """Return file names without a label as text: all of them together tell the encoding, which few bytes cannot."""
    raw = list(names)
    together = b"\n".join(name for name in raw if not name.isascii())
    japanese = _strictly(together, "cp932")
    if japanese is not None and 3 * len(_KANA.findall(japanese)) > len(japanese):
        common = "cp932"
    else:
        common = decode_labelled(together, None).encoding
    return [decode_labelled(name, common).text for name in raw]


def decode_header(value: str) -> str:
    """Return the text of a mail header as it came in, bytes as surrogates: encoded words, or plain 8-bit characters.

    Words of one encoding that follow each other are joined before they are decoded: some mailers cut a character
    in two.
    """
    value = re.sub(r"\r?\n[ \t]*", " ", raw_text(value))
    parts: list[str] = []
    pending, label, end = b"", "", 0
    for word in _ENCODED.finditer(value):
        between = value[end : word.start()]
        charset = word.group(1).partition("*")[0].lower()
        if between.strip() or charset != label:
            parts += [decode_labelled(pending, label).text, between if between.strip() or not end else ""]
            pending, label = b"", charset
        pending += _word_bytes(word.group(2), word.group(3))
        end = word.end()
    parts += [decode_labelled(pending, label).text, value[end:]]
    return " ".join("".join(parts).split())


def raw_text(value: str) -> str:
    """Return a header whose 8-bit characters are surrogates as text, encoded words left as they are."""
    try:
        return decode_labelled(value.encode("utf-8", "surrogateescape"), None).text
    except UnicodeEncodeError:  # half of a character that is no byte
        return value.encode("utf-8", "replace").decode()


def _word_bytes(kind: str, text: str) -> bytes:
    import base64
    import quopri

    if kind in "Qq":
        return quopri.decodestring(text.encode("utf-8", "replace"), header=True)
    kept = re.sub("[^A-Za-z0-9+/]", "", text)
    kept = kept[:-1] if len(kept) % 4 == 1 else kept
    return base64.b64decode(kept + "=" * (-len(kept) % 4))


def _is_seven_bit(label: str | None) -> bool:
    return (label or "").strip().lower().startswith(("utf-7", "hz", "iso-2022"))


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None
