import json
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from ingest import ocr
from ingest.limits import Limits
from ingest.workspace import Workspace

TITLE = "年休假管理办法"
FIRST = "第一条 员工累计工作满一年的，每年享有五天带薪年休假；满十年的，享有十天，由部门主管安排。"
SECOND = "第二条 休假应当提前三个工作日申请，经批准后方可执行。"

needs_ocr = pytest.mark.skipif(not ocr.available(), reason="the extra `ocr` is not installed")


@pytest.fixture
def notice():
    """A page of our own in Chinese; it is kept as a picture, since no wheel brings a font to draw it with."""
    return Image.open(Path(__file__).parents[1] / "pictures" / "notice.png").convert("RGB")


@pytest.fixture
def title(notice):
    return notice.crop((200, 0, 660, 100))


@pytest.fixture
def workspace(tmp_path):
    return Workspace(tmp_path / "scratch", limits=Limits(), ocr_cache=tmp_path / "ocr")


def blocks(image, workspace):
    return ocr.picture_text(image, workspace=workspace)[0]


def texts(image, workspace):
    return [block.text.replace(" ", "") for block in blocks(image, workspace)]


def without_blanks(*expected):
    return [text.replace(" ", "") for text in expected]


@needs_ocr
def test_lines_are_joined_and_the_title_is_a_heading(notice, workspace):
    found = blocks(notice, workspace)
    assert [block.text.replace(" ", "") for block in found] == without_blanks(TITLE, FIRST, SECOND)
    assert [block.level for block in found][:1] == [1]


@needs_ocr
@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_page_that_lies_on_its_side_or_head_is_turned(notice, workspace, degrees):
    page = notice.crop((0, 0, 860, 158))
    found = texts(page.rotate(degrees, expand=True), workspace)
    assert found[0] == TITLE
    assert found[1].startswith("第一条员工累计")


@needs_ocr
def test_a_page_that_lies_aslant_is_set_upright(notice, workspace):
    aslant = notice.rotate(1.4, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)
    assert texts(aslant, workspace) == without_blanks(TITLE, FIRST, SECOND)


@needs_ocr
def test_light_text_on_a_dark_ground(title, workspace):
    assert texts(ImageOps.invert(title), workspace) == [TITLE]


@needs_ocr
def test_a_long_picture_is_cut_between_lines(title, workspace):
    long = Image.new("RGB", (title.width, 28 * title.height), "white")
    for number in range(0, 28, 2):
        long.paste(title, (0, number * title.height))
    assert "".join(texts(long, workspace)).count(TITLE) == 14


@needs_ocr
def test_a_picture_without_text_has_no_blocks(workspace):
    assert blocks(Image.new("RGB", (400, 300), "white"), workspace) == []


@needs_ocr
def test_nothing_is_recognised_twice(title, workspace):
    assert texts(title, workspace)[0] == TITLE
    (kept,) = workspace.ocr_cache.rglob("*.json")
    kept.write_text(kept.read_text(encoding="utf-8").replace(TITLE, "事假管理办法甲"), encoding="utf-8")
    assert texts(title, workspace)[0] == "事假管理办法甲"


@needs_ocr
@pytest.mark.parametrize("damage", ["", '{"width": 1, "height": 1, "pieces": [1], "rules": []}'])
def test_a_damaged_reading_is_made_anew(title, workspace, damage):
    expected = texts(title, workspace)
    (kept,) = workspace.ocr_cache.rglob("*.json")
    kept.write_text(damage, encoding="utf-8")
    assert texts(title, workspace) == expected
    assert json.loads(kept.read_text(encoding="utf-8"))["pieces"]


@needs_ocr
def test_without_a_folder_nothing_is_kept(title, tmp_path):
    assert texts(title, Workspace(tmp_path))[0] == TITLE
    assert list(tmp_path.iterdir()) == []


@needs_ocr
def test_a_page_for_a_pdf_is_as_large_as_its_resolution_says(notice, workspace):
    page, gaps = ocr.picture_page(notice, workspace=workspace, number=3, dpi=144)
    assert (page.number, page.width, page.height, gaps) == (3, notice.width / 2, notice.height / 2, [])
    assert page.lines[1].size == pytest.approx(14, abs=0.5)


def test_recognition_is_not_available_without_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    assert not ocr.available()


@pytest.mark.parametrize(
    "message", ["std::bad_alloc", "Failed to allocate memory for requested buffer", "no such thing"]
)
def test_too_little_memory_is_told_from_other_failures(title, workspace, monkeypatch, message):
    def fail(image):
        raise RuntimeError(message)

    monkeypatch.setattr("ingest.ocr.engine._read", fail)
    with pytest.raises(RuntimeError if message == "no such thing" else MemoryError):
        ocr.picture_text(title, workspace=workspace)
