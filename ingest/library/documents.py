"""The documents of the record: which path shows which content, and what went wrong with the others."""

import json
import os
import re
import sqlite3
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from ingest.errors import NotInLibrary, UnreadableFile
from ingest.library.catalog import Catalog
from ingest.scan import FoundFile, display_name

# Documents with what they show: how it was made, and its first gap.
_WITH_CONTENTS = (
    "SELECT documents.*, recipe, loader, members, contents.read_with AS content_read_with,"
    " gaps.reason AS gap, gaps.page AS gap_page, gaps.details AS gap_details FROM documents"
    " LEFT JOIN contents ON contents.id = documents.content_id LEFT JOIN gaps ON gaps.rowid ="
    " (SELECT min(rowid) FROM gaps WHERE gaps.content_id = contents.id)"
)
_INSIDE = (
    "WITH RECURSIVE inside (id) AS (SELECT id FROM documents WHERE container = ?"
    " UNION SELECT documents.id FROM documents JOIN inside ON container = inside.id) SELECT id FROM inside"
)

# A mark of shell patterns that stands for itself, as `glob.escape` writes it.
_QUOTED = re.compile(r"\[([*?[])\]")


@dataclass(frozen=True, slots=True)
class Pointer:
    """A document that is to show a content, and the fingerprint of the file that the content was read from."""

    document_id: int
    fingerprint: str


def folder_id(catalog: Catalog, path: Path) -> int:
    """Return the number of a synced folder, noting the folder where it is new."""
    raw = os.fsencode(path)
    catalog.execute("INSERT OR IGNORE INTO folders (path) VALUES (?)", raw)
    return catalog.number("SELECT id FROM folders WHERE path = ?", raw)


def folders(catalog: Catalog) -> list[Path]:
    """Return the synced folders, in the order in which they were first synced."""
    return [Path(os.fsdecode(row["path"])) for row in catalog.rows("SELECT path FROM folders ORDER BY id")]


def remove_folder(catalog: Catalog, path: Path) -> None:
    """Take a synced folder and its documents out of the record."""
    number = folder_id(catalog, path)
    catalog.execute("DELETE FROM documents WHERE folder_id = ?", number)
    catalog.execute("DELETE FROM folders WHERE id = ?", number)


def sources(catalog: Catalog) -> list[str]:
    """Return the sources of the documents that show something, sorted."""
    rows = catalog.rows("SELECT source FROM documents WHERE content_id IS NOT NULL AND NOT forgotten ORDER BY source")
    return [row["source"] for row in rows]


def file_of(catalog: Catalog, source: str) -> Path:
    """Return the file that a document was read from; for one inside of an archive or a mail, the outermost file.

    Raises NotInLibrary. The file may be gone, or another one by now.
    """
    row = catalog.row(
        "WITH RECURSIVE up (container, folder_id, path) AS"
        " (SELECT container, folder_id, path FROM documents WHERE source = ?"
        " UNION SELECT d.container, d.folder_id, d.path FROM documents d JOIN up ON d.id = up.container)"
        " SELECT folders.path AS folder, up.path FROM up JOIN folders ON folders.id = folder_id"
        " WHERE container IS NULL",
        source,
    )
    if row is None:
        raise NotInLibrary(f"the library has no document {source!r}; `wendang status` lists them", source=source)
    return Path(os.fsdecode(row["folder"])) / os.fsdecode(row["path"])


def is_inside(catalog: Catalog, source: str) -> bool:
    """Whether a document was read from inside of another file, such as an archive or a mail."""
    return catalog.row("SELECT 1 FROM documents WHERE source = ? AND container IS NOT NULL", source) is not None


def of_folder(catalog: Catalog, folder: int) -> dict[bytes, sqlite3.Row]:
    """Return a folder's documents by path, those inside of files too."""
    return {row["path"]: row for row in catalog.rows(f"{_WITH_CONTENTS} WHERE folder_id = ?", folder)}


def members_of(catalog: Catalog, document: int) -> dict[bytes, sqlite3.Row]:
    """Return the documents that are inside of a file, by path; what is inside of these is not among them."""
    return {row["path"]: row for row in catalog.rows(f"{_WITH_CONTENTS} WHERE container = ?", document)}


def inside_of(catalog: Catalog, document: int) -> list[sqlite3.Row]:
    """Return all documents that are inside of a file, containers in containers too."""
    return catalog.rows(f"{_WITH_CONTENTS} WHERE documents.id IN ({_INSIDE})", document)


def at_path(catalog: Catalog, folder: int, path: bytes) -> sqlite3.Row | None:
    """Return the document at a path, None where there is none."""
    return catalog.row(f"{_WITH_CONTENTS} WHERE folder_id = ? AND path = ?", folder, path)


def add(catalog: Catalog, folder: int, file: FoundFile, *, container: int | None = None) -> tuple[int, str]:
    """Note a new path, showing nothing yet; return its number and its source (its unique name for users)."""
    source = free_source(catalog, folder, file.relative)
    document = catalog.execute(
        "INSERT INTO documents (folder_id, path, source, stat, container) VALUES (?, ?, ?, '', ?)",
        folder,
        file.relative,
        source,
        container,
    )
    return document, source


