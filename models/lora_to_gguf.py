"""A LoRA's folder as a GGUF adapter, which llama.cpp adds to the base model when it loads it.

The form (ggml-org/llama.cpp, convert_lora_to_gguf.py and src/llama-adapter.cpp): `<tensor>.lora_a` of (rank, in),
`<tensor>.lora_b` of (out, rank), and `adapter.lora.alpha`, which llama.cpp divides by the rank.
"""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from models.adapter import Adapter, open_adapter
from models.errors import BadModelFiles
from models.gguf_names import gguf_name, in_gguf_order
from models.gguf_output import Entry, GgufOutput, Kind
from models.llama_config import LlamaConfig, read_config
from models.packages import needed
from models.progress import Progress, silent

if TYPE_CHECKING:
    import torch


def is_lora(folder: Path) -> bool:
    """Whether a folder holds a LoRA instead of a model."""
    return (folder / "adapter_config.json").is_file()


def convert_lora(
    folder: Path, *, out: Path, base: Path | None = None, kind: Kind = "f16", progress: Progress = silent
) -> Path:
    """Write a LoRA as a GGUF adapter and return the file; `base` is the folder of its base model (or its config.json).

    Without `base`, the folder that the LoRA itself names is used, where it is one of this machine. Raises
    BadModelFiles, also for a LoRA that llama.cpp cannot add: one with embeddings or a head of its own, DoRA.
    """
    needed("torch")
    adapter = open_adapter(folder)
    _check(adapter)
    config = read_config(_base_of(adapter, given=base))
    with GgufOutput(out, architecture="llama") as file:
        file.keys.add_type("adapter")
        file.keys.add_name(folder.absolute().name)
        file.keys.add_string("adapter.type", "lora")
        # The scale is in the matrices: ranks and alphas may differ from one to the other. 0 stands for no scale.
        file.keys.add_float32("adapter.lora.alpha", 0.0)
        file.write(_entries(adapter, config=config, kind=kind), progress=progress)
    return out


def _check(adapter: Adapter) -> None:
    named = [name for name in adapter.updates if gguf_name(name) is None]
    form = None
    if adapter.replaced:
        form = f"{', '.join(sorted(adapter.replaced))} of its own"
    elif any("lora_magnitude_vector" in update.parts for update in adapter.updates.values()):
        form = "magnitudes (DoRA)"
    elif any("lora_embedding_A" in update.parts for update in adapter.updates.values()) or named:
        form = f"changes to {named[0] if named else 'embeddings'}"
    if form:
        raise BadModelFiles(
            f"the LoRA in {adapter.folder} has {form}, which llama.cpp cannot add to a model: merge it "
            "(`wendang model merge`) and convert the result",
            path=str(adapter.folder),
            cause="lora_needs_merge",
            form=form,
        )


def _base_of(adapter: Adapter, *, given: Path | None) -> Path:
    """Return the folder with the base model's configuration. Raises BadModelFiles where none is known."""
    named = str(adapter.config.get("base_model_name_or_path") or "")
    folder = given or Path(named)
    if given is None and not (named and (folder / "config.json").is_file()):
        raise BadModelFiles(
            f"the LoRA in {adapter.folder} names {named or 'no base model'}, which is no folder of this machine: "
            "give the base model's with --base (its config.json suffices)",
            path=str(adapter.folder),
            cause="base_unknown",
            base=named or "?",
        )
    return folder


def _entries(adapter: Adapter, *, config: LlamaConfig, kind: Kind) -> list[Entry]:
    entries = []
    for name, update in adapter.updates.items():
        first, second = (adapter.weights.tensors[part].shape for part in update.names)
        target = gguf_name(name)
        entries += [
            Entry(f"{target}.lora_a", first, kind, partial(adapter.weights.read, update.names[0])),
            Entry(f"{target}.lora_b", second, kind, partial(_scaled, adapter, name=name, config=config)),
        ]
    return sorted(entries, key=lambda entry: entry.name)


def _scaled(adapter: Adapter, *, name: str, config: LlamaConfig) -> "torch.Tensor":
    """Return a weight's B times its scale, its rows in llama.cpp's order."""
    update = adapter.updates[name]
    return in_gguf_order(name, adapter.weights.read(update.names[1]).float() * update.scale, config=config)
