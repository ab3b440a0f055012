"""The embedder and the language model of a library's settings, each loaded at its first use."""

import threading
from typing import TYPE_CHECKING

from ingest import embedders
from ingest.embedders import Embedder
from rag.errors import ModelFailed
from rag.settings import Settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

_EMBEDDING = ("models", "embedder", "embedder_options")
_ANSWERING = ("models", "model", "family", "backend", "backend_options")


class Loaded:
    """What is loaded for one library; threads may share it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = threading.RLock()
        self._embedder: Embedder | None = None
        self._model: BaseChatModel | None = None
        self._lender: Loaded | None = None
        self._borrows_model = False
        self._closed = False

    def embedder(self) -> Embedder:
        """Return the embedder."""
        with self._loading:
            if self._embedder is None:
                self._embedder = self._lent_embedder() or embedders.load(
                    self._settings.embedder, models_dir=self._settings.models, **self._settings.embedder_options
                )
            return self._embedder

    def chat_model(self) -> "BaseChatModel":
        """Return the language model. Raises ModelFailed once this is closed, UnusableModel."""
        from rag.language_model import load_model

        with self._loading:
            if self._closed:
                raise ModelFailed.closed(self._settings.model or "default")
            if self._model is None:
                lent = self._lent_model()
                self._borrows_model = lent is not None
                self._model = lent or load_model(
                    self._settings.model,
                    models_dir=self._settings.models,
                    backend=self._settings.backend,
                    family=self._settings.family,
                    options=self._settings.backend_options,
                )
            return self._model

    def borrow(self, lender: "Loaded") -> None:
        """Use what another library has loaded, or would load, where both ask for the same when it is first needed."""
        self._lender = lender

    def _lent_embedder(self) -> Embedder | None:
        lender = self._lender
        return lender.embedder() if lender and _alike(self._settings, lender._settings, _EMBEDDING) else None

    def _lent_model(self) -> "BaseChatModel | None":
        lender = self._lender
        return lender.chat_model() if lender and _alike(self._settings, lender._settings, _ANSWERING) else None

    def change(self, settings: Settings) -> None:
        """Take other settings: what they ask for otherwise is loaded anew. Answers under way keep what they have."""
        with self._loading:
            old, self._settings = self._settings, settings
            if not _alike(old, settings, _EMBEDDING):
                self._embedder = None
            if not _alike(old, settings, _ANSWERING):
                self._model = None

    def close(self) -> None:
        """Let the model go; an answer that another thread makes with it ends with ModelFailed."""
        self._closed = True
        with self._loading:
            model, self._model = self._model, None
        # A server's model has nothing to close, and one that is another library's stays.
        if not self._borrows_model and (end := getattr(model, "close", None)):
            end()


def _alike(one: Settings, other: Settings, names: tuple[str, ...]) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in names)
