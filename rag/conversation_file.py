"""The file of conversations: its tables, how an older one is brought up to date, and how it is opened.

Each call opens the file for itself, so threads and processes may share it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rag.errors import ConversationsUnusable

_VERSION = 2
_BUSY_MS = 5000

# Version 1; what makes the next ones of it follows.
_SCHEMA = (
    "CREATE TABLE conversations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created TEXT NOT NULL,"
    " changed TEXT NOT NULL)",
    "CREATE TABLE turns (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " conversation_id INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,"
    " question TEXT NOT NULL, standalone TEXT NOT NULL, answer TEXT NOT NULL, citations TEXT NOT NULL,"
    " refused INTEGER NOT NULL, model TEXT NOT NULL, asked_at TEXT NOT NULL, folded TEXT NOT NULL)",
    "CREATE INDEX turns_of_conversation ON turns (conversation_id, id)",
)
_CHANGES = {
    2: (
        "ALTER TABLE turns ADD COLUMN partial INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE turns ADD COLUMN rest TEXT NOT NULL DEFAULT '{}'",
        "CREATE TABLE feedback (turn_id INTEGER PRIMARY KEY REFERENCES turns ON DELETE CASCADE,"
        " good INTEGER NOT NULL, reason TEXT NOT NULL, given_at TEXT NOT NULL)",
    ),
}


@contextmanager
def changing(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the file for one transaction, making it where there is none. Raises ConversationsUnusable."""
    with _opened(path) as db:
        db.execute("BEGIN IMMEDIATE")
        _bring_up_to_date(db, path)
        yield db
        db.execute("COMMIT")


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the file for reading; None where there is none yet. Raises ConversationsUnusable."""
    if not path.exists():
        yield None
        return
    with _opened(path) as db:
        version = _version(db, path)
        if 0 < version < _VERSION:
            db.execute("BEGIN IMMEDIATE")
            _bring_up_to_date(db, path)
            db.execute("COMMIT")
        yield db if version else None


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=_BUSY_MS / 1000, isolation_level=None)) as db:
            db.row_factory = sqlite3.Row
            db.execute("PRAGMA foreign_keys = ON")
            # What was deleted is not to be found in the file.
            db.execute("PRAGMA secure_delete = ON")
            yield db
    except sqlite3.Error as exc:
        raise _unusable(path, str(exc)) from exc


def _bring_up_to_date(db: sqlite3.Connection, path: Path) -> None:
    """Make or change the tables; within the transaction, so that two processes do it once."""
    version = _version(db, path)
    if version == 0:
        for statement in _SCHEMA:
            db.execute(statement)
        version = 1
    for number in range(version + 1, _VERSION + 1):
        for statement in _CHANGES[number]:
            db.execute(statement)
    db.execute(f"PRAGMA user_version = {_VERSION}")


def _version(db: sqlite3.Connection, path: Path) -> int:
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise _unusable(path, f"made by a newer version ({version})")
    return version


def _unusable(path: Path, cause: str) -> ConversationsUnusable:
    return ConversationsUnusable(
        f"the conversations in {path} cannot be opened: {cause}; restore the file, or move it away",
        path=str(path),
        detail=cause,
    )
