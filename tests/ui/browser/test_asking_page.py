"""The view Ask in a real browser: questions, citations that open their source, conversations."""

import io
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from browsing import ROOT, Server, settle
from docx import Document
from playwright.sync_api import expect
from slow_model import SlowModel

from rag import open_library
from rag.conversations import FILE, Conversations, Feedback
from rag.types import Answer, Citation, Unsupported

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> ![画](http://example.com/a.png) $x^2$ :smile: **粗**"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory, models_dir):
    """A home with one file of each kind, synced; read, never changed, but for its conversations."""
    home = tmp_path_factory.mktemp("shelf") / "架"
    samples, docs = ROOT / "data" / "docs", home / "docs"
    docs.mkdir(parents=True)
    for name in (
        "合同/温控箱销售合同.pdf",
        "合同/保密协议.docx",
        "通知/2025年度体检通知.html",
        "产品/产品常见问题FAQ.md",
    ):
        shutil.copy(samples / name, docs)
    text = (samples / "合同/上海仓租赁合同.txt").read_text("utf-8")
    (docs / "租赁.txt").write_text(text, "gb18030")
    (docs / "<b>保修<i>.txt").write_text(f"保修期三十个月。{HOSTILE}\n", "utf-8")
    book = openpyxl.Workbook()
    for row in (("地区", "经理", "客户数"), ("华东", "顾念慈", 37), ("西南", "敖登", 52)):
        book.active.append(row)
    book.save(docs / "客户.xlsx")
    with zipfile.ZipFile(docs / "归档.zip", "w") as packed:
        packed.write(samples / "合同/温控箱销售合同.pdf", "内/合同.pdf")
    with open_library(home, models_dir=models_dir) as library:
        failed = [event for event in library.sync() if type(event).__name__ == "Failed"]
    assert not failed
    return home


@pytest.fixture(scope="module")
def talk(shelf):
    """Return what keeps an answer that cites each (source, quote), and gives the address of its conversation."""

    def keep(*cited, text=None, question="问题是什么？", **more):
        with open_library(shelf, read_only=True) as library:
            citations = []
            for n, (source, quote) in enumerate(cited, 1):
                stored = library.text(source)
                start = stored.text.index(quote)
                page = next(page.page for page in stored.pages if page.start <= start < page.end)
                citations.append(Citation(n, source, page, start, start + len(quote), quote, verified=True))
        said = text or "".join(f"第{n}句话。[{n}]" for n in range(1, len(cited) + 1))
        answer = Answer(said, citations=tuple(citations), model="小模型", **more)
        number = Conversations(shelf / FILE).append(None, question=question, standalone=question, answer=answer)
        return f"/?conversation={number}"

    return keep


@pytest.fixture(scope="module")
def page_of(shelf, models_dir, tmp_path_factory):
    with Server(shelf, models=models_dir, log=tmp_path_factory.mktemp("log") / "page.log") as server:
        yield server


def send(page, question):
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()
    settle(page)


def assert_in_sight(page, selector):
    """The first such element lies inside of the part of the sheet that shows."""
    sheet = page.locator(".sheet")
    expect(page.locator(selector).first).to_be_visible()
    page.wait_for_function(
        """([sheet, mark]) => {
            const outer = sheet.getBoundingClientRect(), inner = mark.getBoundingClientRect();
            return inner.height > 0 && inner.top >= outer.top && inner.bottom <= outer.bottom;
        }""",
        arg=[sheet.element_handle(), page.locator(selector).first.element_handle()],
    )


def test_a_question_is_answered_with_a_marker_that_opens_the_very_sentence(visit, sample):
    page = visit(sample.address)
    expect(page.get_by_text("问题会在 40 个文件里查找")).to_be_visible()
    send(page, "温控箱销售合同里，箱体的质保期是多长？")
    expect(page.get_by_text("正在阅读的段落").or_(page.locator(".chip")).first).to_be_visible()
    page.locator(".chip").first.click()
    settle(page)
    assert_in_sight(page, ".box")
    expect(page.get_by_text("合同/温控箱销售合同.pdf 第2页").first).to_be_visible()
    press(page, "看文字")
    assert "三十六个月" in page.locator("mark").inner_text()

    send(page, "记录仪呢？")
    expect(page.get_by_text("理解为：")).to_be_visible()
    settle(page)
    send(page, "太阳系有几颗行星？")
    expect(page.locator(".refused")).to_have_text("资料中没有相关内容。")
    expect(page.get_by_text("最接近的段落")).to_be_visible()
    page.reload()
    settle(page)
    expect(page.locator(".refused")).to_be_visible()
    expect(page.get_by_text("温控箱销售合同里，箱体的质保期是多长？").first).to_be_visible()


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ("保密协议.docx", None),
        ("2025年度体检通知.html", None),
        ("产品常见问题FAQ.md", "箱体不带泄压孔，有胀裂危险"),
        ("租赁.txt", "4.1 乙方应当在签订本合同后五日内支付保证金251,850元"),
        ("客户.xlsx", "顾念慈"),
    ],
)
def test_the_span_is_highlighted_in_the_stored_text_of_every_format(visit, page_of, talk, shelf, source, quote):
    if quote is None:
        with open_library(shelf, read_only=True) as library:
            text = library.text(source).text
        quote = text[len(text) // 2 :].split("\n")[1] or text[-40:].strip()
    page = visit(page_of.address + talk((source, quote)))
    page.locator(".chip").click()
    settle(page)
    assert page.locator("mark").inner_text() == quote
    assert_in_sight(page, "mark")
    assert page.locator(".sheet .frame").count() == 0


def test_a_page_is_drawn_with_the_sentence_marked_and_its_neighbours_can_be_turned_to(visit, page_of, talk):
    contract = "温控箱销售合同.pdf"
    path = talk((contract, "6.1 温控箱箱体质保三十六个月"), (contract, "合计 | 金额（元）：2,910,000"))
    page = visit(page_of.address + path)
    page.locator(".chip").nth(1).click()
    settle(page)
    assert_in_sight(page, ".box")
    expect(page.get_by_text("1 / 2", exact=True)).to_be_visible()
    press(page, "上一处")
    assert_in_sight(page, ".box")
    press(page, "上一页")
    expect(page.locator(".box")).to_have_count(0)
    expect(page.locator(".page")).to_be_visible()
    page.locator(".copy").click()
    expect(page.locator(".copy")).to_have_text("已复制")
    assert page.evaluate("navigator.clipboard.readText()") == "6.1 温控箱箱体质保三十六个月"
    with page.expect_download() as download:
        page.get_by_role("button", name="下载原文件").click()
    original = ROOT / "data" / "docs" / "合同" / "温控箱销售合同.pdf"
    assert Path(download.value.path()).read_bytes() == original.read_bytes()
    press(page, "关闭")
    expect(page.locator(".sheet")).to_have_count(0)


def test_a_pdf_inside_of_an_archive_shows_its_text(visit, page_of, talk, shelf):
    with open_library(shelf, read_only=True) as library:
        [source] = [name for name in library.sources() if name.endswith("合同.pdf") and "归档" in name]
    page = visit(page_of.address + talk((source, "6.1 温控箱箱体质保三十六个月")))
    page.locator(".chip").click()
    settle(page)
    expect(page.get_by_text("不能按原样显示")).to_be_visible()
    assert page.locator("mark").inner_text() == "6.1 温控箱箱体质保三十六个月"


def test_what_is_not_borne_out_and_what_was_left_out_is_said(visit, page_of, talk):
    text = "保证金是251,850元[1]。另外每年还要交九千元。"
    start = text.index("另外")
    weak = (
        Unsupported("sentence", text[start:], start, len(text)),
        Unsupported("number", "九千元", text.index("九千元"), text.index("九千元") + 3),
    )
    cited = ("租赁.txt", "保证金251,850元")
    page = visit(page_of.address + talk(cited, text=text, unsupported=weak, dropped=3))
    expect(page.locator(".weak")).to_have_text(["另外每年还要交", "九千元", "。"])
    expect(page.locator(".made-up")).to_have_text("九千元")
    expect(page.get_by_text("带波浪线的句子")).to_be_visible()
    expect(page.get_by_text("另外找到的 3 段资料")).to_be_visible()


def test_markup_in_questions_answers_and_quotes_stays_text(visit, page_of, talk):
    cited = ("<b>保修<i>.txt", HOSTILE)
    page = visit(page_of.address + talk(cited, text=f"{HOSTILE}[1]", question=HOSTILE))
    expect(page.locator(".answer")).to_have_text(f"{HOSTILE}1")
    page.locator(".chip").click()
    settle(page)
    expect(page.locator("mark")).to_have_text(HOSTILE)
    expect(page.get_by_text("<b>保修<i>.txt").first).to_be_visible()
    for inserted in ("img[src=x]", "img[src*=example]", "a[href*=example]", "script:has-text('alert')", ".katex"):
        assert page.locator(inserted).count() == 0


def test_an_answer_of_five_megabytes_leaves_the_page_alive(visit, page_of, talk):
    page = visit(page_of.address + talk(text="很长的回答。" * 300_000))
    send_box = page.get_by_test_id("stChatInputTextArea")
    send_box.fill("还能打字")
    expect(send_box).to_have_value("还能打字")


def test_the_keyboard_opens_and_closes_a_source(visit, page_of, talk):
    page = visit(page_of.address + talk(("租赁.txt", "保证金251,850元")))
    chip = page.locator(".chip")
    assert "打开出处 1：租赁.txt" in chip.get_attribute("aria-label")
    chip.focus()
    page.keyboard.press("Enter")
    settle(page)
    assert_in_sight(page, "mark")
    expect(chip).to_be_focused()
    expect(chip).to_have_attribute("aria-pressed", "true")


def test_on_a_phone_the_source_covers_the_conversation_until_it_is_closed(visit, page_of, talk):
    page = visit(page_of.address + talk(("租赁.txt", "保证金251,850元")), width=390, height=780)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".chip").click()
    settle(page)
    assert_in_sight(page, "mark")
    box = page.locator(".st-key-source").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, 390, 780)
    press(page, "关闭")
    expect(page.locator(".chip")).to_be_visible()


