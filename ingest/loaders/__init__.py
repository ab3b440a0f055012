"""One file per format; each has `SUFFIXES` and `load(path)`, and is found by being here."""

from ingest.formats import load, supported_suffixes

__all__ = ["load", "supported_suffixes"]
