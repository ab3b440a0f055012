"""What a training leaves on the disk: checkpoints to go on from, and in the end the adapter, with its record."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.adapter import open_adapter
from models.errors import BadRecipe, TrainingFailed
from models.merge_checks import EMBEDDINGS
from models.packages import needed
from models.shards import write_json
from models.stored import DTYPES
from models.tokenizer import PAD, write_settings
from models.training.trainable import Parts, saved_state
from models.vocabulary import FILES, special_ids
from models.weights import read_json

CHECKPOINTS, RECORD, BEGUN = "checkpoints", "training.json", "recipe.json"
#: Bytes on the disk for each trained number: three checkpoints of it and its two moments, in single precision.
BYTES_KEPT = 3 * 3 * 4
_WRITTEN_LAST = "trainer_state.json"
_OF_CHECKPOINT = ("adapter_model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", _WRITTEN_LAST)


def begin(folder: Path, *, begun: Mapping[str, Any]) -> Path | None:
    """Note what is trained in an unfinished folder, and return the last whole checkpoint in it; None at first.

    What a kill left half-written is deleted.
    """
    write_json(folder / BEGUN, begun)
    last = None
    for checkpoint in sorted((folder / CHECKPOINTS).glob("checkpoint-*"), key=_step):
        if _whole(checkpoint):
            last = checkpoint
        else:
            shutil.rmtree(checkpoint)
    return last


def refuse_other(folder: Path, *, begun: Mapping[str, Any]) -> None:
    """Raise BadRecipe where an unfinished folder is of another training (settings or data): it is not thrown away."""
    if not (folder / BEGUN).is_file():
        return
    before = read_json(folder / BEGUN)
    plain = json.loads(json.dumps(begun))
    differing = sorted(key for key in before.keys() | plain.keys() if before.get(key) != plain.get(key))
    if differing:
        raise BadRecipe(
            f"{folder} is an unfinished training with another {', '.join(differing)}: finish it with its own settings, "
            "choose another out, or delete it",
            path=str(folder),
            cause="other_run",
            keys=", ".join(differing),
        )


def _step(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _whole(checkpoint: Path) -> bool:
    """Whether a checkpoint was written to its end: its state comes last."""
    if not all((checkpoint / name).is_file() for name in _OF_CHECKPOINT):
        return False
    try:
        json.loads((checkpoint / _WRITTEN_LAST).read_text("utf-8"))
    except ValueError:
        return False
    return True


def save(folder: Path, *, model: Any, parts: Parts, record: Mapping[str, Any]) -> None:  # noqa: ANN401 - a PeftModel
    """Write the adapter in the form of the published ones, and open it again as merging does.

    That is: matrices, whole modules in the base's own number format, configuration, tokenizer. Raises TrainingFailed
    where a number is none, BadModelFiles where the adapter is not complete.
    """
    torch = needed("torch")
    kind = getattr(torch, DTYPES[parts.base.weights.tensors[EMBEDDINGS].dtype][0])
    state = {name: tensor if "lora_" in name else tensor.to(kind) for name, tensor in saved_state(model).items()}
    broken = [name for name, tensor in state.items() if not bool(torch.isfinite(tensor).all())]
    if broken:
        raise not_finite(step=None, what=broken[0])
    needed("safetensors.torch").save_file(state, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config = model.peft_config[model.active_adapter]
    config.inference_mode = True
    config.save_pretrained(str(folder))
    for name in FILES:
        if (parts.tokenizer / name).is_file():
            shutil.copyfile(parts.tokenizer / name, folder / name)
    if (folder / "tokenizer.model").is_file() and not (folder / "tokenizer_config.json").is_file():
        write_settings(folder, pad=PAD if "pad_token_id" in special_ids(folder) else None)
    open_adapter(folder)
    write_json(folder / RECORD, record)
    shutil.rmtree(folder / CHECKPOINTS, ignore_errors=True)
    (folder / BEGUN).unlink(missing_ok=True)


def not_finite(*, step: int | None, what: str) -> TrainingFailed:
    """Return the error of numbers that are none any more."""
    return TrainingFailed(
        f"{what} is not finite any more (step {step or 'last'}): take a lower learning_rate, a longer warmup, or "
        'precision = "bf16" or "fp32"; the same command goes on from the last checkpoint',
        cause="not_finite",
        step=step or "?",
        what=what,
    )


def trained_numbers(model: Any) -> int:  # noqa: ANN401
    """Return how many numbers are trained."""
    return sum(int(parameter.numel()) for parameter in model.parameters() if parameter.requires_grad)
