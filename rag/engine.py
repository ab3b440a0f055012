"""The one way into a library: `open_library(home)` returns an Engine that syncs, searches and answers.

The composition root: settings are read here, and turned into plain arguments for everything else.
"""

import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from ingest import embedders
from ingest.embedders import Embedder
from ingest.errors import BadSetting, LibraryBusy, LibraryReadOnly
from ingest.library import documents, report
from ingest.library.report import DocumentStatus, StoredText
from ingest.library.store import Library
from ingest.types import Passage, Polling, SyncEvent
from rag.errors import BadQuestion
from rag.folders import chosen_folders
from rag.offline import stay_offline
from rag.retrieve import Leg, search
from rag.settings import Settings, read_settings
from rag.types import Answer, Done, StreamEvent

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings
    from langchain_core.language_models import BaseChatModel
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

    from rag.conversations import Conversations
    from rag.summarize import SummaryEvent


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
        settings.documents.mkdir(parents=True, exist_ok=True)
        self.library = Library(settings.library, read_only=read_only)
        self._loading = threading.RLock()
        self._changing = threading.Lock()
        self._embedder: Embedder | None = None
        self._model: BaseChatModel | None = None

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
        """
        from ingest.sync import Sync

        chosen = self._folders(folders)
        job = Sync(
            self.library,
            embedder=self.embedder,
            exclude=[*self._not_walked(), *chosen],
            ignore=self.settings.ignore,
            force=force,
            remove_many=remove_many,
            jobs=jobs or self.settings.jobs,
            limits=self.settings.limits,
        )
        with self._change():
            yield from job.run(chosen)

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
        from ingest.watch import Why, watch

        chosen = self._folders(folders)
        passes = watch(
            chosen,
            stop=stop or threading.Event(),
            full_check_s=self.settings.watch_check_s,
            exclude=[*self._not_walked(), *chosen],
            ignore=self.settings.ignore,
        )
        for due in passes:
            if due.polling:
                yield Polling(due.polling)
            first = due.why is Why.START
            yield from self.sync(folders, force=force and first, jobs=jobs, remove_many=remove_many and first)

    def remove(self, sources: Sequence[str]) -> None:
        """Forget documents until their files change; or a synced folder, by its path, with all documents of it.

        The files are left alone. NotInLibrary names what is neither.
        """
        synced = {str(path): path for path in documents.folders(self.library.catalog)}
        with self._change():
            with self.library.catalog.transaction():
                for source in sources:
                    if folder := synced.get(str(Path(source).expanduser().resolve())):
                        documents.remove_folder(self.library.catalog, folder)
                    else:
                        documents.forget(self.library.catalog, source)
            self.library.collect()

    def status(self, source: str | None = None) -> list[DocumentStatus]:
        """Return every document with its coverage, or the one named."""
        return report.documents_status(self.library.catalog, source)

    def text(self, source: str, *, page: int | None = None) -> StoredText:
        """Return a document's stored text, as citations count it, or one page of it."""
        return report.stored_text(self.library.catalog, source, page=page)

    def repair(self) -> None:
        """Make the keyword and vector indexes anew from the record; no file is read, nothing is embedded."""
        with self._change():
            self.library.rebuild()

    # ── the questions ──

    def search(
        self, query: str, *, top_k: int | None = None, sources: Sequence[str] = (), leg: Leg = "hybrid"
    ) -> list[Passage]:
        """Return the passages that a query is about, best first; no language model is used."""
        self._check(query)
        self._check_embedder(leg)
        return search(
            self.library,
            query,
            embedder=None if leg == "keyword" else self.embedder,
            top_k=top_k or self.settings.top_k,
            sources=sources,
            leg=leg,
            dense_weight=self.settings.dense_weight,
        )

    def ask(self, question: str, **options: Any) -> Answer:  # noqa: ANN401 - those of `stream`
        """Return the answer to a question, with its citations; the options are those of `stream`."""
        answer = None
        for event in self.stream(question, **options):
            if isinstance(event, Done):
                answer = event.answer
        assert answer is not None, "a stream ends with Done"
        return answer

    def stream(
        self,
        question: str,
        *,
        history: Sequence[tuple[str, str]] = (),
        top_k: int | None = None,
        sources: Sequence[str] = (),
        mode: str | None = None,
        detail: bool = False,
    ) -> Iterator[StreamEvent]:
        """Yield Found (the passages), Deltas (text) and Done (the whole Answer).

        `history` holds earlier (question, answer) pairs. Closing the iterator stops the model.
        """
        from rag.answer import stream_answer

        started = time.monotonic()
        question = self.standalone(question, history)
        passages = self.search(question, top_k=top_k, sources=sources)
        retrieved = time.monotonic() - started
        for event in stream_answer(
            question,
            passages,
            model=self.chat_model,
            mode=mode or self.settings.mode,
            detail=detail,
            wording=self.settings.wording,
            first_token_s=self.settings.first_token_s,
        ):
            yield _with_retrieval(event, retrieved) if isinstance(event, Done) else event

    def standalone(self, question: str, history: Sequence[tuple[str, str]]) -> str:
        """Return a question as it reads alone after the (question, answer) pairs before it.

        By rules or, where the setting `followups` says so and the model follows instructions, by the model.
        """
        from rag import families
        from rag.history import standalone, standalone_by
        from rag.summarize import writes

        if not history or self.settings.followups == "rules":
            return standalone(question, history)
        model = self.chat_model()
        family = getattr(model, "family", None) or self.settings.family or "chatml"
        if not writes(families.load(family)):
            return standalone(question, history)
        return standalone_by(model, question, history)

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
        with self._loading:
            if self._embedder is None:
                options = self.settings.embedder_options
                self._embedder = embedders.load(self.settings.embedder, models_dir=self.settings.models, **options)
            return self._embedder

    def embeddings(self) -> "Embeddings":
        """Return the embedder as LangChain's Embeddings."""
        return embedders.as_langchain(self.embedder)

    def chat_model(self) -> "BaseChatModel":
        """Return the language model of the settings, loaded at first use."""
        from rag.language_model import load_model

        with self._loading:
            if self._model is None:
                self._model = load_model(
                    self.settings.model,
                    models_dir=self.settings.models,
                    backend=self.settings.backend,
                    family=self.settings.family,
                    options=self.settings.backend_options,
                )
            return self._model

    def retriever(self, **options: Any) -> "BaseRetriever":  # noqa: ANN401 - those of `search`
        """Return this library as a LangChain retriever; the options are those of `search`."""
        from rag.chain import LibraryRetriever

        return LibraryRetriever(engine=self, options=options)

    def chain(self) -> "Runnable[str | Mapping[str, Any], Answer]":
        """Return a LangChain Runnable from a question, or {"question", "history"}, to an Answer."""
        from rag.chain import answer_chain

        return answer_chain(self)

    def close(self) -> None:
        """Close the library and let the model go."""
        self.library.close()
        self._model = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ── inside ──

    def _folders(self, given: Sequence[str | Path]) -> list[Path]:
        """Return the folders to sync: those given, or every one known."""
        known = [self.settings.documents.resolve(), *documents.folders(self.library.catalog)]
        return chosen_folders(given, known=known)

    def _not_walked(self) -> list[Path]:
        """Return the folders that no walk enters: our own, and synced folders, which are walked by themselves."""
        return [self.settings.library, self.settings.models, *documents.folders(self.library.catalog)]

    @contextmanager
    def _change(self) -> Iterator[None]:
        """Let one sync, removal or repair at a time change the library."""
        if self.library.read_only:
            raise LibraryReadOnly("this library is open for reading; open it without read_only to change it")
        if not self._changing.acquire(blocking=False):
            owner = f"{os.getpid()}"
            raise LibraryBusy(f"the library is being changed by this process ({owner}); wait for it", owner=owner)
        try:
            yield
        finally:
            self._changing.release()

    def _check(self, question: str) -> None:
        limit, length = self.settings.question_limit, len(question)
        if not question.strip():
            raise BadQuestion("an empty question; write one", cause="empty", length=length, limit=limit)
        if length > limit:
            raise BadQuestion(f"a question of {length} characters; ask one of 1 to {limit}", length=length, limit=limit)

    def _check_embedder(self, leg: Leg) -> None:
        made_with = self.library.catalog.setting("embedder")
        if leg != "keyword" and made_with not in (None, self.embedder.name):
            raise BadSetting(
                f"the library's vectors are by {made_with}, the settings name {self.embedder.name}: "
                "run `wendang sync`, or set the embedder back",
                name="embedder",
                value=self.embedder.name,
                expected=made_with,
            )


def _with_retrieval(event: Done, seconds: float) -> Done:
    """Return the answer with the time of retrieval in its timings."""
    timings = {name: value + seconds for name, value in event.answer.timings.items()}
    return Done(replace(event.answer, timings={"retrieve_s": round(seconds, 4), **timings}))
