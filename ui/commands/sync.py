"""`wendang sync`: make the library equal to its folders."""

import json
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ingest.types import Failed, Held, Moved, Polling, Progress, Summary, SyncEvent, Unchanged
from ui.options import define, opened, tell_that_library_is_empty, wants_json
from ui.progress import SyncProgress
from ui.text import reason_text, t


@define("sync")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER...]", help=t("argument.folders"))
@click.option("--watch", is_flag=True, help=t("option.watch"))
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help=t("option.jobs"))
@click.option("--force", is_flag=True, help=t("option.force"))
@click.option("--remove-many", is_flag=True, help=t("option.remove_many"))
@click.option("--verbose", is_flag=True, help=t("option.verbose"))
def command(
    folders: tuple[Path, ...], watch: bool, jobs: int | None, force: bool, remove_many: bool, verbose: bool
) -> int:
    """Print what happens to each file, then the summary."""
    summary, held = Summary(), False
    shown = nullcontext() if wants_json() else SyncProgress()
    with opened() as library, shown as progress:
        if watch:
            click.echo(t("watching"), err=True)
        passes = library.watch if watch else library.sync
        events = passes(folders, force=force, jobs=jobs, remove_many=remove_many)
        for event in _news(events) if watch else events:
            if progress is not None:
                progress.update(event)
            if isinstance(event, Summary):
                summary = event
            held = held or isinstance(event, Held)
            _print(event, verbose=verbose)
        if not library.sources() and not summary.failed:
            tell_that_library_is_empty(library)
    if held:
        return 1
    return 3 if summary.failed else 0


def _news(events: Iterable[SyncEvent]) -> Iterator[SyncEvent]:
    """Yield the events of pass after pass: what cannot be read is told once, a pass without news not at all."""
    told: set[str] = set()
    news = True
    for event in events:
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


def _print(event: SyncEvent, *, verbose: bool) -> None:
    """Print an event: a JSON object, or a sentence, which for what the user is to look after goes to stderr."""
    if isinstance(event, Progress) or (isinstance(event, Unchanged) and not verbose):
        return
    record = as_record(event)
    if wants_json():
        click.echo(json.dumps(record, ensure_ascii=False))
    if isinstance(event, Held | Polling) or not wants_json():
        click.echo(t(f"sync.{record['event']}", **record), err=isinstance(event, Held | Polling))


def as_record(event: SyncEvent) -> dict[str, Any]:
    """Return an event as `sync --json` prints it."""
    record: dict[str, Any] = {"event": type(event).__name__.lower(), **asdict(event)}
    if isinstance(event, Moved):
        record["from"] = record.pop("moved_from")
    if isinstance(event, Failed):
        values = record.pop("values")
        record["reason"], record["remedy"] = reason_text(event.reason, values)
    return record
