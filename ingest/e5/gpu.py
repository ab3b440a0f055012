"""The encoder of `ingest.e5.graph` in torch, for many texts at once on a GPU.

The weights are the same, without the rounding to 8 bits that makes a processor quick. So the vectors are near those of
the processor (cosine 0.999), and one library may be made on a GPU and asked, or added to, on a processor.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from ingest.e5.tokens import PAD
from ingest.e5.weights import E5Weights

if TYPE_CHECKING:
    from torch import Tensor

_BATCH_TOKENS = 32_768  # padded; about 1 GB of activations


def available() -> bool:
    """Return whether torch is installed and sees an NVIDIA GPU; torch is imported only where there may be one."""
    if find_spec("torch") is None or shutil.which("nvidia-smi") is None:
        return False
    import torch

    return bool(torch.cuda.is_available())


class E5Torch:
    """The encoder on a device of torch."""

    def __init__(self, weights: E5Weights, *, device: str) -> None:
        import torch

        self._device = torch.device(device)
        self._heads = weights.heads
        self._epsilon = weights.epsilon
        quantised, scales = weights.blocks("emb.word", columns=weights.hidden)
        tokens = quantised.astype(np.float16) * scales[:, :, None]
        self._tokens = self._put(tokens.reshape(len(tokens), weights.hidden))
        types = weights.vector("emb.type")[: weights.hidden]
        self._positions = self._put(weights.vector("emb.pos").reshape(-1, weights.hidden) + types)
        self._norms = {"emb.ln": self._norm(weights, "emb.ln")}
        self._layers = [self._layer(weights, prefix=f"l{number}.") for number in range(weights.layers)]

    def vectors(self, ids: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        """Return the unit vector of each text, given its token ids with the two marks: (len(ids), hidden)."""
        import torch

        found = np.empty((len(ids), self._positions.shape[1]), np.float32)
        with torch.inference_mode():
            for batch in _batches([len(one) for one in ids]):
                found[batch] = self._encode([ids[index] for index in batch]).cpu().numpy()
        return found

    def _put(self, array: npt.NDArray[np.floating]) -> Tensor:
        import torch

        return torch.from_numpy(np.array(array)).to(self._device)

    def _norm(self, weights: E5Weights, name: str) -> tuple[Tensor, Tensor]:
        return self._put(weights.vector(f"{name}.w")), self._put(weights.vector(f"{name}.b"))

    def _linear(self, weights: E5Weights, names: list[str], *, columns: int) -> tuple[Tensor, Tensor]:
        """Return the matrices `names`, side by side, and their biases."""
        matrix = np.concatenate([weights.matrix(f"{name}.w", columns=columns) for name in names])
        return self._put(matrix), self._put(np.concatenate([weights.vector(f"{name}.b") for name in names]))

    def _layer(self, weights: E5Weights, *, prefix: str) -> dict[str, tuple[Tensor, Tensor]]:
        hidden = weights.hidden
        return {
            "qkv": self._linear(weights, [f"{prefix}{part}" for part in "qkv"], columns=hidden),
            "ao": self._linear(weights, [f"{prefix}ao"], columns=hidden),
            "aln": self._norm(weights, f"{prefix}aln"),
            "fi": self._linear(weights, [f"{prefix}fi"], columns=hidden),
            "fo": self._linear(weights, [f"{prefix}fo"], columns=weights.feed_forward),
            "oln": self._norm(weights, f"{prefix}oln"),
        }

    def _encode(self, ids: Sequence[Sequence[int]]) -> Tensor:
        """Return the vectors of texts of about the same length; the padding of the shorter ones is masked."""
        import torch
        from torch.nn.functional import gelu, linear, normalize

        longest = max(map(len, ids))
        padded = torch.tensor([[*one, *[PAD] * (longest - len(one))] for one in ids], device=self._device)
        lengths = torch.tensor([len(one) for one in ids], device=self._device)
        mask = torch.arange(longest, device=self._device)[None, :] < lengths[:, None]
        states = self._tokens[padded].float() + self._positions[:longest]
        states = self._normed(states, *self._norms["emb.ln"])
        for layer in self._layers:
            attended = self._attention(linear(states, *layer["qkv"]), mask)
            states = self._normed(states + linear(attended, *layer["ao"]), *layer["aln"])
            inner = gelu(linear(states, *layer["fi"]))
            states = self._normed(states + linear(inner, *layer["fo"]), *layer["oln"])
        return normalize((states * mask[:, :, None]).sum(dim=1), dim=-1)

    def _normed(self, states: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
        from torch.nn.functional import layer_norm

        return layer_norm(states, states.shape[-1:], scale, bias, self._epsilon)

    def _attention(self, projected: Tensor, mask: Tensor) -> Tensor:
        from torch.nn.functional import scaled_dot_product_attention

        rows, tokens, width = projected.shape
        split = projected.view(rows, tokens, 3, self._heads, width // 3 // self._heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask[:, None, None, :])
        return mixed.transpose(1, 2).reshape(rows, tokens, width // 3)


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield the texts' numbers in batches of similar lengths, so that little of a batch is padding."""
    batch: list[int] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batch and (len(batch) + 1) * lengths[index] > _BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch
