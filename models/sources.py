"""What a name that a user asks for stands for: a path, a model of the catalogue, or a repository of a hub."""

import re
from dataclasses import dataclass
from pathlib import Path

from models.catalog import Entry, closest, current_id, find
from models.errors import DownloadFailed

_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


@dataclass(frozen=True, slots=True)
class Source:
    """The repositories to get, in the order of merging, and the model of the catalogue that they are, if any."""

    repositories: tuple[str, ...]
    entry: Entry | None = None


def is_path(name: str) -> bool:
    """Whether a name means a file or a folder of this machine: there is one, or it is written like one."""
    written = name.startswith(("/", "./", "../", ".\\", "..\\", "~")) or bool(re.match(r"[A-Za-z]:[\\/]", name))
    return written or name.lower().endswith(".gguf") or Path(name).expanduser().exists()


def source_of(name: str, *, form: str | None = None, hub: str = "huggingface") -> Source:
    """Return the repositories of a name; `form` is what is wanted of it: "gguf", "full" or "lora".

    Without one a model comes as GGUF, and as its LoRAs where that was never published. Raises DownloadFailed.
    """
    if "/" in name:
        if not _REPOSITORY.fullmatch(name) or ".." in name:
            raise DownloadFailed(
                f"{name} is not the name of a repository: write organisation/name, or a name of `wendang model list`",
                name=name,
                cause="bad_name",
            )
        return Source((current_id(name),), find(name))
    entry = find(name)
    if entry is None:
        near = ", ".join(closest(name)) or "-"
        raise DownloadFailed(
            f"there is no model {name} in the catalogue (near it: {near}): see `wendang model list --all`, or write "
            "organisation/name for a repository",
            name=name,
            near=near,
            cause="unknown_name",
        )
    form = form or ("gguf" if "gguf" in entry.repositories else "lora")
    if form == "lora":
        place = "modelscope" if hub == "modelscope" else "hub"
        repositories = [_place(_known(lora), place, wanted=form, hub=hub) for lora in entry.loras or (entry.name,)]
        return Source(tuple(repositories), entry)
    # What the hubs call the other forms is only known of the first.
    return Source((_place(entry, form if hub == "huggingface" else "-", wanted=form, hub=hub),), entry)


def _known(name: str) -> Entry:
    entry = find(name)
    if entry is None:
        raise KeyError(name)
    return entry


def _place(entry: Entry, place: str, *, wanted: str, hub: str) -> str:
    if place not in entry.repositories:
        there = ", ".join(entry.repositories.values())
        raise DownloadFailed(
            f"{entry.name} is not known to be on {hub} as {wanted}: its repositories are {there}",
            name=entry.name,
            form=wanted,
            hub=hub,
            there=there,
            cause="no_such_form",
        )
    return entry.repositories[place]
