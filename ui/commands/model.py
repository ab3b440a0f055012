"""`wendang model`: which language model answers, and what there is to choose from."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingest.errors import WendangError
from rag.settings import Settings, read_settings
from ui.options import define, home, print_json, shared, wants_json
from ui.text import error_text, t

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

command = shared(click.Group("model", help=t("help.model"), short_help=t("short.model")))


@define("list")
def list_models() -> int:
    """Print the default and what lies in the models folder; one that cannot answer has its reason."""
    settings = read_settings(home())
    records = list(_records(settings))
    if wants_json():
        print_json(records)
    else:
        for record in records:
            mark = "*" if record["chosen"] else " "
            click.echo(f"{mark} {record['name']}  {record['family'] or '-'}  {record['reason'] or ''}".rstrip())
    return 0


@define("show")
@click.argument("name")
def show(name: str) -> int:
    """Print what a model's file says about itself; an unusable one is shown with its reason."""
    settings = read_settings(home())
    record = _described(_file(name, settings))
    if wants_json():
        print_json(record)
    else:
        for key, value in record.items():
            if value is not None:
                click.echo(f"{t(f'model.{key}')}: {value}")
    return 0


@define("use")
@click.argument("model", metavar="NAME_OR_PATH")
@click.option("--family", metavar="NAME", help=t("option.family"))
def use(model: str, family: str | None) -> int:
    """Write the model into the settings of the home, once it is known to answer."""
    from rag import families
    from rag.language_model import DEFAULT

    settings = read_settings(home())
    if model == DEFAULT:
        _write(settings, model=None, family=None)
        click.echo(t("model.default"))
        return 0
    path = _file(model, settings)
    info = families.read_info(path)
    told = families.load(family).NAME if family else families.detect(info)
    _write(settings, model=path.name if path.parent == settings.models else str(path), family=family)
    click.echo(t("model.used", model=path.name, family=told))
    return 0


def _records(settings: Settings) -> Iterable[dict[str, Any]]:
    """Yield the default model, and each GGUF file of the models folder."""
    from rag.default_model import default_path
    from rag.language_model import DEFAULT

    chosen = settings.model or DEFAULT
    default = default_path(settings.models)
    yield {"name": DEFAULT, "path": str(default), "family": "reader", "reason": None, "chosen": chosen == DEFAULT}
    found = sorted(settings.models.glob("*.gguf"))
    outside = [Path(chosen)] if Path(chosen).is_absolute() else []
    for path in dict.fromkeys([*found, *outside]):
        if path == default:
            continue
        record = _described(path)
        kept = {key: record[key] for key in ("name", "path", "family", "reason")}
        yield {**kept, "chosen": chosen in (path.name, path.stem, str(path))}


def _described(path: Path) -> dict[str, Any]:
    """Return what a model's file says; `reason` tells why it cannot answer."""
    from rag import families

    record: dict[str, Any] = {"name": path.name, "path": str(path), "family": None, "reason": None}
    try:
        info = families.read_info(path)
        record |= {
            "title": info.name,
            "architecture": info.architecture,
            "vocabulary": info.vocabulary_size,
            "context": info.context_length,
            "bytes": path.stat().st_size,
        }
        record["family"] = families.detect(info)
    except WendangError as exc:
        record["reason"] = error_text(exc)
    return record


def _file(name: str, settings: Settings) -> Path:
    """Return the file of a model's name or path."""
    from rag.language_model import model_path

    return model_path(name, models_dir=settings.models).absolute()


def _write(settings: Settings, *, model: str | None, family: str | None) -> None:
    """Set or take out `model` and `family` in wendang.toml; all else in it stays as it is, comments too."""
    path = settings.home / "wendang.toml"
    document = _read(path)
    for key, value in (("model", model), ("family", family)):
        if value is not None:
            document[key] = value
        else:
            document.pop(key, None)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".toml.part")
    new.write_text(document.as_string(), "utf-8")
    new.replace(path)


def _read(path: Path) -> "TOMLDocument":
    import tomlkit

    return tomlkit.parse(path.read_text("utf-8") if path.exists() else "")


def _later(name: str, *params: click.Parameter) -> click.Command:
    """Return a command that takes its arguments and says that it is not there yet."""

    def say(**_: object) -> int:
        click.echo(t("not_built", what=f"wendang model {name}"), err=True)
        return 1

    made = click.Command(
        name, params=list(params), callback=say, help=t(f"short.{name}"), short_help=t(f"short.{name}")
    )
    return shared(made)


def _required(name: str) -> click.Option:
    return click.Option([f"--{name}"], required=True, metavar=name.upper())


_COMMANDS = [
    list_models,
    show,
    use,
    _later("get", click.Argument(["name"])),
    _later(
        "verify",
        click.Argument(["path"]),
        click.Option(["--kind"], type=click.Choice(["base", "lora", "tokenizer", "merged"])),
    ),
    _later("tokenizer", _required("base"), _required("add"), _required("out")),
    _later(
        "merge",
        _required("base"),
        click.Option(["--lora"], required=True, multiple=True, metavar="DIR"),
        _required("out"),
        click.Option(["--format"], type=click.Choice(["huggingface", "pth"]), default="huggingface"),
        click.Option(["--shard-by-shard"], is_flag=True),
    ),
    _later(
        "convert",
        click.Argument(["folder"], metavar="DIR"),
        _required("out"),
        click.Option(["--type"], type=click.Choice(["f32", "f16", "bf16"]), default="f16"),
    ),
    _later(
        "quantize",
        click.Argument(["file"]),
        _required("out"),
        click.Option(["--type"], required=True, metavar="TYPE"),
        click.Option(["--imatrix"], metavar="TEXT"),
    ),
    _later("compare", click.Argument(["a"]), click.Argument(["b"]), click.Option(["--text"], metavar="FILE")),
]
for _command in _COMMANDS:
    command.add_command(_command)
