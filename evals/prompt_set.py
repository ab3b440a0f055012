"""Prompts by category, answered by a model and rated by another one: the form of Chinese-LLaMA-Alpaca's own evaluation.

There, ten categories of twenty prompts were rated by GPT-4 from 0 to 10, and each category's sum scaled to 100 points.
Ratings by another judge are on another scale: they compare models that the same judge has rated, and nothing else.

A file is JSON ({"知识问答": ["…", …], …}), or a CSV table with the columns category and prompt (类别, 题目).
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evals.errors import BadPromptSet
from ingest.decode import clean, decode
from ingest.errors import UnreadableFile

#: The highest rating of one output, and the points of a category in which all have it.
_BEST, _POINTS = 10, 100
_CATEGORY = ("category", "类别", "任务", "分类")
_PROMPT = ("prompt", "题目", "问题", "指令", "instruction")
_NUMBER = r"(\d{1,2}(?:\.\d+)?)(?![\d.]*\d)"
_RATED = re.compile(
    rf"(?:评分|得分|分数|打分|score|rating|rate)[^\d\n]{{0,20}}{_NUMBER}|{_NUMBER}\s*(?:分|/\s*10|out of)",
    re.IGNORECASE,
)
_ONLY = re.compile(rf"\W*{_NUMBER}\W*(?:$|\n)")


@dataclass(frozen=True, slots=True)
class CategoryPrompt:
    """A prompt and its category."""

    category: str
    text: str


@dataclass(frozen=True, slots=True)
class Output:
    """What a model said to a prompt, and its rating from 0 to 10; None where there is none, or none could be read."""

    prompt: CategoryPrompt
    said: str
    rating: float | None = None
    judged: str = ""


def read_prompts(path: Path) -> tuple[CategoryPrompt, ...]:
    """Return the prompts of a file, in its order. Raises BadPromptSet."""
    try:
        text = clean(decode(path.read_bytes()).text)
    except OSError as exc:
        raise _bad(path, "unreadable", detail=exc.strerror or str(exc)) from exc
    except UnreadableFile as exc:
        raise _bad(path, "unreadable", detail="it is no text") from exc
    found = _of_json(text, path=path) if text.lstrip()[:1] in ("{", "[") else _of_table(text, path=path)
    if not found:
        raise _bad(path, "empty", detail="no prompt in it")
    return tuple(found)


def rating(judged: str) -> float | None:
    """Return the rating, from 0 to 10, that a judge gives to one output; None where none can be read."""
    match = _ONLY.match(judged) or _RATED.search(judged)
    value = float(next(filter(None, match.groups()))) if match else None
    return value if value is not None and 0 <= value <= _BEST else None


def scores(outputs: Sequence[Output]) -> dict[str, Any]:
    """Return the points of each category, from 0 to 100, and their mean; None where nothing was rated.

    An output whose rating could not be read is left out, and counted in `unrated`.
    """
    categories = list(dict.fromkeys(one.prompt.category for one in outputs))
    points = {name: _points([one for one in outputs if one.prompt.category == name]) for name in categories}
    rated = [value for value in points.values() if value is not None]
    return {
        "prompts": len(outputs),
        "unrated": sum(one.rating is None for one in outputs),
        "categories": points,
        "average": sum(rated) / len(rated) if rated else None,
        "comparable_to_gpt4": False,
    }


def _points(outputs: Sequence[Output]) -> float | None:
    ratings = [one.rating for one in outputs if one.rating is not None]
    return sum(ratings) / (_BEST * len(ratings)) * _POINTS if ratings else None


def _of_json(text: str, *, path: Path) -> list[CategoryPrompt]:
    try:
        raw = json.loads(text)
    except ValueError as exc:
        raise _bad(path, "form", detail=str(exc)) from exc
    is_form = isinstance(raw, dict) and all(isinstance(prompts, list) for prompts in raw.values())
    if not is_form or not all(isinstance(one, str) for prompts in raw.values() for one in prompts):
        raise _bad(path, "form", detail="not a list of prompts for each category")
    return [CategoryPrompt(name, one.strip()) for name, prompts in raw.items() for one in prompts if one.strip()]


def _of_table(text: str, *, path: Path) -> list[CategoryPrompt]:
    try:
        rows = list(csv.reader(io.StringIO(text)))
    except csv.Error as exc:
        raise _bad(path, "form", detail=str(exc)) from exc
    headings = [heading.strip().lower() for heading in rows[0]] if rows else []
    places = [next((at for at, one in enumerate(headings) if one in known), None) for known in (_CATEGORY, _PROMPT)]
    if None in places:
        raise _bad(path, "form", detail=f"columns {', '.join(headings)[:60]}")
    category, prompt = (place for place in places if place is not None)
    full = [row for row in rows[1:] if len(row) > max(category, prompt)]
    return [CategoryPrompt(row[category].strip(), row[prompt].strip()) for row in full if row[prompt].strip()]


def _bad(path: Path, cause: str, *, detail: str) -> BadPromptSet:
    return BadPromptSet(
        f'{path} is not a set of prompts ({detail}); use JSON of the form {{"category": ["prompt"]}}, or a CSV table '
        "with the columns category and prompt",
        file=str(path),
        cause=cause,
        detail=detail,
    )
