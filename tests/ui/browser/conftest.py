"""Real Chromium on a real `wendang page`: a server a session, a browser a module, a watched tab a test.

    def test_…(visit, sample):  page = visit(sample.address); page.get_by_text(…).click(); settle(page)
    def test_…(visit, served):  server = served(home)

The sample server's home is shared by all tests: change nothing in it that another test counts on.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browsing import PATIENCE, ROOT, Server, Watch, settle
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rag import open_library

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_WIDE = (1280, 800)


@pytest.fixture(scope="session")
def models_dir(models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of models, with both of them made: no test's patience is spent on that."""
    with open_library(tmp_path_factory.mktemp("made"), models_dir=models_dir) as library:
        library.chat_model()
        library.embedder.embed_query("好")
    return models_dir


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """A home with the sample documents, synced; the page may own it, so copy it to change its files."""
    home = tmp_path_factory.mktemp("sample") / "资料"
    shutil.copytree(ROOT / "data" / "docs", home / "docs")
    with open_library(home, models_dir=models_dir) as library:
        for _ in library.sync():
            pass
    return home


@pytest.fixture(scope="session")
def sample(sample_home: Path, models_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The page of the sample home."""
    with Server(sample_home, models=models_dir, log=tmp_path_factory.mktemp("log") / "page.log") as server:
        yield server


@pytest.fixture
def served(tmp_path: Path, models_dir: Path) -> Iterator[Callable[..., Server]]:
    """Return what serves a home (an empty one, unless told which), with `settings` in the environment; for one test."""
    started: list[Server] = []

    def serve(home: Path | None = None, **settings: str) -> Server:
        home = home or tmp_path / "空"
        server = Server(home, models=models_dir, log=tmp_path / f"page-{len(started)}.log", settings=settings)
        started.append(server)
        server.start()
        return server

    yield serve
    for server in started:
        server.stop()


# A browser a module: while Playwright's loop is there, pytest-asyncio cannot start one of its own in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window; the test is skipped where none is installed."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: install one of {', '.join(_BROWSERS)}")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser, served: Callable[..., Server]) -> Iterator[Callable[..., Page]]:
    """Return what opens an address in a tab of its own, settled; at the end every tab's requests are checked.

    `width`, `height` in pixels; `dark`; the Watch of a tab is `page.watch`. Tabs close before a test's servers end.
    """
    watches: list[Watch] = []
    contexts = []
    expect.set_options(timeout=PATIENCE)

    def open_tab(address: str, *, width: int = _WIDE[0], height: int = _WIDE[1], dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            locale="zh-CN",
            color_scheme="dark" if dark else "light",
            permissions=["clipboard-read", "clipboard-write"],
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.watch = Watch(page)
        watches.append(page.watch)
        page.goto(address)
        return settle(page)

    yield open_tab
    for context in contexts:
        context.close()
    for watch in watches:
        watch.check()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let a test in a real browser be run again: what the machine does beside it can make a wait run out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=3))
