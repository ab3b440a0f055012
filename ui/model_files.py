"""The models of this machine: what there is, what each says of itself, and which one answers."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from ingest import variants
from ingest.errors import WendangError
from rag.settings import Settings
from ui.settings_file import write_settings
from ui.text import error_text

if TYPE_CHECKING:
    from models.catalog import Entry
    from rag.llms._local_chat import LocalChat

#: What a folder of an embedding model has, by sentence-transformers; such a folder is no language model.
_EMBEDDER = "modules.json"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A model that was chosen to answer: its name and its prompt family."""

    name: str
    family: str


def listed(settings: Settings) -> Iterator[dict[str, Any]]:
    """Yield a record of the default model, and of each GGUF file and model folder in the models folder."""
    from rag.default_model import default_path
    from rag.language_model import DEFAULT

    chosen = settings.model or DEFAULT
    default = default_path(settings.models)
    yield {"name": DEFAULT, "path": str(default), "family": "reader", "reason": None, "chosen": chosen == DEFAULT}
    for path in found_models(settings):
        record = described(path, family=family_of(path, settings))
        kept = {key: record[key] for key in ("name", "path", "family", "reason")}
        yield {**kept, "chosen": is_chosen(path, settings)}


def found_models(settings: Settings) -> list[Path]:
    """Return each GGUF file and model folder in the models folder, and the chosen one outside; not the default."""
    from rag.default_model import default_path

    outside = [Path(settings.model)] if settings.model and Path(settings.model).is_absolute() else []
    found = dict.fromkeys([*_found(settings.models), *outside])
    return [path for path in found if path != default_path(settings.models)]


def is_chosen(path: Path, settings: Settings) -> bool:
    """Whether the settings choose the model at a path, by its name or its path."""
    return settings.model in (path.name, path.stem, str(path))


def family_of(path: Path, settings: Settings) -> str | None:
    """Return the family that the settings name for the model at a path; None where it is left to the model."""
    return settings.family if is_chosen(path, settings) else None


def _found(models: Path) -> list[Path]:
    from rag.language_model import is_model_folder

    folders = [path for path in models.glob("*/") if is_model_folder(path) and not (path / _EMBEDDER).exists()]
    return sorted([*models.glob("*.gguf"), *folders])


def described(path: Path, *, family: str | None = None) -> dict[str, Any]:
    """Return what a model says of itself, or else `family`; `reason` tells why it cannot answer."""
    from rag import families
    from rag.language_model import backend_of, read_info

    record: dict[str, Any] = {"name": path.name, "path": str(path), "family": None, "reason": None}
    try:
        info = read_info(path)
        record |= {
            "title": info.name,
            "backend": backend_of(path),
            "architecture": info.architecture,
            "vocabulary": info.vocabulary_size,
            "context": info.context_length,
            "bytes": _size(path),
        }
        record["family"] = families.load(family).NAME if family else families.detect(info)
    except WendangError as exc:
        record["reason"] = error_text(exc)
    return record


def _size(path: Path) -> int:
    """Return the bytes of a model's file, or of the files in its folder."""
    files = [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]
    return sum(file.stat().st_size for file in files)


def catalogue_entry(name: str, settings: Settings) -> "Entry | None":
    """Return the model of the catalogue that a name stands for; None where a model of this machine has that name."""
    from models.catalog import find

    places = (Path(name).expanduser(), settings.models / name, settings.models / f"{name}.gguf")
    return None if any(place.exists() for place in places) else find(name)


def model_file(name: str, settings: Settings) -> Path:
    """Return the file or folder of a model's name or path. Raises UnusableModel."""
    from rag.language_model import model_path

    return model_path(name, models_dir=settings.models).absolute()


def opened_model(path: Path, settings: Settings, *, family: str | None) -> "LocalChat":
    """Return the model at a path, loaded with those options of the settings that its backend knows.

    Raises UnusableModel, BadSetting, MissingExtra.
    """
    from rag.language_model import asks_server, backend_of, load_model

    known = variants.find("rag.llms", backend_of(path), setting="backend").Options.model_fields
    given = {} if asks_server(settings) else settings.backend_options
    options = {name: value for name, value in given.items() if name in known}
    model = load_model(str(path), models_dir=settings.models, backend=None, family=family, options=options)
    return cast("LocalChat", model)


def choose(model: str, *, family: str | None, settings: Settings) -> Chosen | None:
    """Write a model into the settings of the home, once it is known to answer; None where it is the default.

    A setting `backend` that cannot run it is taken out. Raises UnusableModel; BadSetting where `backend_options` are
    those of another backend.
    """
    from rag import families
    from rag.language_model import DEFAULT, backend_of, read_info

    path = model_file(model, settings)
    backend = backend_of(path)
    variants.options(
        variants.find("rag.llms", backend, setting="backend"), settings.backend_options, setting="backend_options"
    )
    kept = {"backend": backend if settings.backend == backend else None}
    if model == DEFAULT:
        write_settings(settings.home, model=None, family=None, **kept)
        return None
    info = read_info(path)
    told = families.load(family).NAME if family else families.detect(info)
    name = path.name if path.parent == settings.models else str(path)
    write_settings(settings.home, model=name, family=family, **kept)
    return Chosen(path.name, told)
