"""`wendang model get`: a model from a hub or from this machine, into the models folder."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag.settings import read_settings
from ui.options import define, home, print_json, wants_json
from ui.text import one_line, t
from ui.work_progress import WorkProgress

if TYPE_CHECKING:
    from models.catalog import Entry
    from models.fetch import Fetched
    from models.sources import Source

_HUBS = ("huggingface", "modelscope")


@define("get")
@click.argument("name", metavar="NAME_OR_PATH")
@click.option("--form", type=click.Choice(["gguf", "full", "lora"]), help=t("option.get_form"))
@click.option("--type", "kind", metavar="TYPE", help=t("option.get_type"))
@click.option("--file", metavar="NAME", help=t("option.get_file"))
@click.option("--revision", metavar="NAME", help=t("option.get_revision"))
@click.option("--hub", type=click.Choice(_HUBS), default=_HUBS[0], show_default=True, help=t("option.get_hub"))
@click.option("--endpoint", metavar="URL", help=t("option.get_endpoint"))
@click.option(
    "--timeout", type=click.FloatRange(min=0.1), default=20.0, show_default=True, help=t("option.get_timeout")
)
@click.option("--pickles", is_flag=True, help=t("option.get_pickles"))
@click.option("--link", is_flag=True, help=t("option.get_link"))
def command(name: str, form: str | None, link: bool, **asked: Any) -> int:  # noqa: ANN401 - click's
    """Get what the name stands for, and say what to do with it."""
    from models.sources import is_path, source_of

    models_dir = read_settings(home()).models
    if is_path(name):
        return _bring_in(Path(name).expanduser(), models_dir=models_dir, link=link)
    source = source_of(name, form=form, hub=asked["hub"])
    try:
        fetched = _fetch(source, models_dir=models_dir, **asked)
    except KeyboardInterrupt:
        click.echo(t("get.resumable"), err=True)
        raise
    if wants_json():
        print_json(_as_json(source, fetched))
    else:
        _print(source, fetched)
    return 0


def _bring_in(path: Path, *, models_dir: Path, link: bool) -> int:
    from models.bring_in import bring_in

    with WorkProgress() as progress:
        place = bring_in(path, models_dir=models_dir, link=link, progress=progress)
    if wants_json():
        print_json({"name": place.name, "path": str(place), "linked": link})
        return 0
    click.echo(t("get.brought", path=str(place)))
    click.echo(t("get.next_use", name=place.name))
    return 0


def _fetch(
    source: "Source", *, models_dir: Path, hub: str, endpoint: str | None, timeout: float, **choice: Any  # noqa: ANN401
) -> "list[Fetched]":  # fmt: skip
    from models import hubs
    from models.fetch import fetch
    from models.wanted_files import Choice

    chosen = hubs.load(hub)
    default = (os.environ.get("HF_ENDPOINT") if hub == _HUBS[0] else None) or chosen.ENDPOINT
    access = hubs.Access(
        endpoint=(endpoint or default).rstrip("/"),
        token=os.environ.get(chosen.TOKEN) if chosen.TOKEN else None,
        timeout_s=timeout,
        token_variable=chosen.TOKEN or "HF_TOKEN",
    )
    fetched = []
    for repository in source.repositories:
        with WorkProgress() as progress:
            fetched.append(
                fetch(
                    repository,
                    hub=chosen,
                    access=access,
                    models_dir=models_dir,
                    choice=Choice(**choice),
                    progress=progress,
                )
            )
    return fetched


def _as_json(source: "Source", fetched: "list[Fetched]") -> dict[str, Any]:
    entry = source.entry
    return {
        "name": entry.name if entry else source.repositories[0],
        "licence": t(f"licence.{entry.licence}") if entry else None,
        "base": entry.base if entry else None,
        "models": [
            {
                "path": str(one.path),
                "repository": one.repository,
                "revision": one.revision,
                "already": one.already,
                "sha256": dict(one.sha256),
                "published": dict(one.published),
            }
            for one in fetched
        ],
    }


def _print(source: "Source", fetched: "list[Fetched]") -> None:
    for one in fetched:
        click.echo(t("get.already" if one.already else "get.done", path=str(one.path), source=one.repository))
        for name, sha256 in one.sha256.items():
            known = one.published.get(name)
            click.echo(f"  {sha256}  {one_line(name)}" + (f"  {t('get.published', model=known)}" if known else ""))
    if source.entry:
        click.echo(t("get.licence", licence=t(f"licence.{source.entry.licence}")))
        click.echo(t("get.advice", advice=t("between").join(t(f"advice.{code}") for code in source.entry.advice)))
        _warn_of_memory(source.entry)
    if any((one.path / "adapter_config.json").is_file() for one in fetched):
        base = source.entry.base if source.entry else None
        loras = " ".join(f"--lora {one.path}" for one in fetched)
        click.echo(t("get.next_merge", loras=loras, base=base or t("get.its_base")))
    else:
        click.echo(t("get.next_use", name=fetched[-1].path.name))


def _warn_of_memory(entry: "Entry") -> None:
    """Say where even the smallest form worth running is too large for this machine."""
    from models.memory import WORTH_RUNNING, machine_memory, needed_memory

    memory = machine_memory()
    needed = needed_memory(entry.shape, kind=WORTH_RUNNING[-1], context=min(entry.context, 4096))
    if memory and needed > memory:
        click.echo(t("get.too_large", needed=f"{needed / 1e9:.1f}", memory=f"{memory / 1e9:.1f}"), err=True)
