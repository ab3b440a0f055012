"""Pictures of every view, from a freshly synced home of the sample documents: `make screenshots`.

    python tests/ui/browser/screenshots.py [NAME ...]

They go to docs/screenshots, wide and narrow, that of a question in the dark too; with NAMEs only those are made.
"""

import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from browsing import PATIENCE, ROOT, Server, settle
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from rag import open_library

_OUT = ROOT / "docs" / "screenshots"
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Width → height of the window, in pixels.
_SIZES = {1280: 860, 390: 844}
#: Colours that a picture keeps, rare ones too: pages need no more, and the file is a third of the size.
_COLOURS = 64
#: Milliseconds that an answer may take.
_ANSWER = 300_000
#: What pictures show in place of the folder that the homes lie in for this run.
_SHOWN = "/home/我"
_RENAME = """([folder, shown]) => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, shown);
}"""
_QUESTION = "锦城湖线班车早上几点发车？"
_ABOUT_A_PDF = "温控箱销售合同里，箱体的质保期是多长？"


def ask(page: Page, question: str = _QUESTION) -> None:
    """Ask, and wait for the answer."""
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    page.get_by_test_id("stChatMessage").nth(1).wait_for()
    page.locator("[data-test-script-state=notRunning]").wait_for(timeout=_ANSWER)


def open_source(page: Page) -> None:
    """Ask, and open what the answer rests on, a page of a PDF."""
    ask(page, _ABOUT_A_PDF)
    page.locator(".chip").first.click()
    page.locator(".box").first.wait_for()
    settle(page)


def look_inside(page: Page) -> None:
    """Trace a question."""
    page.locator(".stMain input[type=text]").first.fill(_QUESTION)
    page.keyboard.press("Enter")
    page.locator(".wd-prompt").wait_for(timeout=_ANSWER)
    settle(page)


@dataclass(frozen=True)
class View:
    """What is taken: the address below the page's, what is done first, and whether it is taken in the dark too."""

    query: str
    prepare: Callable[[Page], None] = settle
    dark: bool = False
    empty: bool = False


VIEWS = {
    "first": View("view=documents", empty=True),
    "ask": View("view=ask", ask, dark=True),
    "source": View("view=ask", open_source),
    "documents": View("view=documents"),
    "document": View("view=documents&document=" + quote("制度/考勤与休假管理办法.docx")),
    "inside": View("view=inside", look_inside),
    "quality": View("view=quality"),
    "models": View("view=settings"),
    "settings": View("view=settings&part=choices"),
    "health": View("view=settings&part=health"),
}


def main(names: list[str]) -> None:
    """Take the pictures."""
    _OUT.mkdir(parents=True, exist_ok=True)
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        sys.exit(f"no browser: install one of {', '.join(_BROWSERS)}")
    with tempfile.TemporaryDirectory(prefix="wendang-") as folder, sync_playwright() as playwright:
        models = Path(folder) / "models"
        homes = {False: Path(folder) / "资料", True: Path(folder) / "空"}
        _sync(homes[False], models=models)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for empty, home in homes.items():
            chosen = {name: view for name, view in VIEWS.items() if view.empty is empty and name in (names or VIEWS)}
            server = Server(home, models=models, log=Path(folder) / "page.log")
            server.start()
            try:
                for name, view in chosen.items():
                    _take(browser, server, name, view)
            finally:
                server.stop()
        browser.close()


def _sync(home: Path, *, models: Path) -> None:
    shutil.copytree(ROOT / "data" / "docs", home / "docs")
    with open_library(home, models_dir=models) as library:
        for _ in library.sync():
            pass
        library.chat_model()  # made here, before the first question


def _take(browser: Browser, server: Server, name: str, view: View) -> None:
    for width, height in _SIZES.items():
        for dark in (False, True) if view.dark else (False,):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale="zh-CN",
                color_scheme="dark" if dark else "light",
                reduced_motion="reduce",
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE)
            page.goto(f"{server.address}/?{view.query}")
            settle(page)
            page.locator(".wd-name").wait_for()
            view.prepare(page)
            page.wait_for_load_state("networkidle")
            page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')")
            page.evaluate(_RENAME, [str(server.home.parent), _SHOWN])
            path = _OUT / f"{name}-{width}{'-dark' if dark else ''}.png"
            page.screenshot(path=path, animations="disabled")
            _shrink(path)
            context.close()


def _shrink(path: Path) -> None:
    with Image.open(path) as taken:
        taken.convert("RGB").quantize(_COLOURS, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
