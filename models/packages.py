"""Packages that only the workshop needs, imported when they are."""

from importlib import import_module
from types import ModuleType

from models.errors import MissingPackage


def needed(package: str) -> ModuleType:
    """Return a package of the extra `workshop`. Raises MissingPackage where it is not installed."""
    try:
        return import_module(package)
    except ModuleNotFoundError as exc:
        raise MissingPackage(
            f"this needs {package}, which is not installed: .venv/bin/pip install -e '.[workshop]'", package=package
        ) from exc
