"""Which documents a list shows: by folder, words of the name, state, kind and time, in an order, a page at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from ingest.library.report import DocumentStatus
from ingest.normalize import fold

#: Documents on a page of the list.
PAGE = 50

#: What can be sorted by.
ORDERS = ("name", "status", "pages", "characters", "encoding", "modified")

# What needs attention comes first.
_URGENCY = {"failed": 0, "partial": 1, "pending": 2, "indexed": 3}


@dataclass(frozen=True, slots=True)
class Listed:
    """A document with its place in the tree: `folder` is the path of its folder there, `/`-joined, "" for the top."""

    document: DocumentStatus
    folder: str

    @property
    def name(self) -> str:
        """The last part of its source."""
        return self.document.source.rpartition("/")[2]

    @property
    def kind(self) -> str:
        """Its suffix in lower case, without the dot."""
        return PurePosixPath(self.name).suffix.lower().lstrip(".")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is to show; what is empty does not restrict it. `since` is in seconds since 1970."""

    folder: str = ""
    words: str = ""
    statuses: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    since: float | None = None
    order: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of the tree: its path, and how many documents lie in it and below it."""

    path: str
    count: int

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def depth(self) -> int:
        """How many folders it lies in."""
        return self.path.count("/")


def placed(documents: Sequence[DocumentStatus]) -> list[Listed]:
    """Return the documents with their folders; the names of several synced folders are the top of the tree."""
    roots = {document.folder for document in documents}
    tops = {root: _top(root, roots) for root in roots}
    return [Listed(one, "/".join(filter(None, [tops[one.folder], one.source.rpartition("/")[0]]))) for one in documents]


def _top(root: str, roots: set[str]) -> str:
    if len(roots) == 1:
        return ""
    name = PurePosixPath(root).name or root
    alike = sorted(other for other in roots if (PurePosixPath(other).name or other) == name)
    return name if len(alike) == 1 else f"{name} ({alike.index(root) + 1})"


def tree(listed: Sequence[Listed], *, opened: str) -> list[Folder]:
    """Return the folders at the top, and those beside and below the opened one and the folders above it."""
    counts: Counter[str] = Counter()
    for folder, count in Counter(one.folder for one in listed).items():
        parts = folder.split("/") if folder else []
        for depth in range(1, len(parts) + 1):
            counts["/".join(parts[:depth])] += count
    shown = [Folder(path, count) for path, count in counts.items() if _is_shown(path, opened)]
    return sorted(shown, key=lambda folder: folder.path.split("/"))


def _is_shown(path: str, opened: str) -> bool:
    above = path.rpartition("/")[0]
    return not above or opened == above or opened.startswith(f"{above}/")


def chosen(listed: Sequence[Listed], wanted: Wanted) -> list[Listed]:
    """Return what a list shows, in its order."""
    words = fold(wanted.words).split()
    found = [
        one
        for one in listed
        if (not wanted.folder or one.folder == wanted.folder or one.folder.startswith(f"{wanted.folder}/"))
        and (not wanted.statuses or one.document.status in wanted.statuses)
        and (not wanted.kinds or one.kind in wanted.kinds)
        and (wanted.since is None or (one.document.modified or 0) >= wanted.since)
        and _has(one, words)
    ]
    found.sort(key=lambda one: _rank(one, wanted.order), reverse=wanted.descending)
    return found


def _has(one: Listed, words: Sequence[str]) -> bool:
    if not words:
        return True
    source = fold(one.document.source)
    return all(word in source for word in words)


def _rank(one: Listed, order: str) -> tuple[float, str]:
    document = one.document
    number = {
        "status": float(_URGENCY[document.status]),
        "pages": float(document.pages),
        "characters": float(document.read),
        "modified": document.modified or 0.0,
    }.get(order, 0.0)
    return number, f"{document.encoding or ''} {document.source}" if order == "encoding" else document.source
