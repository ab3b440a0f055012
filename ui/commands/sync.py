"""`wendang sync`: make the library equal to its folders."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ingest.types import Failed, Held, Moved, Progress, Summary, SyncEvent, Unchanged
from rag import Engine
from ui.options import define, opened, wants_json
from ui.progress import SyncProgress
from ui.text import reason_text, t


@define("sync")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--watch", is_flag=True, help=t("option.watch"))
@click.option("--jobs", type=click.IntRange(1, 64), help=t("option.jobs"))
@click.option("--force", is_flag=True, help=t("option.force"))
@click.option("--remove-many", is_flag=True, help=t("option.remove_many"))
@click.option("--verbose", is_flag=True, help=t("option.verbose"))
def command(
    folders: tuple[Path, ...], watch: bool, jobs: int | None, force: bool, remove_many: bool, verbose: bool
) -> int:
    """Print what happens to each file, then the summary."""
    summary, held = Summary(), None
    shown = nullcontext() if wants_json() else SyncProgress()
    with opened() as library, shown as progress:
        if watch:
            click.echo(t("watching"), err=True)
        events = library.sync(folders, force=force, jobs=jobs, remove_many=remove_many)
        for event in _watched(library, folders, jobs=jobs) if watch else events:
            if progress is not None:
                progress.update(event)
            if isinstance(event, Summary):
                summary = event
            held = event if isinstance(event, Held) else held
            if line := _line(event, verbose=verbose):
                click.echo(line)
    if held:
        click.echo(t("sync.held", removed=held.removed, known=held.known), err=True)
        return 1
    return 3 if summary.failed else 0


def _watched(library: Engine, folders: tuple[Path, ...], *, jobs: int | None) -> Iterator[SyncEvent]:
    """Yield the events of pass after pass: what cannot be read is told once, a pass without news not at all."""
    told: set[str] = set()
    news = True
    for event in library.watch(folders, jobs=jobs):
        if isinstance(event, Summary):
            if news:
                yield event
            news = False
        elif isinstance(event, Failed | Held):
            if repr(event) not in told:
                told.add(repr(event))
                news = True
                yield event
        else:
            news = news or not isinstance(event, Progress | Unchanged)
            yield event


def _line(event: SyncEvent, *, verbose: bool) -> str | None:
    """Return what is printed for an event: a JSON object, or a sentence; None for nothing."""
    if isinstance(event, Progress) or (isinstance(event, Unchanged) and not verbose):
        return None
    if isinstance(event, Held) and not wants_json():
        return None  # told at the end, on stderr
    if wants_json():
        return json.dumps(as_record(event), ensure_ascii=False)
    record = as_record(event)
    return t(f"sync.{record['event']}", **record)


def as_record(event: SyncEvent) -> dict[str, Any]:
    """Return an event as `sync --json` prints it."""
    record: dict[str, Any] = {"event": type(event).__name__.lower(), **asdict(event)}
    if isinstance(event, Moved):
        record["from"] = record.pop("moved_from")
    if isinstance(event, Failed):
        values = record.pop("values")
        record["reason"], record["remedy"] = reason_text(event.reason, values)
    return record
