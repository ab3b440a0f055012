"""The files of a library: synced, watched, let go."""

import threading
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.library import documents
from ingest.types import Polling, SyncEvent
from rag.folders import chosen_folders

if TYPE_CHECKING:
    from rag.engine import Engine


def synced(
    engine: "Engine", folders: Sequence[str | Path], *, force: bool, jobs: int | None, remove_many: bool
) -> Generator[SyncEvent, None, None]:
    """Yield the events of a sync, as `Engine.sync` describes them."""
    from ingest.sync import Sync

    settings = engine.settings
    chosen = _chosen(engine, folders)
    job = Sync(
        engine.library,
        embedder=engine.embedder,
        exclude=[*_not_walked(engine), *chosen],
        ignore=settings.ignore,
        force=force,
        remove_many=remove_many,
        jobs=jobs or settings.jobs,
        limits=settings.limits,
    )
    with engine.changing():
        yield from job.run(chosen)


def watched(
    engine: "Engine",
    folders: Sequence[str | Path],
    *,
    stop: threading.Event,
    force: bool,
    jobs: int | None,
    remove_many: bool,
) -> Iterator[SyncEvent]:
    """Yield the events of pass after pass, as `Engine.watch` describes them."""
    from ingest.watch import Why, watch

    chosen = _chosen(engine, folders)
    passes = watch(
        chosen,
        stop=stop,
        full_check_s=engine.settings.watch_check_s,
        exclude=[*_not_walked(engine), *chosen],
        ignore=engine.settings.ignore,
    )
    for due in passes:
        if due.polling:
            yield Polling(due.polling)
        first = due.why is Why.START
        yield from engine.sync(folders, force=force and first, jobs=jobs, remove_many=remove_many and first)


def remove(engine: "Engine", sources: Sequence[str]) -> None:
    """Let go of documents and synced folders, all of them or none. Raises NotInLibrary."""
    library = engine.library
    known = {str(path): path for path in documents.folders(library.catalog)}
    with engine.changing():
        with library.catalog.transaction():
            for source in sources:
                if folder := known.get(str(Path(source).expanduser().resolve())):
                    documents.remove_folder(library.catalog, folder)
                else:
                    documents.forget(library.catalog, source)
        library.collect()


def _chosen(engine: "Engine", given: Sequence[str | Path]) -> list[Path]:
    """Return the folders to sync: those given, or every one known."""
    known = [engine.settings.documents.resolve(), *documents.folders(engine.library.catalog)]
    return chosen_folders(given, known=known)


def _not_walked(engine: "Engine") -> list[Path]:
    """Return the folders that no walk enters: our own, and synced folders, which are walked by themselves."""
    return [engine.settings.library, engine.settings.models, *documents.folders(engine.library.catalog)]
