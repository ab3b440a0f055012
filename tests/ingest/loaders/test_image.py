import shutil
import sys
from pathlib import Path

import pytest
from PIL import Image

from ingest import ocr
from ingest.errors import Reason, UnreadableFile
from ingest.formats import lazy_load, load
from ingest.limits import Limits
from ingest.workspace import Workspace

PICTURES = Path(__file__).parents[1] / "pictures"
TITLE = "年休假管理办法"

needs_ocr = pytest.mark.skipif(not ocr.available(), reason="the extra `ocr` is not installed")


@pytest.fixture
def notice():
    return Image.open(PICTURES / "notice.png")


@pytest.fixture
def without_ocr(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)


def reason(path, **limits):
    with pytest.raises(UnreadableFile) as caught:
        list(lazy_load(path, workspace=Workspace(path.parent, limits=Limits(**limits))))
    return caught.value.reason, caught.value.values


@needs_ocr
@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".bmp", ".webp", ".gif"])
def test_a_picture_is_one_document_without_a_page(notice, tmp_path, suffix):
    path = tmp_path / f"通知{suffix}"
    notice.convert("RGB").crop((200, 0, 660, 100)).save(path)
    (document,) = load(path)
    assert document.page_content == TITLE
    assert document.metadata["page"] is None
    assert document.metadata["loader"] == "image"
    assert document.metadata["gaps"] == []


@needs_ocr
def test_a_photo_of_a_phone(tmp_path):
    pytest.importorskip("pi_heif")
    shutil.copy(PICTURES / "title.heic", tmp_path / "IMG_0001.HEIC")
    (document,) = load(tmp_path / "IMG_0001.HEIC")
    assert document.page_content == TITLE


@needs_ocr
def test_the_pages_of_a_tiff_are_numbered(notice, tmp_path):
    page = notice.crop((200, 0, 660, 100))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[Image.new("1", page.size, 1), page])
    documents = load(tmp_path / "a.tif")
    assert [(document.metadata["page"], document.page_content) for document in documents] == [
        (1, TITLE), (2, ""), (3, TITLE),
    ]  # fmt: skip


@needs_ocr
def test_a_damaged_page_of_a_tiff_costs_only_itself(notice, tmp_path):
    page = notice.crop((200, 0, 660, 100)).convert("L")
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page], compression="tiff_lzw")
    with Image.open(tmp_path / "a.tif") as image:
        start = image.tag_v2[273][0]
    content = bytearray((tmp_path / "a.tif").read_bytes())
    content[start : start + 200] = b"\xff" * 200
    (tmp_path / "a.tif").write_bytes(content)
    first, second = load(tmp_path / "a.tif")
    assert [gap["reason"] for gap in first.metadata["gaps"]] == [Reason.DAMAGED]
    assert second.page_content == TITLE


@needs_ocr
def test_a_picture_without_text_is_blank(tmp_path):
    Image.new("RGB", (300, 200), "skyblue").save(tmp_path / "a.png")
    assert reason(tmp_path / "a.png")[0] == Reason.BLANK


@needs_ocr
def test_a_dot_is_blank(tmp_path):
    Image.new("RGB", (1, 1)).save(tmp_path / "a.gif")
    assert reason(tmp_path / "a.gif")[0] == Reason.BLANK


def test_without_the_extra_a_picture_says_that_it_has_no_text(notice, tmp_path, without_ocr):
    notice.save(tmp_path / "a.tif", save_all=True, append_images=[notice])
    assert reason(tmp_path / "a.tif") == (Reason.NO_TEXT_LAYER, {"pages": 2})


def test_without_the_extra_a_heic_says_so_too(tmp_path, without_ocr, monkeypatch):
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    shutil.copy(PICTURES / "title.heic", tmp_path / "a.heic")
    assert reason(tmp_path / "a.heic") == (Reason.NO_TEXT_LAYER, {"pages": 1})


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".bmp", ".gif", ".webp"])
def test_a_truncated_picture_is_damaged(notice, tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    notice.convert("RGB").save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert reason(path)[0] == Reason.DAMAGED


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"II*\0", b"\0\0\0\x18ftypheic"])
def test_what_only_begins_like_a_picture_is_damaged(tmp_path, head):
    (tmp_path / "a.png").write_bytes(head + bytes(range(256)) * 4)
    assert reason(tmp_path / "a.png")[0] in (Reason.DAMAGED, Reason.NO_TEXT_LAYER)


def test_a_picture_beyond_the_limit_is_refused_before_it_is_decoded(notice, tmp_path):
    notice.save(tmp_path / "a.png")
    pixels = notice.width * notice.height
    found = reason(tmp_path / "a.png", image_pixels=10_000)
    assert found == (Reason.TOO_LARGE, {"limit": "image_pixels", "value": pixels, "most": 10_000})


def test_a_tiff_of_too_many_pages_is_refused(tmp_path):
    page = Image.new("1", (20, 20))
    page.save(tmp_path / "a.tif", save_all=True, append_images=[page] * 4)
    assert reason(tmp_path / "a.tif", pages=3) == (Reason.TOO_MANY_PAGES, {"limit": "pages", "value": 5, "most": 3})
