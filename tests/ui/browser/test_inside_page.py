import re

import pytest
from browsing import Server, settle
from playwright.sync_api import expect

from rag import open_library

HOSTILE = '押金条款：<img src="/hit" onerror="window.hit=1"><b>粗体</b> 押金为两个月租金，期满后三十日内退还。'
QUESTION = "押金是几个月租金？"


@pytest.fixture(scope="module")
def server(tmp_path_factory, models_dir):
    """The page of one document, for all tests here: its model is loaded once."""
    home = tmp_path_factory.mktemp("inside") / "家"
    (home / "docs").mkdir(parents=True)
    (home / "docs" / "租赁.txt").write_text(HOSTILE, "utf-8")
    with open_library(home, models_dir=models_dir) as library:
        list(library.sync())
    with Server(home, models=models_dir, log=home / "page.log") as started:
        yield started


@pytest.fixture
def page(visit, server):
    return lambda address, **options: visit(server.address + address, **options)


def assert_inert(tab):
    assert not tab.evaluate("window.hit") and not any(url.endswith("/hit") for url in tab.watch.asked)
    expect(tab.locator(".wd b", has_text="粗体")).to_have_count(0)


def test_a_question_shows_what_was_found_what_was_sent_and_where_the_time_went(page):
    tab = page(f"/?view=inside&question={QUESTION}")
    tab.get_by_role("button", name="查看过程").click()
    row = tab.locator(".wd-wide tbody tr").first
    expect(row).to_contain_text("租赁.txt")
    expect(row).to_contain_text("给模型看了，编号 [1]")
    row.locator("summary").click()
    expect(row.locator(".wd-read")).to_have_text(HOSTILE)
    prompt = tab.locator(".wd-prompt")
    expect(prompt).to_contain_text(QUESTION)
    expect(prompt).to_contain_text("<b>粗体</b>")
    told = tab.locator(".wd-legend").inner_text()
    used, n_ctx = map(int, re.search(r"提示 (\d+) 个词元，上下文共 (\d+) 个", told).groups())
    parts = {name: int(count) for name, count in re.findall(r"(模板|问题|段落|留给回答|空闲)\s*(\d+)", told)}
    assert parts["模板"] + parts["问题"] + parts["段落"] == used
    assert sum(parts.values()) == n_ctx
    expect(tab.locator(".stVegaLiteChart")).to_have_count(2)
    assert_inert(tab)


def test_the_map_shows_a_passage_on_hover_and_opens_it_on_click_as_plain_text(page):
    tab = page("/?view=inside")
    tab.get_by_text("资料地图", exact=True).click()
    expect(tab.get_by_text("共 1 段，图上 1 段")).to_be_visible()
    chart = tab.locator(".stVegaLiteChart canvas, .stVegaLiteChart svg").first
    expect(chart).to_be_visible()
    settle(tab)
    box = chart.bounding_box()
    tooltip = tab.locator("#vg-tooltip-element.visible")
    places = [(box["x"] + box["width"] / 2, box["y"] + height) for height in range(60, int(box["height"]), 8)]
    for across, down in places:  # the only point lies somewhere on the middle line
        tab.mouse.move(across, down)
        if tooltip.count():
            break
    expect(tooltip).to_contain_text('<img src="/hit"')
    tab.mouse.click(across, down)
    expect(tab.locator(".wd-card mark")).to_have_text(HOSTILE)
    expect(tab.get_by_role("button", name="打开这个文件")).to_be_visible()
    assert_inert(tab)


def test_on_a_phone_nothing_is_wider_than_the_screen(page):
    tab = page("/?view=inside", width=390, dark=True)
    tab.get_by_label("问题", exact=True).fill(QUESTION)
    tab.get_by_role("button", name="查看过程").click()
    expect(tab.locator(".wd-prompt")).to_be_visible()
    assert tab.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390


def test_an_empty_library_says_what_to_do_first(visit, served):
    expect(visit(served().address + "/?view=inside").get_by_text("资料库还是空的")).to_be_visible()
