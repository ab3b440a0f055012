"""An evaluation that runs while the page is used: a thread of the server, which every tab looks at."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import streamlit as st

from evals.evaluation import Part, Run, Step, evaluate
from evals.history import History
from evals.questions import QuestionSet
from ingest.errors import WendangError
from rag import Engine

#: Where a home keeps its question sets, and what became of them.
QUESTIONS, EVALUATIONS = "questions", "evaluations"


class _Cancelled(Exception):
    """The evaluation is not wanted any more."""


@dataclass
class Job:
    """One evaluation, under one or several settings after each other. Read by tabs, written by its own thread."""

    name: str
    given: QuestionSet
    variants: Sequence[Mapping[str, Any]]
    parts: Sequence[Part]
    limit: int
    step: Step | None = None
    variant: int = 0
    runs: list[Run] = field(default_factory=list)
    error: WendangError | None = None
    state: str = "running"

    def __post_init__(self) -> None:
        self._stop = threading.Event()

    def start(self, engine: Engine, history: History) -> None:
        """Begin, in a thread that ends with the server."""
        threading.Thread(target=self._work, args=(engine, history), name="evaluation", daemon=True).start()

    def cancel(self) -> None:
        """End it at the next piece of an answer; runs that are done stay."""
        self._stop.set()

    @property
    def is_stopping(self) -> bool:
        """Whether it was cancelled."""
        return self._stop.is_set()

    def _work(self, engine: Engine, history: History) -> None:
        ended = "broken"
        try:
            for variant, settings in enumerate(self.variants):
                self.variant = variant
                run = evaluate(
                    engine,
                    self.given,
                    name=self.name,
                    settings=settings,
                    parts=self.parts,
                    limit=self.limit,
                    tell=self._tell,
                )
                history.add(run)
                self.runs.append(run)
            ended = "done"
        except _Cancelled:
            ended = "cancelled"
        except WendangError as exc:
            self.error, ended = exc, "failed"
        finally:  # whatever else stops the thread is logged by Python; the tabs must not wait for it
            self.state = ended

    def _tell(self, step: Step) -> None:
        if self._stop.is_set():
            raise _Cancelled
        self.step = step


class Jobs:
    """The evaluation of a home: one at a time, for all tabs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.last: Job | None = None

    def start(self, job: Job, *, engine: Engine, history: History) -> bool:
        """Begin a job, unless one is running; tell whether it was begun."""
        with self._lock:
            if self.last is not None and self.last.state == "running":
                return False
            self.last = job
        job.start(engine, history)
        return True


@st.cache_resource(show_spinner=False)
def jobs_of(home: Path) -> Jobs:
    """Return the evaluations of a home; every tab gets the same."""
    return Jobs()


def history_of(home: Path) -> History:
    """Return the runs that a home keeps."""
    return History(home / EVALUATIONS)
