"""What this installation can read with: when that changes, files that it could not read before are tried again."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec

from ingest import ocr
from ingest.errors import Reason
from ingest.formats import versions
from ingest.office import libreoffice

# Gaps that a program or a package that is not installed would fill.
_HELPED = frozenset((Reason.NO_TEXT_LAYER, Reason.SCANNED_PAGES, Reason.GARBLED, Reason.NEEDS_PROGRAM))


@lru_cache(maxsize=1)
def abilities() -> str:
    """Return a short name for the loaders' versions and the optional parts that are installed."""
    parts = [*sorted(versions().items()), ("ocr", ocr.available()), ("libreoffice", libreoffice.program() is not None)]
    parts.append(("unstructured", find_spec("unstructured") is not None))
    return blake2b(repr(parts).encode(), digest_size=6).hexdigest()


def read_with(loader: str, gaps: Iterable[Reason]) -> str:
    """Return what a content was read with: its loader's version, and all abilities where another might read more."""
    version = versions()[loader]
    return version if _HELPED.isdisjoint(gaps) else f"{version}+{abilities()}"


def is_current(loader: str, noted: str) -> bool:
    """Whether reading a file again would give what it gave then, going by `read_with`'s note."""
    version = versions().get(loader)
    return noted in (version, f"{version}+{abilities()}")
