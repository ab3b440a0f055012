"""Pictures of text: scans, photos, screenshots. Each page of a TIFF is a Document."""

import importlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING

from langchain_core.documents import Document

from ingest import ocr
from ingest.blocks import Block, page_document
from ingest.errors import Reason, UnreadableFile
from ingest.ocr.picture import DAMAGE, upright
from ingest.types import Gap
from ingest.workspace import Workspace

if TYPE_CHECKING:
    from PIL.Image import Image

SUFFIXES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".heic", ".heif", ".gif")
VERSION = "2"

_FEWEST_PIXELS = 8  # of a side; the dot of a web counter holds no text


def load(path: Path, *, workspace: Workspace) -> Iterator[Document]:
    """Yield the text of a picture, a Document a page; NO_TEXT_LAYER where text recognition is not installed."""
    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # damaged metadata, a size that our own limit checks
        image, pages = _opened(file, workspace=workspace)
        damaged = 0
        for number in range(1, pages + 1):
            blocks: list[Block] = []
            try:
                frame = _frame(image, number=number, workspace=workspace)
            except UnreadableFile as error:
                damaged += 1
                if damaged == pages or error.reason != Reason.DAMAGED:
                    raise
                gaps = [Gap(error.reason, page=number, values=error.values)]
            else:
                if not ocr.available():
                    raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=pages)
                blocks, gaps = _text(frame, workspace=workspace, number=number)
            yield page_document(blocks, loader="image", page=number if pages > 1 else None, gaps=gaps)


def _opened(file: IO[bytes], *, workspace: Workspace) -> "tuple[Image, int]":
    """Return the picture and its number of pages; of moving pictures, the first one is the page."""
    from PIL import Image, UnidentifiedImageError

    Image.MAX_IMAGE_PIXELS = None  # the workspace has a limit of its own
    if find_spec("pi_heif"):
        importlib.import_module("pi_heif").register_heif_opener(thumbnails=False)
    try:
        with _as_damage():
            image = Image.open(file)
            pages = int(getattr(image, "n_frames", 1)) if image.format == "TIFF" else 1
    except UnreadableFile as error:
        file.seek(4)
        if isinstance(error.__cause__, UnidentifiedImageError) and file.read(4) == b"ftyp" and not find_spec("pi_heif"):
            raise UnreadableFile(Reason.NO_TEXT_LAYER, pages=1) from error
        raise
    if pages > workspace.limits.pages:
        raise UnreadableFile(Reason.TOO_MANY_PAGES, limit="pages", value=pages, most=workspace.limits.pages)
    return image, pages


def _frame(image: "Image", *, number: int, workspace: Workspace) -> "Image":
    """Return page `number` of a picture, decoded; UnreadableFile where it is damaged or too large."""
    most = workspace.limits.image_pixels
    with _as_damage():
        if number > 1:
            image.seek(number - 1)
        pixels = image.width * image.height
    if pixels > most:
        raise UnreadableFile(Reason.TOO_LARGE, limit="image_pixels", value=pixels, most=most)
    with _as_damage():
        return upright(image)


def _text(frame: "Image", *, workspace: Workspace, number: int) -> tuple[list[Block], list[Gap]]:
    return (
        ocr.picture_text(frame, workspace=workspace, number=number) if min(frame.size) >= _FEWEST_PIXELS else ([], [])
    )


@contextmanager
def _as_damage() -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
