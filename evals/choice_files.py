"""Multiple choice in the form of C-Eval and CMMLU: a folder with `dev`, `val` and `test`, a CSV file a subject in each.

Columns are known by their headings: question, A, B, C, D, answer, and in C-Eval id and explanation. The name of a file
is its subject, in C-Eval with the split behind it (`law_val.csv`). C-Eval's test questions come without answers.
"""

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evals.choice_subjects import described
from evals.errors import BadChoiceSet
from ingest.decode import clean, decode
from ingest.errors import UnreadableFile

#: The letters of the options.
LETTERS = ("A", "B", "C", "D")
#: Which of a set is asked: `val` where there is one, for its answers are public; `dev` has the examples.
SPLITS = ("val", "test", "dev")

_NAMES = {
    "id": ("id", "", "序号", "编号"),
    "question": ("question", "问题", "题目", "题干"),
    "answer": ("answer", "答案", "正确答案"),
    "explanation": ("explanation", "解析", "解释"),
    **{letter: (letter.lower(), f"选项{letter.lower()}") for letter in LETTERS},
}
_DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class ChoiceQuestion:
    """A question with its four options. `answer` is a letter, None where the file has none; `id` is the file's own."""

    subject: str
    id: str
    text: str
    options: tuple[str, ...]
    answer: str | None = None
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject: its Chinese name, its category, the examples of `dev`, and the questions."""

    key: str
    name: str
    category: str
    examples: tuple[ChoiceQuestion, ...]
    questions: tuple[ChoiceQuestion, ...]


@dataclass(frozen=True, slots=True)
class ChoiceSet:
    """What a folder holds: the split that is asked, its subjects, and the files that could not be used."""

    split: str
    subjects: tuple[Subject, ...]
    failed: tuple[BadChoiceSet, ...] = ()

    @property
    def size(self) -> int:
        """How many questions there are."""
        return sum(len(subject.questions) for subject in self.subjects)


def read_choice(folder: Path, *, split: str | None = None, subjects: Sequence[str] = ()) -> ChoiceSet:
    """Return the questions of a folder, by subject; `subjects` are the keys or the Chinese names of those wanted.

    A file that cannot be used is told in `failed`, and so is a subject without its examples. Raises BadChoiceSet where
    nothing is left.
    """
    chosen, files = _asked_files(folder, split=split)
    wanted = _wanted(files, subjects, folder=folder)
    examples = _files(folder / "dev", split="dev") if chosen != "dev" else {}
    read, failed = [], []
    for key, path in wanted.items():
        try:
            shown = read_questions(examples[key], subject=key) if key in examples else ()
            questions = read_questions(path, subject=key)
        except BadChoiceSet as exc:
            failed.append(exc)
        else:
            # An example without its answer shows nothing.
            read.append(Subject(key, *described(key), tuple(one for one in shown if one.answer), questions))
    if not read:
        raise failed[0]
    return ChoiceSet(chosen, tuple(read), tuple(failed))


def read_questions(path: Path, *, subject: str) -> tuple[ChoiceQuestion, ...]:
    """Return the questions of one CSV file, in any encoding. Raises BadChoiceSet with the row that is wrong."""
    columns, rows = _table(path)
    questions: list[ChoiceQuestion] = []
    for number, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        if any(cell.strip() for cell in row[len(columns) :]):
            raise _bad(path, "row", row=number, detail=f"{len(row)} cells under {len(columns)} headings")
        cells = {name: cell.strip() for name, cell in zip(columns, row, strict=False) if name}
        lacking = [name for name in ("question", *LETTERS) if name not in cells]
        if lacking or not cells["question"]:
            raise _bad(path, "row", row=number, detail=f"no {(lacking or ['question'])[0]}")
        questions.append(
            ChoiceQuestion(
                subject=subject,
                id=cells.get("id") or str(len(questions)),
                text=cells["question"],
                options=tuple(cells[letter] for letter in LETTERS),
                answer=_letter(cells.get("answer", ""), path=path, row=number),
                explanation=cells.get("explanation", ""),
            )
        )
    if not questions:
        raise _bad(path, "empty", detail="no question in it")
    return tuple(questions)


def drawn(given: ChoiceSet, *, limit: int | None, seed: int) -> ChoiceSet:
    """Return `limit` of the questions, drawn by `seed` from all subjects, in their own order."""
    import random

    if limit is None or limit >= given.size:
        return given
    places = [(key, at) for key, subject in enumerate(given.subjects) for at in range(len(subject.questions))]
    kept = set(random.Random(seed).sample(places, limit))
    subjects = (
        replace(one, questions=tuple(asked for at, asked in enumerate(one.questions) if (key, at) in kept))
        for key, one in enumerate(given.subjects)
    )
    return replace(given, subjects=tuple(one for one in subjects if one.questions))


def _asked_files(folder: Path, *, split: str | None) -> tuple[str, dict[str, Path]]:
    """Return the split that is asked, and its files by subject."""
    if not folder.is_dir():
        raise _bad(folder, "not_found", detail="no such folder")
    there = {name: files for name in SPLITS if (files := _files(folder / name, split=name))}
    if split is None and not there and (files := _files(folder, split="")):
        return "", files
    chosen = split or next(iter(there), "test")
    if chosen not in there:
        raise _bad(folder, "no_files", detail=f"no CSV file in {chosen}")
    return chosen, there[chosen]


def _files(folder: Path, *, split: str) -> dict[str, Path]:
    return {path.stem.removesuffix(f"_{split}"): path for path in sorted(folder.glob("[!.]*.[cC][sS][vV]"))}


def _wanted(files: dict[str, Path], subjects: Sequence[str], *, folder: Path) -> dict[str, Path]:
    names = {described(key)[0]: key for key in files}
    for name in subjects:
        if name not in files and name not in names:
            raise _bad(folder, "no_subject", detail=name, subjects=", ".join(files))
    chosen = {names.get(name, name) for name in subjects}
    return {key: path for key, path in files.items() if not subjects or key in chosen}


def _table(path: Path) -> tuple[list[str | None], list[list[str]]]:
    """Return what each column holds (None: nothing of ours), and the rows below the headings."""
    try:
        text = clean(decode(path.read_bytes()).text)
    except OSError as exc:
        raise _bad(path, "unreadable", detail=exc.strerror or str(exc)) from exc
    except UnreadableFile as exc:
        raise _bad(path, "unreadable", detail="it is no text") from exc
    delimiter = max(_DELIMITERS, key=text.split("\n", 1)[0].count)
    try:
        records = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as exc:
        raise _bad(path, "table", detail=str(exc)) from exc
    columns = [_column(heading, first=at == 0) for at, heading in enumerate(records[0] if records else [])]
    lacking = [name for name in ("question", *LETTERS) if name not in columns]
    if lacking:
        raise _bad(path, "columns", detail=", ".join(lacking))
    return columns, records[1:]


def _column(heading: str, *, first: bool) -> str | None:
    """Return what a column holds; the first may have the number of the question, and no heading."""
    said = "".join(_folded(heading).lower().split()).rstrip(".:")
    if not said and not first:
        return None
    return next((name for name, known in _NAMES.items() if said in known), None)


def _letter(cell: str, *, path: Path, row: int) -> str | None:
    """Return the letter of an answer, None for an empty one."""
    letter = _folded(cell).strip(" .()[]").upper()
    if letter and letter not in LETTERS:
        raise _bad(path, "row", row=row, detail=f"answer {cell!r}")
    return letter or None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _bad(path: Path, cause: str, *, detail: str, row: int | None = None, subjects: str = "") -> BadChoiceSet:
    where = f" in row {row}" if row else ""
    there = f"; there are {subjects}" if subjects else ""
    return BadChoiceSet(
        f"{path} is not a set of choice questions ({cause}: {detail}{where}{there}); it must hold dev and val or test, "
        "a CSV file a subject, with the columns question, A, B, C, D, answer",
        file=str(path),
        cause=cause,
        detail=detail,
        row=row,
        subjects=subjects,
    )
