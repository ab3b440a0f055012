"""RTF as Outlook stores it, compressed ([MS-OXRTFCP])."""

import struct

from ingest.errors import Reason, UnreadableFile

_WINDOW = 4096
# What every decoder knows before the first byte ([MS-OXRTFCP] 2.1.2.1).
_KNOWN = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans Serif"
    rb"SymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par \pard\plain\f0\fs20\b\i\u"
    rb"\tab\tx"
)


def decompress_rtf(data: bytes, *, most: int) -> bytes:
    """Return the RTF that `data` holds, at most `most` bytes; DAMAGED where it is none."""
    if len(data) < 16:
        raise UnreadableFile(Reason.DAMAGED, cause="no compressed RTF")
    size, raw_size, kind, _ = struct.unpack("<II4sI", data[:16])
    body = data[16 : size + 4]
    if kind == b"MELA":
        return body[:raw_size]
    if kind != b"LZFu":
        raise UnreadableFile(Reason.DAMAGED, cause="no compressed RTF")
    return bytes(_expanded(body, most=min(most, raw_size)))


def _expanded(body: bytes, *, most: int) -> bytearray:
    """Return the bytes that a run of literals and references (offset in the window, length) stands for."""
    window = bytearray(_KNOWN.ljust(_WINDOW))
    end = len(_KNOWN)
    out = bytearray()
    position = 0
    while position < len(body) and len(out) < most:
        control = body[position]
        position += 1
        for bit in range(8):
            is_reference = control >> bit & 1
            token = body[position : position + 1 + is_reference]
            position += 1 + is_reference
            if len(token) < 1 + is_reference:
                return out
            if is_reference:
                offset, length = token[0] << 4 | token[1] >> 4, (token[1] & 15) + 2
                if offset == end:  # the mark of the end
                    return out
            for step in range(length if is_reference else 1):
                byte = window[(offset + step) % _WINDOW] if is_reference else token[0]
                out.append(byte)
                window[end] = byte
                end = (end + 1) % _WINDOW
    return out
