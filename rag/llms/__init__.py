"""Language models, one backend a file; each gives a LangChain chat model."""

from rag.llms._registry import load, names

__all__ = ["load", "names"]
