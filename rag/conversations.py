"""Conversations, kept in one SQLite file of the home: what was asked, what was answered, what it rested on.

They are no part of the library: nothing is derived from them, and deleting the file loses nothing else. Each call opens
the file for itself, so threads and processes may share it.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.normalize import fold
from rag.errors import ConversationsUnusable, NoConversation
from rag.types import Answer, Citation

#: The file's name in the home.
FILE = "conversations.sqlite3"

_VERSION = 1
_BUSY_MS = 5000
#: Characters of the first question that name a conversation.
_NAME_LENGTH = 30

_SCHEMA = """
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created TEXT NOT NULL, changed TEXT NOT NULL);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL REFERENCES conversations ON DELETE CASCADE,
    question TEXT NOT NULL, standalone TEXT NOT NULL, answer TEXT NOT NULL, citations TEXT NOT NULL,
    refused INTEGER NOT NULL, model TEXT NOT NULL, asked_at TEXT NOT NULL, folded TEXT NOT NULL);
CREATE INDEX turns_of_conversation ON turns (conversation_id, id);
"""
_LISTED = (
    "SELECT conversations.*, (SELECT count(*) FROM turns WHERE conversation_id = conversations.id) AS turns"
    " FROM conversations"
)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation in a list. Times are ISO 8601 in UTC; `turns` counts."""

    id: int
    name: str
    created: str
    changed: str
    turns: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was asked and as it was searched for, and its answer."""

    question: str
    standalone: str
    answer: str
    citations: tuple[Citation, ...]
    refused: bool
    model: str
    asked_at: str


class Conversations:
    """The conversations of a home; `path` is their file, made at the first turn."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, *, name: str = "") -> int:
        """Make an empty conversation and return its number; without a name it takes that of its first question."""
        with self._changing() as db:
            return _created(db, name=name)

    def append(self, number: int | None, *, question: str, standalone: str, answer: Answer) -> int:
        """Add a turn to a conversation, to a new one where `number` is None; return the conversation's number."""
        now = _now()
        with self._changing() as db:
            if number is None:
                number = _created(db, name="")
            _known(db, number)
            db.execute(
                "INSERT INTO turns (conversation_id, question, standalone, answer, citations, refused, model,"
                " asked_at, folded) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    _storable(question),
                    _storable(standalone),
                    _storable(answer.text),
                    _storable(json.dumps([asdict(citation) for citation in answer.citations], ensure_ascii=False)),
                    answer.refused,
                    answer.model,
                    now,
                    _storable(fold(f"{question}\n{answer.text}")),
                ),
            )
            db.execute(
                "UPDATE conversations SET changed = ?, name = CASE name WHEN '' THEN ? ELSE name END WHERE id = ?",
                (now, _storable(_name_of(question)), number),
            )
        return number

    def rename(self, number: int, *, name: str) -> None:
        """Give a conversation another name. Raises NoConversation."""
        with self._changing() as db:
            _known(db, number)
            db.execute("UPDATE conversations SET name = ? WHERE id = ?", (_storable(_name_of(name)), number))

    def delete(self, number: int) -> None:
        """Forget a conversation and its turns. Raises NoConversation."""
        with self._changing() as db:
            _known(db, number)
            db.execute("DELETE FROM conversations WHERE id = ?", (number,))

    def recent(self, *, limit: int = 20) -> list[Conversation]:
        """Return the conversations, the one that changed last first."""
        with self._reading() as db:
            rows = db.execute(f"{_LISTED} ORDER BY changed DESC, id DESC LIMIT ?", (limit,)) if db else ()
            return [Conversation(**row) for row in rows]

    def search(self, text: str, *, limit: int = 20) -> list[Conversation]:
        """Return the conversations whose name, questions or answers hold `text`, in any width, script and case."""
        wanted = _storable(fold(text))
        with self._reading() as db:
            if db is None:
                return []
            db.create_function("fold", 1, fold, deterministic=True)
            rows = db.execute(
                f"{_LISTED} WHERE instr(fold(name), ?) OR id IN"
                " (SELECT conversation_id FROM turns WHERE instr(folded, ?)) ORDER BY changed DESC, id DESC LIMIT ?",
                (wanted, wanted, limit),
            )
            return [Conversation(**row) for row in rows]

    def get(self, number: int) -> Conversation:
        """Return one conversation. Raises NoConversation."""
        with self._reading() as db:
            return _known(db, number)

    def turns(self, number: int) -> list[Turn]:
        """Return the turns of a conversation, the first first. Raises NoConversation."""
        with self._reading() as db:
            _known(db, number)
            assert db is not None, "a known conversation lies in a file"
            rows = db.execute("SELECT * FROM turns WHERE conversation_id = ? ORDER BY id", (number,))
            return [_turn(row) for row in rows]

    # ── inside ──

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, making it where there is none."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            _migrate(db, self._path)
            yield db
            db.execute("COMMIT")

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """Open the file for reading; None where there is none yet."""
        if not self._path.exists():
            yield None
            return
        with self._open() as db:
            version = db.execute("PRAGMA user_version").fetchone()[0]
            _check_version(version, self._path)
            yield db if version else None

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=_BUSY_MS / 1000, isolation_level=None)) as db:
                db.row_factory = sqlite3.Row
                db.execute("PRAGMA foreign_keys = ON")
                # What was deleted is not to be found in the file.
                db.execute("PRAGMA secure_delete = ON")
                yield db
        except sqlite3.Error as exc:
            raise _unusable(self._path, str(exc)) from exc


