"""What this installation can read, and how much: when that changes, what could not be read before is tried again."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec

from ingest import ocr
from ingest.errors import Reason
from ingest.formats import versions
from ingest.limits import Limits
from ingest.office import libreoffice

# Gaps that a program or a package that is not installed, or a higher limit, would fill.
_HELPED = frozenset(
    (
        Reason.NO_TEXT_LAYER, Reason.SCANNED_PAGES, Reason.GARBLED, Reason.NEEDS_PROGRAM,
        Reason.TOO_LARGE, Reason.TOO_MANY_PAGES, Reason.TOO_MANY_MEMBERS, Reason.NESTED_TOO_DEEPLY,
        Reason.TIMEOUT, Reason.OUT_OF_MEMORY, Reason.CRASHED,
    )
)  # fmt: skip


@lru_cache(maxsize=8)
def abilities(limits: Limits) -> str:
    """Return a short name for the loaders' versions, the optional parts that are installed, and the limits."""
    parts = [*sorted(versions().items()), ("ocr", ocr.available()), ("libreoffice", libreoffice.program() is not None)]
    parts.append(("unstructured", find_spec("unstructured") is not None))
    return blake2b(repr((parts, limits)).encode(), digest_size=6).hexdigest()


def read_with(loader: str, gaps: Iterable[Reason], *, limits: Limits) -> str:
    """Return what a content was read with: its loader's version, and all abilities where others might read more."""
    version = versions()[loader]
    return version if _HELPED.isdisjoint(gaps) else f"{version}+{abilities(limits)}"


def is_current(loader: str, noted: str, *, limits: Limits) -> bool:
    """Whether reading a file again would give what it gave then, going by `read_with`'s note."""
    version = versions().get(loader)
    return noted in (version, f"{version}+{abilities(limits)}")
