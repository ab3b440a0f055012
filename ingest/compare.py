"""What is new, changed, gone or as before in the synced folders, told without reading any file."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Row

from ingest.abilities import abilities, is_current
from ingest.errors import Reason
from ingest.library import documents
from ingest.library.catalog import Catalog
from ingest.library.contents import recipe
from ingest.limits import Limits
from ingest.scan import FoundFile, Skipped, display_name, scan
from ingest.types import Failed, SyncEvent, Unchanged

# Reasons that may be gone though the file is the same: tried again at every pass.
_PASSING = {
    Reason.NOT_PERMITTED, Reason.CHANGED_WHILE_READING, Reason.VANISHED,
    Reason.CRASHED, Reason.TIMEOUT, Reason.OUT_OF_MEMORY,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Changed:
    """A file that may have to be read: it is new (`row` is None), changed, or was read by other means than today's."""

    folder: int
    file: FoundFile
    row: Row | None


class Comparison:
    """The folders against the record. `look` at each, then see `changed`, `gone` (documents by number) and `known`.

    `known` counts the files that the record had in these folders. What is inside of a gone file is gone too.
    """

    def __init__(
        self,
        catalog: Catalog,
        *,
        embedder: str,
        limits: Limits,
        exclude: Collection[Path],
        ignore: Sequence[str],
        force: bool,
    ) -> None:
        self.changed: list[Changed] = []
        self.gone: dict[int, Row] = {}
        self.known = 0
        self._catalog = catalog
        self._limits = limits
        self._recipes = (recipe(embedder), recipe(embedder, unread=Reason.NESTED_TOO_DEEPLY))
        self._exclude = exclude
        self._ignore = ignore
        self._force = force
        self._containers: set[int] = set()

    def look(self, folder: Path) -> Iterator[SyncEvent]:
        """Tell of a folder's files that are as they were, and of what cannot be looked at."""
        folder_id = documents.folder_id(self._catalog, folder)
        rows = documents.of_folder(self._catalog, folder_id)
        inside = _by_outermost(rows.values())
        self._containers.update(row["container"] for row in rows.values() if row["container"] is not None)
        known = {path: row for path, row in rows.items() if row["container"] is None}
        self.known += len(known)
        unseen: list[Skipped] = []
        for found in scan(folder, exclude=self._exclude, ignore=self._ignore):
            if isinstance(found, Skipped):
                if found.reason is not Reason.LINK_OUTSIDE:  # a link in a file's place: the file is gone
                    unseen.append(found)
                name = str(folder) if found.relative == b"." else display_name(found.relative)
                yield Failed(name, found.reason, found.values)
                continue
            # Where an archive has become a folder, its files are at the paths that they had inside of it.
            row = known.pop(found.relative, None) or rows.get(found.relative)
            parts = [row, *inside.get(row["id"], ())] if row else []
            same = row is not None and row["stat"] == found.fingerprint and not self._force
            if same and not any(map(self.is_due, parts)):
                for part in parts:
                    yield from told(part)
            else:
                self.changed.append(Changed(folder_id, found, row))
        for path, row in known.items():
            if not any(_is_hidden(path, skipped) for skipped in unseen):
                self.gone.update({part["id"]: part for part in (row, *inside.get(row["id"], ()))})

    def is_due(self, row: Row) -> bool:
        """Whether a document of an unchanged file should be read all the same."""
        if row["forgotten"]:
            return False
        if row["reason"]:
            return row["reason"] in _PASSING or row["read_with"] != abilities(self._limits)
        if row["content_id"] is None:
            return True
        if (row["members"] or row["id"] in self._containers) and row["opened"] != row["content_id"]:
            return True
        current = is_current(row["loader"], row["content_read_with"], limits=self._limits)
        return row["recipe"] not in self._recipes or not current


def told(row: Row) -> Iterator[SyncEvent]:
    """Tell what the record knows of an unchanged document: that it is there, and what is missing of it."""
    if row["forgotten"]:
        return
    if row["reason"]:
        yield Failed(row["source"], Reason(row["reason"]), documents.details(row["details"]))
        return
    yield Unchanged(row["source"])
    yield from missing(row)


def missing(row: Row) -> Iterator[Failed]:
    """Tell what is missing first of what a document shows, if anything is."""
    if row["gap"]:
        values = {**documents.details(row["gap_details"]), "page": row["gap_page"]}
        yield Failed(row["source"], Reason(row["gap"]), values, partial=True)


def _by_outermost(rows: Collection[Row]) -> dict[int, list[Row]]:
    """Return what is inside of each file, containers in containers too, by the file's number."""
    containers = {row["id"]: row["container"] for row in rows}
    inside: dict[int, list[Row]] = {}
    for row in rows:
        outermost = row["id"]
        while (container := containers.get(outermost)) is not None:
            outermost = container
        if outermost != row["id"]:
            inside.setdefault(outermost, []).append(row)
    return inside


def _is_hidden(path: bytes, skipped: Skipped) -> bool:
    """Whether nothing can be said of a path, since it, or a folder that it is in, could not be looked at."""
    return path == skipped.relative or (
        skipped.below and (skipped.relative in (b"", b".") or path.startswith(skipped.relative + b"/"))
    )