def test_conversations_are_named_found_handed_out_and_deleted(visit, page_of, talk):
    path = talk(("租赁.txt", "保证金251,850元"), question="保证金有多少呀？")
    called = f"仓库的钱{path.partition('=')[2]}"  # no other conversation's, even when this test is run again
    page = visit(page_of.address + path)
    page.get_by_role("button", name="本次对话").click()
    name = page.get_by_label("名称")
    name.fill(called)
    name.press("Enter")
    settle(page)
    with page.expect_download() as markdown:
        page.get_by_role("button", name="导出为 Markdown").click()
    text = Path(markdown.value.path()).read_text("utf-8")
    assert markdown.value.suggested_filename == f"{called}.md"
    assert "## 保证金有多少呀？" in text and "租赁.txt" in text
    with page.expect_download() as word:
        page.get_by_role("button", name="导出为 Word").click()
    written = Document(io.BytesIO(Path(word.value.path()).read_bytes()))
    assert "保证金有多少呀？" in [paragraph.text for paragraph in written.paragraphs]
    page.keyboard.press("Escape")

    press(page, "新对话")
    page.get_by_role("button", name="对话记录").click()
    find = page.get_by_label("在名称、问题和回答里查找")
    find.fill(called.replace("库", "庫").replace("钱", "錢"))
    find.press("Enter")
    settle(page)
    page.get_by_role("button", name=called).click()
    settle(page)
    expect(page.locator(".chip")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="本次对话").click()
    page.get_by_text("确定要删除").click()
    settle(page)
    press(page, "删除这次对话")
    expect(page.locator(".chip")).to_have_count(0)


