"""What was recognised, kept by the picture it was recognised in, so that nothing is read twice."""

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.ocr.engine import Reading, Recognised, version

if TYPE_CHECKING:
    from PIL.Image import Image

_FOLDERS = 256
_MOST_KEPT = 400  # readings in each folder, some 10 kB each: the longest unused ones go


def key(image: "Image") -> str:
    """Return what a reading is kept by: the picture's pixels and the engine that reads them."""
    digest = hashlib.sha256(f"{version()} {image.mode} {image.size}".encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


def load(folder: Path, *, key: str) -> Reading | None:
    """Return the reading kept under `key`, None where there is none, or a damaged one."""
    path = _path(folder, key=key)
    try:
        kept = json.loads(path.read_bytes())
        pieces = tuple(
            Recognised(
                str(piece["text"]),
                float(piece["score"]),
                _four(piece["box"]),
                float(piece["slant"]),
                tuple(float(centre) for centre in piece["centres"]),
                float(piece["ink"]),
            )
            for piece in kept["pieces"]
        )
        reading = Reading(int(kept["width"]), int(kept["height"]), pieces, tuple(_four(rule) for rule in kept["rules"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if any(len(piece.text) != len(piece.centres) for piece in pieces):
        return None
    with suppress(OSError):
        os.utime(path)
    return reading


def save(reading: Reading, *, folder: Path, key: str) -> None:
    """Keep a reading; where the disk is full or locked, it is recognised again the next time."""
    path = _path(folder, key=key)
    part = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(asdict(reading), ensure_ascii=False), encoding="utf-8")
        part.replace(path)
        _drop_oldest(path.parent)


def _path(folder: Path, *, key: str) -> Path:
    return folder / f"{int(key[:8], 16) % _FOLDERS:02x}" / f"{key}.json"


def _drop_oldest(folder: Path) -> None:
    kept = list(folder.iterdir())
    if len(kept) <= _MOST_KEPT:
        return
    for path in sorted(kept, key=lambda path: path.stat().st_mtime)[: len(kept) - _MOST_KEPT]:
        path.unlink(missing_ok=True)


def _four(numbers: list[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (float(number) for number in numbers)
    return left, top, right, bottom
