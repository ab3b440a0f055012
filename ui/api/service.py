"""What all routes share: the library, the waiting lines, the threads."""

import time

from fastapi import Request

from ingest.errors import LibraryBusy, WendangError
from rag import Engine, open_library
from rag.language_model import asks_server, describe
from ui.api.errors import ApiError
from ui.api.requests import LIBRARY_MODEL
from ui.api.turns import Turns
from ui.api.work import Workshop

#: Threads for what blocks. More requests than that wait; those of the two lines have places of their own.
_THREADS = 12
#: Answers of a server elsewhere that are asked for at a time; a model of this machine makes one.
_REMOTE_AT_ONCE = 8


class Service:
    """A library that is served."""

    def __init__(self, engine: Engine, *, waiting: int) -> None:
        self.engine = engine
        self.started = int(time.time())
        self.workshop = Workshop(threads=_THREADS)
        self.answers = Turns(at_once=_REMOTE_AT_ONCE if asks_server(engine.settings) else 1, waiting=waiting)
        self.vectors = Turns(at_once=1, waiting=waiting)

    def own(self) -> Engine:
        """Return the library to change it; it is taken over where the process that owned it has ended.

        Raises LibraryBusy with the owner where that has not.
        """
        self.engine.own()
        return self.engine

    def model_names(self) -> list[str]:
        """Return what can be asked: the library, and the language model where there is a usable one."""
        try:
            name = describe(self.engine.settings)["name"]
        except WendangError:  # `wendang doctor` says why
            name = None
        return [LIBRARY_MODEL, *([name] if name and name != LIBRARY_MODEL else [])]

    def is_library(self, model: str) -> bool:
        """Whether a request's model is the library; False for the language model. Raises ApiError 404 for others."""
        if model == LIBRARY_MODEL:
            return True
        names = self.model_names()
        if model not in names:
            raise ApiError(404, "model_not_found", param="model", model=model[:200], names=", ".join(names))
        return False

    def close(self) -> None:
        """Let the library go; what is being made ends."""
        self.engine.close()
        self.workshop.close()


def service_of(request: Request) -> Service:
    """Return the service of a request's app."""
    service: Service = request.app.state.service
    return service


def opened(home: str) -> tuple[Engine, LibraryBusy | None]:
    """Return the library of `home`: owned, or for reading where another process owns it, and that process."""
    try:
        return open_library(home), None
    except LibraryBusy as exc:
        return open_library(home, read_only=True), exc
