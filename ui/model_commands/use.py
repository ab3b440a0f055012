"""`wendang model use`: which model answers."""

from pathlib import Path

import click

from rag.settings import Settings, read_settings
from ui.commands.doctor import as_record
from ui.model_files import choose, model_file
from ui.model_health import serious_findings
from ui.options import define, home, print_json, wants_json
from ui.text import error_text, t
from ui.work_progress import WorkProgress


@define("use")
@click.argument("model", metavar="NAME_OR_PATH")
@click.option("--family", metavar="NAME", help=t("option.family"))
def command(model: str, family: str | None) -> int:
    """Write the model into the settings of the home, once it is known to answer."""
    settings = read_settings(home())
    chosen = choose(model, family=family, settings=settings)
    if chosen is not None:
        path = model_file(model, settings)
        _record(path, settings)
        for finding in serious_findings(path, settings):
            record = as_record(finding)
            click.echo(t("model.warning", detail=record["detail"], remedy=record["remedy"]), err=True)
    if wants_json():
        print_json({"model": chosen.name if chosen else "default", "family": chosen.family if chosen else None})
        return 0
    click.echo(t("model.default") if chosen is None else t("model.used", model=chosen.name, family=chosen.family))
    return 0


def _record(path: Path, settings: Settings) -> None:
    """Record what the model's files hash to at their first use; say where they are no longer what they were then."""
    from models.errors import BadModelFiles
    from models.recorded import remember, used

    try:
        with WorkProgress() as progress:
            changed = used(path, models_dir=settings.models, progress=progress).changed
            if changed:
                click.echo(t("model.recorded", model=path.name, files=", ".join(changed)), err=True)
                remember(path, models_dir=settings.models, progress=progress)
    except BadModelFiles as exc:
        click.echo(error_text(exc), err=True)  # the choice is made: a folder that is only read has no record
