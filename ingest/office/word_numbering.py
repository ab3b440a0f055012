"""Automatic numbers of Word's paragraphs. They are not in the text, and a contract without them cannot be cited."""

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ingest.office.list_numbers import list_number
from ingest.office.word_styles import W, is_on

if TYPE_CHECKING:
    from lxml.etree import _Element

_LEVELS = 9
_PLACEHOLDER = re.compile("%([1-9])")


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list is numbered; `text` has %1 for the number of the first level."""

    kind: str = "decimal"
    text: str = ""
    start: int = 1
    gap: str = " "
    all_digits: bool = False
    restarts: bool = True
    style: str | None = None


@dataclass(slots=True)
class _List:
    """A list's levels, and the counters, which it shares with the lists of the same making."""

    levels: dict[int, _Level]
    counters: list[int | None]
    key: str
    restarts_at: dict[int, int] = field(default_factory=dict)


class Numbering:
    """The lists of a Word file; asked for one paragraph after another, it counts."""

    def __init__(self, root: "_Element | None" = None) -> None:
        self._lists: dict[str, _List] = {}
        if root is not None:
            self._read(root)

    def label(self, number: str | None, level: int | None, *, style: str = "") -> str | None:
        """Return the number of the next paragraph with what stands behind it ("第三条 "), "" for a bullet.

        `number` is the list's id, `level` (from 0) the paragraph's level, None to go by its style. None is returned
        where the paragraph is in no list.
        """
        found = self._lists.get(number or "")
        if found is None:
            return None
        if level is None:
            level = next((index for index, item in found.levels.items() if item.style and item.style == style), 0)
        level = min(level, _LEVELS - 1)
        self._count(found, level)
        shape = found.levels.get(level, _Level())
        if shape.kind == "bullet":
            return ""
        text = _PLACEHOLDER.sub(lambda match: self._number(found, int(match.group(1)) - 1, shape), shape.text)
        return text + shape.gap if text.strip() else ""

    def key(self, number: str | None) -> str | None:
        """Return what lists that are counted together have in common."""
        found = self._lists.get(number or "")
        return found.key if found else None

    def _count(self, found: _List, level: int) -> None:
        counters = found.counters
        if level in found.restarts_at:
            counters[level] = found.restarts_at.pop(level)
        else:
            current = counters[level]
            counters[level] = found.levels.get(level, _Level()).start if current is None else current + 1
        for deeper in range(level + 1, _LEVELS):
            if found.levels.get(deeper, _Level()).restarts:
                counters[deeper] = None

    def _number(self, found: _List, level: int, shape: _Level) -> str:
        own = found.levels.get(level, _Level())
        value = found.counters[level]
        kind = "decimal" if shape.all_digits and own.kind != "none" else own.kind
        return list_number(own.start if value is None else value, kind)

    def _read(self, root: "_Element") -> None:
        abstract: dict[str, dict[int, _Level]] = {}
        by_style: dict[str, str] = {}
        borrowed: dict[str, str] = {}
        for element in root.iterchildren(W + "abstractNum"):
            key = element.get(W + "abstractNumId", "")
            abstract[key] = _levels(element)
            # A list style is defined in one list and used by others.
            for tag, known in (("styleLink", by_style), ("numStyleLink", borrowed)):
                link = element.find(W + tag)
                if link is not None and tag == "styleLink":
                    known[link.get(W + "val", "")] = key
                elif link is not None:
                    known[key] = link.get(W + "val", "")
        counters: dict[str, list[int | None]] = {}
        for element in root.iterchildren(W + "num"):
            base = element.find(W + "abstractNumId")
            key = "" if base is None else base.get(W + "val", "")
            key = by_style.get(borrowed.get(key, ""), key)
            shared = counters.setdefault(key, [None] * _LEVELS)
            found = _List(dict(abstract.get(key, {})), shared, key)
            for override in element.iterchildren(W + "lvlOverride"):
                found.levels.update(_levels(override))
                start = override.find(W + "startOverride")
                if start is not None:
                    found.restarts_at[_whole(override.get(W + "ilvl"), 0)] = _whole(start.get(W + "val"), 1)
            self._lists[element.get(W + "numId", "")] = found
        self._lists.pop("0", None)  # says that a paragraph is in no list after all


def _levels(parent: "_Element") -> dict[int, _Level]:
    return {_whole(element.get(W + "ilvl"), 0): _level(element) for element in parent.iterchildren(W + "lvl")}


def _level(element: "_Element") -> _Level:
    def value(name: str, default: str) -> str:
        child = element.find(W + name)
        return default if child is None else str(child.get(W + "val", default))

    kind = element.find(f".//{W}numFmt")
    return _Level(
        kind="decimal" if kind is None else kind.get(W + "val", "decimal"),
        text=value("lvlText", ""),
        start=_whole(value("start", "1"), 1),
        gap="" if value("suff", "tab") == "nothing" else " ",
        all_digits=is_on(element.find(W + "isLgl")),
        restarts=value("lvlRestart", "1") != "0",
        style=value("pStyle", "") or None,
    )


def _whole(value: str | None, default: int) -> int:
    return int(value) if value and value.isdecimal() and len(value) < 10 else default
