"""A newcomer's first day with the page, from an empty home to an evaluation, on one server."""

import io

import docx
import pytest
from browsing import PATIENCE, settle
from playwright.sync_api import expect
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

#: A page of the agreement each; the second goes on below the same heading, so one passage holds both.
RENTAL = (
    ("租车协议", "出租方：双流捷行租车行", "承租方：成都锦云商贸有限公司", "第一条 车辆为七座商务车一辆。"),
    ("第五条 月租金为六千八百元。", "第六条 押金为一万元，还车后十五日内无息退还。"),
)
WATER = "停水通知\n\n九月十二日晚八时起，二号楼因更换水泵停水，请各办公室提前储水。\n"


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """A PDF of two pages, a docx and a text in GBK, as they lie on somebody's desk."""
    folder = tmp_path_factory.mktemp("sent")
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(drawn := io.BytesIO())
    for lines in RENTAL:
        canvas.setFont("STSong-Light", 12)
        for number, line in enumerate(lines):
            canvas.drawString(80, 720 - 30 * number, line)
        canvas.showPage()
    canvas.save()
    (folder / "租车协议.pdf").write_bytes(drawn.getvalue())
    purchase = docx.Document()
    purchase.add_heading("办公家具采购合同", 1)
    purchase.add_paragraph("货款总额为十八万六千元，甲方应于验收合格后四十五日内付清。")
    purchase.save(str(folder / "家具采购合同.docx"))
    (folder / "停水通知.txt").write_bytes(WATER.encode("gbk"))
    return sorted(folder.iterdir())


def open_view(page, name, *, shows):
    """Go to a view, and wait until nothing of the one before is left."""
    page.get_by_role("radiogroup", name="页面").get_by_text(name, exact=True).click()
    expect(page.get_by_text(shows)).to_be_visible()
    settle(page)


def ask(page, question):
    """Ask, and return the answer once it is complete."""
    thumbs = page.get_by_role("button", name="有用", exact=True)  # below an answer that is complete
    before = thumbs.count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    expect(thumbs).to_have_count(before + 1, timeout=2 * PATIENCE)
    settle(page)
    return page.get_by_test_id("stChatMessage").last


def test_a_first_day_from_dropped_files_to_an_evaluation(visit, served, sent):
    server = served()
    page = visit(server.address)
    expect(page.locator(".wd-steps")).to_be_visible()  # an empty library leads to where files are added
    page.locator("input[type=file]").set_input_files(sent)
    expect(page.locator(".st-key-wd-sync-done")).to_contain_text("新增 3 个文件")
    page.get_by_role("button", name="去提问").click()
    settle(page)

    answer = ask(page, "租车协议里，押金是多少？")
    expect(answer).to_contain_text("一万元")
    expect(answer).to_contain_text("租车协议.pdf 第2页")
    answer.locator(".chip").first.click()
    settle(page)
    sheet, box = page.locator(".sheet .page").bounding_box(), page.locator(".box").bounding_box()
    # The second line of page 2 begins 80 of 595 points from the left, its top about 702 of 842 from the bottom.
    assert (box["y"] - sheet["y"]) / sheet["height"] == pytest.approx((842 - 702) / 842, abs=0.01)
    assert (box["x"] - sheet["x"]) / sheet["width"] == pytest.approx(80 / 595, abs=0.01)
    expect(page.get_by_text("2 / 2", exact=True)).to_be_visible()

    expect(ask(page, "月租金呢？")).to_contain_text("六千八百元")
    expect(ask(page, "总经理的生日是哪天？").locator(".refused")).to_be_visible()

    open_view(page, "文件", shows="添加文件或文件夹")
    page.locator(".documents tbody tr").filter(has_text="停水通知.txt").get_by_role("checkbox").check()
    page.get_by_role("button", name="移除选中的 1 个文件").click()
    page.get_by_role("dialog").get_by_role("button", name="移除", exact=True).click()
    expect(page.locator(".documents tbody tr")).to_have_count(2)

    open_view(page, "质量", shows="先准备一些问题")
    table = "问题,答案,文件,页码\n押金是多少？,一万元,租车协议.pdf,2\n".encode("gbk")
    page.locator("input[type=file]").set_input_files({"name": "租车.csv", "mimeType": "text/csv", "buffer": table})
    page.get_by_role("button", name="导入", exact=True).click()
    expect(page.get_by_text("1 个有答案的问题")).to_be_visible()
    page.get_by_text("评测", exact=True).click()
    page.get_by_role("button", name="开始评测").click()
    page.get_by_role("button", name="看结果").click()
    expect(page.locator(".wd-tiles")).to_contain_text("1 / 1 题")
