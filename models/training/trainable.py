"""A base model with a LoRA to train on it: matrices, embeddings and head move, in single precision; the rest is still.

W' = W + alpha / r · B·A (Hu et al. 2021, arXiv:2106.09685), by PEFT
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.adapter import Adapter, open_adapter
from models.errors import BadModelFiles, BadRecipe, WrongPart
from models.merge import open_base
from models.merge_checks import Base
from models.packages import needed
from models.training.recipe import Kind, Recipe
from models.vocabulary import NAMES, check_vocabulary, tokens_in


@dataclass(frozen=True, slots=True)
class Parts:
    """What goes into a training, checked to belong together before anything is loaded."""

    base: Base
    start: Adapter | None
    tokenizer: Path
    tokens: int

    @property
    def rows(self) -> int:
        """Return the rows of embeddings to begin with: those of the LoRA to go on from, or of the base."""
        return (self.start.rows if self.start else None) or self.base.rows


def open_parts(recipe: Recipe) -> Parts:
    """Return base, LoRA and tokenizer of a recipe. Raises BadModelFiles, WrongPart, MissingPackage."""
    base = open_base(recipe.base)
    if base.weights.form == "pth":
        raise BadModelFiles(
            f"{recipe.base} has Meta's form, which cannot be trained on: change it first with "
            "`wendang model merge --no-lora --base … --out …`",
            path=str(recipe.base),
            cause="train_on_pth",
        )
    start = open_adapter(recipe.start) if recipe.start else None
    named = recipe.tokenizer.parent if recipe.tokenizer and recipe.tokenizer.is_file() else recipe.tokenizer
    tokenizer = named or next(
        (folder for folder in (recipe.start, recipe.base) if folder and tokens_in(folder) is not None), recipe.base
    )
    tokens = tokens_in(tokenizer)
    if tokens is None:
        raise BadModelFiles(f"there is no tokenizer in {tokenizer}: name its folder", path=str(tokenizer),
                            cause="no_tokenizer")  # fmt: skip
    parts = Parts(base, start, tokenizer, tokens)
    check_sizes(parts.rows, tokens=tokens, kind=recipe.kind, grows=start is None)
    if tokens > parts.rows and not {"embed_tokens", "lm_head"} <= {*recipe.lora.whole}:
        raise BadRecipe(
            f"the vocabulary grows from {parts.rows} to {tokens} tokens, and lora.whole lacks embed_tokens or lm_head: "
            "without them the new tokens would be lost",
            setting="lora.whole",
            cause="growing",
            rows=parts.rows,
            tokens=tokens,
        )
    return parts


def check_sizes(rows: int, *, tokens: int, kind: Kind, grows: bool = True) -> None:
    """Refuse a vocabulary that a training must not begin with. Raises WrongPart, with both sizes and the remedy.

    Pre-training may extend LLaMA's; tuning may add `[PAD]` to Chinese-LLaMA's, and needs it: Chinese-Alpaca's tokenizer
    is the one that the templates of the first generation were tuned with.
    """
    if kind == "tune" and tokens == 49953:
        raise WrongPart(
            f"the model has {rows} tokens ({NAMES.get(rows, 'unknown')}), the tokenizer {tokens} ({NAMES[tokens]}): "
            "tuning takes Chinese-Alpaca's tokenizer of 49954, made by `wendang model tokenizer --pad`",
            cause="tune_with_llama",
            rows=rows,
            tokens=tokens,
        )
    if kind == "tune" and (rows, tokens) == (49953, 49954) and grows:
        return
    # A LoRA to go on from keeps its vocabulary; models of other families may have rows to spare.
    if rows in NAMES or tokens in NAMES or tokens > rows:
        check_vocabulary(rows, tokens=tokens, purpose="pretrain" if kind == "pretrain" and grows else "tune")


def load(recipe: Recipe, *, parts: Parts, number_format: str) -> Any:  # noqa: ANN401 - PEFT's PeftModel
    """Return the model, ready to be trained. `number_format` is the name of torch's for what stays as it is.

    Raises BadRecipe where the model has no such modules.
    """
    torch, transformers = needed("torch"), needed("transformers")
    torch.manual_seed(recipe.seed)
    transformers.utils.logging.disable_progress_bar()
    model = transformers.AutoModelForCausalLM.from_pretrained(
        recipe.base, dtype=getattr(torch, number_format), local_files_only=True, trust_remote_code=False
    )
    model.config.use_cache = False
    if model.config.tie_word_embeddings and {"embed_tokens", "lm_head"} & {*recipe.lora.whole}:
        _untie(model)
    before = model.get_input_embeddings().weight.shape[0]
    after = max(parts.rows, parts.tokens)
    if after != before:
        model.resize_token_embeddings(after, mean_resizing=False)
        _begin_new_rows(model, before=before)
    _check_modules(model, recipe)
    wrapped = _wrap(model, recipe, start=parts.start)
    set_moving(wrapped, recipe=recipe)
    for parameter in wrapped.parameters():
        # What is trained in half precision loses the small steps, and its gradients cannot be scaled.
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    return wrapped


def set_moving(model: Any, *, recipe: Recipe) -> None:  # noqa: ANN401 - PEFT's PeftModel
    """Keep the matrices still where only whole modules are trained; reading a checkpoint lets all of them move."""
    if recipe.lora.only_whole:
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.requires_grad = False


def _wrap(model: Any, recipe: Recipe, *, start: Adapter | None) -> Any:  # noqa: ANN401
    with warnings.catch_warnings():
        # PEFT asks transformers for an attribute under its old name.
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        return _wrapped(model, recipe, start=start)


def _wrapped(model: Any, recipe: Recipe, *, start: Adapter | None) -> Any:  # noqa: ANN401
    peft = needed("peft")
    if start:
        return peft.PeftModel.from_pretrained(model, str(start.folder), is_trainable=True)
    form = recipe.lora
    config = peft.LoraConfig(
        task_type="CAUSAL_LM",
        r=form.rank,
        lora_alpha=form.alpha,
        lora_dropout=form.dropout,
        target_modules=list(form.targets),
        modules_to_save=list(form.whole) or None,
        base_model_name_or_path=str(recipe.base),
    )
    return peft.get_peft_model(model, config)


def _begin_new_rows(model: Any, *, before: int) -> None:  # noqa: ANN401 - transformers' model
    """Let new tokens begin as the mean of the old ones, with a little noise to tell them apart.

    With random rows the first steps go into unlearning them, and the loss of known tokens suffers.
    """
    torch = needed("torch")
    for layer in (model.get_input_embeddings(), model.get_output_embeddings()):
        weight = layer.weight.data
        old = weight[:before].float()
        noise = torch.randn(weight.shape[0] - before, weight.shape[1], generator=torch.Generator().manual_seed(0))
        weight[before:] = (old.mean(dim=0) + 0.1 * old.std(dim=0) * noise.to(weight.device)).to(weight.dtype)


def _untie(model: Any) -> None:  # noqa: ANN401 - transformers' model
    """Give a model whose head is its embeddings a head of its own, since both are trained and kept."""
    torch = needed("torch")
    weight = model.get_input_embeddings().weight
    model.config.tie_word_embeddings = False
    head = torch.nn.Linear(weight.shape[1], weight.shape[0], bias=False, dtype=weight.dtype)
    head.weight.data.copy_(weight.data)
    model.set_output_embeddings(head)


def _check_modules(model: Any, recipe: Recipe) -> None:  # noqa: ANN401
    """Refuse names that no module has: PEFT passes over them, as long as it finds one."""
    found = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    wanted = {"lora.targets": recipe.lora.targets, "lora.whole": recipe.lora.whole}
    for key, names in wanted.items():
        unknown = sorted({*names} - found)
        if unknown:
            raise BadRecipe(
                f"{key}: the model has no {', '.join(unknown)}; it has {', '.join(sorted(_linear(model)))}",
                setting=key,
                cause="modules",
                unknown=", ".join(unknown),
                known=", ".join(sorted(_linear(model))),
            )


def _linear(model: Any) -> set[str]:  # noqa: ANN401
    torch = needed("torch")
    kinds = (torch.nn.Linear, torch.nn.Embedding)
    return {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, kinds)}


def saved_state(model: Any) -> Mapping[str, Any]:  # noqa: ANN401
    """Return the tensors of an adapter by PEFT's names, each module that is kept whole once.

    Without `save_embedding_layers=False` PEFT would ask a hub for the base, and keep the old embeddings beside the new.
    """
    found: Mapping[str, Any] = needed("peft").get_peft_model_state_dict(model, save_embedding_layers=False)
    return {name: tensor.detach().cpu().contiguous() for name, tensor in found.items()}
