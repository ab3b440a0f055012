"""Conversations, kept in one SQLite file of the home: what was asked and answered, what it rested on, how it was liked.

They are no part of the library: nothing is derived from them, and deleting the file loses nothing else.
"""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ingest.normalize import fold
from ingest.types import Passage
from rag.conversation_file import changing, reading
from rag.errors import NoConversation
from rag.types import Answer, Citation, Unsupported

#: The file's name in the home.
FILE = "conversations.sqlite3"

#: Characters of the first question that name a conversation.
_NAME_LENGTH = 30
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
class Feedback:
    """What a user thought of an answer, and why."""

    good: bool
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """A question as it was asked and as it was searched for, and its answer with the fields of `rag.types.Answer`.

    `partial` tells of an answer that was stopped, or that a killed program did not finish. Turns of older versions have
    no passages. `seconds` is the time that the answer took.
    """

    id: int
    question: str
    standalone: str
    answer: str
    citations: tuple[Citation, ...]
    refused: bool
    model: str
    asked_at: str
    partial: bool = False
    passages: tuple[Passage, ...] = ()
    unsupported: tuple[Unsupported, ...] = ()
    dropped: int = 0
    seconds: float = 0.0
    feedback: Feedback | None = None


class Conversations:
    """The conversations of a home; `path` is their file, made at the first turn."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def create(self, *, name: str = "") -> int:
        """Make an empty conversation and return its number; without a name it takes that of its first question."""
        with changing(self._path) as db:
            return _created(db, name=name)

    def append(self, number: int | None, *, question: str, standalone: str, answer: Answer) -> int:
        """Add a turn to a conversation, to a new one where `number` is None; return the conversation's number."""
        with changing(self._path) as db:
            number, turn = _begun(db, number, question=question, standalone=standalone)
            _write(db, turn, answer=answer, partial=False)
        return number

    def begin(self, number: int | None, *, question: str) -> tuple[int, int]:
        """Add a turn whose answer is still to come, to a new conversation where `number` is None.

        Return the numbers of the conversation and of the turn. The turn is partial until `finish` says otherwise, so
        that a program that is killed leaves the question. Raises NoConversation.
        """
        with changing(self._path) as db:
            return _begun(db, number, question=question, standalone=question)

    def finish(self, turn: int, *, standalone: str, answer: Answer, partial: bool = False) -> None:
        """Write the answer of a turn that was begun; one that was deleted meanwhile stays deleted."""
        with changing(self._path) as db:
            db.execute("UPDATE turns SET standalone = ? WHERE id = ?", (_storable(standalone), turn))
            _write(db, turn, answer=answer, partial=partial)

    def rate(self, turn: int, *, feedback: Feedback | None) -> None:
        """Keep what the user thought of a turn's answer; None takes it back. Nothing happens for a deleted turn."""
        with changing(self._path) as db:
            db.execute("DELETE FROM feedback WHERE turn_id = ?", (turn,))
            if feedback:
                db.execute(
                    "INSERT INTO feedback (turn_id, good, reason, given_at) SELECT id, ?, ?, ? FROM turns WHERE id = ?",
                    (feedback.good, _storable(feedback.reason), _now(), turn),
                )

    def rename(self, number: int, *, name: str) -> None:
        """Give a conversation another name. Raises NoConversation."""
        with changing(self._path) as db:
            _known(db, number)
            db.execute("UPDATE conversations SET name = ? WHERE id = ?", (_storable(_name_of(name)), number))

    def delete(self, number: int) -> None:
        """Forget a conversation and its turns. Raises NoConversation."""
        with changing(self._path) as db:
            _known(db, number)
            db.execute("DELETE FROM conversations WHERE id = ?", (number,))

    def recent(self, *, limit: int = 20) -> list[Conversation]:
        """Return the conversations, the one that changed last first."""
        with reading(self._path) as db:
            rows = db.execute(f"{_LISTED} ORDER BY changed DESC, id DESC LIMIT ?", (limit,)) if db else ()
            return [Conversation(**row) for row in rows]

    def search(self, text: str, *, limit: int = 20) -> list[Conversation]:
        """Return the conversations whose name, questions or answers hold `text`, in any width, script and case."""
        wanted = _storable(fold(text))
        with reading(self._path) as db:
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
        with reading(self._path) as db:
            return _known(db, number)

    def turns(self, number: int) -> list[Turn]:
        """Return the turns of a conversation, the first first. Raises NoConversation."""
        with reading(self._path) as db:
            _known(db, number)
            assert db is not None, "a known conversation lies in a file"
            rows = db.execute(
                "SELECT turns.*, good, reason FROM turns LEFT JOIN feedback ON turn_id = turns.id"
                " WHERE conversation_id = ? ORDER BY turns.id",
                (number,),
            )
            return [_turn(row) for row in rows]


