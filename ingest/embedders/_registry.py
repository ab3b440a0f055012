"""What an embedder is, and how to find one by its name; the folder is the registry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from ingest import variants

if TYPE_CHECKING:
    # Only for checking: `wendang --help` must not wait for these.
    import numpy as np
    import numpy.typing as npt
    from langchain_core.embeddings import Embeddings


class Embedder(Protocol):
    """Unit vectors of passages and of questions, and the number of tokens of a text.

    `name` is the fingerprint: it changes whenever the vectors would. All methods are safe to call from several
    threads, and take any string; an empty one has a vector too. What is longer than the model reads is cut.
    """

    @property
    def name(self) -> str:
        """The fingerprint of the vectors."""

    @property
    def dimensions(self) -> int:
        """The length of a vector."""

    def embed_passages(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return one L2-normalised row a text, in order: (len(texts), dimensions)."""

    def embed_question(self, text: str) -> npt.NDArray[np.float32]:
        """Return the L2-normalised vector of a question: (dimensions,)."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Return `embed_passages` as lists, under LangChain's name."""

    def embed_query(self, text: str) -> list[float]:
        """Return `embed_question` as a list, under LangChain's name."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return how many tokens each text has, without the marks and prefixes that the model adds."""


def names() -> list[str]:
    """Return the names of all backends: the files of this folder without a leading underscore."""
    return variants.names("ingest.embedders")


def load(name: str, *, models_dir: Path, **options: Any) -> Embedder:  # noqa: ANN401 - any option's type
    """Return the embedder of backend `name`; what it prepares for itself is kept under `models_dir`.

    `options` are those of the backend's `Options`. Raises BadSetting for an unknown name or option, MissingExtra where
    a package is not installed.
    """
    backend = variants.find("ingest.embedders", name, setting="embedder")
    chosen = variants.options(backend, options, setting="embedder_options")
    return cast("Embedder", backend.load(chosen, models_dir=models_dir))


def as_langchain(embedder: Embedder) -> Embeddings:
    """Return the embedder as a LangChain `Embeddings`, asynchronous methods included.

    Made on demand, since importing the base class takes a tenth of a second that a search need not wait for.
    """
    from langchain_core.embeddings import Embeddings

    class LangChainEmbeddings(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return embedder.embed_documents(texts)

        def embed_query(self, text: str) -> list[float]:
            return embedder.embed_query(text)

    return LangChainEmbeddings()
