"""What all tests share: homes in temporary folders, models converted once, and a quick embedder."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import BigramEmbedder

from ingest.library.store import Library


def pytest_configure() -> None:
    """Let signals end the programs that the tests start, though `&` and `nohup` of a shell have them ignored."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        # Unlike what is ignored, what is handled is not handed on to a program.
        signal.signal(signal.SIGHUP, lambda *_: None)


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where the embedder and the default model are converted once for all tests."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture
def embedder() -> BigramEmbedder:
    return BigramEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for documents."""
    made = tmp_path / "资料"
    made.mkdir()
    return made


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """An empty library that this process owns."""
    opened = Library(tmp_path / "library")
    yield opened
    opened.close()
