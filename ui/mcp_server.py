"""The library as MCP tools over stdio: search, ask, read_document, list_documents.

The protocol has standard output for itself: the SDK takes the descriptor, and whatever else writes there ends up on
standard error. The library is opened for reading, so that a page or a sync may own it meanwhile.
"""

import logging
from collections.abc import Generator
from typing import Annotated, Any, cast

from anyio import CancelScope, to_thread
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp_types import CallToolResult, InputRequiredResult, ToolAnnotations
from pydantic import BaseModel, Field, ValidationError

from ingest.errors import WendangError
from ingest.library.documents import chosen
from rag import Engine
from rag.types import Answer, Delta, Done, Found, Reading, StreamEvent
from ui.text import error_text, t

#: Characters that one call of read_document returns at most, and documents one of list_documents.
MOST_CHARACTERS = 20_000
MOST_DOCUMENTS = 200

Query = Annotated[str, Field(description=t("mcp.argument.query"))]
Question = Annotated[str, Field(description=t("mcp.argument.question"))]
Sources = Annotated[list[str], Field(description=t("mcp.argument.sources"))]
TopK = Annotated[int | None, Field(ge=1, le=50, description=t("mcp.argument.top_k"))]
Source = Annotated[str, Field(description=t("mcp.argument.source"))]
Page = Annotated[int | None, Field(ge=1, description=t("mcp.argument.page"))]
Start = Annotated[int, Field(ge=0, description=t("mcp.argument.start"))]
Length = Annotated[int, Field(ge=1, le=MOST_CHARACTERS, description=t("mcp.argument.length"))]
Offset = Annotated[int, Field(ge=0, description=t("mcp.argument.offset"))]

_ALL: list[str] = []  # no pattern: every document
_READS = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)


class FoundPassage(BaseModel):
    """A passage: `text` is the document's stored text from `start` to `end`, in characters."""

    source: str
    page: int | None
    start: int
    end: int
    heading: str | None
    text: str
    score: float


class SearchResult(BaseModel):
    """What search found, best first."""

    notice: str
    passages: list[FoundPassage]


class QuotedSource(BaseModel):
    """What the marker [n] of an answer rests on; `verified` is whether the quote bears the sentence out."""

    n: int
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    verified: bool


class AnswerResult(BaseModel):
    """An answer with its sources; `unsupported` are its parts that no passage bears out."""

    notice: str
    answer: str
    refused: bool
    citations: list[QuotedSource]
    unsupported: list[str]
    model: str


class DocumentText(BaseModel):
    """A stretch of a document's stored text: `characters` are those of the page or document, `next_start` goes on."""

    notice: str
    source: str
    page: int | None
    pages: int
    start: int
    end: int
    characters: int
    next_start: int | None
    text: str


class ListedDocument(BaseModel):
    """A document and how much of it was read; `status` is indexed, partial, failed or pending."""

    source: str
    status: str
    pages: int
    characters: int


class DocumentList(BaseModel):
    """Documents in the order of their names: `total` match, `next_offset` goes on."""

    notice: str
    total: int
    next_offset: int | None
    documents: list[ListedDocument]


class LibraryServer(MCPServer[Any]):
    """The MCP server of one library; a call that fails returns one line, as every face of the program does."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool. Raises ToolError with one line: what failed, the value, what to do."""
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as exc:
            cause = exc.__cause__
            if isinstance(cause, WendangError):
                raise ToolError(error_text(cause)) from exc
            if isinstance(cause, ValidationError):
                raise ToolError(_bad_arguments(cause)) from exc
            if isinstance(exc, UnexpectedToolError):
                logging.getLogger(__name__).exception("tool %r failed", name)
                raise ToolError(t("mcp.failed", tool=name, kind=type(cause).__name__)) from exc
            raise