def as_markdown(conversation: Conversation, turns: Sequence[Turn], *, place: Callable[[Citation], str]) -> str:
    """Return a conversation as Markdown: questions as headings, answers, and each citation with its quote.

    `place` names where a citation stands. What was asked or quoted cannot become headings or HTML.
    """
    parts = [f"# {_inert(conversation.name)}"]
    for turn in turns:
        parts.append(f"## {_inert(turn.question)}")
        parts.append(_inert(turn.answer))
        for citation in turn.citations:
            quote = _inert(" ".join(citation.quote.split()))
            parts.append(f"> \\[{citation.n}\\] {_inert(place(citation))}\n>\n> {quote}")
    return "\n\n".join(parts) + "\n"


def history_of(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """Return turns as the (question, answer) pairs that `Engine.stream` takes."""
    return [(turn.question, turn.answer) for turn in turns]


_MARKS = str.maketrans({char: f"\\{char}" for char in "\\`*_#<>|![]"})


def _inert(text: str) -> str:
    return "  \n".join(line.translate(_MARKS) for line in text.splitlines())


def _created(db: sqlite3.Connection, *, name: str) -> int:
    now = _now()
    values = (_storable(_name_of(name)), now, now)
    number = db.execute("INSERT INTO conversations (name, created, changed) VALUES (?, ?, ?)", values).lastrowid
    assert number is not None, "an insert has a row"
    return number


def _known(db: sqlite3.Connection | None, number: int) -> Conversation:
    row = db.execute(f"{_LISTED} WHERE id = ?", (number,)).fetchone() if db else None
    if row is None:
        raise NoConversation(f"there is no conversation {number}; /list shows those that are there", number=number)
    return Conversation(**row)


def _turn(row: sqlite3.Row) -> Turn:
    return Turn(
        question=row["question"],
        standalone=row["standalone"],
        answer=row["answer"],
        citations=tuple(Citation(**citation) for citation in json.loads(row["citations"])),
        refused=bool(row["refused"]),
        model=row["model"],
        asked_at=row["asked_at"],
    )


def _migrate(db: sqlite3.Connection, path: Path) -> None:
    """Make the tables where there are none; within the transaction, so that two processes do it once."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    _check_version(version, path)
    if version == 0:
        for statement in filter(str.strip, _SCHEMA.split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA user_version = {_VERSION}")


def _check_version(version: int, path: Path) -> None:
    if version > _VERSION:
        raise _unusable(path, f"made by a newer version ({version})")


def _unusable(path: Path, cause: str) -> ConversationsUnusable:
    return ConversationsUnusable(
        f"the conversations in {path} cannot be opened: {cause}; restore the file, or move it away",
        path=str(path),
        detail=cause,
    )


def _name_of(question: str) -> str:
    return " ".join(question.split())[:_NAME_LENGTH]


def _storable(text: str) -> str:
    """Return a text that UTF-8 can hold: half a character of a broken terminal becomes a mark."""
    return text.encode("utf-8", "replace").decode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
