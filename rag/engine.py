"""The one way into a library: `open_library(home)` returns an Engine that syncs, searches and answers.

The composition root: settings are read here, and turned into plain arguments for everything else.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ingest import embedders
from ingest.embedders import Embedder
from ingest.library import documents, report
from ingest.library.report import DocumentStatus, StoredText
from ingest.library.store import Library
from ingest.types import Passage, SyncEvent
from rag import files, questions
from rag.folders import make_home
from rag.loaded import Loaded
from rag.offline import stay_offline
from rag.opened import Opened
from rag.retrieve import Leg
from rag.settings import Settings, changed, read_settings
from rag.types import Answer, StreamEvent

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

    from rag.conversations import Conversations
    from rag.library_map import LibraryMap
    from rag.summarize import SummaryEvent
    from rag.trace import Recorder, Trace


def open_library(home: str | Path = "data", *, read_only: bool = False, **settings: Any) -> "Engine":  # noqa: ANN401
    """Return the Engine of the library in `home`, making the library where there is none.

    With `read_only` other processes may own and write it meanwhile. Keyword arguments are settings
    (`rag.settings.Settings`). Raises LibraryBusy, LibraryDamaged, BadSetting.
    """
    return Engine(read_settings(Path(home), **settings), read_only=read_only)


class Engine:
    """A library opened for use. Threads may share it; a `with` block closes it."""

    def __init__(self, settings: Settings, *, read_only: bool = False) -> None:
        stay_offline(downloads=bool(settings.embedder_options.get("download")))
        self.settings = settings
        make_home(settings.documents)
        self._opened = Opened(settings.library, read_only=read_only)
        self._loaded = Loaded(settings)

    # ── the files ──

    def sync(
        self,
        folders: Sequence[str | Path] = (),
        *,
        force: bool = False,
        jobs: int | None = None,
        remove_many: bool = False,
    ) -> Iterator[SyncEvent]:
        """Make the library equal to the folders (all synced so far, if none is given); yield what happens.

        The last event is the Summary. `force` reads every file again; `jobs` files are read at a time. Where more than
        half of the files are gone at once, they stay until `remove_many` confirms that they are meant to go.
        In a notebook a bar shows the progress.
        """
        from rag.notebook import shown

        events = files.synced(self, folders, force=force, jobs=jobs, remove_many=remove_many)
        return shown(events, engine=self)

    def watch(
        self,
        folders: Sequence[str | Path] = (),
        *,
        stop: threading.Event | None = None,
        force: bool = False,
        jobs: int | None = None,
        remove_many: bool = False,
    ) -> Iterator[SyncEvent]:
        """Sync now and whenever the folders change, until `stop` is set; yield the events of pass after pass.

        `force` and `remove_many` are for the first pass.
        """
        stop = stop or threading.Event()
        return files.watched(self, folders, stop=stop, force=force, jobs=jobs, remove_many=remove_many)

    def remove(self, sources: Sequence[str]) -> None:
        """Forget documents until their files change; or a synced folder, by its path, with all documents of it.

        The files are left alone. NotInLibrary names what is neither.
        """
        files.remove(self, sources)

    def status(self, source: str | None = None) -> list[DocumentStatus]:
        """Return every document with its coverage, or the one named."""
        from rag.notebook import Documents

        return Documents(report.documents_status(self.library.catalog, source))

    def text(self, source: str, *, page: int | None = None) -> StoredText:
        """Return a document's stored text, as citations count it, or one page of it."""
        return report.stored_text(self.library.catalog, source, page=page)

    def headings(self, source: str) -> list[str]:
        """Return the paths of headings in a document, in their order."""
        return report.headings(self.library.catalog, source)

    def sources(self) -> list[str]:
        """Return the sources of all documents that can be asked, sorted."""
        return documents.sources(self.library.catalog)

    def original(self, source: str) -> Path:
        """Return the file that a document was read from, as it is now: it may have changed since, or be gone.

        For a document inside of an archive or a mail (`is_inside`) it is the outermost file. Raises NotInLibrary.
        """
        return documents.file_of(self.library.catalog, source)

    def is_inside(self, source: str) -> bool:
        """Whether a document was read from inside of another file, such as an archive or a mail."""
        return documents.is_inside(self.library.catalog, source)

    def passages(self, source: str) -> list[Passage]:
        """Return the passages of a document, in the order of its text."""
        return report.document_passages(self.library.catalog, source)

    def folders(self) -> list[Path]:
        """Return the synced folders, in the order in which they were first synced."""
        return documents.folders(self.library.catalog)

    def repair(self) -> None:
        """Make the keyword and vector indexes anew from the record; no file is read, nothing is embedded."""
        with self.changing():
            self.library.rebuild()

    # ── the questions ──

    def search(
        self, query: str, *, top_k: int | None = None, sources: Sequence[str] = (), leg: Leg = "hybrid"
    ) -> list[Passage]:
        """Return the passages that a query is about, best first; no language model is used."""
        from rag.notebook import Passages

        return Passages(questions.ranking(self, query, top_k=top_k, sources=sources, leg=leg).passages)

    def ask(self, question: str, **options: Any) -> Answer:  # noqa: ANN401 - those of `stream`
        """Return the answer to a question, with its citations; the options are those of `stream`."""
        return questions.ask(self, question, **options)

    def stream(
        self,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        top_k: int | None = None,
        sources: Sequence[str] = (),
        mode: str | None = None,
        recorder: "Recorder | None" = None,
        **manner: Any,  # noqa: ANN401 - the fields of rag.asking.Manner
    ) -> Iterator[StreamEvent]:
        """Yield Found (the passages), Deltas (text) and Done (the whole Answer); with `progress`, Waiting and Reading.

        `history` holds earlier (question, answer) pairs. A `recorder` is told what happens on the way. What else may be
        given are the fields of `rag.asking.Manner`: `detail`, `progress`, `sampling` (`max_tokens`, `stop`,
        `temperature` … of this answer). Closing the iterator stops the model.
        """
        search = {"top_k": top_k, "sources": sources}
        return questions.stream(self, question, history=history, search=search, mode=mode, recorder=recorder, **manner)

    def trace(self, question: str, **options: Any) -> "Trace":  # noqa: ANN401 - those of `stream`
        """Return how a question is answered: what each leg found, what was read of it, the prompt, the times.

        The options are those of `stream`.
        """
        from rag.trace import Recorder

        recorder = Recorder(question)
        return recorder.trace(self.ask(question, recorder=recorder, **options))

    def library_map(self, *, limit: int = 1000) -> "LibraryMap":
        """Return the library's passages as points of a plane, like ones near each other; at most `limit` of them."""
        from rag.library_map import library_map

        return library_map(self.library, limit=limit)

    def standalone(self, question: str, history: Sequence[tuple[str, str]]) -> str:
        """Return a question as it reads alone after the (question, answer) pairs before it.

        By rules or, where the setting `followups` says so and the model follows instructions, by the model.
        """
        return questions.standalone(self, question, history)

    def summarize(self, source: str, *, mode: str = "map_reduce") -> "Iterator[SummaryEvent]":
        """Yield Readings, Deltas and Summarized: what a document says, in short.

        Closing the iterator stops the model. Raises NotInLibrary.
        """
        from rag.document import whole_document
        from rag.summarize import summarize

        document = whole_document(self.library, source)
        yield from summarize(document, model=self.chat_model(), embed=self.embedder.embed_passages, mode=mode)

    def conversations(self) -> "Conversations":
        """Return the conversations that are kept in the home."""
        from rag.conversations import FILE, Conversations

        return Conversations(self.settings.home / FILE)

    # ── the parts, as LangChain knows them ──

    @property
    def embedder(self) -> Embedder:
        """The embedder of the settings, loaded at first use."""
        return self._loaded.embedder()

    def embeddings(self) -> "Embeddings":
        """Return the embedder as LangChain's Embeddings."""
        return embedders.as_langchain(self.embedder)

    def chat_model(self) -> "BaseChatModel":
        """Return the language model of the settings, loaded at first use; it answers without the library.

        It takes the likeliest token at each step, as answers from passages need it. A free text is written with
        `model.stream(messages, **rag.language_model.free_text(model, seed=7, max_tokens=200))`: temperature 0.2, top_k
        40, top_p 0.9, repeat_penalty 1.1, but for what the user's `backend_options` and the call say; every backend
        takes these names. BadSetting names a value out of its range. The model ends with this library (`close`).
        """
        return self._loaded.chat_model()

    def with_settings(self, **settings: Any) -> "Engine":  # noqa: ANN401 - any setting's type
        """Return this library, opened for reading under other settings; embedder and model are shared where they agree.

        To be closed before this one. Raises BadSetting.
        """
        other = Engine(changed(self.settings, **settings), read_only=True)
        other._loaded.borrow(self._loaded)
        return other

    def retriever(self, **options: Any) -> "BaseRetriever":  # noqa: ANN401 - those of `search`
        """Return this library as a LangChain retriever; the options are those of `search`."""
        from rag.chain import LibraryRetriever

        return LibraryRetriever(engine=self, options=options)

    def chain(self) -> "Runnable[str | Mapping[str, Any], Answer]":
        """Return a LangChain Runnable from a question, or {"question", "history"}, to an Answer."""
        from rag.chain import AnswerChain

        return AnswerChain(self)

    def own(self) -> None:
        """Become the owner of a library that was opened for reading. Raises LibraryBusy while another process is."""
        self._opened.own()

    def changing(self) -> AbstractContextManager[None]:
        """Return a context for one sync, removal or repair at a time. Raises LibraryReadOnly, LibraryBusy."""
        return self._opened.changing()

    def reconfigure(self, settings: Settings) -> None:
        """Take other settings of the same home; the embedder and the model are loaded anew where theirs differ.

        Answers under way go on with what they began with.
        """
        self.settings = settings
        self._loaded.change(settings)

    def close(self) -> None:
        """Close the library and let the model go; an answer that another thread makes ends with ModelFailed."""
        if not self._opened.is_here:
            return  # both are those of the process that this one was forked from
        self._loaded.close()
        self._opened.close()

    @property
    def library(self) -> Library:
        """The library itself. Raises LibraryBusy in a process that was forked after the opening."""
        return self._opened.library

    def _repr_html_(self) -> str:
        from rag.notebook import library_html

        return library_html(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
