"""`wendang doctor`: what works, what is missing, and what to do about it."""

from itertools import chain
from typing import Any

import click

from ingest.errors import WendangError
from models.errors import WorkshopError
from rag.doctor import Finding, examine
from ui.model_health import examine_models
from ui.options import define, home, print_json, wants_json
from ui.text import TEXTS, error_text, t


@define("doctor")
@click.option("--deep", is_flag=True, help=t("option.doctor_deep"))
def command(deep: bool) -> int:
    """Print the findings as they come; the exit status is 1 where something is broken."""
    records = []
    for finding in chain(examine(home()), examine_models(home(), deep=deep)):
        record = as_record(finding)
        records.append(record)
        if not wants_json():
            _print(record)
    if wants_json():
        print_json(records)
    return 0 if all(record["ok"] for record in records) else 1


def as_record(finding: Finding) -> dict[str, Any]:
    """Return a finding as `doctor --json` prints it: `remedy` is null where nothing is to be done."""
    key = f"doctor.{finding.name}.{finding.state}"
    remedy = f"{key}.remedy"
    detail = _error(finding.error) if finding.error else t(key, **finding.values)
    return {
        "name": finding.name,
        "ok": finding.ok,
        "detail": detail,
        "remedy": t(remedy, **finding.values) if remedy in TEXTS else None,
    }


def _error(error: Exception) -> str:
    if isinstance(error, WendangError | WorkshopError):
        return error_text(error)
    return f"{type(error).__name__}: {error}"


def _print(record: dict[str, Any]) -> None:
    mark = "bad" if not record["ok"] else "note" if record["remedy"] else "ok"
    click.echo(f"{t(f'doctor.{mark}')}  {t('doctor.' + record['name'])}  {record['detail']}")
    if record["remedy"]:
        click.echo(f"      → {record['remedy']}")
