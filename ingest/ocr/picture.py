"""Pictures of every kind made plain: upright, in red, green and blue, on paper, no larger than their text needs."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

_LARGEST = 2800  # pixels of the shorter side; an A4 page has 2480 at 300 dpi
_DARK = 100  # brightness of print, on the average; what is brighter was made for a dark ground
_WIDE_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # more than 8 bits a pixel


def upright(image: "Image") -> "Image":
    """Return an opened picture decoded to RGB, turned as its camera says; its transparent parts become paper."""
    from PIL import ImageOps

    times = min(image.size) // _LARGEST
    if times > 1:
        image.draft("RGB", (image.width // times, image.height // times))  # a JPEG need not be decoded in full
    image = _plain(image)
    if (times := min(image.size) // _LARGEST) > 1:
        image = image.reduce(times)
    return ImageOps.exif_transpose(image)


def _plain(image: "Image") -> "Image":
    if image.mode in _WIDE_MODES:
        return _in_eight_bits(image)
    if image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info:
        return _on_paper(image.convert("RGBA"))
    return image.convert("RGB")


def _in_eight_bits(image: "Image") -> "Image":
    """Return a picture of more than 8 bits a pixel with its darkest and brightest ones as black and white."""
    import numpy as np
    from PIL import Image as Pillow

    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    low, high = float(values.min()), float(values.max())
    values -= low
    values *= 255 / max(high - low, 1e-6)
    return Pillow.fromarray(values.astype(np.uint8)).convert("RGB")


def _on_paper(image: "Image") -> "Image":
    """Return a picture with alpha on white, or on black where what it shows is bright."""
    from PIL import Image as Pillow
    from PIL import ImageStat

    alpha = image.getchannel("A")
    shown = alpha.point(lambda value: 255 if value > 127 else 0)
    is_bright = ImageStat.Stat(alpha).mean[0] < 127 and ImageStat.Stat(image.convert("L"), shown).mean[0] > 255 - _DARK
    ground = Pillow.new("RGB", image.size, "black" if is_bright else "white")
    ground.paste(image.convert("RGB"), mask=alpha)
    return ground
