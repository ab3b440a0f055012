"""Formats that are a zip of XML, opened within limits: a few kilobytes may claim to hold gigabytes."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits

if TYPE_CHECKING:
    from lxml.etree import _Element

_SMALL = 8 * 1024**2  # bytes; a part up to this may well have a high ratio
_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, OSError, EOFError, KeyError, ValueError, RuntimeError)


class Package:
    """The parts of an opened zip; each is checked before it is unpacked, and all of them together."""

    def __init__(self, archive: zipfile.ZipFile, *, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._read = 0

    @property
    def names(self) -> list[str]:
        """The names of the parts, in the order of the archive."""
        return self._archive.namelist()

    def read(self, name: str) -> bytes:
        """Return a part's bytes; UnreadableFile where it is missing, damaged, encrypted, or beyond the limits."""
        try:
            self.check(self._archive.getinfo(name))
            return self._archive.read(name)
        except _FAULTS as error:
            raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error

    def xml(self, name: str) -> "_Element":
        """Return the root of an XML part; entities are not resolved, nothing is fetched."""
        return parse_xml(self.read(name))

    def check(self, part: zipfile.ZipInfo) -> None:
        """Count a part that is about to be unpacked; UnreadableFile where it is encrypted or too large."""
        limits = self._limits
        if part.flag_bits & 1:
            raise UnreadableFile(Reason.ENCRYPTED)
        self._read += part.file_size
        if self._read > limits.unpacked_bytes:
            raise UnreadableFile(Reason.TOO_LARGE, limit="unpacked_bytes", value=self._read, most=limits.unpacked_bytes)
        if part.file_size > _SMALL and part.file_size > limits.unpacked_ratio * part.compress_size:
            ratio = part.file_size // max(1, part.compress_size)
            raise UnreadableFile(Reason.TOO_LARGE, limit="unpacked_ratio", value=ratio, most=limits.unpacked_ratio)


@contextmanager
def open_package(path: Path, *, limits: Limits) -> Iterator[Package]:
    """Yield the parts of a zip file; UnreadableFile(DAMAGED) where it is none."""
    try:
        archive = zipfile.ZipFile(path)
    except _FAULTS as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    with archive:
        yield Package(archive, limits=limits)


def parse_xml(content: bytes) -> "_Element":
    """Return the root of an XML document from a stranger: no entities, no network, no DTD; DAMAGED where it is none."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True)
    try:
        return etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
