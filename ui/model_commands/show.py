"""`wendang model show`: what a model says about itself, and what it says when it is asked."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.settings import Settings, read_settings
from ui.model_files import catalogue_entry, described, family_of, model_file, opened_model
from ui.options import define, home, print_json, wants_json
from ui.text import printable, t

if TYPE_CHECKING:
    from models.catalog import Entry


@define("show")
@click.argument("name")
@click.option("--try", "tried", is_flag=True, help=t("option.try"))
@click.option("--raw", metavar="[TEXT]", is_flag=False, flag_value="", help=t("option.raw"))
@click.option("--family", metavar="NAME", help=t("option.family"))
def command(name: str, tried: bool, raw: str | None, family: str | None) -> int:
    """Print what a model says about itself, and with --try what it says when it is asked.

    An unusable one is shown with its reason; asked, it is refused with it. `--raw` lets any model go on with a text.
    """
    settings = read_settings(home())
    if not tried and raw is None and (entry := catalogue_entry(name, settings)):
        return _show_catalogue(entry)
    path = model_file(name, settings)
    family = family or family_of(path, settings)
    record = described(path, family=family)
    if not wants_json():
        for line in _lines(record):
            click.echo(line)
    if tried or raw is not None:
        record["try"] = _trial(path, settings, family=family, raw=raw)
    if wants_json():
        print_json(record)
    return 0


def _show_catalogue(entry: "Entry") -> int:
    """Print what the catalogue has of a model that is not on this machine under that name."""
    from models.memory import machine_memory
    from ui import catalog_display

    record = catalog_display.as_record(entry, memory=machine_memory(), installed=False)
    if wants_json():
        print_json(record)
        return 0
    for line in catalog_display.lines(record):
        click.echo(line)
    click.echo(t("catalog.get", name=entry.name))
    return 0


def _lines(record: dict[str, Any]) -> Iterator[str]:
    for key, value in record.items():
        if value is not None:
            yield f"{t(f'model.{key}')}: {value}"


def _trial(path: Path, settings: Settings, *, family: str | None, raw: str | None) -> dict[str, Any]:
    """Return the record of a trial; without --json the text is printed as it is made, then the figures."""
    from rag import families
    from rag.trial import Trial, try_model

    model = opened_model(path, settings, family=family if raw is None else families.RAW)
    with closing(model), closing(try_model(model, text=raw or "")) as events:
        for event in events:
            if isinstance(event, Trial):
                trial = event
            elif not wants_json():
                click.echo(printable(event.text), nl=False)
    if not wants_json():
        click.echo()
        click.echo(t("trial.figures", **{name: _shown(value) for name, value in asdict(trial).items()}))
    return asdict(trial)


def _shown(value: object) -> object:
    return "-" if value is None else value
