"""How a library, its answers and its passages show themselves in a notebook, and how a sync shows its progress.

Labels are the names of the fields; what comes from files is inert (`ingest.notebook`).
"""

import inspect
import sys
import time
import weakref
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict
from html import escape
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ingest.library.report import DocumentStatus
from ingest.notebook import PLAIN, block, inert, passage_html, quoted, table
from ingest.types import Failed, Passage, Progress, Summary, SyncEvent

if TYPE_CHECKING:
    from rag.engine import Engine
    from rag.types import Answer, Citation

#: The latest sync of each library that was shown.
_latest: "weakref.WeakKeyDictionary[Engine, Callable[[], Generator[SyncEvent, None, None] | None]]" = (
    weakref.WeakKeyDictionary()
)
#: Seconds between two pictures of a progress bar: a notebook keeps up with no more.
_REDRAW_S = 0.1


class Passages(list[Passage]):
    """Passages in their order; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        rows = [(n, p.source, p.page, p.heading, p.text, f"{p.score:.2f}") for n, p in enumerate(self, 1)]
        return block([table(("rank", "source", "page", "heading", "text", "score"), rows)])


class Documents(list[DocumentStatus]):
    """Documents in the order of their sources; a notebook shows them as a table."""

    def _repr_html_(self) -> str:
        fields = ("source", "status", "pages", "read", "indexed", "passages", "encoding", "loader")
        rows = [
            (*(getattr(one, name) for name in fields), ", ".join(gap.reason for gap in one.gaps) or None)
            for one in self
        ]
        return block([table((*fields, "gaps"), rows)])


def answer_html(answer: "Answer") -> str:
    """Return an answer, its doubtful parts marked, with the quotes it cites and the passages it was made from."""
    parts = [f'<pre style="{PLAIN};font-size:110%"><bdi>{_marked(answer)}</bdi></pre>']
    parts += [_citation(citation) for citation in answer.citations]
    if answer.passages:
        listed = "".join(map(passage_html, answer.passages))
        parts.append(f"<details><summary>passages ({len(answer.passages)})</summary>{listed}</details>")
    seconds = answer.timings.get("total_s")
    told = ["refused" if answer.refused else "", answer.model, f"{seconds:.1f} s" if seconds is not None else ""]
    parts.append(f"<small>{escape(' · '.join(filter(None, told)))}</small>")
    return block(parts)


def library_html(engine: "Engine") -> str:
    """Return a library's home, its totals, and its documents as a table."""
    found = Documents(engine.status())
    totals = {
        "files": len(found),
        "passages": sum(one.passages for one in found),
        "pages": sum(one.pages for one in found),
        "characters": sum(one.read for one in found),
    }
    home = inert(engine.settings.home, style="font-weight:bold")
    return block([home, _counts(totals), found._repr_html_()])


def _marked(answer: "Answer") -> str:
    """Return an answer's text with the parts that nothing bears out on a ground of their own."""
    doubtful = [False] * len(answer.text)
    for part in answer.unsupported:
        doubtful[part.start : part.end] = [True] * len(answer.text[part.start : part.end])
    pieces, start = [], 0
    for end in range(1, len(doubtful) + 1):
        if end == len(doubtful) or doubtful[end] != doubtful[start]:
            text = escape(answer.text[start:end])
            pieces.append(f'<mark title="unsupported">{text}</mark>' if doubtful[start] else text)
            start = end
    return "".join(pieces)


def _citation(citation: "Citation") -> str:
    page = f" p. {citation.page}" if citation.page else ""
    doubt = "" if citation.verified else " (not verified)"
    return quoted(f"[{citation.n}] {citation.source}{page}{doubt}", citation.quote)


def _counts(counts: dict[str, Any]) -> str:
    return f"<p>{escape(' · '.join(f'{name} {value}' for name, value in counts.items()))}</p>"


class ShownSync(Iterator[SyncEvent]):
    """The events of a sync, with a bar in the notebook while they are taken. Last in a cell, it runs by itself."""

    def __init__(self, events: Generator[SyncEvent, None, None]) -> None:
        self._events = events
        self._bars: dict[str, Progress] = {}
        self._failed: list[Failed] = []
        self._summary: Summary | None = None
        self._handle: Any = None
        self._drawn_at = 0.0

    def __next__(self) -> SyncEvent:
        event = next(self._events)
        if isinstance(event, Progress):
            self._bars[event.stage] = event
        elif isinstance(event, Failed):
            self._failed.append(event)
        elif isinstance(event, Summary):
            self._summary = event
        if isinstance(event, Summary) or time.monotonic() - self._drawn_at > _REDRAW_S:
            self._draw()
        return event

    def close(self) -> None:
        """Stop the sync where it is; what was finished stays."""
        self._events.close()

    def _ipython_display_(self) -> None:
        for _ in self:
            pass

    def _draw(self) -> None:
        ipython: Any = import_module("IPython.display")  # it has no types
        self._drawn_at = time.monotonic()
        picture = ipython.HTML(self.picture())
        if self._handle is None:
            self._handle = ipython.display(picture, display_id=True)
        else:
            self._handle.update(picture)

    def picture(self) -> str:
        """Return the bars of what is under way; at the end the summary, and the files that failed."""
        if self._summary is None:
            return block(map(_bar, self._bars.values()))
        counts = _counts({name: value for name, value in asdict(self._summary).items() if value})
        failed = [(one.source, one.reason) for one in self._failed]
        return block([counts, table(("source", "reason"), failed)] if failed else [counts])


def shown(events: Generator[SyncEvent, None, None], *, engine: "Engine") -> Iterator[SyncEvent]:
    """Return the events of a sync; in a notebook they draw a progress bar while they are taken.

    There, a sync that an interrupted cell has left in the middle ends: the traceback that is kept would keep it alive.
    """
    if not _in_notebook():
        return events
    earlier = _latest.get(engine, lambda: None)()
    if earlier is not None and inspect.getgeneratorstate(earlier) == inspect.GEN_SUSPENDED:
        earlier.close()
    _latest[engine] = weakref.ref(events)
    return ShownSync(events)


def _in_notebook() -> bool:
    """Whether this is a Jupyter kernel, which shows HTML; IPython on a terminal does not."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")


def _bar(event: Progress) -> str:
    known = f' value="{event.done}" max="{event.total}"' if event.total else ""
    of = f"/{event.total}" if event.total else ""
    source = inert(event.source, style="display:inline") if event.source else ""
    return f"<div><progress{known}></progress> {escape(event.stage)} {event.done}{of} {source}</div>"
