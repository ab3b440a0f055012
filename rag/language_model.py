"""Which language model answers: the one of the settings, or the offline default."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import families, llms
from rag.default_model import NAME, default_path, ensure_default_model, is_made
from rag.errors import UnusableModel
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

#: How the offline default is called in settings and commands.
DEFAULT = "default"


def load_model(
    model: str | None, *, models_dir: Path, backend: str, family: str | None, options: dict[str, Any]
) -> "BaseChatModel":
    """Return the chat model of a name, a path, or None for the default; UnusableModel says why one cannot answer."""
    if backend != "llama_cpp":
        return llms.load(backend, model=model or "", family=family, **options)
    path = model_path(model, models_dir=models_dir)
    return llms.load(backend, model=str(path), family=family, **{"speeds": models_dir, **options})


def model_path(model: str | None, *, models_dir: Path) -> Path:
    """Return the file of a model: a path, or a name in the models folder; the default is made at first use."""
    if model in (None, "", DEFAULT):
        return ensure_default_model(models_dir)
    asked = Path(str(model)).expanduser()
    places = (asked, models_dir / asked, models_dir / f"{asked}.gguf")
    for path in places:
        # What is there and cannot be opened says so itself, when it is opened.
        if os.path.lexists(path) and not path.is_dir():
            return path
    if any(path.is_dir() for path in places):
        raise UnusableModel(
            f"the model {model!r} is a folder; name the GGUF file in it (setting `model`)",
            model=model,
            cause="is_folder",
            remedy="list",
        )
    raise UnusableModel(
        f"no model {model!r}: neither a file nor a name in {models_dir}; `wendang model list` shows what is there, "
        "`wendang model use` chooses (setting `model`)",
        model=model,
        cause="not_found",
        remedy="list",
    )


def describe(settings: Settings) -> dict[str, str | None]:
    """Return the name and the family of the model that the settings choose, without loading it."""
    if settings.model in (None, "", DEFAULT) and settings.backend == "llama_cpp":
        return {"name": NAME, "family": "reader"}
    if settings.backend != "llama_cpp":
        return {"name": settings.model, "family": settings.family}
    info = families.read_info(model_path(settings.model, models_dir=settings.models))
    return {"name": info.name, "family": settings.family or families.detect(info)}


def is_prepared(settings: Settings) -> bool:
    """Whether the model can be loaded at once; the default one is made at its first use, which takes some seconds."""
    is_default = settings.model in (None, "", DEFAULT) and settings.backend == "llama_cpp"
    return not is_default or is_made(default_path(settings.models))
