"""The record: which files there are, what they say, how it was cut, and every vector. All else is derived from it.

A document (a path) refers to a content (its bytes, read and cut); a content has pages, passages and their children; a
child has the key of its vector. Two paths with the same bytes share one content. A file inside an archive or a mail is
a document too, with its container's number; `opened` is the content whose files inside are all documents by now. A
content without a document is not visible to any search: a new version is written whole, then the document is pointed at
it in one transaction.

Rollback journal with `synchronous=FULL`: SQLite before 3.51.3 can damage a file when it resets the write-ahead log
(sqlite.org/wal.html), and Debian 12 has 3.40.1.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ingest.errors import LibraryDamaged

SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE folders (id INTEGER PRIMARY KEY, path BLOB NOT NULL UNIQUE);
CREATE TABLE contents (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 BLOB NOT NULL, kind TEXT NOT NULL, recipe TEXT NOT NULL, ready INTEGER NOT NULL DEFAULT 0,
    loader TEXT NOT NULL, encoding TEXT, title TEXT NOT NULL, paged INTEGER NOT NULL,
    characters INTEGER NOT NULL, indexed INTEGER NOT NULL,
    read_with TEXT NOT NULL DEFAULT '', members INTEGER NOT NULL DEFAULT 0);
CREATE INDEX contents_by_bytes ON contents (sha256, kind, recipe);
CREATE TABLE pages (
    content_id INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    number INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, indexed INTEGER NOT NULL,
    heading TEXT, text TEXT NOT NULL, left_out TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (content_id, number)) WITHOUT ROWID;
CREATE TABLE gaps (
    content_id INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    reason TEXT NOT NULL, page INTEGER, details TEXT NOT NULL);
CREATE INDEX gaps_of_content ON gaps (content_id);
CREATE TABLE passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    content_id INTEGER NOT NULL REFERENCES contents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, page INTEGER, heading TEXT, text TEXT NOT NULL);
CREATE INDEX passages_of_content ON passages (content_id, start);
CREATE TABLE children (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    passage_id INTEGER NOT NULL REFERENCES passages ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, vector_key BLOB NOT NULL);
CREATE INDEX children_of_passage ON children (passage_id);
CREATE INDEX children_by_vector ON children (vector_key);
CREATE TABLE vectors (key BLOB PRIMARY KEY, vector BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    folder_id INTEGER NOT NULL REFERENCES folders, path BLOB NOT NULL, source TEXT NOT NULL UNIQUE,
    stat TEXT NOT NULL, sha256 BLOB, content_id INTEGER REFERENCES contents,
    forgotten INTEGER NOT NULL DEFAULT 0, reason TEXT, details TEXT NOT NULL DEFAULT '{}',
    container INTEGER REFERENCES documents ON DELETE CASCADE, read_with TEXT NOT NULL DEFAULT '', opened INTEGER,
    UNIQUE (folder_id, path));
CREATE INDEX documents_of_content ON documents (content_id);
CREATE INDEX documents_by_bytes ON documents (sha256);
CREATE INDEX documents_of_container ON documents (container);
"""

# What brings a record of the version before to a version.
_CHANGES = {
    2: (
        "ALTER TABLE contents ADD COLUMN read_with TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE contents ADD COLUMN members INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE pages ADD COLUMN left_out TEXT NOT NULL DEFAULT '{}'",
        "ALTER TABLE documents ADD COLUMN container INTEGER REFERENCES documents ON DELETE CASCADE",
        "ALTER TABLE documents ADD COLUMN read_with TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE documents ADD COLUMN opened INTEGER",
        "CREATE INDEX documents_of_container ON documents (container)",
    )
}


class Catalog:
    """One SQLite file, safe to use from several threads; many processes may read while one writes."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._depth = 0
        try:
            self._connection = self._open(read_only=read_only)
        except sqlite3.DatabaseError as exc:
            raise LibraryDamaged(
                f"cannot open the library's record {path}: {exc}; restore it, or move it away and sync again",
                path=str(path),
                cause=str(exc),
            ) from exc

    def _open(self, *, read_only: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA cache_size = -32000")
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise sqlite3.DatabaseError(f"made by a newer version of the program (schema {version})")
        if version < SCHEMA_VERSION:
            _bring_up_to_date(connection)
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make everything inside one commit; an exception undoes it all. Inner transactions join the outer one."""
        with self._lock:
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                # SQLite may have rolled back by itself (a full disk); a second time would hide the cause.
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:  # noqa: ANN401 - what SQLite can store
        """Return all rows of a query, so that no read lock outlives the call."""
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> sqlite3.Row | None:  # noqa: ANN401
        """Return the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def number(self, sql: str, *values: Any) -> int:  # noqa: ANN401
        """Return the first column of the first row as an integer, 0 where it is null or missing."""
        found = self.row(sql, *values)
        return int(found[0] or 0) if found else 0

    def execute(self, sql: str, *values: Any) -> int:  # noqa: ANN401
        """Run one statement and return the row id that it inserted last."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def execute_many(self, sql: str, rows: Iterator[tuple[Any, ...]] | list[tuple[Any, ...]]) -> None:
        """Run one statement for each row."""
        with self._lock:
            self._connection.executemany(sql, rows)

    def setting(self, key: str) -> str | None:
        """Return a value of the library's own notes, such as the embedder that its vectors come from."""
        found = self.row("SELECT value FROM meta WHERE key = ?", key)
        return str(found[0]) if found else None

    def note(self, key: str, value: str) -> None:
        """Keep a value in the library's own notes."""
        self.execute(
            "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value
        )

    def close(self) -> None:
        """Close the file; the catalog cannot be used any more."""
        with self._lock:
            self._connection.close()


def _bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Make the tables, or change those of an older version, unless another process has just done so."""
    connection.execute("BEGIN IMMEDIATE")
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    statements: Iterable[str] = ()
    if version == 0:
        statements = _SCHEMA.split(";\n")
    elif version < SCHEMA_VERSION:
        statements = [change for number in range(version + 1, SCHEMA_VERSION + 1) for change in _CHANGES[number]]
    for statement in statements:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")
