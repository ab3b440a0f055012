"""Find a backend by its name; the folder is the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ingest import variants

if TYPE_CHECKING:
    # Only for checking: the chat models of langchain-core take a second to import.
    from langchain_core.language_models import BaseChatModel


def names() -> list[str]:
    """Return the names of all backends: the files of this folder without a leading underscore."""
    return variants.names("rag.llms")


def load(name: str, *, model: str, family: str | None = None, **options: Any) -> BaseChatModel:  # noqa: ANN401
    """Return the chat model that backend `name` makes of `model`: a file's path, or a server's name for it.

    `options` are those of the backend's `Options`; `family` is the prompt family, where it is not to be told from the
    model. Raises BadSetting, UnusableModel, MissingExtra.
    """
    backend = variants.find("rag.llms", name, setting="backend")
    chosen = variants.options(backend, options, setting="backend_options")
    return cast("BaseChatModel", backend.load(model, family=family, options=chosen))
