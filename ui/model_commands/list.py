"""`wendang model list`: the models of this machine, and those that can be got for it."""

from typing import Any

import click

from rag.settings import read_settings
from ui.catalog_display import catalogue_records, rows
from ui.model_files import listed
from ui.options import define, home, print_json, wants_json
from ui.tables import table
from ui.text import t

#: Suits questions on documents well enough to be proposed.
_PROPOSED = ("best", "good")


@define("list")
@click.option("--all", "every", is_flag=True, help=t("option.list_all"))
def command(every: bool) -> int:
    """Print the default and what lies in the models folder, then the catalogue: what fits, and what suits what."""
    from models.catalog import recognise

    here = [{**record, "installed": True} for record in listed(read_settings(home()))]
    known = {entry.name for record in here if (entry := recognise(record["name"]))}
    catalogue = catalogue_records(installed=known)
    if wants_json():
        print_json([*here, *catalogue])
        return 0
    for record in here:
        mark = "*" if record["chosen"] else " "
        click.echo(f"{mark} {record['name']}  {record['family'] or '-'}  {record['reason'] or ''}".rstrip())
    _print_catalogue([record for record in catalogue if every or _is_proposed(record)], every=every)
    return 0


def _is_proposed(record: dict[str, Any]) -> bool:
    """Whether a model suits documents, and may fit; where the memory is not known, all of them may."""
    return record["documents"] in _PROPOSED and (record["fits"] is not None or record["machine_bytes"] is None)


def _print_catalogue(records: list[dict[str, Any]], *, every: bool) -> None:
    click.echo(f"\n{t('catalog.title')}")
    table(t("catalog.columns").split("|"), list(rows(records)))
    click.echo(t("catalog.how") if every else t("catalog.how_all"))
