"""The documents, the settings and the frame of the page, in real Chromium on a real server."""

import shutil
from collections.abc import Callable
from pathlib import Path

import docx
import pytest
from browsing import Server, settle
from playwright.sync_api import Locator, Page, expect

from ingest.library.store import Library
from ui.views.adding import LARGEST_MB

LEAVE = "休假办法\n\n员工入职满一年后，每年享有十二天带薪年假。年假须提前三个工作日申请。\n"
NOTICE = "停电通知\n\n八月三日上午九时至十一时，三号楼停电检修。\n"

Visit = Callable[..., Page]
Serve = Callable[..., Server]


def written(folder: Path, **texts: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return folder


def rows(page: Page) -> Locator:
    return page.locator(".documents tbody tr")


def open_view(page: Page, label: str) -> Page:
    page.get_by_role("radiogroup", name="页面").get_by_text(label, exact=True).click()
    return settle(page)


def press(page: Page, label: str) -> Page:
    page.get_by_role("button", name=label, exact=True).click()
    return settle(page)


def synced(page: Page) -> Page:
    """Wait until the sync has ended, however long it takes."""
    expect(page.locator(".st-key-wd-sync-done")).to_be_visible()
    return settle(page)


def test_a_first_visit_leads_from_dropped_files_to_a_list(served: Serve, visit: Visit, tmp_path: Path) -> None:
    server = served()
    page = visit(server.address + "/?view=documents")
    expect(page.locator(".wd-steps")).to_contain_text("添加文件")

    (sent := tmp_path / "sent").mkdir()
    document = docx.Document()
    document.add_heading("采购合同", 1)
    document.add_paragraph("甲方应于收货后三十日内支付全部货款。")
    document.save(str(sent / "采购合同.docx"))
    (sent / "停电通知.txt").write_bytes(NOTICE.encode("gb18030"))
    (sent / "坏.pdf").write_bytes(b"%PDF-1.7 cut")
    (sent / "~$采购合同.docx").write_bytes(b"lock")
    page.locator("input[type=file]").set_input_files(list(sent.iterdir()))
    synced(page)

    expect(rows(page)).to_have_count(3)
    expect(page.locator(".st-key-wd-upload-notes")).to_contain_text("~$采购合同.docx 是临时文件")
    broken = rows(page).filter(has_text="坏.pdf")
    expect(broken.locator(".badge")).to_have_text("失败")
    expect(broken.locator(".note")).not_to_be_empty()
    assert sorted(path.name for path in (server.home / "docs").iterdir()) == ["停电通知.txt", "坏.pdf", "采购合同.docx"]

    rows(page).filter(has_text="停电通知").get_by_role("button").click()
    expect(page.locator(".wd-facts")).to_contain_text("gb18030")


def test_a_whole_folder_keeps_its_folders(served: Serve, visit: Visit, tmp_path: Path) -> None:
    sent = written(tmp_path / "合同" / "二〇二五", 租赁="租金每月三千元。\n").parent
    written(sent, 说明="本夹是合同。\n")
    server = served()
    page = visit(server.address + "/?view=documents")
    page.get_by_text("整个文件夹", exact=True).click()
    settle(page)
    page.locator("input[type=file]").set_input_files(sent)
    synced(page)
    assert (server.home / "docs" / "合同" / "二〇二五" / "租赁.txt").read_text("utf-8") == "租金每月三千元。\n"

    page.locator(".documents nav").get_by_title("合同", exact=True).click()
    settle(page)
    page.locator(".documents nav").get_by_title("合同/二〇二五", exact=True).click()
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("租赁.txt")


def test_a_document_keeps_its_place_on_reload_and_back_returns_to_the_list(visit: Visit, sample: Server) -> None:
    page = visit(sample.address + "/?view=documents")
    page.get_by_placeholder("按名字查找").fill("员工手册")
    page.keyboard.press("Enter")
    expect(rows(page)).to_have_count(1)
    rows(page).get_by_role("button").click()
    expect(page.locator(".wd-title")).to_have_text("员工手册.docx")
    page.reload()
    expect(page.locator(".wd-title")).to_have_text("员工手册.docx")
    settle(page)
    page.go_back()
    expect(page.locator(".documents")).to_be_visible()


def test_a_document_shows_its_passages_headings_and_pages(visit: Visit, sample: Server) -> None:
    page = visit(sample.address + "/?view=documents&document=制度/信息安全管理办法.pdf")
    expect(page.locator(".wd-facts")).to_contain_text("100%")
    page.get_by_placeholder("在这个文件里查找").fill("密码")
    page.keyboard.press("Enter")
    expect(page.locator(".wd-card mark").first).to_have_text("密码")
    page.get_by_text("标题", exact=True).click()
    expect(page.locator(".wd table").first).to_contain_text("第一章")
    page.get_by_text("逐页", exact=True).click()
    expect(page.locator(".wd-wide tr")).to_have_count(4)
    with page.expect_download() as download:
        page.get_by_role("button", name="下载原件").click()
    original = sample.home / "docs" / "制度" / "信息安全管理办法.pdf"
    assert download.value.path().read_bytes() == original.read_bytes()


def test_a_document_that_is_not_there_is_said_to_be_missing(visit: Visit, sample: Server) -> None:
    page = visit(sample.address + "/?view=documents&document=没有.pdf")
    expect(page.locator(".wd-warning")).to_contain_text("没有.pdf")


def test_removal_asks_first_and_leaves_the_file(served: Serve, visit: Visit, tmp_path: Path) -> None:
    home = tmp_path / "家"
    written(home / "docs", 休假=LEAVE, 停电=NOTICE)
    page = visit(served(home).address + "/?view=documents")
    page.get_by_role("button", name="停止").or_(page.get_by_text("自动收录")).first.wait_for()
    shutil.copy(home / "docs" / "休假.txt", home / "docs" / "副本.txt")
    page.locator("input[type=file]").set_input_files(
        [{"name": "新.txt", "mimeType": "text/plain", "buffer": "新的通知。".encode()}]
    )
    synced(page)
    expect(rows(page)).to_have_count(4)
    rows(page).filter(has_text="休假.txt").get_by_role("checkbox").check()
    settle(page)
    rows(page).filter(has_text="停电.txt").get_by_role("checkbox").check()
    settle(page)
    press(page, "移除选中的 2 个文件")
    expect(page.get_by_role("dialog")).to_contain_text("停电.txt")
    expect(rows(page)).to_have_count(4)
    page.get_by_role("dialog").get_by_role("button", name="移除", exact=True).click()
    expect(rows(page)).to_have_count(2)
    assert (home / "docs" / "休假.txt").exists()


def test_a_folder_of_the_machine_is_added_and_let_go_again(served: Serve, visit: Visit, tmp_path: Path) -> None:
    written(tmp_path / "我的合同", 租赁="租金每月三千元。\n")
    page = visit(served().address + "/?view=documents")
    page.get_by_text("直接添加所在的文件夹").click()
    page.get_by_label("这台电脑上的文件夹").fill(str(tmp_path / "没有"))
    press(page, "添加这个文件夹")
    expect(page.locator(".wd-error")).to_contain_text("没有")
    page.get_by_label("这台电脑上的文件夹").fill(str(tmp_path / "我的合同"))
    page.get_by_role("button", name="添加这个文件夹").click()
    synced(page)
    expect(rows(page)).to_have_count(1)
    page.get_by_text("添加文件或文件夹").click()
    press(page, "不再收录")
    page.get_by_role("dialog").get_by_role("button", name="不再收录").click()
    expect(page.locator(".wd-steps")).to_be_visible()
    assert (tmp_path / "我的合同" / "租赁.txt").exists()


def test_a_sync_goes_on_behind_a_click_elsewhere_and_can_be_stopped(
    served: Serve, visit: Visit, tmp_path: Path
) -> None:
    home = tmp_path / "家"
    written(home / "docs", **{f"通知{n:03}": f"通知{n}\n\n{n}号楼于{n}日停电检修。\n" for n in range(200)})
    server = served(home)
    page, other = (visit(server.address + "/?view=documents") for _ in range(2))
    page.locator("input[type=file]").set_input_files([{"name": "新.txt", "mimeType": "text/plain", "buffer": b"new"}])
    expect(page.locator(".st-key-wd-sync")).to_contain_text("个文件")
    open_view(page, "设置")
    expect(page.get_by_text("模型文件的路径")).to_be_visible()
    settle(page)
    page.get_by_role("radiogroup", name="页面").get_by_text("文件", exact=True).click()
    expect(page.locator(".st-key-wd-sync")).to_contain_text("正在同步")
    other.reload()
    other.get_by_role("button", name="停止").click()
    expect(other.locator(".st-key-wd-sync-done")).to_contain_text("已停止")
    expect(page.locator(".st-key-wd-sync-done")).to_contain_text("已停止")


def test_a_library_in_use_elsewhere_is_shown_and_comes_back_by_itself(
    served: Serve, visit: Visit, tmp_path: Path
) -> None:
    home = tmp_path / "家"
    written(home / "docs", 休假=LEAVE)
    owner = Library(home / "library")
    try:
        page = visit(served(home).address + "/?view=documents")
        expect(page.locator(".wd-warning")).to_contain_text("另一个程序使用")
        expect(page.locator("input[type=file]")).to_have_count(0)
    finally:
        owner.close()
    expect(page.locator("input[type=file]")).to_have_count(1)
    expect(page.locator(".wd-warning")).to_have_count(0)


def test_each_tab_speaks_its_own_language(visit: Visit, sample: Server) -> None:
    chinese, english = (visit(sample.address + "/?view=documents") for _ in range(2))
    press(english, "English")
    expect(english.get_by_placeholder("Find by name")).to_be_visible()
    open_view(chinese, "设置")
    expect(chinese.get_by_text("模型文件的路径")).to_be_visible()
    english.reload()
    expect(english.get_by_placeholder("Find by name")).to_be_visible()


def test_a_setting_is_written_beside_the_comments_and_used(served: Serve, visit: Visit, tmp_path: Path) -> None:
    home = tmp_path / "家"
    home.mkdir()
    (home / "wendang.toml").write_text("# 我的说明\ntop_k = 3  # 三个就够\n\n[limits]\npages = 500\n", "utf-8")
    page = visit(served(home, WENDANG_JOBS="2").address + "/?view=settings&part=choices")
    page.get_by_label("每个问题读几个段落").fill("6")
    page.get_by_text("分几步读", exact=True).click()
    page.get_by_role("button", name="保存").first.click()
    expect(page.locator(".wd-done")).to_contain_text("已保存")
    written_now = (home / "wendang.toml").read_text("utf-8")
    assert "# 我的说明\ntop_k = 6  # 三个就够\n" in written_now
    assert written_now.index('mode = "refine"') < written_now.index("[limits]\npages = 500\n")
    expect(page.get_by_text("环境变量 WENDANG_JOBS")).to_be_visible()
    expect(page.get_by_label("同时读几个文件")).to_be_disabled()


def test_a_model_that_cannot_answer_says_why_and_is_not_offered(served: Serve, visit: Visit, tmp_path: Path) -> None:
    home = tmp_path / "家"
    (home / "models").mkdir(parents=True)
    (home / "models" / "坏模型.gguf").write_bytes(b"<!DOCTYPE html>")
    page = visit(served(home, WENDANG_MODELS_DIR=str(home / "models")).address + "/?view=settings")
    box = page.locator("[data-testid=stVerticalBlock]").filter(has_text="坏模型.gguf").last
    expect(box).to_contain_text("是网页，不是模型")
    expect(page.get_by_role("button", name="试一试")).to_have_count(1)


def test_the_health_of_all_parts_is_shown(visit: Visit, sample: Server) -> None:
    page = visit(sample.address + "/?view=settings&part=health")
    expect(page.locator(".wd-health")).to_contain_text("嵌入模型")
    expect(page.locator(".wd-done")).to_contain_text("一切正常")


def test_what_is_wrong_with_a_model_is_a_finding_of_its_health(served: Serve, visit: Visit, tmp_path: Path) -> None:
    home = tmp_path / "家"
    folder = home / "models" / "chinese-alpaca-2-7b-lora"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{", "utf-8")
    page = visit(served(home, WENDANG_MODELS_DIR=str(home / "models")).address + "/?view=settings&part=health")
    row = page.locator(".wd-health tr").filter(has_text="chinese-alpaca-2-7b-lora")
    expect(row).to_contain_text("模型文件")


def said_instead(page: Page, selector: str) -> list[str]:
    """Return the words that stand for Streamlit's own, which are not seen."""
    shown = "nodes => nodes.map(one => JSON.parse(getComputedStyle(one, '::after').content))"
    return list(page.locator(selector).evaluate_all(shown))


def test_a_file_that_is_too_large_is_told_in_the_language_of_the_page(
    served: Serve, visit: Visit, tmp_path: Path
) -> None:
    with (tmp_path / "大.txt").open("wb") as large:
        large.truncate((LARGEST_MB + 1) * 1024**2)
    server = served()
    page = visit(f"{server.address}/?view=documents")
    page.locator("input[type=file]").set_input_files(tmp_path / "大.txt")
    refused = page.get_by_test_id("stTooltipErrorHoverTarget")
    expect(refused).to_contain_text("大.txt")
    assert said_instead(page, "[data-testid=stTooltipErrorHoverTarget]") == ["没有添加：文件太大，或没有传完"]
    refused.hover()
    tip = page.get_by_test_id("stTooltipErrorContent")
    expect(tip).to_have_count(1)
    expect(tip).to_be_hidden()
    assert not list((server.home / "docs").iterdir())


@pytest.mark.parametrize(
    ("query", "title", "order"), [("", "连接断开了", "请在终端里再运行"), ("&lang=en", "Disconnected", "Run")]
)
def test_a_server_that_is_gone_is_told_in_the_language_of_the_page(
    served: Serve, visit: Visit, query: str, title: str, order: str
) -> None:
    server = served()
    page = visit(f"{server.address}/?view=documents{query}")
    page.watch.tolerate("WebSocket", "ERR_CONNECTION_REFUSED", "Client Error", "server is not responding")
    server.stop()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert said_instead(page, "[role=dialog] h2") == [title]
    [told] = said_instead(page, "[role=dialog] h2 + div > div")
    assert order in told and "wendang page" in told
    for words in ("h2", "h2 + div > div"):
        expect(page.locator(f"[role=dialog] {words}")).to_have_css("font-size", "0px")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("query", ["view=documents", "view=settings", "view=settings&part=choices"])
def test_nothing_is_wider_than_a_phone(visit: Visit, sample: Server, query: str, dark: bool) -> None:
    page = visit(f"{sample.address}/?{query}", width=390, dark=dark)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    assert page.evaluate("document.querySelector('.stMain').scrollWidth") <= 390