def history_of(turns: Sequence[Turn]) -> list[tuple[str, str]]:
    """Return turns as the (question, answer) pairs that `Engine.stream` takes; without those that have no answer."""
    return [(turn.question, turn.answer) for turn in turns if turn.answer]


def _created(db: sqlite3.Connection, *, name: str) -> int:
    now = _now()
    values = (_storable(_name_of(name)), now, now)
    number = db.execute("INSERT INTO conversations (name, created, changed) VALUES (?, ?, ?)", values).lastrowid
    assert number is not None, "an insert has a row"
    return number


def _begun(db: sqlite3.Connection, number: int | None, *, question: str, standalone: str) -> tuple[int, int]:
    """Add a turn without an answer; return the numbers of its conversation and of itself."""
    now = _now()
    if number is None:
        number = _created(db, name="")
    _known(db, number)
    turn = db.execute(
        "INSERT INTO turns (conversation_id, question, standalone, answer, citations, refused, model, asked_at,"
        " folded, partial) VALUES (?, ?, ?, '', '[]', 0, '', ?, ?, 1)",
        (number, _storable(question), _storable(standalone), now, _storable(fold(question))),
    ).lastrowid
    assert turn is not None, "an insert has a row"
    db.execute(
        "UPDATE conversations SET changed = ?, name = CASE name WHEN '' THEN ? ELSE name END WHERE id = ?",
        (now, _storable(_name_of(question)), number),
    )
    return number, turn


def _write(db: sqlite3.Connection, turn: int, *, answer: Answer, partial: bool) -> None:
    found = db.execute("SELECT question FROM turns WHERE id = ?", (turn,)).fetchone()
    if found is None:
        return
    rest = {
        "passages": [asdict(passage) for passage in answer.passages],
        "unsupported": [asdict(part) for part in answer.unsupported],
        "dropped": answer.dropped,
        "seconds": answer.timings.get("total_s", 0.0),
    }
    db.execute(
        "UPDATE turns SET answer = ?, citations = ?, refused = ?, model = ?, folded = ?, partial = ?, rest = ?"
        " WHERE id = ?",
        (
            _storable(answer.text),
            _json([asdict(citation) for citation in answer.citations]),
            answer.refused,
            answer.model,
            _storable(fold(f"{found['question']}\n{answer.text}")),
            partial,
            _json(rest),
            turn,
        ),
    )


def _turn(row: sqlite3.Row) -> Turn:
    rest = json.loads(row["rest"])
    return Turn(
        id=row["id"],
        question=row["question"],
        standalone=row["standalone"],
        answer=row["answer"],
        citations=tuple(Citation(**citation) for citation in json.loads(row["citations"])),
        refused=bool(row["refused"]),
        model=row["model"],
        asked_at=row["asked_at"],
        partial=bool(row["partial"]),
        passages=tuple(Passage(**{**one, "also": tuple(one["also"])}) for one in rest.get("passages", ())),
        unsupported=tuple(Unsupported(**part) for part in rest.get("unsupported", ())),
        dropped=rest.get("dropped", 0),
        seconds=rest.get("seconds", 0.0),
        feedback=None if row["good"] is None else Feedback(bool(row["good"]), row["reason"]),
    )


def _known(db: sqlite3.Connection | None, number: int) -> Conversation:
    row = db.execute(f"{_LISTED} WHERE id = ?", (number,)).fetchone() if db else None
    if row is None:
        raise NoConversation(f"there is no conversation {number}; /list shows those that are there", number=number)
    return Conversation(**row)


def _name_of(question: str) -> str:
    return " ".join(question.split())[:_NAME_LENGTH]


def _json(value: object) -> str:
    return _storable(json.dumps(value, ensure_ascii=False))


def _storable(text: str) -> str:
    """Return a text that UTF-8 can hold: half a character of a broken terminal becomes a mark."""
    return text.encode("utf-8", "replace").decode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
