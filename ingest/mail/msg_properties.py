"""The properties of an Outlook message, recipient or attachment, each a storage of an OLE container ([MS-OXMSG])."""

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ingest.decode import Decoded
from ingest.labelled import code_page_name, decode_labelled

if TYPE_CHECKING:
    from olefile import OleFileIO

SUBJECT, CLASS, HEADERS = 0x0037, 0x001A, 0x007D
SUBMITTED, DELIVERED = 0x0039, 0x0E06
SENDER_NAME, SENDER_ADDRESS, SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
DISPLAY_TO, DISPLAY_COPY = 0x0E04, 0x0E03
BODY, HTML, RTF = 0x1000, 0x1013, 0x1009
NAME, ADDRESS, SMTP, RECIPIENT_KIND = 0x3001, 0x3003, 0x39FE, 0x0C15
FILE_NAME, SHORT_FILE_NAME, CONTENT, CONTENT_ID, MIME_TYPE = 0x3707, 0x3704, 0x3701, 0x3712, 0x370E

_CODE_PAGE, _BODY_CODE_PAGE = 0x3FFD, 0x3FDE
_UNICODE, _ANSI, _BINARY, _OBJECT = "001F", "001E", "0102", "000D"
_FIXED = "__properties_version1.0"
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class PropertyStorage:
    """One storage of a container; `path` is [] for the message itself, `header` the bytes before its fixed values."""

    def __init__(self, container: "OleFileIO", path: list[str], *, header: int, code_page: int | None = None) -> None:
        self._container = container
        self._path = path
        self._fixed = self._fixed_values(header)
        self._code_page = self._integer(_CODE_PAGE) or code_page
        self._body_code_page = self._integer(_BODY_CODE_PAGE) or self._code_page

    def text(self, tag: int) -> str:
        """Return a text property, "" where there is none."""
        return self.decoded(tag).text.rstrip("\0")

    def decoded(self, tag: int) -> Decoded:
        """Return a text property with the encoding that it is in; a body may be kept as bytes."""
        if (data := self._read(tag, _UNICODE)) is not None:
            return Decoded(data.decode("utf-16-le", "replace"), "utf-16-le")
        if (data := self._read(tag, _ANSI)) is None:
            data = self._read(tag, _BINARY) or b""
        number = self._body_code_page if tag in (BODY, HTML) else self._code_page
        return decode_labelled(data.rstrip(b"\0"), None if number is None else code_page_name(number))

    def binary(self, tag: int) -> bytes | None:
        """Return a binary property, None where there is none."""
        return self._read(tag, _BINARY)

    def time(self, tag: int) -> datetime | None:
        """Return a point in time, None where there is none."""
        value = self._fixed.get(tag)
        if value is None:
            return None
        try:
            return _EPOCH + timedelta(microseconds=int.from_bytes(value, "little") // 10)
        except OverflowError:
            return None

    def recipient_kind(self) -> int:
        """Return 1 for a recipient, 2 for one of a copy, 3 for one of a blind copy."""
        return self._integer(RECIPIENT_KIND) or 1

    def recipients(self) -> "list[PropertyStorage]":
        """Return the storages of the recipients, in their order."""
        return self._inside("__recip_version1.0_")

    def attachments(self) -> "list[PropertyStorage]":
        """Return the storages of the attachments, in their order."""
        return self._inside("__attach_version1.0_")

    def embedded(self) -> "PropertyStorage | None":
        """Return the message that an attachment is, None where it is a file."""
        path = [*self._path, f"__substg1.0_{CONTENT:04X}{_OBJECT}"]
        if not self._container.exists([*path, _FIXED]):
            return None
        return PropertyStorage(self._container, path, header=24, code_page=self._code_page)

    def _inside(self, prefix: str) -> "list[PropertyStorage]":
        depth = len(self._path)
        names = sorted(
            path[depth]
            for path in self._container.listdir(streams=False, storages=True)
            if len(path) == depth + 1 and path[:depth] == self._path and path[depth].startswith(prefix)
        )
        return [
            PropertyStorage(self._container, [*self._path, name], header=8, code_page=self._code_page) for name in names
        ]

    def _read(self, tag: int, kind: str) -> bytes | None:
        path = [*self._path, f"__substg1.0_{tag:04X}{kind}"]
        if not self._container.exists(path):
            return None
        with self._container.openstream(path) as stream:
            return bytes(stream.read())

    def _fixed_values(self, header: int) -> dict[int, bytes]:
        if not self._container.exists([*self._path, _FIXED]):
            return {}
        with self._container.openstream([*self._path, _FIXED]) as stream:
            data = stream.read()[header:]
        whole = data[: len(data) // 16 * 16]
        return {tag: value for _, tag, _, value in struct.iter_unpack("<HHI8s", whole)}

    def _integer(self, tag: int) -> int | None:
        value = self._fixed.get(tag)
        return None if value is None else int.from_bytes(value[:4], "little")
