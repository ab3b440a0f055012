"""Whether the disk and the memory suffice, checked before the work begins."""

import shutil
from pathlib import Path

from models.errors import NotEnoughRoom
from models.packages import needed

#: What is left free on the disk, in bytes.
_SPARE = 64 * 2**20


def check_disk(folder: Path, *, needed_bytes: int) -> None:
    """Raise NotEnoughRoom where the disk of a folder (which need not exist yet) has less than what will be written."""
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    if free < needed_bytes + _SPARE:
        raise NotEnoughRoom(
            f"{needed_bytes / 1e9:.1f} GB will be written to {folder}, its disk has {free / 1e9:.1f} GB left: "
            "make room, or choose another disk",
            where=str(folder),
            needed=needed_bytes,
            free=free,
            needed_gb=f"{needed_bytes / 1e9:.1f}",
            free_gb=f"{free / 1e9:.1f}",
            cause="disk",
        )


def check_memory(needed_bytes: int, *, remedy: str) -> None:
    """Raise NotEnoughRoom where less memory is available; `remedy` ("shard_by_shard", "smaller") is what would help."""
    free = int(needed("psutil").virtual_memory().available)
    if free < needed_bytes:
        advice = (
            "add --shard-by-shard" if remedy == "shard_by_shard" else "close other programs, or use another machine"
        )
        raise NotEnoughRoom(
            f"this takes {needed_bytes / 1e9:.1f} GB of memory, {free / 1e9:.1f} GB are available: {advice}",
            where="memory",
            needed=needed_bytes,
            free=free,
            needed_gb=f"{needed_bytes / 1e9:.1f}",
            free_gb=f"{free / 1e9:.1f}",
            cause=f"memory_{remedy}",
        )
