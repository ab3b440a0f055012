"""The text lines of a picture, recognised by RapidOCR with the models that lie in its wheel; nothing is fetched.

Text is looked for in a picture of moderate size, and read from the picture in full. Models and their formats:
PP-OCRv6 (https://github.com/PaddlePaddle/PaddleOCR), run by RapidOCR (https://github.com/RapidAI/RapidOCR).
"""

import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ingest.ocr.picture import without_seals
from ingest.ocr.rules import Rule, rules

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Pixels = NDArray[Any]  # uint8, height × width × BGR
    Quads = NDArray[Any]  # float32, number × 4 corners × (x, y); from the upper left one clockwise

_SEARCHED_SIDE = 960  # pixels of the shorter side at most while text is looked for: 10.5 points are 17 of an A4 page
_LONGEST_TILE = 2048  # pixels of the longer side, of the same
_SMALLEST_SIDE = 480  # of the same; smaller pictures are enlarged
_MOST_ENLARGED = 3.0
_LOW_LINE = 14.0  # pixels of the same; where lines are lower and the picture has more to give, it is searched again
_TALL = 1.5  # times as high as wide: a line of a page that lies on its side
_DARK = 110  # median brightness of light text on a dark ground
# What onnxruntime, OpenCV and the loader of libraries say; each has exceptions of its own.
_NO_MEMORY = re.compile("bad_alloc|[Aa]llocat|Insufficient memory|failed to map segment")


@dataclass(frozen=True, slots=True)
class Recognised:
    """A piece of a line: its text, the recogniser's certainty (0 to 1), its edges, and how aslant it runs in degrees.

    `centres` tells where each character stands, as a share of the piece's width; blanks have none (-1). `ink` is how
    high the print itself is, within its box.
    """

    text: str
    score: float
    box: tuple[float, float, float, float]
    slant: float
    centres: tuple[float, ...]
    ink: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What was seen in a picture, and the straight lines drawn there, in pixels of the picture set upright."""

    width: int
    height: int
    pieces: tuple[Recognised, ...]
    rules: tuple[Rule, ...] = ()


def version() -> str:
    """Return what decides on the result besides the picture: the engine with its version, and this module's own."""
    from importlib.metadata import version as installed

    return f"rapidocr {installed('rapidocr')}, PP-OCRv6 small, 4"


def read(image: "Image") -> Reading:
    """Return the text of an RGB picture; one on its side or head is turned, one aslant set upright.

    Raises MemoryError where there is too little memory for it.
    """
    try:
        return _read(image)
    except Exception as error:
        if _NO_MEMORY.search(str(error)):
            raise MemoryError(str(error)) from error
        raise


def _read(image: "Image") -> Reading:
    import cv2
    import numpy as np

    pixels = without_seals(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))
    if np.median(pixels[::4, ::4]) < _DARK:
        pixels = 255 - pixels
    pixels, quads = _upright(pixels, _search(pixels))
    height, width = pixels.shape[:2]
    skew = _skew(quads)
    straight = cv2.getRotationMatrix2D((width / 2, height / 2), skew, 1)
    pieces = tuple(_pieces(pixels, quads, straight=straight, skew=skew))
    gray = cv2.warpAffine(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), straight, (width, height), borderValue=255)
    return Reading(width, height, pieces, tuple(rules(gray)))


