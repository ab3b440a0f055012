"""`wendang sync`: make the library equal to its folders."""

import json
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ingest.types import Failed, Moved, Progress, Summary, SyncEvent, Unchanged
from ui.options import define, opened, wants_json
from ui.progress import SyncProgress
from ui.text import reason_text, t


@define("sync")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--watch", is_flag=True, help=t("option.watch"))
@click.option("--jobs", type=click.IntRange(1, 64), help=t("option.jobs"))
@click.option("--force", is_flag=True, help=t("option.force"))
@click.option("--verbose", is_flag=True, help=t("option.verbose"))
def command(folders: tuple[Path, ...], watch: bool, jobs: int | None, force: bool, verbose: bool) -> int:
    """Print what happens to each file, then the summary."""
    if watch:
        click.echo(t("not_built", what="--watch"), err=True)
        return 1
    summary = Summary()
    shown = nullcontext() if wants_json() else SyncProgress()
    with opened() as library, shown as progress:
        for event in library.sync(folders, force=force, jobs=jobs):
            if progress is not None:
                progress.update(event)
            if isinstance(event, Summary):
                summary = event
            if line := _line(event, verbose=verbose):
                click.echo(line)
    return 3 if summary.failed else 0


def _line(event: SyncEvent, *, verbose: bool) -> str | None:
    """Return what is printed for an event: a JSON object, or a sentence; None for nothing."""
    if isinstance(event, Progress) or (isinstance(event, Unchanged) and not verbose):
        return None
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
