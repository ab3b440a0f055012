"""transformers' Trainer as this training wants it: quiet, offline, with exact perplexity, and stopped by a bad loss."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.packages import needed
from models.progress import Progress
from models.training.checkpoints import not_finite
from models.training.rows import IGNORED
from models.training.trainable import set_moving

if TYPE_CHECKING:
    from models.training.batches import Collator, Examples
    from models.training.recipe import Recipe
    from models.training.train import Data

#: Called with what is logged: `step`, and `loss` and `learning_rate` or `validation_loss` and `perplexity`.
Told = Callable[[Mapping[str, float]], None]

_LOG_EVERY = 10


def make_trainer(
    model: Any,  # noqa: ANN401 - PEFT's
    *,
    recipe: "Recipe",
    data: "Data",
    folder: Path,
    progress: Progress,
    told: Told,
) -> Any:  # noqa: ANN401 - transformers' Trainer
    """Return a Trainer that writes its checkpoints to `folder`."""
    from transformers import PrinterCallback, Trainer

    class Quiet(Trainer):  # type: ignore[misc]  # transformers has no types here
        """A Trainer whose checkpoints hold the adapter once, without asking a hub about its base."""

        def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
            """Write the adapter to a checkpoint's folder."""
            self.model.save_pretrained(output_dir or self.args.output_dir, save_embedding_layers=False)

    trainer = Quiet(
        model=model,
        args=_arguments(recipe, folder=folder, still=_precision_of(model)),
        train_dataset=data.training,
        data_collator=data.collate,
    )
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_watching(trainer, recipe=recipe, data=data, progress=progress, told=told))
    return trainer


def _precision_of(model: Any) -> str:  # noqa: ANN401
    """Return the number format of what stays as it is, as torch writes it."""
    kinds = {str(parameter.dtype) for parameter in model.parameters() if not parameter.requires_grad}
    return next(iter(kinds), "torch.float32")


def _arguments(recipe: "Recipe", *, folder: Path, still: str) -> Any:  # noqa: ANN401
    transformers, torch = needed("transformers"), needed("torch")
    gpu = torch.cuda.is_available()
    return transformers.TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=recipe.batch,
        gradient_accumulation_steps=recipe.accumulate,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        num_train_epochs=recipe.epochs,
        max_steps=recipe.steps or -1,
        bf16=still == "torch.bfloat16",
        fp16=still == "torch.float16",
        activation_checkpointing=recipe.gradient_checkpointing,
        activation_checkpointing_kwargs={"use_reentrant": False} if recipe.gradient_checkpointing else None,
        save_strategy="steps",
        save_steps=recipe.save_every,
        save_total_limit=2,
        logging_steps=_LOG_EVERY,
        logging_first_step=True,
        # A loss that is none is to be seen, not left out of the mean.
        logging_nan_inf_filter=False,
        report_to="none",
        disable_tqdm=True,
        push_to_hub=False,
        remove_unused_columns=False,
        label_names=["labels"],
        seed=recipe.seed,
        data_seed=recipe.seed,
        use_cpu=not gpu,
        dataloader_pin_memory=gpu,
    )


def _watching(trainer: Any, *, recipe: "Recipe", data: "Data", progress: Progress, told: Told) -> Any:  # noqa: ANN401
    """Return the callback that tells progress and losses, validates before each checkpoint, and stops a bad loss."""
    from transformers import TrainerCallback

    class Watching(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, args: Any, state: Any, control: Any, **given: Any) -> None:  # noqa: ANN401
            """Set what is trained, and validate what is trained on, before the first step."""
            set_moving(trainer.model, recipe=recipe)
            progress("train", state.global_step, state.max_steps)
            if state.global_step == 0:
                self._validate()

        def on_step_end(self, args: Any, state: Any, control: Any, **given: Any) -> None:  # noqa: ANN401
            """Tell the progress; validate where a checkpoint follows."""
            progress("train", state.global_step, state.max_steps)
            if state.global_step % recipe.save_every == 0 or state.global_step == state.max_steps:
                self._validate()
                # The loss is looked at before the checkpoint is written.
                control.should_log = True

        def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **given: Any) -> None:  # noqa: ANN401
            """Tell a loss with its step. Raises TrainingFailed for one that is not finite."""
            # In half precision a gradient may overflow: that step is passed over, and the scale lowered.
            figures = _checked(logs or {}, step=state.global_step, gradient=not args.fp16)
            if figures.keys() & {"loss", "validation_loss"}:
                told({"step": float(state.global_step), **figures})

        def _validate(self) -> None:
            if len(data.held_out):
                loss = mean_loss(trainer.model, data.held_out, collate=data.collate, batch=recipe.batch)
                trainer.log({"validation_loss": loss, "perplexity": math.exp(min(loss, 700.0))})

    return Watching()


def _checked(logs: Mapping[str, Any], *, step: int, gradient: bool) -> dict[str, float]:
    """Return the figures that are logged. Raises TrainingFailed where the loss, or the gradient, is not finite."""
    figures = {key: float(value) for key, value in logs.items() if isinstance(value, int | float)}
    for name in ("loss", "validation_loss", *(["grad_norm"] if gradient else [])):
        if not math.isfinite(figures.get(name, 0.0)):
            raise not_finite(step=step, what=name)
    return figures


def mean_loss(model: Any, examples: "Examples", *, collate: "Collator", batch: int) -> float:  # noqa: ANN401
    """Return the mean of −log p over all tokens that are to be foretold, in nats; exp of it is the perplexity.

    Every token counts the same, whichever batch it is in.
    """
    torch = needed("torch")
    was_training = model.training
    model.eval()
    total, count = 0.0, 0
    for at in range(0, len(examples), batch):
        fed = collate([examples[number] for number in range(at, min(at + batch, len(examples)))])
        fed = {name: tensor.to(model.device) for name, tensor in fed.items()}
        labels = fed.pop("labels")[:, 1:].reshape(-1)
        kind = _precision_of(model).removeprefix("torch.")
        mixed = torch.autocast(model.device.type, getattr(torch, kind), enabled=kind != "float32")
        with torch.no_grad(), mixed:
            logits = model(**fed).logits[:, :-1].float()
        total += float(
            torch.nn.functional.cross_entropy(
                logits.reshape(-1, logits.shape[-1]), labels, ignore_index=IGNORED, reduction="sum"
            )
        )
        count += int((labels != IGNORED).sum())
    model.train(was_training)
    return total / max(count, 1)
