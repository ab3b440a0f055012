"""Question sets of one's own, kept in the home: `questions/<name>.json`, each a file that `wendang eval` takes."""

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evals.errors import BadQuestionFile
from evals.metrics import holds
from evals.question_table import read_table
from evals.questions import Question, QuestionSet, parse_questions, read_questions
from rag.engine import Engine

#: Bytes of a set's name in UTF-8; file systems take 255, with the ending.
_LONGEST = 200
_NOT_IN_NAMES = frozenset('<>:"/\\|?*')


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question that the library cannot bear out: its `source` is not there, or does not hold any of its answers."""

    question: Question
    cause: Literal["source", "answer"]


class QuestionSets:
    """The question sets of one folder, by name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of all sets, sorted."""
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def path(self, name: str) -> Path:
        """Return the file of a set, which need not exist. Raises BadQuestionFile for what cannot be a file's name."""
        fits = name.strip() == name and name.isprintable() and not name.startswith(".")
        if not name or not fits or _NOT_IN_NAMES & set(name) or len(name.encode("utf-8", "replace")) > _LONGEST:
            raise BadQuestionFile(
                f"{name!r} cannot be the name of a question set; use letters, digits and blanks",
                file=name,
                cause="name",
                detail=name,
            )
        return self._folder / f"{name}.json"

    def read(self, name: str) -> QuestionSet:
        """Return the questions of a set; none where there is no such set yet. Raises BadQuestionFile."""
        path = self.path(name)
        return read_questions(path) if path.exists() else QuestionSet(())

    def write(self, name: str, questions: Iterable[Question]) -> None:
        """Keep questions about the library's own documents as a set, in place of what it was; none: delete the set."""
        listed = [
            {
                "id": question.id,
                "question": question.text,
                "answers": list(question.answers),
                "source": question.source,
                "page": question.page,
            }
            for question in questions
        ]
        if not listed:
            self.remove(name)
            return
        content = json.dumps({"version": 1, "questions": listed}, ensure_ascii=False, indent=1)
        self._replace(self.path(name), content.encode())

    def add(self, name: str, content: bytes, *, suffix: str) -> QuestionSet:
        """Keep a file of the user's as a set, and return its questions: `.json` in either form, or a table.

        A file in SQuAD's form stays as it is, with its articles. Raises BadQuestionFile, also where the name is taken.
        """
        path = self.path(name)
        if path.exists():
            raise BadQuestionFile(
                f"there is a question set {name!r} already; choose another name", file=name, cause="taken", detail=name
            )
        given = Path(name + suffix)
        if suffix.lower() == ".json":
            found = parse_questions(content, path=given)
        else:
            found = QuestionSet(tuple(read_table(content, path=given)))
        if found.articles:
            self._replace(path, content)
        else:
            self.write(name, found.questions)
        return found

    def remove(self, name: str) -> None:
        """Delete a set."""
        self.path(name).unlink(missing_ok=True)

    def _replace(self, path: Path, content: bytes) -> None:
        """Write a file whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}-{os.getpid()}")
        made.write_bytes(content)
        made.replace(path)


def next_id(questions: Sequence[Question]) -> str:
    """Return a number that no question has."""
    return str(max((int(question.id) for question in questions if question.id.isdecimal()), default=0) + 1)


def doubts(engine: Engine, questions: Iterable[Question]) -> list[Doubt]:
    """Return the questions whose source is not in the library, or holds none of their answers."""
    known = {document.source for document in engine.status() if document.passages}
    found: list[Doubt] = []
    for question in questions:
        if question.source is None:
            continue
        if question.source not in known:
            found.append(Doubt(question, "source"))
        elif question.answers and not holds(engine.text(question.source).text, question.answers):
            found.append(Doubt(question, "answer"))
    return found
