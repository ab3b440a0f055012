"""Pictures of every kind made plain: upright, in red, green and blue, on paper, of moderate size, without seals."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels = NDArray[Any]  # uint8, height × width × BGR

# What Pillow's decoders raise on damaged pictures, and on those of formats that it does not know, as JBIG2.
DAMAGE = (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, IndexError, OverflowError, RuntimeError)

_LARGEST = 2800  # pixels of the shorter side; an A4 page has 2480 at 300 dpi
_DARK = 100  # brightness of print, on the average; what is brighter was made for a dark ground
_WIDE_MODES = ("I", "F", "I;16", "I;16B", "I;16L", "I;16N")  # more than 8 bits a pixel
_RED = 45  # brightness of red above that of green and blue
_PRINT = 110  # brightness of black print at most, in the red channel
_SMALLEST = 0.04  # share of the picture's width that a seal has at least
_MOST_OBLONG = 2.0  # round, square and oval ones; a line of red letters is longer
_JOINED = 0.006  # share of the picture's width by which the letters of a seal lie apart
_PRINT_SHARE = 0.005  # of a seal's area that print under it covers at least


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


def without_seals(pixels: "Pixels") -> "Pixels":
    """Return the picture with each red seal that lies over print made pale; red letters alone stay as they are."""
    import cv2
    import numpy as np

    blue, green, red = (pixels[:, :, number].astype(np.int16) for number in range(3))
    is_red = (red - np.maximum(blue, green) > _RED).astype(np.uint8)
    if not is_red.any():
        return pixels
    width = pixels.shape[1]
    reach = max(3, int(width * _JOINED)) | 1
    joined = cv2.morphologyEx(is_red, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    _, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
    cleaned = pixels
    for x, y, wide, high in boxes[1:, :4].tolist():
        part = slice(y, y + high), slice(x, x + wide)
        is_seal = min(wide, high) > _SMALLEST * width and max(wide, high) < _MOST_OBLONG * min(wide, high)
        # In the red channel a seal is as bright as paper, and print is dark.
        if is_seal and (red[part] < _PRINT).mean() > _PRINT_SHARE:
            cleaned = pixels.copy() if cleaned is pixels else cleaned
            cleaned[part] = pixels[part][:, :, 2:]
    return cleaned
