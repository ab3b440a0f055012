"""The evaluations of a home over time: `evaluations/runs.jsonl`, a line each, and a file with the outcomes of each."""

import json
import os
from dataclasses import asdict, fields, replace
from pathlib import Path

from evals.errors import BadQuestionFile
from evals.evaluation import Outcome, Run
from evals.uncertainty import Difference, difference


class History:
    """The runs that are kept in a folder, oldest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def runs(self) -> list[Run]:
        """Return all runs without their outcomes; a line that was cut off by a kill is passed over."""
        if not self._index.exists():
            return []
        found = []
        for line in _lines(self._index):
            try:
                found.append(Run(**json.loads(line)))
            except (ValueError, TypeError):  # not UTF-8, not JSON, or without a field
                continue
        return found

    def add(self, run: Run) -> None:
        """Keep a run: its outcomes first, so that a run that is listed has them."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(asdict(one), ensure_ascii=False) for one in run.outcomes]
        made = self._folder / f".{run.id}-{os.getpid()}"
        made.write_text("".join(f"{line}\n" for line in lines), "utf-8")
        made.replace(self._outcomes(run))
        kept = {field.name: getattr(run, field.name) for field in fields(Run) if field.name != "outcomes"}
        whole = not self._index.exists() or self._index.read_bytes().endswith(b"\n")
        with self._index.open("a", encoding="utf-8") as index:
            index.write(("" if whole else "\n") + json.dumps(kept, ensure_ascii=False) + "\n")

    def whole(self, run: Run) -> Run:
        """Return a run with its outcomes. Raises BadQuestionFile where they are gone or damaged."""
        path = self._outcomes(run)
        try:
            outcomes = [_outcome(line) for line in _lines(path)]
        except OSError as exc:
            raise _gone(path, exc.strerror or str(exc)) from exc
        except (ValueError, TypeError) as exc:
            raise _gone(path, str(exc)) from exc
        return replace(run, outcomes=tuple(outcomes))

    def remove(self, run: Run) -> None:
        """Forget a run."""
        kept = [line for line in _lines(self._index) if f'"{run.id}"'.encode() not in line]
        made = self._folder / f".runs-{os.getpid()}"
        made.write_bytes(b"".join(line + b"\n" for line in kept))
        made.replace(self._index)
        self._outcomes(run).unlink(missing_ok=True)

    @property
    def _index(self) -> Path:
        return self._folder / "runs.jsonl"

    def _outcomes(self, run: Run) -> Path:
        return self._folder / f"{run.id}.jsonl"


def compared(first: Run, second: Run, *, measure: str) -> Difference | None:
    """Return what the second run is better by in a measure, on the questions that both were asked; None for none."""
    before = {(one.id, one.question, one.expected): one.measures[measure] for one in first.outcomes}
    pairs = [
        (old, new)
        for one in second.outcomes
        if (new := one.measures[measure]) is not None
        and (old := before.get((one.id, one.question, one.expected))) is not None
    ]
    return difference([old for old, _ in pairs], [new for _, new in pairs])


def _lines(path: Path) -> list[bytes]:
    """Return a file's lines: texts in them may hold other line ends than this one, and half a character at a cut."""
    return path.read_bytes().splitlines()


def _outcome(line: bytes) -> Outcome:
    values = json.loads(line)
    return Outcome(**{**values, "expected": tuple(values["expected"]), "read": tuple(values["read"])})


def _gone(path: Path, detail: str) -> BadQuestionFile:
    return BadQuestionFile(
        f"the outcomes {path} cannot be read ({detail}); run the evaluation again",
        file=str(path),
        cause="outcomes",
        detail=detail,
    )
