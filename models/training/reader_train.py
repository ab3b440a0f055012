"""Train the reader adapter on examples that are prepared as tokens."""

import json
import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.training import lora
from models.training.gemma import load_gemma
from models.training.reader_kept import Kept, Progress
from models.training.rows import IGNORED, Rows

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; the default is the recipe of the adapter that is shipped, which went on from the one before it.

    `micro_tokens` go through the model at once (52,000 need 72 GB). `seconds` ends it early, the learning rate falling
    accordingly. What a killed run goes on from is kept every `keep_every` steps.
    """

    rank: int = 16
    alpha: float = 32.0
    dropout: float = 0.05
    learning_rate: float = 2e-4
    warmup: float = 0.04
    batch: int = 48
    epochs: int = 1
    micro_tokens: int = 52000
    seconds: float = math.inf
    keep_every: int = 100
    seed: int = 0


def train(
    base: Path,
    rows: Rows,
    *,
    out: Path,
    start: Path | None = None,
    recipe: Recipe | None = None,
    on_step: Callable[[dict[str, float]], None] = lambda facts: None,
) -> None:
    """Train an adapter on the cut `base`, from `start` where it is given, and write it to `out` with its log beside it.

    `recipe.seconds` ends it early: the learning rate falls with whichever of steps and time is further on. A run that
    was killed goes on with the same arguments, from what it last kept beside `out`. Raises BadRecipe where that is of
    another training.
    """
    import torch

    chosen = recipe or Recipe()
    torch.manual_seed(chosen.seed)
    model, adapter = _model(base, start=start, recipe=chosen)
    optimizer = torch.optim.AdamW(adapter.parameters(), lr=chosen.learning_rate, weight_decay=0.0, betas=(0.9, 0.98))
    steps = _steps(rows, chosen)
    kept = Kept(out, adapter, optimizer, made_of=repr((chosen, len(rows), len(rows.tokens), str(start))))
    progress = kept.read()
    began = time.monotonic() - progress.seconds
    for number in range(progress.step, len(steps)):
        done = max(number / len(steps), (time.monotonic() - began) / chosen.seconds)
        if done >= 1:
            break
        for group in optimizer.param_groups:
            group["lr"] = chosen.learning_rate * _schedule(done, warmup=chosen.warmup)
        loss = _gradients(model, rows, steps[number], chosen)
        torch.nn.utils.clip_grad_norm_(adapter.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        seconds = time.monotonic() - began
        if number % 20 == 0 or number == len(steps) - 1:
            facts = {"step": number, "of": len(steps), "loss": round(float(loss), 4), "seconds": round(seconds, 1)}
            progress.log.append(facts)
            on_step(facts)
        if (number + 1) % chosen.keep_every == 0:
            kept.write(Progress(number + 1, seconds, progress.log))
    _write(adapter, out=out, log=progress.log)
    kept.delete()


def _model(base: Path, *, start: Path | None, recipe: Recipe) -> tuple[Any, lora.Lora]:
    """Return the model where it is fastest here, ready to be trained, and the adapter that hangs on it."""
    import torch

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_gemma(base).to(device, torch.bfloat16 if device == "cuda" else torch.float32)
    adapter = lora.attach(model, rank=recipe.rank, alpha=recipe.alpha, dropout=recipe.dropout, seed=recipe.seed)
    if start:
        lora.read_adapter(start, into=adapter)
    return model.train(), adapter


def _write(adapter: lora.Lora, *, out: Path, log: Sequence[dict[str, float]]) -> None:
    """Write the adapter, which has its name when it is whole, and the log beside it."""
    unfinished = out.with_suffix(".partial")
    lora.write_adapter(adapter, unfinished)
    unfinished.replace(out)
    out.with_suffix(".log.json").write_text(json.dumps(log) + "\n", "utf-8")


def _schedule(done: float, *, warmup: float) -> float:
    """Return the share of the learning rate: a linear rise, then a cosine to a twentieth."""
    if done < warmup:
        return (done + 1e-3) / (warmup + 1e-3)
    return 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * (done - warmup) / (1 - warmup)))


def _steps(rows: Rows, recipe: Recipe) -> list[list[int]]:
    """Return the examples of each step: random ones, but of like length, so that little is padded."""
    rng = random.Random(recipe.seed)
    steps: list[list[int]] = []
    for _ in range(recipe.epochs):
        order = list(range(len(rows)))
        rng.shuffle(order)
        pool = 16 * recipe.batch
        batches = []
        for first in range(0, len(order), pool):
            near = sorted(order[first : first + pool], key=rows.length)
            batches += [near[at : at + recipe.batch] for at in range(0, len(near), recipe.batch)]
        rng.shuffle(batches)
        steps += batches
    return steps


def _gradients(model: Any, rows: Rows, batch: Sequence[int], recipe: Recipe) -> "torch.Tensor":  # noqa: ANN401
    """Add the gradients of one batch, in parts that fit into memory; return its mean loss per reply token."""
    import torch

    total = sum(rows.length(row) - int(rows.replies[row] - rows.starts[row]) for row in batch)
    loss = torch.zeros((), device=model.device)
    for part in _parts(rows, batch, most=recipe.micro_tokens):
        tokens, targets = _padded(rows, part, device=model.device)
        # Nothing comes after the padding, and attention looks back only: no mask is needed.
        hidden = model.model(input_ids=tokens, use_cache=False).last_hidden_state
        asked = targets != IGNORED
        logits = model.lm_head(hidden[asked]).float()
        one = torch.nn.functional.cross_entropy(logits, targets[asked], reduction="sum") / total
        one.backward()
        loss += one.detach()
    return loss


def _parts(rows: Rows, batch: Sequence[int], *, most: int) -> Iterator[list[int]]:
    part: list[int] = []
    longest = 0
    for row in batch:
        longest = max(longest, rows.length(row))
        if part and longest * (len(part) + 1) > most:
            yield part
            part, longest = [], rows.length(row)
        part.append(row)
    if part:
        yield part


def _padded(rows: Rows, part: Sequence[int], *, device: Any) -> "tuple[torch.Tensor, torch.Tensor]":  # noqa: ANN401
    """Return tokens and, shifted by one, the reply tokens that each position is to foretell."""
    import numpy as np
    import torch

    longest = max(map(rows.length, part))
    tokens = np.zeros((len(part), longest), np.int64)
    targets = np.full((len(part), longest), IGNORED, np.int64)
    for at, row in enumerate(part):
        ids, prompt = rows.row(row), int(rows.replies[row] - rows.starts[row])
        tokens[at, : len(ids)] = ids
        targets[at, prompt - 1 : len(ids) - 1] = ids[prompt:]
    return torch.from_numpy(tokens).to(device), torch.from_numpy(targets).to(device)