@lru_cache(maxsize=1)
def _engine() -> Any:  # noqa: ANN401 - rapidocr has no types
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its dependencies, at import
        import rapidocr

    models = os.path.join(os.path.dirname(rapidocr.__file__), "models")  # noqa: PTH118, PTH120
    return rapidocr.RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_preprocess_img": False,
            "Global.return_word_box": True,
            # A path of its own keeps each model from being looked up on, and fetched from, a server.
            "Det.model_path": os.path.join(models, "PP-OCRv6_det_small.onnx"),  # noqa: PTH118
            "Rec.model_path": os.path.join(models, "PP-OCRv6_rec_small.onnx"),  # noqa: PTH118
            "Cls.model_path": os.path.join(models, "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),  # noqa: PTH118
            "Det.limit_side_len": 32,  # pictures come in the size that they are to be searched in
            "Rec.rec_batch_num": 1,  # a batch is padded to its longest line, which costs a quarter more
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _search(pixels: "Pixels") -> "Quads":
    """Return where text stands, in pixels of the picture; very small text is searched for a second time, enlarged."""
    import numpy as np

    shorter = min(pixels.shape[:2])
    scale = min(_SEARCHED_SIDE / shorter, max(1.0, min(_MOST_ENLARGED, _SMALLEST_SIDE / shorter)))
    quads = _search_scaled(pixels, scale=scale)
    if len(quads) and scale < 1:
        low = float(np.median(_heights(quads))) * scale
        if low < _LOW_LINE:
            quads = _search_scaled(pixels, scale=min(1.0, scale * 2))
    return quads


def _search_scaled(pixels: "Pixels", *, scale: float) -> "Quads":
    import cv2
    import numpy as np

    scaled = pixels
    if scale != 1:
        how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        scaled = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=how)
    found = []
    for top, bottom in _tiles(scaled):
        boxes = _engine()(scaled[top:bottom], use_det=True, use_cls=False, use_rec=False).boxes
        if boxes is not None and len(boxes):
            found.append((np.asarray(boxes, dtype=np.float32) + np.array((0, top))) / scale)
    return np.concatenate(found).astype(np.float32) if found else np.zeros((0, 4, 2), np.float32)


def _tiles(pixels: "Pixels") -> Iterator[tuple[int, int]]:
    """Yield the upper and lower edge of each part of a long picture; it is cut where the least is drawn."""
    import numpy as np

    height = pixels.shape[0]
    top = 0
    while height - top > _LONGEST_TILE * 1.2:
        start = top + _LONGEST_TILE * 3 // 4
        band = pixels[start : top + _LONGEST_TILE].astype(np.int16)
        ink = np.abs(np.diff(band, axis=1)).sum(axis=(1, 2))
        # The widest gap between lines is the safest: each row counts with those around it.
        smooth = np.convolve(ink, np.ones(15), mode="same")
        smooth[:8] = smooth[-8:] = smooth.max() + 1
        cut = start + int(smooth.argmin())
        yield top, cut
        top = cut
    yield top, height


def _heights(quads: "Quads") -> "NDArray[Any]":
    import numpy as np

    heights: NDArray[Any] = np.linalg.norm(quads[:, 0] - quads[:, 3], axis=1)
    return heights


def _widths(quads: "Quads") -> "NDArray[Any]":
    import numpy as np

    widths: NDArray[Any] = np.linalg.norm(quads[:, 0] - quads[:, 1], axis=1)
    return widths


def _upright(pixels: "Pixels", quads: "Quads") -> tuple["Pixels", "Quads"]:
    """Return picture and places turned by quarters so that its lines can be read."""
    import numpy as np

    if not len(quads):
        return pixels, quads
    heights, widths = _heights(quads), _widths(quads)
    areas = heights * widths
    if areas[heights > _TALL * widths].sum() > 0.6 * areas.sum():
        turns = _better(pixels, quads, turns=(1, 3))
    else:
        turns = 2 if _stands_on_its_head(pixels, quads) else 0
    height, width = pixels.shape[:2]
    for _ in range(turns):
        quads = np.roll(np.stack([quads[..., 1], width - quads[..., 0]], axis=-1), -1, axis=1)
        height, width = width, height
    return np.ascontiguousarray(np.rot90(pixels, turns)), np.ascontiguousarray(quads)


def _stands_on_its_head(pixels: "Pixels", quads: "Quads") -> bool:
    widest = sorted(_crops(pixels, quads), key=lambda crop: -crop.shape[1])[:9]
    labels = _engine().cls_and_rotate(widest)[1].cls_res
    if sum(label == "180" and score > 0.9 for label, score in labels) * 2 <= len(widest):
        return False
    return _better(pixels, quads, turns=(0, 2)) == 2


