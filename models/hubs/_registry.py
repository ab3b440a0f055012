"""Find a hub by its name."""

import pkgutil
from importlib import import_module
from typing import Protocol, cast

from models.hubs._access import Access, Repository


class Hub(Protocol):
    """What a module of this folder offers.

    `ENDPOINT` is its address, `TOKEN` the environment variable of the user's token (None where none is known of), and
    `BRANCH` the newest state of a repository.
    """

    ENDPOINT: str
    TOKEN: str | None
    BRANCH: str

    def listing(self, repository: str, *, revision: str, access: Access) -> Repository:
        """Return what a repository holds. Raises DownloadFailed, MissingPackage."""


def names() -> list[str]:
    """Return the names of all hubs: the files of this folder without a leading underscore."""
    found = pkgutil.iter_modules(import_module("models.hubs").__path__)
    return sorted(module.name for module in found if not module.name.startswith("_"))


def load(name: str) -> Hub:
    """Return the hub of one of `names`."""
    return cast(Hub, import_module(f"models.hubs.{name}"))
