"""A LoRA adapter on a transformers model: W + (alpha / r) · B·A (Hu et al. 2021, arXiv:2106.09685), kept as GGUF.

The adapter hangs on the projections as forward hooks, so the model's own modules stay what they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import WrongPart
from models.training.gemma import PROJECTIONS

if TYPE_CHECKING:
    import torch

_NAMES = {theirs: ours for ours, theirs in PROJECTIONS.items()}
_MODULE = re.compile(r"model\.layers\.(\d+)\.(\S+)")


@dataclass
class Lora:
    """The two matrices of each changed projection, by llama.cpp's name of its weight."""

    alpha: float
    a: "dict[str, torch.nn.Parameter]"
    b: "dict[str, torch.nn.Parameter]"

    def parameters(self) -> "list[torch.nn.Parameter]":
        """Return all that is trained."""
        return [*self.a.values(), *self.b.values()]


def attach(model: Any, *, rank: int, alpha: float, dropout: float, seed: int) -> Lora:  # noqa: ANN401
    """Hang a new adapter on every projection of `model`; it changes nothing yet (B is zero)."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    lora = Lora(alpha, {}, {})
    for name, module in model.named_modules():
        match = _MODULE.fullmatch(name)
        if not match or match[2] not in _NAMES:
            continue
        key = f"blk.{match[1]}.{_NAMES[match[2]]}.weight"
        width = module.in_features
        start = (torch.rand(rank, width, generator=generator) * 2 - 1) * (3 / width) ** 0.5
        a = torch.nn.Parameter(start.to(module.weight.device))
        b = torch.nn.Parameter(torch.zeros(module.out_features, rank, device=module.weight.device))
        lora.a[key], lora.b[key] = a, b
        module.register_forward_hook(_hook(a, b, scale=alpha / rank, dropout=dropout))
    return lora


def _hook(a: "torch.nn.Parameter", b: "torch.nn.Parameter", *, scale: float, dropout: float) -> Any:  # noqa: ANN401
    import torch.nn.functional as functional

    def add(module: Any, given: Any, output: "torch.Tensor") -> "torch.Tensor":  # noqa: ANN401 - a hook's
        """Return a projection's output with the adapter's added."""
        x = functional.dropout(given[0], dropout, training=module.training)
        update: torch.Tensor = (x @ a.to(x.dtype).T) @ (b.to(x.dtype).T * scale)
        return output + update

    return add


def read_adapter(path: Path, *, into: Lora) -> None:
    """Copy the adapter of a GGUF file into one that is attached. Raises WrongPart where they do not fit."""
    import gguf
    import torch

    reader = gguf.GGUFReader(path)
    alpha = float(reader.fields["adapter.lora.alpha"].contents())
    tensors = {tensor.name: tensor.data for tensor in reader.tensors}
    wanted = {f"{key}.lora_{part}" for key in into.a for part in "ab"}
    if alpha != into.alpha or tensors.keys() != wanted:
        raise WrongPart(
            f"{path} is another adapter: alpha {alpha:g} (expected {into.alpha:g}), {len(tensors)} tensors (expected "
            f"{len(wanted)}); take one of the same recipe and base",
            cause="other_adapter",
            path=str(path),
            alpha=f"{alpha:g}",
            expected=f"{into.alpha:g}",
        )
    with torch.no_grad():
        for part, kept in (("a", into.a), ("b", into.b)):
            for key, parameter in kept.items():
                parameter.copy_(torch.from_numpy(tensors[f"{key}.lora_{part}"].copy()))


def write_adapter(lora: Lora, out: Path, *, facts: Mapping[str, str] | None = None) -> None:
    """Write the adapter in half precision, as llama.cpp reads it; `facts` become `general.*` entries."""
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(out, "gemma3")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", lora.alpha)
    for name, value in (facts or {}).items():
        writer.add_string(f"general.{name}", value)
    for key in lora.a:
        for part, kept in (("a", lora.a), ("b", lora.b)):
            writer.add_tensor(f"{key}.lora_{part}", kept[key].detach().cpu().numpy().astype(np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