def test_a_thumb_and_its_reason_are_kept(visit, page_of, talk, shelf):
    path = talk(("租赁.txt", "保证金251,850元"))
    page = visit(page_of.address + path)
    press(page, "没用")
    reason = page.get_by_label("原因（可不填，只存在本机）")
    reason.fill("漏了付款日")
    reason.press("Enter")
    settle(page)
    page.reload()
    settle(page)
    expect(reason).to_have_value("漏了付款日")
    [turn] = Conversations(shelf / FILE).turns(int(path.split("=")[1]))
    assert turn.feedback == Feedback(False, "漏了付款日")


@pytest.fixture(scope="module")
def slow_model():
    with SlowModel() as model:
        yield model


@pytest.fixture
def slow(slow_model):
    yield slow_model
    slow_model.forget()


@pytest.fixture(scope="module")
def slow_page(slow_model, shelf, models_dir, tmp_path_factory):
    """The page of a copy of the shelf whose model waits for the test."""
    folder = tmp_path_factory.mktemp("slow")
    shutil.copytree(shelf, folder / "副本", ignore=shutil.ignore_patterns("conversations*", "*lock*"))
    with Server(folder / "副本", models=models_dir, log=folder / "page.log", settings=slow_model.settings) as server:
        yield server


def test_stop_keeps_what_was_said_and_the_model_says_no_more(visit, slow_page, slow):
    page = visit(slow_page.address)
    send(page, "保证金是多少？")
    expect(page.get_by_text("正在阅读的段落")).to_be_visible()
    slow.say("保证金是二十五万元。签约后")  # a first sentence is shown whole: it may be a refusal
    expect(page.get_by_text("保证金是二十五万元。签约后")).to_be_visible()
    page.get_by_role("button", name="停止").click()
    expect(page.get_by_text("没有写完就停止了")).to_be_visible()
    expect(page.locator(".answer")).to_have_text("保证金是二十五万元。签约后")
    slow.say("五日")
    assert slow.left.wait(60)
    page.reload()
    settle(page)
    expect(page.locator(".answer")).to_have_text("保证金是二十五万元。签约后")


