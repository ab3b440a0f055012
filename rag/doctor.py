"""What works, what is missing: one finding a part, from the interpreter to the documents.

A finding has codes and values; the texts for users are in `ui.text`, under `doctor.<name>.<state>`.
"""

import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from ingest import embedders, ocr
from ingest.errors import BadSetting, LibraryBusy, LibraryDamaged, WendangError
from ingest.office import libreoffice
from rag.default_model import NAME, default_path
from rag.engine import Engine
from rag.language_model import DEFAULT, asks_server, describe
from rag.llms._speed_notes import processors
from rag.settings import Settings, read_settings

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_DISTRIBUTION = "wendang"
_PYTHON = (3, 11)
#: Making the default model takes 0.6 GB for some seconds.
_DISK_GB = 1.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: `state` says how it is, `values` and `error` fill its text in; only what is not `ok` is broken."""

    name: str
    state: str = "ok"
    ok: bool = True
    values: Mapping[str, object] = field(default_factory=dict)
    error: Exception | None = None


def examine(home: Path, *, engine: Engine | None = None) -> Iterator[Finding]:
    """Yield a finding for each part; the embedder is loaded (converted, the first time), the language model is not.

    Where this process has the library open already, `engine` is what it is open in.
    """
    yield _python()
    yield from _packages()
    try:
        settings = read_settings(home)
    except BadSetting as exc:
        yield _broken("settings", exc)
        return
    yield Finding("settings", values={"path": settings.home})
    yield _disk(settings)
    yield _threads(settings)
    yield Finding("ocr", "ok" if ocr.available() else "absent")
    converter = libreoffice.program()
    yield Finding("libreoffice", "ok" if converter else "absent", values={"path": converter})
    yield _embedder(settings, engine)
    yield _model(settings)
    yield from _opened(engine) if engine else _library(settings)


def _broken(name: str, error: Exception) -> Finding:
    return Finding(name, "broken", ok=False, error=error)


def _python() -> Finding:
    values = {"version": platform.python_version(), "needed": ".".join(map(str, _PYTHON))}
    if sys.version_info < _PYTHON:
        return Finding("python", "too_old", ok=False, values=values)
    return Finding("python", values=values)


def _packages() -> Iterator[Finding]:
    """Yield the state of what pip should have brought, and which extras are complete."""
    from packaging.requirements import Requirement

    try:
        distribution = metadata.metadata(_DISTRIBUTION)
    except metadata.PackageNotFoundError:
        yield Finding("packages", "unknown")
        return
    needed = [Requirement(line) for line in metadata.requires(_DISTRIBUTION) or []]
    always = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    missing = [str(one) for one in always if not _is_installed(one.name, one.specifier)]
    if missing:
        yield Finding("packages", "missing", ok=False, values={"missing": ", ".join(missing)})
    else:
        yield Finding("packages", values={"count": len(always)})
    extras: dict[bool, list[str]] = {True: [], False: []}
    for extra in distribution.get_all("Provides-Extra") or []:
        parts = [one for one in needed if one.marker and one.marker.evaluate({"extra": extra}) and one not in always]
        extras[all(_is_installed(one.name, one.specifier) for one in parts)].append(extra)
    yield Finding("extras", values={"present": ", ".join(extras[True]), "absent": ", ".join(extras[False])})


def _is_installed(name: str, specifier: "SpecifierSet") -> bool:
    try:
        return metadata.version(name) in specifier
    except metadata.PackageNotFoundError:
        return False


def _disk(settings: Settings) -> Finding:
    folder = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1e9
    values = {"free": round(free, 1), "needed": _DISK_GB}
    if free < _DISK_GB:
        return Finding("disk", "low", ok=False, values=values)
    return Finding("disk", values=values)


def _threads(settings: Settings) -> Finding:
    """More threads than cores make everything slower, but nothing wrong."""
    cores = processors()
    asked = [options.get("threads") or cores for options in (settings.backend_options, settings.embedder_options)]
    values = {"threads": max(asked), "cores": cores}
    return Finding("threads", "many" if max(asked) > cores else "ok", values=values)


def _embedder(settings: Settings, engine: Engine | None) -> Finding:
    try:
        options = settings.embedder_options
        embedder = (
            engine.embedder if engine else embedders.load(settings.embedder, models_dir=settings.models, **options)
        )
        vector = embedder.embed_question("问档")
    except (WendangError, ImportError, OSError, RuntimeError) as exc:
        return _broken("embedder", exc)
    return Finding("embedder", values={"name": embedder.name, "dimensions": len(vector)})


def _model(settings: Settings) -> Finding:
    """Look at the model's file; a server is not asked, since that would open a connection."""
    if asks_server(settings):
        return Finding("model", "elsewhere", values={"backend": settings.backend, "model": settings.model})
    made = default_path(settings.models)
    if settings.model in (None, "", DEFAULT) and not made.exists():
        return Finding("model", "not_made", values={"name": NAME})
    try:
        return Finding("model", values=describe(settings))
    except WendangError as exc:
        return _broken("model", exc)


def _library(settings: Settings) -> Iterator[Finding]:
    try:
        engine = Engine(settings)
    except LibraryBusy as exc:
        yield Finding("library", "busy", values=exc.values)
        with Engine(settings, read_only=True) as engine:
            yield _documents(engine)
        return
    except (LibraryDamaged, OSError) as exc:
        yield _broken("library", exc)
        return
    with engine:
        yield from _opened(engine)


def _opened(engine: Engine) -> Iterator[Finding]:
    yield Finding("library", values={"path": engine.settings.library})
    if not engine.library.read_only:
        yield _index(engine)
    yield _documents(engine)


def _index(engine: Engine) -> Finding:
    """Compare the indexes with the record; opening them has already put right what a kill left behind."""
    agrees = engine.library.keywords.usable and engine.library.vectors.agrees()
    values = {"vectors": engine.library.catalog.number("SELECT count(*) FROM children")}
    return Finding("index", values=values) if agrees else Finding("index", "differs", ok=False, values=values)


def _documents(engine: Engine) -> Finding:
    """Count the documents; one that cannot be read is no fault of the program, and is listed by `wendang status`."""
    states = [document.status for document in engine.status()]
    values = {"files": len(states), **{state: states.count(state) for state in ("failed", "partial", "pending")}}
    if not states:
        return Finding("documents", "none", values=values)
    return Finding("documents", "gaps" if states.count("indexed") < len(states) else "ok", values=values)
