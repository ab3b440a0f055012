"""One file per format; each has `SUFFIXES`, `VERSION` and `load(path, workspace=…)`, and is found by being here."""

from ingest.formats import lazy_load, load, supported_suffixes, versions

__all__ = ["lazy_load", "load", "supported_suffixes", "versions"]