def _better(pixels: "Pixels", quads: "Quads", *, turns: tuple[int, int]) -> int:
    """Return the number of quarter turns after which a few of the lines are recognised more surely."""
    import numpy as np

    largest = quads[np.argsort(-_heights(quads) * _widths(quads))[:4]]
    crops = list(_crops(pixels, largest))

    def score(turn: int) -> float:
        turned = [np.ascontiguousarray(np.rot90(crop, turn)) for crop in crops]
        return float(np.mean(_engine().recognize_txt(turned).scores))

    return max(turns, key=score)


def _crops(pixels: "Pixels", quads: "Quads") -> "Iterator[Pixels]":
    """Yield the picture of each line, made straight."""
    import cv2
    import numpy as np

    for quad, wide, high in zip(quads, _widths(quads), _heights(quads), strict=True):
        width, height = max(2, round(float(wide))), max(2, round(float(high)))
        straight = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
        matrix = cv2.getPerspectiveTransform(quad, straight)
        yield cv2.warpPerspective(
            pixels, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )


def _skew(quads: "Quads") -> float:
    """Return by how many degrees the lines go down to the right; long ones tell."""
    import numpy as np

    long = quads[_widths(quads) > 5 * _heights(quads)] if len(quads) else quads
    return float(np.median(_slants(long))) if len(long) else 0.0


def _slants(quads: "Quads") -> "NDArray[Any]":
    import numpy as np

    along = quads[:, 1] - quads[:, 0]
    slants: NDArray[Any] = np.degrees(np.arctan2(along[:, 1], along[:, 0]))
    return slants


def _pieces(pixels: "Pixels", quads: "Quads", *, straight: Any, skew: float) -> Iterator[Recognised]:  # noqa: ANN401
    """Yield what is recognised, placed as in the picture set upright by the matrix `straight`."""
    if not len(quads):
        return
    upright = quads @ straight[:, :2].T + straight[:, 2]
    for quad, slant, crop in zip(upright, _slants(quads) - skew, _crops(pixels, quads), strict=True):
        result = _engine().recognize_txt([crop])
        text = result.txts[0]
        if not text.strip():
            continue
        centres = _centres(text, result.word_results[0])
        yield Recognised(text, float(result.scores[0]), _box(quad), round(float(slant), 2), centres, float(_ink(crop)))


def _box(quad: "NDArray[Any]") -> tuple[float, float, float, float]:
    """Return a piece of an upright picture as left, top, right and bottom edge."""
    left, right = (quad[0] + quad[3]) / 2, (quad[1] + quad[2]) / 2
    middle, half = float(left[1] + right[1]) / 2, _height(quad) / 2
    return round(float(left[0]), 1), round(middle - half, 1), round(float(right[0]), 1), round(middle + half, 1)


def _height(quad: "NDArray[Any]") -> float:
    return float(((quad[0] - quad[3]) ** 2).sum() ** 0.5)


def _ink(crop: "Pixels") -> int:
    """Return over how many rows the print of a line reaches; specks and the lines of a table do not count."""
    import cv2
    import numpy as np

    gray = cv2.cvtColor(crop, cv2.COLOR_BGR2GRAY)
    _, dark = cv2.threshold(gray, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    if dark.mean() > 0.5:
        dark = 1 - dark
    filled = dark.sum(axis=1)
    rows = np.flatnonzero((filled > max(1, 0.02 * dark.shape[1])) & (filled < 0.9 * dark.shape[1]))
    # The middle of the line, and what hangs together with it.
    parts = np.split(rows, np.flatnonzero(np.diff(rows) > max(2, len(crop) // 10)) + 1) if len(rows) else []
    return max((int(part[-1] - part[0]) + 1 for part in parts), default=len(crop))


def _centres(text: str, words: Any) -> tuple[float, ...]:  # noqa: ANN401 - rapidocr has no types
    columns = iter([(column + 0.5) / words.line_txt_len for word in words.word_cols for column in word])
    return tuple(-1.0 if char.isspace() else round(min(1.0, next(columns)), 4) for char in text)
