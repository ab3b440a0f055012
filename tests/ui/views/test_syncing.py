"""The sync in a thread of its own, with a real library and a quick embedder."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from samples import BigramEmbedder

from ingest.errors import LibraryReadOnly
from ingest.types import Failed
from rag import Engine, open_library
from ui.views.syncing import SyncJob, SyncState


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    quick = BigramEmbedder()
    monkeypatch.setattr(Engine, "embedder", property(lambda _: quick))
    with open_library(tmp_path / "家") as opened:
        yield opened


def ended(job: SyncJob) -> SyncState:
    """Return the state once no run is under way any more."""
    while job.state().running:
        threading.Event().wait(0.01)
    return job.state()


def write(engine: Engine, count: int) -> None:
    for n in range(count):
        (engine.settings.documents / f"通知{n}.txt").write_text(f"{n}号楼停电检修通知。\n", "utf-8")


def test_a_run_counts_what_it_did_and_keeps_its_events(engine):
    write(engine, 3)
    (engine.settings.documents / "坏.pdf").write_bytes(b"%PDF-1.7 cut")
    job = SyncJob(engine)
    job.start()
    state = ended(job)
    assert (state.number, state.counted.added, state.counted.failed) == (1, 3, 1)
    assert [event.source for event in state.events if isinstance(event, Failed)] == ["坏.pdf"]
    assert state.error is None


def test_what_is_asked_for_during_a_run_is_done_after_it(engine, monkeypatch):
    going, waiting = threading.Event(), threading.Event()
    plain: Callable[..., object] = Engine.sync

    def slow(self, *arguments, **options):
        waiting.set()
        going.wait(30)
        return plain(self, *arguments, **options)

    monkeypatch.setattr(Engine, "sync", slow)
    job = SyncJob(engine)
    job.start()
    assert waiting.wait(30)
    write(engine, 2)
    job.start(force=True)
    job.start(force=True)
    going.set()
    state = ended(job)
    assert state.number == 2
    assert len(engine.status()) == 2


def test_a_cancelled_run_leaves_what_it_had_done_and_the_next_one_goes_on(engine):
    write(engine, 40)
    job = SyncJob(engine)
    job.start()
    job.cancel()
    assert ended(job).cancelled
    before = len([one for one in engine.status() if one.status == "indexed"])
    job.start()
    state = ended(job)
    assert not state.cancelled
    assert state.counted.added == 40 - before


def test_an_error_ends_the_run_and_is_kept(engine):
    job = SyncJob(engine)
    engine.library.read_only = True
    job.start()
    assert isinstance(ended(job).error, LibraryReadOnly)
    engine.library.read_only = False


def test_an_unexpected_error_is_kept_too(engine, monkeypatch, caplog):
    def broken(self, *_arguments, **_options):
        raise RuntimeError("no disk")

    monkeypatch.setattr(Engine, "sync", broken)
    job = SyncJob(engine)
    job.start()
    assert str(ended(job).error) == "no disk"
    assert "the sync broke off" in caplog.text


def test_closing_ends_the_run(engine):
    write(engine, 40)
    job = SyncJob(engine)
    job.start()
    job.close()
    assert not job.state().running
