"""How sure a share is, and a difference between two: plain functions, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, sqrt

#: Standard deviations within which 95 % of a normal distribution lie.
_Z = 1.96


@dataclass(frozen=True, slots=True)
class Share:
    """A share of `count` questions, with the interval in which it would lie for 95 of 100 such samples."""

    value: float
    low: float
    high: float
    good: int
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What the second of two runs is better by, on the `count` questions that both were asked.

    `gained` were right only in the second, `lost` only in the first; `low` to `high` is the interval for 95 of 100
    samples; `chance` is how likely a difference as large comes about where there is none.
    """

    value: float
    low: float
    high: float
    gained: int
    lost: int
    count: int
    chance: float

    @property
    def is_sure(self) -> bool:
        """Whether chance alone would hardly do it: less than once in twenty times."""
        return self.chance < 0.05


def share(values: Sequence[bool]) -> Share | None:
    """Return the share of True, with Wilson's interval (JASA 22, 1927); None for no values."""
    count, good = len(values), sum(values)
    if not count:
        return None
    rate, spread = good / count, _Z * _Z / count
    middle = (rate + spread / 2) / (1 + spread)
    half = _Z * sqrt(rate * (1 - rate) / count + spread / (4 * count)) / (1 + spread)
    return Share(rate, max(0.0, middle - half), min(1.0, middle + half), good, count)


def difference(first: Sequence[bool], second: Sequence[bool]) -> Difference | None:
    """Return what `second` is better by, question by question; None for no questions.

    The chance is that of McNemar's exact test, the interval the one for paired shares with Agresti & Min's correction
    (Statistics in Medicine 24, 2005: half a question is added to each of the four kinds).
    """
    pairs = list(zip(first, second, strict=True))
    if not pairs:
        return None
    gained = sum(after and not before for before, after in pairs)
    lost = sum(before and not after for before, after in pairs)
    count = len(pairs)
    more, less, total = gained + 0.5, lost + 0.5, count + 2
    middle = (more - less) / total
    half = _Z * sqrt(more + less - (more - less) ** 2 / total) / total
    return Difference(
        value=(gained - lost) / count,
        low=max(-1.0, middle - half),
        high=min(1.0, middle + half),
        gained=gained,
        lost=lost,
        count=count,
        chance=_chance(gained, lost),
    )


def _chance(gained: int, lost: int) -> float:
    """Return how often as many or more of the differing questions would fall on one side, if both were as likely."""
    differing, most = gained + lost, max(gained, lost)
    tail = sum(comb(differing, n) for n in range(most, differing + 1))
    return min(1.0, 2.0 * tail / (1 << differing))
