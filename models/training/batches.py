"""Rows of tokens as what a model is fed: single, or several packed into one; padded to the longest of a batch."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from models.training.rows import IGNORED, Rows

if TYPE_CHECKING:
    import torch

#: Packs that are filled at the same time.
_OPEN = 64


@dataclass(frozen=True, slots=True)
class Examples:
    """What torch's DataLoader draws from: example n is the rows of `groups[n]`, one behind the other."""

    rows: Rows
    groups: Sequence[Sequence[int]]

    def __len__(self) -> int:
        return len(self.groups)

    def __getitem__(self, number: int) -> dict[str, list[int]]:
        """Return tokens, labels and, counted from 0 in each row, positions."""
        ids: list[int] = []
        labels: list[int] = []
        positions: list[int] = []
        for row in self.groups[number]:
            found = self.rows.row(row).tolist()
            ids += found
            labels += self.rows.labels(row).tolist()
            positions += range(len(found))
        return {"input_ids": ids, "labels": labels, "position_ids": positions}


def split(count: int, *, validation: float, seed: int) -> tuple[list[int], list[int]]:
    """Return the rows to train on and those to validate with: a share drawn by the seed, at least one of several."""
    held = min(max(1, round(count * validation)), count - 1) if validation else 0
    drawn = set(random.Random(seed).sample(range(count), held))
    return [row for row in range(count) if row not in drawn], sorted(drawn)


def packed(rows: Rows, chosen: Sequence[int], *, block: int, seed: int) -> list[list[int]]:
    """Return rows in groups of `block` tokens at most: each goes to the first of the open groups that has room."""
    order = list(chosen)
    random.Random(seed).shuffle(order)
    done: list[list[int]] = []
    filling: list[tuple[list[int], int]] = []
    for row in order:
        length = rows.length(row)
        at = next((i for i, (_, used) in enumerate(filling) if used + length <= block), None)
        if at is not None:
            group, used = filling[at]
            filling[at] = ([*group, row], used + length)
        else:
            filling.append(([row], length))
        if len(filling) > _OPEN:
            filling.sort(key=lambda entry: -entry[1])
            done.append(filling.pop(0)[0])
    return done + [group for group, _ in filling]


@dataclass(frozen=True, slots=True)
class Collator:
    """Puts examples side by side, padded at the end.

    Where rows are packed, the positions tell the model where one ends (transformers then keeps them apart, which asks
    that no mask be given); elsewhere a mask hides the padding.
    """

    pad: int
    packed: bool

    def __call__(self, examples: Sequence[dict[str, list[int]]]) -> "dict[str, torch.Tensor]":
        """Return tensors of shape (examples, longest)."""
        import torch

        longest = max(len(example["input_ids"]) for example in examples)

        def side_by_side(key: str, fill: int) -> Any:  # noqa: ANN401 - a tensor
            """Return the lists under a key as one tensor, `fill` behind the shorter ones."""
            return torch.tensor([[*one[key], *[fill] * (longest - len(one[key]))] for one in examples])

        made = {"input_ids": side_by_side("input_ids", self.pad), "labels": side_by_side("labels", IGNORED)}
        if self.packed:
            return made | {"position_ids": side_by_side("position_ids", 0)}
        lengths = torch.tensor([[len(one["input_ids"])] for one in examples])
        return made | {"attention_mask": (torch.arange(longest)[None] < lengths).long()}
