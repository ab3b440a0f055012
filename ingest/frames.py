"""Messages between a process and its child: eight bytes of length, then one JSON object."""

import json
import struct
from typing import IO, Any

Frame = dict[str, Any]  # one JSON object

_LENGTH = struct.Struct(">Q")


def send(pipe: IO[bytes], frame: Frame) -> int:
    """Write a frame and return its size in bytes; a path may hold lone surrogates, for bytes that are no UTF-8."""
    body = json.dumps(frame, ensure_ascii=False).encode("utf-8", "surrogatepass")
    pipe.write(_LENGTH.pack(len(body)))
    pipe.write(body)
    pipe.flush()
    return len(body)


def receive(pipe: IO[bytes]) -> Frame:
    """Return the next frame; raise EOFError where the other side has ended."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    length = _LENGTH.unpack(head)[0]
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError
    frame: Frame = json.loads(body.decode("utf-8", "surrogatepass"))
    return frame
