"""`wendang model verify`: whether a model's files are the published ones, and complete."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.options import define, print_json, wants_json
from ui.text import error_text, printable, t
from ui.work_progress import WorkProgress

if TYPE_CHECKING:
    from models.verify import Report


@define("verify")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(["base", "lora", "tokenizer", "merged"]), help=t("option.verify_kind"))
@click.option("--name", metavar="NAME", help=t("option.verify_name"))
def command(path: Path, kind: Any, name: str | None) -> int:  # noqa: ANN401 - click gives one of the choices
    """Print each file's state; the status is 0 where all are known, 1 where one is wrong, 3 where one is unknown."""
    from models.verify import verify

    with WorkProgress() as progress:
        report = verify(path.expanduser(), kind=kind, model=_published_name(name), progress=progress)
    if wants_json():
        print_json(_as_json(report))
    else:
        _print(report)
    if report.wrong:
        click.echo(t("verify.wrong", path=str(path)), err=True)
    elif not report.ok:
        click.echo(t("verify.some_unknown", path=str(path)), err=True)
    return 1 if report.wrong else 0 if report.ok else 3


def _published_name(name: str | None) -> str | None:
    """Return the name as the table has it. Raises click's error for one that it does not have."""
    from models.checksums import published

    names = {entry.model.lower(): entry.model for entry in published()}
    if name is None:
        return None
    if name.lower() not in names:
        listed = ", ".join(sorted(names.values()))
        raise click.BadParameter(t("verify.no_such_name", name=name, names=listed), param_hint="--name")
    return names[name.lower()]


def _as_json(report: "Report") -> dict[str, Any]:
    return {
        "path": str(report.path),
        "kind": report.kind,
        "model": report.model,
        "ok": report.ok,
        "files": [
            {
                "file": check.file,
                "sha256": check.sha256,
                "status": check.status,
                "model": check.model,
                "expected": check.expected,
            }
            for check in report.files
        ],
        "missing": list(report.missing),
        "problems": [{"cause": exc.values.get("cause"), "message": error_text(exc)} for exc in report.problems],
        "remarks": list(report.remarks),
    }


def _print(report: "Report") -> None:
    click.echo(t("verify.head", kind=t(f"verify.kind.{report.kind}"), model=report.model or t("verify.no_model")))
    for check in report.files:
        own = check.status == "ok" and check.model is None
        told = t("verify.own" if own else f"verify.{check.status}", model=check.model or t("verify.no_model"))
        click.echo(f"  {printable(check.file)}  {told}\n    {check.sha256}")
        if check.expected and check.status == "mismatch":
            click.echo(f"    {check.expected}  {t('verify.expected')}")
    for name in report.missing:
        click.echo(f"  {printable(name)}  {t('verify.missing')}")
    for problem in report.problems:
        click.echo(f"  {error_text(problem)}")
    for remark in report.remarks:
        click.echo(t(f"verify.remark.{remark}"))
