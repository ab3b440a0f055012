"""What is no longer drawn changes nothing: a tab that has not heard so yet reports it as if it had been chosen."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from browsing import Server, settle
from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from rag.conversations import FILE, Conversations, Feedback
from rag.types import Answer


class Line:
    """What the server says to a tab. That it has drawn the page can be held back: until it hears so, a tab reports the
    widgets that were there before.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[str | bytes] | None = None
        page.route_web_socket(re.compile("_stcore/stream"), self._connect)
        page.reload()
        settle(page)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let the tab not hear that the page is drawn; then it does."""
        self._held = []
        yield
        held, self._held = self._held, None
        for message in held:
            self._tab.send(message)
        settle(self._page)

    def until_drawn(self, times: int) -> None:
        """Wait until the server has drawn the page so many times for a tab that does not hear it."""
        while len(self._held or ()) < times:
            self._page.evaluate("1")  # lets what has come be heard

    def leave_for(self, view: str) -> None:
        """Open another view, and have it drawn once more, before the tab hears that it was drawn."""
        with self.held():
            choose_view(self._page, view)
            self.until_drawn(1)
            press(self._page, "English")
            self.until_drawn(2)

    def _connect(self, tab: WebSocketRoute) -> None:
        self._tab = tab
        tab.connect_to_server().on_message(self._hear)

    def _hear(self, message: str | bytes) -> None:
        if self._held is not None and _is_end(message):
            self._held.append(message)
        else:
            self._tab.send(message)


def _is_end(message: str | bytes) -> bool:
    return isinstance(message, bytes) and ForwardMsg.FromString(message).WhichOneof("type") == "script_finished"


Visit = Callable[..., Page]


@pytest.fixture
def server(served: Callable[..., Server], tmp_path: Path) -> Server:
    """The page of an empty home."""
    home = tmp_path / "家"
    home.mkdir()
    return served(home)


@pytest.fixture
def kept(server: Server) -> Conversations:
    """The conversations of the home: one, with an answer."""
    conversations = Conversations(server.home / FILE)
    answer = Answer("保证金是两万元。", model="小模型")
    conversations.append(None, question="保证金是多少？", standalone="保证金是多少？", answer=answer)
    return conversations


def choose_view(page: Page, label: str) -> None:
    page.locator(".st-key-view").get_by_text(label, exact=True).click()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_thumb_that_was_taken_away_stays_away(server: Server, kept: Conversations, visit: Visit) -> None:
    [turn] = kept.turns(1)
    kept.rate(turn.id, feedback=Feedback(False, "漏了付款日"))
    page = visit(f"{server.address}/?view=ask&conversation=1")
    expect(page.get_by_label("原因（可不填，只存在本机）")).to_have_value("漏了付款日")
    line = Line(page)
    with line.held():
        press(page, "没用")
        line.until_drawn(1)
        press(page, "English")
        line.until_drawn(2)
    expect(page.get_by_role("button", name="Not useful")).to_be_visible()
    assert kept.turns(1)[0].feedback is None


def test_a_conversation_keeps_the_name_that_it_was_given_meanwhile(
    server: Server, kept: Conversations, visit: Visit
) -> None:
    page = visit(f"{server.address}/?view=ask&conversation=1")
    line = Line(page)
    page.get_by_role("button", name="本次对话").click()
    expect(page.get_by_label("名称")).to_have_value("保证金是多少？")
    page.keyboard.press("Escape")
    with line.held():
        choose_view(page, "设置")
        line.until_drawn(1)
        kept.rename(1, name="仓库的钱")
        press(page, "English")
        line.until_drawn(2)
    expect(page.get_by_role("button", name="中文")).to_be_visible()
    assert kept.get(1).name == "仓库的钱"


def test_what_became_of_a_file_is_told_until_that_is_closed(server: Server, visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "~$合同.docx").write_bytes(b"lock")
    page = visit(f"{server.address}/?view=documents")
    line = Line(page)
    page.locator("input[type=file]").set_input_files(tmp_path / "~$合同.docx")
    notes = page.locator(".st-key-wd-upload-notes")
    expect(notes).to_contain_text("~$合同.docx 是临时文件")
    settle(page)
    line.leave_for("设置")
    choose_view(page, "Documents")
    expect(notes).to_contain_text("合同.docx")


def test_the_part_of_a_view_that_was_left_does_not_bring_the_reader_back(server: Server, visit: Visit) -> None:
    page = visit(f"{server.address}/?view=settings&part=choices")
    Line(page).leave_for("文件")
    expect(page.locator(".wd-steps")).to_be_visible()
    assert "view=documents" in page.url