def test_a_click_elsewhere_does_not_end_the_answer(visit, slow_page, slow):
    page = visit(slow_page.address)
    send(page, "保证金是多少？")
    slow.say("保证金是251,850元。")
    expect(page.get_by_text("保证金是251,850元。", exact=True)).to_be_visible()
    page.get_by_role("button", name="对话记录").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    slow.say("签约后五日内付清。")
    slow.end()
    expect(page.locator(".chip").first).to_be_visible()
    expect(page.locator(".answer")).to_contain_text("签约后五日内付清。")


def test_a_closed_tab_ends_its_answer_and_the_beginning_is_kept(visit, slow_page, slow):
    page = visit(slow_page.address)
    send(page, "保证金是多少？")
    slow.say("保证金是251,850元。")
    expect(page.get_by_text("保证金是251,850元。", exact=True)).to_be_visible()
    path = page.url[len(slow_page.address) :]
    page.close()
    while not slow.left.wait(0.2):
        slow.say("一")
    again = visit(slow_page.address + path)
    expect(again.locator(".answer")).to_contain_text("保证金是")
    expect(again.get_by_text("没有写完就停止了")).to_be_visible()


def test_a_server_that_starts_again_shows_the_same_conversation(visit, slow_page, slow):
    page = visit(slow_page.address)
    page.watch.tolerate("WebSocket", "ERR_CONNECTION_REFUSED", "Client Error", "server is not responding")
    send(page, "保证金是多少？")
    slow.say("保证金是251,850元。")
    slow.end()
    expect(page.locator(".chip").first).to_be_visible()
    slow_page.stop()
    slow_page.start()
    page.reload()
    settle(page)
    expect(page.locator(".answer")).to_contain_text("保证金是251,850元")


def test_only_the_chosen_files_are_asked(visit, slow_page, slow):
    page = visit(slow_page.address)
    page.get_by_role("button", name="范围和方式").click()
    page.get_by_role("combobox").click()
    page.get_by_role("option", name="客户.xlsx").click()
    settle(page)
    page.keyboard.press("Escape")
    send(page, "保证金是多少？")
    expect(page.locator(".wd-found li")).to_have_text(["客户.xlsx"])
    slow.end()


def test_a_model_that_cannot_be_reached_is_explained(visit, served, shelf, tmp_path):
    home = tmp_path / "副本"
    shutil.copytree(shelf, home, ignore=shutil.ignore_patterns("conversations*", "*lock*"))
    page = visit(served(home, WENDANG_MODEL="没有这个模型").address)
    send(page, "保证金是多少？")
    expect(page.get_by_text("找不到模型 没有这个模型")).to_be_visible()
    expect(page.get_by_text("这个问题没有得到回答")).to_be_visible()
