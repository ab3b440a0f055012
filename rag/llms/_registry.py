"""Find a backend by its name; the folder is the registry."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pydantic import BaseModel, ValidationError

from ingest.errors import BadSetting

if TYPE_CHECKING:
    # Only for checking: the chat models of langchain-core take a second to import.
    from langchain_core.language_models import BaseChatModel


def names() -> list[str]:
    """Return the names of all backends: the files of this folder without a leading underscore."""
    modules = pkgutil.iter_modules([str(Path(__file__).parent)])
    return sorted(module.name for module in modules if not module.name.startswith("_"))


def load(name: str, *, model: str, family: str | None = None, **options: Any) -> BaseChatModel:  # noqa: ANN401
    """Return the chat model that backend `name` makes of `model`: a file's path, or a server's name for it.

    `options` are those of the backend's `Options`; `family` is the prompt family, where it is not to be told from the
    model. Raises BadSetting, UnusableModel, MissingExtra.
    """
    if name not in names():
        expected = ", ".join(names())
        raise BadSetting(
            f"no model backend {name!r}; use one of {expected}", name="backend", value=name, expected=expected
        )
    backend = import_module(f"rag.llms.{name}")
    try:
        chosen: BaseModel = backend.Options(**options)
    except ValidationError as exc:
        first = exc.errors()[0]
        setting = ".".join(["backend_options", *map(str, first["loc"])])
        raise BadSetting(
            f"setting {setting} = {first['input']!r}: {first['msg']}; correct it",
            name=setting,
            value=first["input"],
            expected=first["msg"],
        ) from exc
    return cast("BaseChatModel", backend.load(model, family=family, options=chosen))
