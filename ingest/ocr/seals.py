"""Red seals taken off the black text that they were stamped on."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[Any]  # uint8, height × width × BGR

_RED = 45  # brightness of red above that of green and blue
_INK = 110  # brightness of black print at most, in the red channel
_SMALLEST = 0.04  # share of the picture's width that a seal has at least
_MOST_OBLONG = 2.0  # round, square and oval ones; a line of red letters is longer
_JOINED = 0.006  # share of the picture's width by which the letters of a seal lie apart
_PRINT_SHARE = 0.005  # of a seal's area that print under it covers at least


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
        if is_seal and (red[part] < _INK).mean() > _PRINT_SHARE:
            cleaned = pixels.copy() if cleaned is pixels else cleaned
            cleaned[part] = pixels[part][:, :, 2:]
    return cleaned
