"""Made-up names, amounts, dates and the like, for synthetic documents; their kinds are in `descriptions/words.txt`."""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from models.training.patterns import DESCRIPTIONS, Choice, Filled, Pattern, Slot, Span, parse

_DIGITS = "〇一二三四五六七八九"
_RANGE = re.compile(r"d(\d+)-(\d+)")
_KIND_LINE = re.compile(r"(\S+?)(::| =|:| #) ?(.*)")


@dataclass(frozen=True, slots=True)
class _Amount:
    """Numbers from `low` to `high` in steps, with one of the units."""

    low: int
    high: int
    step: int
    units: tuple[str, ...]


class Words:
    """A source of words; one document's have a common way to write numbers and dates."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.new_style()

    def new_style(self) -> None:
        """Choose anew how numbers and dates are written."""
        self._chinese = self.rng.random() < 0.35
        self._comma = self.rng.random() < 0.7
        self._date = self.rng.choice(_DATES) if self.rng.random() < 0.7 else None
        self._clock = self.rng.choice(_CLOCKS) if self.rng.random() < 0.7 else None

    def fill(self, pattern: Pattern, *, known: Mapping[str, str] | None = None) -> Filled:
        """Return the pattern with words in its slots: the `known` ones, and new ones for the others."""
        words = dict(known or {})
        pieces: list[str] = []
        spans: list[tuple[int, int]] = []
        self._fill(pattern, words=words, pieces=pieces, spans=spans)
        return Filled("".join(pieces), tuple(spans), words)

    def word(self, kind: str) -> str:
        """Return a word of a kind."""
        if match := _RANGE.fullmatch(kind):
            return str(self.rng.randint(int(match[1]), int(match[2])))
        if kind in _SPECIAL:
            return _SPECIAL[kind](self)
        content = _kinds()[kind]
        if isinstance(content, _Amount):
            steps = self.rng.randint(0, (content.high - content.low) // content.step)
            return self.amount(content.low + content.step * steps, unit=self.rng.choice(content.units))
        return self._fresh(self.rng.choice(content))

    def amount(self, number: int, *, unit: str) -> str:
        """Return a number with its unit, in the document's way."""
        if not unit:
            return str(number)
        if unit == "元" and number >= 10000 and number % 1000 == 0 and self.rng.random() < 0.3:
            return f"{number / 10000:g}万元"
        if self._chinese and (number <= 30 or (number < 1000 and number % 10 == 0)):
            return ("两" if number == 2 and unit not in ("日", "元", "级") else chinese(number)) + unit
        return (f"{number:,}" if self._comma else str(number)) + unit

    def _fresh(self, pattern: Pattern) -> str:
        """Return a pattern filled without keeping words, save that numbered slots differ from one another."""
        pieces: list[str] = []
        for part in pattern:
            if isinstance(part, Slot):
                word = self.word(part.kind)
                while part.name != part.kind and word in pieces:
                    word = self.word(part.kind)
                pieces.append(word)
            elif isinstance(part, Choice):
                pieces.append(self._fresh(self.rng.choice(part.options)))
            elif isinstance(part, Span):
                raise ValueError("words hold no answers: no [] in descriptions/words.txt")
            else:
                pieces.append(part)
        return "".join(pieces)

    def _fill(
        self, pattern: Pattern, *, words: dict[str, str], pieces: list[str], spans: list[tuple[int, int]]
    ) -> None:
        for part in pattern:
            if isinstance(part, str):
                pieces.append(part)
            elif isinstance(part, Slot):
                pieces.append(self._kept(part, words))
            elif isinstance(part, Choice):
                self._fill(self.rng.choice(part.options), words=words, pieces=pieces, spans=spans)
            else:
                start = sum(map(len, pieces))
                self._fill(part.inner, words=words, pieces=pieces, spans=spans)
                spans.append((start, sum(map(len, pieces))))

    def _kept(self, slot: Slot, words: dict[str, str]) -> str:
        if slot.name not in words:
            taken = {word for name, word in words.items() if Slot(name).kind == slot.kind}
            word = self.word(slot.kind)
            for _ in range(20):
                if word not in taken:
                    break
                word = self.word(slot.kind)
            words[slot.name] = word
        return words[slot.name]

    # ── words that are computed ──

    def year(self) -> str:
        """Return a year."""
        return str(self.rng.randint(2018, 2028))

    def date(self) -> str:
        """Return a date in the document's way."""
        form = self._date or self.rng.choice(_DATES)
        return form(int(self.year()), self.rng.randint(1, 12), self.rng.randint(1, 28), self.rng)

    def day(self) -> str:
        """Return a date without its year."""
        month, day = self.rng.randint(1, 12), self.rng.randint(1, 28)
        return f"{month}月{day}日" + (f"（{self.word('星期')}）" if self.rng.random() < 0.3 else "")

    def clock(self) -> str:
        """Return a time of day in the document's way."""
        form = self._clock or self.rng.choice(_CLOCKS)
        return form(self.rng.randint(6, 21), self.rng.choice((0, 0, 0, 30, 30, 15, 45, 10, 20, 40, 50)))


