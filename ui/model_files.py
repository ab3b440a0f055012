"""The models of this machine: what there is, what each says of itself, and which one answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.errors import WendangError
from rag.settings import Settings
from ui.settings_file import write_settings
from ui.text import error_text


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that was chosen to answer: its file's name and its prompt family."""

    name: str
    family: str


def listed(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield a record of the default model, and of each GGUF file of the models folder."""
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
        record = described(path)
        kept = {key: record[key] for key in ("name", "path", "family", "reason")}
        yield {**kept, "chosen": chosen in (path.name, path.stem, str(path))}


def described(path: Path) -> dict[str, Any]:
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


def model_file(name: str, settings: Settings) -> Path:
    """Return the file of a model's name or path. Raises UnusableModel."""
    from rag.language_model import model_path

    return model_path(name, models_dir=settings.models).absolute()


def choose(model: str, *, family: str | None, settings: Settings) -> Chosen | None:
    """Write a model into the settings of the home, once it is known to answer; None where it is the default.

    Raises UnusableModel.
    """
    from rag import families
    from rag.language_model import DEFAULT

    if model == DEFAULT:
        write_settings(settings.home, model=None, family=None)
        return None
    path = model_file(model, settings)
    info = families.read_info(path)
    told = families.load(family).NAME if family else families.detect(info)
    write_settings(settings.home, model=path.name if path.parent == settings.models else str(path), family=family)
    return Chosen(path.name, told)
