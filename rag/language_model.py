"""Which language model answers: the one of the settings, or the offline default."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import families, llms
from rag.default_model import NAME, default_path, ensure_default_model, is_made
from rag.errors import UnusableModel
from rag.families import ModelInfo
from rag.llms._model_folder import read_folder
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

#: How the offline default is called in settings and commands.
DEFAULT = "default"
#: The backends that run a file or a folder of this machine; any other asks a server for a model of that name.
_LOCAL = (None, "llama_cpp", "transformers")
#: What makes a folder one model: Hugging Face's description of it, or of a LoRA adapter (which is refused by name).
_DESCRIPTIONS = ("config.json", "adapter_config.json")


def load_model(
    model: str | None, *, models_dir: Path, backend: str | None, family: str | None, options: Mapping[str, Any]
) -> "BaseChatModel":
    """Return the chat model of a name, a path, or None for the default; UnusableModel says why one cannot answer.

    Without a `backend`, what lies there chooses it: a GGUF file is run by llama.cpp, a folder by transformers.
    """
    if backend not in _LOCAL:
        return llms.load(backend or "", model=model or "", family=family, **options)
    path = _place(model, models_dir=models_dir)
    fitting = backend_of(path, asked=backend)
    if _is_default(model):
        path = ensure_default_model(models_dir)
    measured = {"speeds": models_dir} if fitting == "llama_cpp" else {}
    return llms.load(fitting, model=str(path), family=family, **{**measured, **options})


def model_path(model: str | None, *, models_dir: Path) -> Path:
    """Return the file or the folder of a model: a path, or a name in the models folder.

    The default is made at first use. Raises UnusableModel.
    """
    if _is_default(model):
        return ensure_default_model(models_dir)
    asked = Path(str(model)).expanduser()
    places = (asked, models_dir / asked, models_dir / f"{asked}.gguf")
    for path in places:
        # What is there and cannot be opened says so itself, when it is opened.
        if os.path.lexists(path) and (not path.is_dir() or is_model_folder(path)):
            return path
    if folder := next((path for path in places if path.is_dir()), None):
        files = ", ".join(sorted(path.name for path in folder.glob("*.gguf"))) or "none"
        raise UnusableModel(
            f"the model {model!r} is a folder without config.json; name the GGUF file in it ({files}), or the folder "
            "that has one (setting `model`)",
            model=model,
            cause="is_folder",
            files=files,
            remedy="list",
        )
    raise UnusableModel(
        f"no model {model!r}: neither a file nor a name in {models_dir}; `wendang model list` shows what is there, "
        "`wendang model use` chooses (setting `model`)",
        model=model,
        cause="not_found",
        remedy="list",
    )


def is_model_folder(path: Path) -> bool:
    """Tell a folder that is one model, or means to be, from one that only holds files."""
    return any((path / name).is_file() for name in _DESCRIPTIONS)


def backend_of(path: Path, *, asked: str | None = None) -> str:
    """Return the backend that runs what lies at a path; UnusableModel where another one is `asked` for."""
    fitting = "transformers" if path.is_dir() else "llama_cpp"
    if asked not in (None, fitting):
        raise UnusableModel(
            f"the backend {asked} cannot run {path}, which is for {fitting}; take the setting `backend` out",
            model=path.name,
            cause="wrong_backend",
            backend=asked,
            fitting=fitting,
            remedy="backend",
        )
    return fitting


def read_info(path: Path) -> ModelInfo:
    """Return what the model at a path says about itself, its weights unread. Raises UnusableModel."""
    return read_folder(path).info if path.is_dir() else families.read_info(path)


def asks_server(settings: Settings) -> bool:
    """Whether the settings name a backend that asks a server, about whose models nothing is known here."""
    return settings.backend not in _LOCAL


def chosen_backend(settings: Settings) -> str:
    """Return the backend of the settings: the one they name, or the one for what lies there. Raises UnusableModel."""
    if settings.backend and asks_server(settings):
        return settings.backend
    return backend_of(_place(settings.model, models_dir=settings.models), asked=settings.backend)


def describe(settings: Settings) -> dict[str, str | None]:
    """Return the name and the family of the model that the settings choose, without loading it."""
    if asks_server(settings):
        return {"name": settings.model, "family": settings.family}
    chosen_backend(settings)
    if _is_default(settings.model):
        return {"name": NAME, "family": "reader"}
    info = read_info(model_path(settings.model, models_dir=settings.models))
    return {"name": info.name, "family": settings.family or families.detect(info)}


def is_prepared(settings: Settings) -> bool:
    """Whether the model can be loaded at once; the default one is made at its first use, which takes some seconds."""
    return asks_server(settings) or not _is_default(settings.model) or is_made(default_path(settings.models))


def free_text(model: "BaseChatModel", **asked: Any) -> dict[str, Any]:  # noqa: ANN401 - numbers and lists of texts
    """Return how a text that no passages bind is written: `model.stream(messages, **free_text(model, seed=7))`.

    `asked` may have temperature, top_k, top_p, repeat_penalty, seed, max_tokens and stop; None leaves a choice open. It
    wins over what the user set in `backend_options`, and that over `rag.asking.FREE_TEXT`. The model refuses a value
    out of its range with BadSetting, NaN included. The same seed (0, unless one is named) writes the same text.
    """
    from rag.asking import FREE_TEXT

    options = getattr(model, "options", None)
    users = {} if options is None else options.model_dump(include=set(FREE_TEXT), exclude_unset=True, exclude_none=True)
    return {**FREE_TEXT, **users, **{name: value for name, value in asked.items() if value is not None}}


def _is_default(model: str | None) -> bool:
    return model in (None, "", DEFAULT)


def _place(model: str | None, *, models_dir: Path) -> Path:
    """Return where a model lies; the default one may not be made yet."""
    return default_path(models_dir) if _is_default(model) else model_path(model, models_dir=models_dir)
