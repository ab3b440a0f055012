"""Texts to vectors, one backend a file.

Each has `Options`, `load(options, *, models_dir)` and, where a package is optional, its `PACKAGE` and `EXTRA`.
"""

from ingest.embedders._registry import Embedder, as_langchain, load, names

__all__ = ["Embedder", "as_langchain", "load", "names"]
