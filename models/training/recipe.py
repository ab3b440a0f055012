"""What to train on what, and how: `kind = "pretrain"` or `"tune"`, read from a TOML file.

    kind = "tune"
    base = "chinese-llama-plus-7b"        # paths are relative to the file
    tokenizer = "chinese-alpaca-tokenizer"
    data = ["alpaca.json"]
    out = "my-alpaca-lora"

The defaults are the recipe of ymcui/Chinese-LLaMA-Alpaca (run_pt.sh and run_sft.sh): LoRA of rank 8 and alpha 32 on
all seven projections, embeddings and head trained whole, blocks of 512 tokens, a cosine.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, PositiveFloat, PositiveInt, ValidationError, field_validator, model_validator

from models.errors import BadRecipe
from models.text_file import read_text

Kind = Literal["pretrain", "tune"]
Template = Literal["alpaca", "alpaca-2", "llama-3"]
Share = Annotated[float, Field(ge=0, lt=1)]

#: What the two kinds do differently, as the scripts of 2023 have it.
_BY_KIND: dict[str, dict[str, Any]] = {
    "pretrain": {"learning_rate": 2e-4, "warmup": 0.05, "weight_decay": 0.01},
    "tune": {"learning_rate": 1e-4, "warmup": 0.03, "weight_decay": 0.0},
}


class Form(BaseModel, extra="forbid", frozen=True):
    """The form of the LoRA: `targets` get low-rank matrices, the modules of `whole` are trained and kept whole.

    `only_whole` leaves the matrices at zero: the first stage of the seed's pre-training, for embeddings that are new.
    """

    rank: PositiveInt = 8
    alpha: PositiveFloat = 32.0
    dropout: Share = 0.05
    targets: tuple[str, ...] = ("q_proj", "v_proj", "k_proj", "o_proj", "gate_proj", "down_proj", "up_proj")
    whole: tuple[str, ...] = ("embed_tokens", "lm_head")
    only_whole: bool = False


class Recipe(BaseModel, extra="forbid", frozen=True):
    """A training. `block` is the tokens of a block, or of the longest example; `validation` a share of them.

    `tokenizer` and `start` (a LoRA to go on from) are folders; the tokenizer is that of `start`, or of the base, where
    none is named. `batch` examples go through the model at once, `accumulate` times a step. `steps` ends before the
    epochs do. `pack` puts short examples of tuning together into one of `block` tokens; they do not see one another.
    `end_of_text` closes every text of pre-training, so that the model learns to stop. `skip_bad` leaves out what
    cannot be read, instead of refusing it. `cache` keeps tokenised data (default: beside `out`).
    """

    kind: Kind
    base: Path
    data: tuple[Path, ...] = Field(min_length=1)
    out: Path
    tokenizer: Path | None = None
    start: Path | None = None
    template: Template | None = None
    lora: Form = Form()
    block: int = Field(512, ge=8)
    validation: Share = 0.001
    end_of_text: bool = True
    skip_bad: bool = False
    pack: bool = False
    learning_rate: PositiveFloat
    warmup: Share
    weight_decay: float = Field(ge=0)
    epochs: PositiveFloat = 1.0
    steps: PositiveInt | None = None
    batch: PositiveInt = 8
    accumulate: PositiveInt = 8
    save_every: PositiveInt = 200
    gradient_checkpointing: bool = True
    precision: Literal["auto", "bf16", "fp16", "fp32"] = "auto"
    seed: int = 0
    cache: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_kind(cls, given: dict[str, Any]) -> dict[str, Any]:
        return _BY_KIND.get(given.get("kind", ""), {}) | given

    @field_validator("data", mode="before")
    @classmethod
    def _one_or_several(cls, given: object) -> object:
        return (given,) if isinstance(given, str | Path) else given

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        if self.kind == "pretrain" and (self.pack or self.template):
            raise ValueError("pack and template are for tuning; pre-training packs its text by itself")
        if self.lora.only_whole and not self.lora.whole:
            raise ValueError("lora.only_whole with an empty lora.whole trains nothing")
        return self

    @property
    def cache_folder(self) -> Path:
        """Return where tokenised data is kept."""
        return self.cache or self.out.absolute().parent / ".training-cache"


def read_recipe(path: Path) -> Recipe:
    """Return the recipe of a TOML file, its paths made absolute. Raises BadRecipe, BadModelFiles."""
    try:
        values = tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as exc:
        raise BadRecipe(
            f"{path} is not TOML ({exc}): correct it", path=str(path), cause="toml", detail=str(exc)
        ) from exc
    folder = path.absolute().parent
    for key in ("base", "out", "tokenizer", "start", "cache"):
        if isinstance(values.get(key), str):
            values[key] = folder / Path(values[key]).expanduser()
    data = values.get("data")
    if isinstance(data, str | list):
        listed = [data] if isinstance(data, str) else data
        values["data"] = [folder / Path(name).expanduser() if isinstance(name, str) else name for name in listed]
    return checked(values, source=str(path))


def checked(values: dict[str, Any], *, source: str) -> Recipe:
    """Return the recipe that these values make. Raises BadRecipe, naming the first that is wrong."""
    try:
        return Recipe.model_validate(values)
    except ValidationError as exc:
        error = exc.errors()[0]
        key = ".".join(map(str, error["loc"])) or "recipe"
        raise BadRecipe(
            f"{source}: {key}: {error['msg']} (given: {_shown(error['input'])}); every setting is in docs/training.md",
            path=source,
            cause="setting",
            setting=key,
            detail=error["msg"],
            given=_shown(error["input"]),
        ) from exc


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
