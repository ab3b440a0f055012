"""Work that blocks, off the event loop: step by step, and stopped at the next step once nobody waits for it."""

import asyncio
import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from typing import Any, TypeVar

from fastapi import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ui.api.errors import ApiError, as_error
from ui.api.json_body import event

T = TypeVar("T")

_END: Any = object()


class Gone(Exception):
    """The client has left; there is nobody to tell."""


class Workshop:
    """The threads of a server, and whether it is about to end."""

    def __init__(self, *, threads: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="wendang-api")
        self.closing = asyncio.Event()

    async def run(self, function: Callable[..., T], *args: object) -> T:
        """Return what a function returns that blocks. A cancelled call ends when the function does."""
        context = contextvars.copy_context()
        future = asyncio.get_running_loop().run_in_executor(self._threads, context.run, function, *args)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait({future})
            raise

    async def steps(self, generator: Generator[T]) -> AsyncGenerator[T]:
        """Yield what a generator yields, each step in a thread; closing this closes it."""
        try:
            while (item := await self.run(next, generator, _END)) is not _END:
                yield item
        finally:
            await self.run(generator.close)

    async def unless_gone(self, receive: Receive, work: Coroutine[Any, Any, T]) -> T:
        """Return what `work` does; where the client leaves or the server ends before, it is cancelled.

        Raises Gone, or ApiError 503.
        """
        doing = asyncio.ensure_future(work)
        leaving = asyncio.ensure_future(_disconnected(receive))
        closing = asyncio.ensure_future(self.closing.wait())
        others = {leaving, closing}
        try:
            await asyncio.wait({doing, *others}, return_when=asyncio.FIRST_COMPLETED)
            if doing.done():
                return doing.result()
            if closing.done():
                raise ApiError(503, "ending")
            raise Gone
        finally:
            for task in (doing, *others):
                task.cancel()
            await asyncio.wait({doing, *others})

    def close(self) -> None:
        """Take no more work."""
        self._threads.shutdown(wait=False, cancel_futures=True)


async def _disconnected(receive: Receive) -> None:
    """Return when the client has left. The body must have been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


class GoneResponse(Response):
    """What is sent to a client that has left: nothing."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Do nothing: the connection is closed."""


class EventStream(Response):
    """Server-sent events as they are made; an error becomes the last of them.

    The generator is closed when the client leaves, in the middle too.
    """

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes], *, workshop: Workshop) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._events = events
        self._workshop = workshop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            try:
                await self._workshop.unless_gone(receive, _send_all(events, send=send))
            except Gone:
                return
            except Exception as exc:  # noqa: BLE001 - the last resort: the status has been sent
                await send({"type": "http.response.body", "body": event(as_error(exc).body), "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_all(events: AsyncIterator[bytes], *, send: Send) -> None:
    async for made in events:
        await send({"type": "http.response.body", "body": made, "more_body": True})


async def begun(events: AsyncGenerator[bytes], *, request: Request, workshop: Workshop) -> Response:
    """Return a stream whose first event is there: what goes wrong before it has a status of its own."""
    try:
        first = await workshop.unless_gone(request.receive, _first(events))
    except BaseException as exc:
        await events.aclose()
        if isinstance(exc, Gone):
            return GoneResponse()
        raise
    return EventStream(_behind(first, events), workshop=workshop)


async def _first(events: AsyncGenerator[bytes]) -> bytes:
    return await anext(events)


async def _behind(first: bytes, events: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    async with aclosing(events):
        yield first
        async for made in events:
            yield made
