"""Answers kept in a file while an examination goes on, so that it can be gone on with: JSON Lines, settings first."""

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from evals.choice import Answered
from evals.choice_files import ChoiceQuestion
from evals.errors import KeptAnswersDiffer


class KeptAnswers:
    """The answers in a file; each is on disk as soon as it is added. A line cut off by a kill is passed over."""

    def __init__(self, path: Path, *, settings: Mapping[str, Any]) -> None:
        """Open a file, or begin one. Raises KeptAnswersDiffer where it was kept with other settings."""
        self._path, self._settings = path, dict(settings)
        self._known: dict[str, dict[str, Any]] = {}
        try:
            self._read()
            self._file: IO[str] = path.open("a", encoding="utf-8")
        except OSError as exc:
            raise self._differs("unwritable", exc.strerror or str(exc)) from exc

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def of(self, question: ChoiceQuestion) -> Answered | None:
        """Return the answer to a question, if it is kept."""
        record = self._known.get(_mark(question))
        if record is None:
            return None
        return Answered(question, record["letter"], record["shots"], tuple(record["logs"]), record["said"])

    def add(self, answered: Answered) -> None:
        """Keep an answer."""
        question = answered.question
        record = {
            "mark": _mark(question),
            "subject": question.subject,
            "id": question.id,
            "answer": question.answer,
            "letter": answered.letter,
            "shots": answered.shots,
            "logs": [round(log, 4) for log in answered.logs],
            "said": answered.said,
        }
        self._write(record)

    def _read(self) -> None:
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        if not any(lines):
            self._path.write_text(json.dumps({"settings": self._settings}, ensure_ascii=False) + "\n", "utf-8")
            return
        if lines[-1]:
            with self._path.open("ab") as file:
                file.write(b"\n")
        if (_parsed(lines[0]) or {}).get("settings") != self._settings:
            raise self._differs("settings", lines[0].decode("utf-8", "replace")[:200])
        records = [record for line in lines[1:] if (record := _parsed(line))]
        self._known = {record["mark"]: record for record in records if "mark" in record}

    def _write(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()

    def _differs(self, cause: str, detail: str) -> KeptAnswersDiffer:
        return KeptAnswersDiffer(
            f"{self._path} cannot keep these answers ({cause}: {detail}); name another file with --out",
            file=str(self._path),
            cause=cause,
            detail=detail,
        )


def _mark(question: ChoiceQuestion) -> str:
    """Return what tells a question from all others, and from what it was before its file was changed."""
    whole = json.dumps([question.subject, question.id, question.text, question.options, question.answer])
    return sha256(whole.encode()).hexdigest()[:24]


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
