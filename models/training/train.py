"""Continued pre-training and instruction tuning of a LLaMA with LoRA, on transformers' Trainer and PEFT.

    train(read_recipe(Path("tune.toml")))     # → an adapter that `wendang model merge` takes

A run that was killed goes on with the same recipe, from its last whole checkpoint, to the same result. Everything is
checked and all data read before the first step. Nothing is sent anywhere, and nothing fetched.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import BadRecipe, NotEnoughRoom
from models.output_folder import OutputFolder, partial_folder, refuse_used
from models.packages import needed
from models.progress import Progress, silent
from models.room import check_disk
from models.training.batches import Collator, Examples, packed, split
from models.training.checkpoints import BYTES_KEPT, CHECKPOINTS, begin, refuse_other, save, trained_numbers
from models.training.corpus import Corpus, prepare
from models.training.encoder import open_encoder
from models.training.loop import make_trainer
from models.training.recipe import Recipe
from models.training.trainable import Parts, load, open_parts

if TYPE_CHECKING:
    from models.training.loop import Told

_PLAN = "training"
#: Settings that may change between the parts of one training.
_FREE = {"out", "cache", "save_every", "gradient_checkpointing", "skip_bad"}


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training gave: the adapter's folder, its steps and examples, the mean losses and perplexities.

    `losses` are those of the first and the last steps that were logged; `perplexities` those of the held-out examples
    before and after, None where none were held out.
    """

    folder: Path
    steps: int
    examples: int
    held_out: int
    parameters: int
    losses: tuple[float, float]
    perplexities: tuple[float, float] | None
    left_out: tuple[str, ...]
    resumed_at: int


@dataclass(frozen=True, slots=True)
class Data:
    """Examples to train on and to validate with."""

    corpus: Corpus
    training: Examples
    held_out: Examples
    collate: Collator


def train(recipe: Recipe, *, progress: Progress = silent, told: "Told" = lambda facts: None) -> Trained:
    """Train, and return what was written to `recipe.out`; `told` gets each step that is logged.

    Raises BadRecipe, BadTrainingData, BadModelFiles, WrongPart, NotEnoughRoom, MissingPackage, before the first step;
    TrainingFailed where the loss goes astray.
    """
    refuse_used(recipe.out)
    number_format = _number_format(recipe)
    parts = open_parts(recipe)
    encoder = open_encoder(parts.tokenizer)
    corpus = prepare(recipe, encoder=encoder, progress=progress)
    data = _data(recipe, corpus, pad=encoder.pad)
    begun = _begun(recipe, corpus)
    refuse_other(partial_folder(recipe.out), begun=begun)
    with OutputFolder(recipe.out, plan=_PLAN) as folder:
        checkpoint = begin(folder, begun=begun)
        model = load(recipe, parts=parts, number_format=number_format)
        parameters = trained_numbers(model)
        check_disk(folder, needed_bytes=BYTES_KEPT * parameters)
        trainer = make_trainer(
            model, recipe=recipe, data=data, folder=folder / CHECKPOINTS, progress=progress, told=told
        )
        _run(trainer, checkpoint)
        result = _result(recipe, trainer=trainer, data=data, parameters=parameters, resumed=checkpoint)
        record = _record(recipe, parts=parts, data=data, result=result, log=trainer.state.log_history)
        save(folder, model=trainer.model, parts=parts, record=record)
    return result


def _number_format(recipe: Recipe) -> str:
    """Return torch's name of the numbers that the still part of the model has. Raises BadRecipe."""
    torch = needed("torch")
    for package in ("transformers", "peft", "accelerate", "safetensors"):
        needed(package)
    gpu = torch.cuda.is_available()
    precision = recipe.precision
    if precision == "auto":
        precision = "fp32" if not gpu else "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    if precision == "fp16" and not gpu:
        raise BadRecipe(
            'precision = "fp16" needs a GPU, and there is none: leave precision away, or take "bf16" or "fp32"',
            setting="precision",
            cause="no_gpu",
        )
    return {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}[precision]


def _data(recipe: Recipe, corpus: Corpus, *, pad: int) -> Data:
    used, held = split(len(corpus.rows), validation=recipe.validation, seed=recipe.seed)
    together = recipe.kind == "tune" and recipe.pack
    groups = packed(corpus.rows, used, block=recipe.block, seed=recipe.seed) if together else [[row] for row in used]
    kept = Examples(corpus.rows, [[row] for row in held])
    return Data(corpus, Examples(corpus.rows, groups), kept, Collator(pad, packed=together))


def _begun(recipe: Recipe, corpus: Corpus) -> dict[str, Any]:
    """Return what tells this training from any other."""
    return {**recipe.model_dump(mode="json", exclude=_FREE | {"data"}), "data": corpus.key}


def _run(trainer: Any, checkpoint: Path | None) -> None:  # noqa: ANN401 - transformers' Trainer
    torch = needed("torch")
    if checkpoint and _finished(trainer, checkpoint):
        return
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except torch.OutOfMemoryError as exc:
        free, total = torch.cuda.mem_get_info() if torch.cuda.is_available() else (0, 0)
        raise NotEnoughRoom(
            f"the GPU's memory ({total / 1e9:.0f} GB) is too small: take a smaller batch (and a larger accumulate), "
            "gradient_checkpointing = true, or a shorter block; the same command goes on",
            where="gpu",
            needed=total,
            free=free,
            total_gb=f"{total / 1e9:.0f}",
            cause="gpu",
        ) from exc


def _finished(trainer: Any, checkpoint: Path) -> bool:  # noqa: ANN401
    """Whether a checkpoint is that of the last step; if so, take it over: the Trainer would make one step too many."""
    state = needed("transformers").TrainerState.load_from_json(str(checkpoint / "trainer_state.json"))
    if state.global_step < state.max_steps:
        return False
    trainer.model.load_adapter(str(checkpoint), trainer.model.active_adapter, is_trainable=True)
    trainer.state = state
    return True


def _result(recipe: Recipe, *, trainer: Any, data: Data, parameters: int, resumed: Path | None) -> Trained:  # noqa: ANN401
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    held = [entry["validation_loss"] for entry in trainer.state.log_history if "validation_loss" in entry]
    return Trained(
        folder=recipe.out,
        steps=trainer.state.global_step,
        examples=sum(map(len, data.training.groups)),
        held_out=len(data.held_out),
        parameters=parameters,
        losses=(losses[0], losses[-1]),
        perplexities=(_exp(held[0]), _exp(held[-1])) if held else None,
        left_out=data.corpus.named,
        resumed_at=int(resumed.name.rpartition("-")[2]) if resumed else 0,
    )


def _exp(loss: float) -> float:
    return math.exp(loss) if loss < 700 else math.inf


def _record(
    recipe: Recipe, *, parts: Parts, data: Data, result: Trained, log: list[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return where the adapter comes from, as JSON has it."""
    corpus = data.corpus
    return {
        "recipe": recipe.model_dump(mode="json"),
        "base": {"name": parts.base.folder.absolute().name, "tokens": parts.base.rows},
        "data": {
            "key": corpus.key,
            **{name: getattr(corpus, name) for name in ("records", "bad", "too_long", "cut")},
            "examples": result.examples,
            "held_out": result.held_out,
            "tokens": len(corpus.rows.tokens),
        },
        "steps": result.steps,
        "trained_parameters": result.parameters,
        "made_with": {name: metadata.version(name) for name in ("torch", "transformers", "peft")},
        "log": log,
    }
