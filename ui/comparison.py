"""A comparison of two models for the terminal: its figures as a table, its divergences as a plot of characters."""

import math
from collections.abc import Sequence

from models.compare import Comparison
from ui.tables import table
from ui.text import t

#: Divergences are put into bins by their power of ten, from 1e-9 on.
_LOWEST, _HIGHEST = -9, 2
_WIDTH = 40


def show(comparison: Comparison) -> None:
    """Print the figures, and how many positions diverge how much."""
    rows = [(t(f"compare.{name}"), _figure(value)) for name, value in comparison.as_record().items()]
    table(t("compare.columns").split("|"), rows)
    table(t("compare.plot_columns").split("|"), histogram(comparison.kl))


def histogram(values: Sequence[float]) -> list[tuple[str, str, str]]:
    """Return a row for each power of ten that divergences fall into: the bin, a bar, the share of positions."""
    counts = dict.fromkeys(range(_LOWEST, _HIGHEST), 0)
    for value in values:
        power = math.floor(math.log10(value)) if value > 0 else _LOWEST
        counts[min(max(power, _LOWEST), _HIGHEST - 1)] += 1
    used = [power for power, count in counts.items() if count]
    most = max(counts.values())
    return [
        (
            f"{'<' if power == _LOWEST else '≥'} 1e{power + 1 if power == _LOWEST else power}",
            "█" * max(round(_WIDTH * counts[power] / most), 1 if counts[power] else 0),
            f"{counts[power] / len(values):.1%}",
        )
        for power in range(min(used), max(used) + 1)
    ]


def _figure(value: float) -> str:
    if isinstance(value, int):
        return str(value)
    return f"{value:.3g}" if abs(value) < 0.01 else f"{value:.4f}"