def chinese(number: int) -> str:
    """Return a number below 10,000 in Chinese characters."""
    if number == 0:
        return "零"
    text, zero = "", False
    for unit, power in (("千", 1000), ("百", 100), ("十", 10), ("", 1)):
        digit = number // power % 10
        if digit:
            text += ("零" if zero and text else "") + _DIGITS[digit] + unit
            zero = False
        else:
            zero = bool(text)
    return text.removeprefix("一") if 10 <= number < 20 else text


def _week_date(year: int, month: int, day: int, rng: random.Random) -> str:
    return f"{month}月{day}日（周{rng.choice('一二三四五六日')}）"


def _chinese_date(year: int, month: int, day: int, rng: random.Random) -> str:
    return "".join(_DIGITS[int(digit)] for digit in str(year)) + f"年{chinese(month)}月{chinese(day)}日"


_DATES: tuple[Callable[[int, int, int, random.Random], str], ...] = (
    lambda year, month, day, rng: f"{year}年{month}月{day}日",
    lambda year, month, day, rng: f"{year}年{month}月{day}日",
    lambda year, month, day, rng: f"{month}月{day}日",
    lambda year, month, day, rng: f"{month}月{day}日",
    lambda year, month, day, rng: f"{year}-{month:02}-{day:02}",
    lambda year, month, day, rng: f"{year}/{month}/{day}",
    lambda year, month, day, rng: f"{year}.{month}.{day}",
    _week_date,
    _chinese_date,
)


def _part_of_day(hour: int) -> str:
    return "上午" if hour < 12 else "下午" if hour < 18 else "晚上"


_CLOCKS: tuple[Callable[[int, int], str], ...] = (
    lambda hour, minute: f"{hour}:{minute:02}",
    lambda hour, minute: f"{hour}:{minute:02}",
    lambda hour, minute: f"{hour:02}:{minute:02}",
    lambda hour, minute: f"{'上午' if hour < 12 else '下午'}{(hour - 1) % 12 + 1}:{minute:02}",
    lambda hour, minute: f"{_part_of_day(hour)}{(hour - 1) % 12 + 1}点" + (f"{minute}分" if minute else ""),
    lambda hour, minute: f"{hour}时" + (f"{minute}分" if minute else ""),
)

_SPECIAL: Mapping[str, Callable[[Words], str]] = {
    "年": Words.year,
    "日期": Words.date,
    "月日": Words.day,
    "时刻": Words.clock,
}


@cache
def _kinds() -> dict[str, _Amount | tuple[Pattern, ...]]:
    """Return each kind of `words.txt`: a range of amounts, or its words as patterns."""
    kinds: dict[str, _Amount | tuple[Pattern, ...]] = {}
    for line in (DESCRIPTIONS / "words.txt").read_text("utf-8").splitlines():
        match = _KIND_LINE.fullmatch(line)
        if line.startswith("# ") or not match:
            continue
        name, form, content = match[1], match[2].strip(), match[3]
        if form == "#":
            kinds[name] = _range(content)
        elif form == "=":
            kinds[name] = tuple(map(parse, content.split(" | ")))
        else:
            kinds[name] = tuple((word,) for word in (content if form == "::" else content.split()))
    return kinds


def _range(content: str) -> _Amount:
    span, *units = content.split()
    span, _, step = span.partition("/")
    low, _, high = span.partition("-")
    return _Amount(int(low), int(high), int(step or 1), tuple(units or [""]))