def free_source(catalog: Catalog, folder: int, relative: bytes, *, document: int | None = None) -> str:
    """Return the path as the source, with the folder's name before it where another folder has the same path.

    A `document` that has the source already keeps it.
    """
    taken = "SELECT 1 FROM documents WHERE source = ? AND id IS NOT ?"
    name = display_name(relative)
    if not catalog.row(taken, name, document):
        return name
    row = catalog.row("SELECT path FROM folders WHERE id = ?", folder)
    outer = display_name(row["path"].rsplit(b"/", 1)[-1]) if row else str(folder)
    name = f"{outer}/{name}"
    return name if not catalog.row(taken, name, document) else f"{outer}#{folder}/{name}"


def point(catalog: Catalog, pointer: Pointer, content_id: int, *, sha256: bytes) -> None:
    """Let a document show a content, in place of what it showed before."""
    catalog.execute(
        "UPDATE documents SET content_id = ?, sha256 = ?, stat = ?, forgotten = 0, reason = NULL, details = '{}'"
        " WHERE id = ?",
        content_id,
        sha256,
        pointer.fingerprint,
        pointer.document_id,
    )


def move(catalog: Catalog, document: int, *, folder: int, path: bytes, fingerprint: str) -> str:
    """Give a document another path, at which there is none, and return its new source."""
    source = free_source(catalog, folder, path, document=document)
    catalog.execute(
        "UPDATE documents SET folder_id = ?, path = ?, source = ?, stat = ? WHERE id = ?",
        folder,
        path,
        source,
        fingerprint,
        document,
    )
    return source


def put_inside(catalog: Catalog, document: int, *, container: int | None) -> None:
    """Note that a document's file is inside of another one now, or (None) no longer."""
    catalog.execute("UPDATE documents SET container = ? WHERE id = ?", container, document)


def mark_opened(catalog: Catalog, document_ids: Collection[int]) -> None:
    """Note that all files inside of what these documents show are documents too."""
    catalog.execute_many("UPDATE documents SET opened = content_id WHERE id = ?", [(id_,) for id_ in document_ids])


def touch(catalog: Catalog, pointer: Pointer) -> None:
    """Note that a file has the same bytes under a new fingerprint."""
    catalog.execute("UPDATE documents SET stat = ? WHERE id = ?", pointer.fingerprint, pointer.document_id)


def fail(catalog: Catalog, pointer: Pointer, error: UnreadableFile, *, sha256: bytes | None, read_with: str) -> None:
    """Note why a file could not be read, and with which abilities; what it showed before stays searchable.

    `sha256` is None where the bytes could not be seen: those known before may still be the file's.
    """
    catalog.execute(
        "UPDATE documents SET reason = ?, details = ?, stat = ?, sha256 = coalesce(?, sha256), read_with = ?,"
        " forgotten = 0 WHERE id = ?",
        error.reason,
        json.dumps(error.values, ensure_ascii=False, default=str),
        pointer.fingerprint,
        sha256,
        read_with,
        pointer.document_id,
    )


def remove(catalog: Catalog, document_ids: Collection[int]) -> None:
    """Take documents out of the record."""
    with catalog.transaction():
        catalog.execute_many("DELETE FROM documents WHERE id = ?", [(id_,) for id_ in document_ids])


def forget(catalog: Catalog, source: str) -> None:
    """Let a document show nothing until its file changes; NotInLibrary where there is none.

    What is inside of it is let go of: it comes back with the file's next version.
    """
    row = catalog.row("SELECT id FROM documents WHERE source = ? AND NOT forgotten", source)
    if row is None:
        raise NotInLibrary(f"the library has no document {source!r}; `wendang status` lists them", source=source)
    catalog.execute(
        "UPDATE documents SET content_id = NULL, forgotten = 1, reason = NULL, details = '{}' WHERE id = ?", row["id"]
    )
    catalog.execute("DELETE FROM documents WHERE container = ?", row["id"])


def hide(catalog: Catalog, document: int) -> None:
    """Let a document show nothing."""
    catalog.execute("UPDATE documents SET content_id = NULL WHERE id = ?", document)


def hide_all(catalog: Catalog) -> None:
    """Let every document show nothing, so that the next pass reads all of them again."""
    catalog.execute("UPDATE documents SET content_id = NULL")


def contents_of(catalog: Catalog, patterns: Sequence[str]) -> dict[str, int]:
    """Return the documents that shell patterns choose: by source, the content that each shows."""
    rows = catalog.rows("SELECT source, content_id FROM documents WHERE content_id IS NOT NULL")
    contents = {row["source"]: row["content_id"] for row in rows}
    return {source: contents[source] for source in chosen(contents, patterns)}


def chosen(sources: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """Return those of the sources that shell patterns choose, in their order.

    A pattern that is the path of one source, as it is or with its marks quoted (`[*]`), chooses that one alone; any
    other chooses the sources that it matches as a whole path or by their last part.
    """
    known = dict.fromkeys(sources)
    found: set[str] = set()
    for pattern in patterns:
        named = {pattern, _QUOTED.sub(r"\1", pattern)} & known.keys()
        found |= named or {source for source in known if _matches(source, pattern)}
    return [source for source in known if source in found]


def _matches(source: str, pattern: str) -> bool:
    return fnmatchcase(source, pattern) or fnmatchcase(source.rsplit("/", 1)[-1], pattern)


def details(text: str) -> dict[str, object]:
    """Return the values that were noted with a reason."""
    values: dict[str, object] = json.loads(text)
    return values
