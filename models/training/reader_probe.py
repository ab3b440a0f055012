"""What an adapter answers to prepared prompts, greedily, and how sure it was where it refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.training import lora
from models.training.gemma import load_gemma

if TYPE_CHECKING:
    import torch

    from models.training.reader_train import Recipe
    from models.training.rows import Rows

_LONGEST = 64


@dataclass(frozen=True, slots=True)
class Said:
    """A reply's tokens; for a refusal also by how many logits it went before any answer, and that answer's tokens."""

    reply: list[int]
    margin: float | None = None
    instead: list[int] | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """The tokens that end a reply, and the one that begins a refusal."""

    ends: tuple[int, ...]
    refusal: int


def probe(
    base: Path,
    rows: "Rows",
    *,
    marks: Marks,
    adapter: Path | None = None,
    recipe: "Recipe | None" = None,
    batch: int = 64,
) -> list[Said]:
    """Return what the cut `base` with an adapter says to the prompt of every row."""
    import torch

    from models.training.reader_train import Recipe

    chosen = recipe or Recipe()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model = load_gemma(base).to(device, torch.bfloat16 if device == "cuda" else torch.float32).eval()
    if adapter:
        lora.read_adapter(
            adapter, into=lora.attach(model, rank=chosen.rank, alpha=chosen.alpha, dropout=0.0, seed=chosen.seed)
        )
    prompts = [[int(token) for token in rows.prompt(row)] for row in range(len(rows))]
    order = sorted(range(len(prompts)), key=lambda row: len(prompts[row]))
    said: dict[int, Said] = {}
    for first in range(0, len(order), batch):
        part = order[first : first + batch]
        with torch.inference_mode():
            for row, one in zip(part, _said(model, [prompts[row] for row in part], marks), strict=True):
                said[row] = one
    return [said[row] for row in range(len(prompts))]


def _said(model: Any, prompts: Sequence[list[int]], marks: Marks) -> list[Said]:  # noqa: ANN401
    replies, logits = _generated(model, prompts, marks)
    said = [Said(reply) for reply in replies]
    refused = [i for i, reply in enumerate(replies) if reply[:1] == [marks.refusal]]
    if not refused:
        return said
    chances = logits[refused].clone()
    refusal = chances[:, marks.refusal].clone()
    chances[:, marks.refusal] = float("-inf")
    best, other = chances.max(dim=-1)
    instead, _ = _generated(model, [[*prompts[i], int(token)] for i, token in zip(refused, other, strict=True)], marks)
    for at, i in enumerate(refused):
        said[i] = Said(replies[i], float(refusal[at] - best[at]), [int(other[at]), *instead[at]])
    return said


def _generated(model: Any, prompts: Sequence[list[int]], marks: Marks) -> "tuple[list[list[int]], torch.Tensor]":  # noqa: ANN401
    """Return greedy replies without their ends, and the logits of their first tokens."""
    import torch

    longest = max(map(len, prompts))
    tokens = torch.tensor([[0] * (longest - len(prompt)) + prompt for prompt in prompts], device=model.device)
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts], device=model.device)
    made = model.generate(
        input_ids=tokens,
        attention_mask=mask,
        max_new_tokens=_LONGEST,
        do_sample=False,
        eos_token_id=list(marks.ends),
        pad_token_id=0,
        return_dict_in_generate=True,
        output_logits=True,
    )
    replies = []
    for row in made.sequences[:, longest:].tolist():
        end = next((i for i, token in enumerate(row) if token in marks.ends), len(row))
        replies.append(row[:end])
    return replies, made.logits[0].float()
