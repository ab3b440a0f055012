import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from ingest.ocr.picture import upright, without_seals
from ingest.ocr.rules import outside, rules, tables

BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def saved(image, *, kind, **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return Image.open(file)


def dark_left_half(mode, *, dark, bright):
    image = Image.new(mode, (40, 20), bright)
    image.paste(dark, (0, 0, 20, 20))
    return image


@pytest.mark.parametrize(
    ("mode", "kind", "dark", "bright"),
    [
        ("1", "TIFF", 0, 1),
        ("L", "PNG", 0, 255),
        ("P", "GIF", 0, 255),
        ("CMYK", "TIFF", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("I;16", "PNG", 100, 60_000),
        ("F", "TIFF", 0.0, 1.0),
        ("RGBA", "PNG", (0, 0, 0, 255), (0, 0, 0, 0)),
        ("LA", "PNG", (0, 255), (0, 0)),
        ("YCbCr", "JPEG", (0, 128, 128), (255, 128, 128)),
    ],
)
def test_pictures_of_every_kind_become_rgb_on_paper(mode, kind, dark, bright):
    image = dark_left_half(mode, dark=dark, bright=bright)
    if mode == "P":
        image.putpalette([value for value in range(256) for _ in range(3)])
    plain = upright(saved(image, kind=kind))
    assert (plain.mode, plain.size) == ("RGB", (40, 20))
    assert max(plain.getpixel((4, 10))) < 12
    assert min(plain.getpixel((36, 10))) > 243


def test_bright_letters_on_nothing_are_put_on_black():
    image = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    image.paste((250, 250, 250, 255), (4, 4, 8, 16))
    plain = upright(saved(image, kind="PNG"))
    assert plain.getpixel((30, 10)) == BLACK


def test_a_photo_is_turned_as_its_camera_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter to the left
    plain = upright(saved(dark_left_half("RGB", dark=BLACK, bright=WHITE), kind="JPEG", exif=exif))
    assert plain.size == (20, 40)
    assert max(plain.getpixel((10, 4))) < 12


def test_a_large_picture_is_made_smaller():
    assert upright(saved(Image.new("1", (8400, 8800)), kind="PNG")).size == (2800, 2934)


def lined():
    """A table of two by two cells, 600 by 200 pixels, with a letter's stroke in it."""
    image = Image.new("L", (800, 400), 255)
    draw = ImageDraw.Draw(image)
    for y in (100, 200, 300):
        draw.line((100, y, 700, y), fill=0, width=2)
    for x in (100, 400, 700):
        draw.line((x, 100, x, 300), fill=0, width=2)
    draw.line((500, 130, 560, 130), fill=0, width=3)
    return np.asarray(image)


def test_the_lines_of_a_table_are_found_and_strokes_are_not_taken_for_some():
    found = outside(rules(lined()), [(490.0, 110.0, 600.0, 170.0)])
    assert len(found) == 6
    (table,) = tables(found, scale=0.36)
    assert len(table.cells) == 4
    assert table.box == pytest.approx((36, 36, 252, 108), abs=2)


def test_a_frame_is_no_table():
    image = Image.new("L", (800, 400), 255)
    ImageDraw.Draw(image).rectangle((100, 100, 700, 300), outline=0, width=2)
    assert tables(rules(np.asarray(image)), scale=0.36) == []


def stamped(*, print_below):
    image = Image.new("RGB", (800, 800), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((300, 300, 460, 460), outline=(220, 30, 30), width=12)
    if print_below:
        draw.rectangle((340, 360, 420, 390), fill=(20, 20, 20))
    return np.asarray(image)[:, :, ::-1]


def test_a_seal_over_print_is_made_pale():
    cleaned = without_seals(stamped(print_below=True))
    assert cleaned[380, 305].min() > 200
    assert cleaned[375, 380].max() < 40


def test_red_that_covers_no_print_stays():
    pixels = stamped(print_below=False)
    assert np.array_equal(without_seals(pixels), pixels)