class Tools:
    """The tools of a library: names, types and texts of the arguments are what clients see."""

    def __init__(self, library: Engine) -> None:
        self._library = library

    def search(self, query: Query, *, top_k: TopK = None, sources: Sources = _ALL) -> SearchResult:
        """Return the passages that a query is about."""
        found = self._library.search(query, top_k=top_k, sources=sources)
        passages = [FoundPassage.model_validate(passage, from_attributes=True) for passage in found]
        return SearchResult(notice=t("mcp.notice"), passages=passages)

    async def ask(
        self, question: Question, context: Context[Any, Any], *, top_k: TopK = None, sources: Sources = _ALL
    ) -> AnswerResult:
        """Return an answer; each step is a thread's, so that a cancelled call stops at the next word."""
        events = cast(
            "Generator[StreamEvent, None, None]",
            self._library.stream(question, top_k=top_k, sources=sources, progress=True),
        )
        written, answer = 0, Answer("")
        try:
            while (event := await to_thread.run_sync(next, events, None)) is not None:
                if isinstance(event, Found):
                    await context.report_progress(0, message=t("mcp.progress.reading", count=len(event.passages)))
                elif isinstance(event, Reading):
                    percent = 100 * event.read // max(event.total, 1)
                    await context.report_progress(written, message=t("terminal.reading", percent=percent))
                elif isinstance(event, Delta):
                    written += len(event.text)
                    await context.report_progress(written, message=t("mcp.progress.writing", characters=written))
                elif isinstance(event, Done):
                    answer = event.answer
        finally:
            with CancelScope(shield=True):
                await to_thread.run_sync(events.close)
        return _answered(answer)

    def read_document(
        self, source: Source, *, page: Page = None, start: Start = 0, length: Length = MOST_CHARACTERS
    ) -> DocumentText:
        """Return a stretch of a document, or of one page of it."""
        stored = self._library.text(source, page=page)
        [document] = self._library.status(source)
        text = stored.text[start : start + length]
        end = min(start, len(stored.text)) + len(text)
        return DocumentText(
            notice=t("mcp.notice"),
            source=stored.source,
            page=page,
            pages=document.pages,
            start=end - len(text),
            end=end,
            characters=len(stored.text),
            next_start=end if end < len(stored.text) else None,
            text=text,
        )

    def list_documents(self, *, sources: Sources = _ALL, offset: Offset = 0) -> DocumentList:
        """Return documents, those that match where patterns are given."""
        known = {one.source: one for one in self._library.status()}
        found = [known[source] for source in (chosen(known, sources) if sources else known)]
        shown = found[offset : offset + MOST_DOCUMENTS]
        after = offset + len(shown)
        return DocumentList(
            notice=t("mcp.notice"),
            total=len(found),
            next_offset=after if shown and after < len(found) else None,
            documents=[
                ListedDocument(source=one.source, status=one.status, pages=one.pages, characters=one.read)
                for one in shown
            ],
        )


def make_server(library: Engine) -> LibraryServer:
    """Return the server of a library."""
    # Warnings and errors only: they go to standard error, which clients keep for their users.
    server = LibraryServer("wendang", title=t("mcp.title"), instructions=t("mcp.instructions"), log_level="WARNING")
    tools = Tools(library)
    for tool, limit in (
        (tools.search, 0),
        (tools.ask, 0),
        (tools.read_document, MOST_CHARACTERS),
        (tools.list_documents, MOST_DOCUMENTS),
    ):
        description = t(f"mcp.{tool.__name__}", limit=limit)
        server.add_tool(tool, description=description, annotations=_READS, structured_output=True)
    return server


def serve(library: Engine) -> None:
    """Serve a library until the client closes standard input."""
    make_server(library).run("stdio")


def _answered(answer: Answer) -> AnswerResult:
    return AnswerResult(
        notice=t("mcp.notice"),
        answer=answer.text,
        refused=answer.refused,
        citations=[QuotedSource.model_validate(one, from_attributes=True) for one in answer.citations],
        unsupported=[part.text for part in answer.unsupported],
        model=answer.model,
    )


def _bad_arguments(error: ValidationError) -> str:
    """Return in one line what is wrong with the arguments of a call."""
    return t("between").join(
        t("mcp.bad_argument", name=".".join(map(str, one["loc"])) or "?", cause=f"{one['msg']} ({one['input']!r:.80})")
        for one in error.errors()
    )
