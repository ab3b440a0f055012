"""What a user may choose about answers, whichever local backend makes them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ingest.errors import BadSetting

#: The longest context that can be asked for; a model's own is mostly much shorter.
_LONGEST = 1 << 20
_SHORTEST_CONTEXT = 256
#: What a model gets where nothing is asked for: a longer context takes memory that most questions do not need.
_DEFAULT_CONTEXT = 4096


class AnswerOptions(BaseModel):
    """What all local backends let a user choose about an answer; what is None is the family's choice."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    n_ctx: int | None = Field(
        default=None,
        ge=_SHORTEST_CONTEXT,
        le=_LONGEST,
        description=f"tokens of context; default: the model's own, at most {_DEFAULT_CONTEXT}",
    )
    threads: int | None = Field(
        default=None, ge=1, le=1024, description="default: the processors that this process may use"
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="of the sampler, where the temperature is not 0")
    temperature: float | None = Field(default=None, ge=0, le=2, description="0 takes the likeliest token")
    top_k: int | None = Field(default=None, ge=0, le=1_000_000, description="only the likeliest ones; 0 is all")
    top_p: float | None = Field(default=None, gt=0, le=1, description="only the likeliest ones, up to this share")
    repeat_penalty: float | None = Field(
        default=None, ge=1, le=2, description="on the answer's last 64 tokens; 1 is none"
    )
    max_tokens: int | None = Field(default=None, ge=1, le=_LONGEST, description="longest answer")
    stop: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list, description="texts that end an answer, besides the family's own"
    )
    queue_timeout: float = Field(default=600, gt=0, description="seconds that a request waits for its turn")


class _CallOptions(AnswerOptions):
    """What a call may choose: as a user may, and what the program itself asks for."""

    refusal_margin: float | None = Field(default=None, ge=0, description="see rag.families.Sampling")


def checked(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a call's arguments that choose how to answer; BadSetting names one that cannot be used."""
    known = {name: value for name, value in asked.items() if name in _CallOptions.model_fields and value is not None}
    try:
        return _CallOptions(**known).model_dump(include=set(known))
    except ValidationError as exc:
        first = exc.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise BadSetting(
            f"{name} = {first['input']!r}: {first['msg']}; correct it",
            name=name,
            value=first["input"],
            expected=first["msg"],
        ) from exc


def context(asked: int | None, *, longest: int, model: str) -> int:
    """Return the tokens of context: as asked, or what fits; BadSetting for more than the model was made for."""
    if asked is not None and asked > longest:
        expected = f"{_SHORTEST_CONTEXT} to {longest}, which {model} was made for"
        raise BadSetting(
            f"setting backend_options.n_ctx = {asked}: expected {expected}",
            name="backend_options.n_ctx",
            value=asked,
            expected=expected,
        )
    return asked or min(longest, _DEFAULT_CONTEXT)
