"""SHA-256 of model files, and those that were published for LLaMA and the Chinese LLaMA and Alpaca models.

The table (`published_sha256.json`) has the files that ymcui/Chinese-LLaMA-Alpaca lists in its SHA256.md; null stands
for its "TBA": a hash that was never published.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from models.errors import BadModelFiles

Kind = Literal["base", "lora", "tokenizer", "merged"]

_TABLE = Path(__file__).with_name("published_sha256.json")
_BLOCK = 2**20


@dataclass(frozen=True, slots=True)
class Published:
    """A file that was published: `sha256` is None where its hash was not."""

    kind: Kind
    form: str
    model: str
    file: str
    sha256: str | None


@cache
def published() -> tuple[Published, ...]:
    """Return the table of published files; `form` tells Meta's from Hugging Face's."""
    table = json.loads(_TABLE.read_text("utf-8"))
    return tuple(
        Published(group["kind"], group["form"], model, file, sha256)
        for group in table["groups"]
        for model, files in group["models"].items()
        for file, sha256 in files.items()
    )


def known_as(sha256: str) -> Published | None:
    """Return the published file with a hash, or None."""
    return next((entry for entry in published() if entry.sha256 == sha256), None)


def sha256_of(path: Path, *, told: Callable[[int], None] | None = None) -> str:
    """Return the SHA-256 of a file, read in blocks of a megabyte; `told` gets the bytes of each.

    Raises BadModelFiles where it cannot be read.
    """
    digest = hashlib.sha256()
    block = bytearray(_BLOCK)
    view = memoryview(block)
    try:
        with path.open("rb", buffering=0) as stream:
            while got := stream.readinto(block):
                digest.update(view[:got])
                if told:
                    told(got)
    except OSError as exc:
        raise BadModelFiles(
            f"{path} cannot be read ({exc.strerror}): check the path and the permissions",
            path=str(path),
            cause="unreadable",
            detail=exc.strerror,
        ) from exc
    return digest.hexdigest()
