"""A LLaMA that is small enough to be trained in a test: 600 tokens, bytes and pairs of letters; and things to learn."""

import json
import random
from pathlib import Path

from tiny_llama import Size, write_base

from models.training.recipe import Recipe, checked

ROWS = 600
SMALL = Size(hidden=32, layers=2, heads=2, kv_heads=1, inner=48)


def small_base(folder: Path) -> Path:
    """Write the base model."""
    return write_base(folder, rows=ROWS, size=SMALL)


def write_instructions(path: Path, *, count: int = 40, seed: int = 0) -> list[dict[str, str]]:
    """Write instructions of two kinds, whose answer is one of two words, and return them."""
    drawn = random.Random(seed)
    records = []
    for _ in range(count):
        kind = drawn.randrange(2)
        name = "".join(drawn.choice("abcdefgh") for _ in range(4))
        asked = {"instruction": ("数一数", "念一念")[kind], "input": name if drawn.random() < 0.5 else ""}
        records.append({**asked, "output": ("four", "yes")[kind]})
    path.write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
    return records


def recipe_for(folder: Path, **settings: object) -> Recipe:
    """Return a recipe for tuning in a folder that has `base` and `data.json`, short enough for a test."""
    values: dict[str, object] = {
        "kind": "tune",
        "base": folder / "base",
        "data": folder / "data.json",
        "out": folder / "out",
        "block": 256,
        "batch": 2,
        "accumulate": 1,
        "steps": 6,
        "learning_rate": 5e-3,
        "save_every": 100,
        "validation": 0.1,
        "gradient_checkpointing": False,
    }
    if settings.get("kind") == "pretrain":
        values |= {"data": folder / "data.txt", "block": 32}
    return checked(values | settings, source="test")
