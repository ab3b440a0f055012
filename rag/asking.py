"""How a model is asked: which passages it reads, in which words, and with which settings."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting
from ingest.types import Passage
from rag import families, prompts
from rag.budget import Room, fit, readable_in
from rag.families import Family
from rag.refusal import margin
from rag.types import Reading, Waiting

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

    from rag.trace import Recorder

#: How `model.stream(messages, **FREE_TEXT)` chooses tokens of a text that no passages bind, with the settings that
#: Chinese-LLaMA-Alpaca recommends. Answers from passages take the likeliest token, which is each family's default.
FREE_TEXT: Mapping[str, float] = {"temperature": 0.2, "top_k": 40, "top_p": 0.9, "repeat_penalty": 1.1}
#: Whose words a model is asked in: those of its family here, or Chinese-LLaMA-Alpaca's, with and without its misprint.
WORDINGS = ("own", "seed", "seed_literal")

_ANSWER_TOKENS = 512
#: How many times the usual length an answer in detail may have.
_DETAIL = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a model is to answer.

    `wording` is one of WORDINGS; `detail` asks for a longer answer. Fewer passages are read where the first word would
    otherwise come later than `first_token_s`. `progress` has a local model tell how far it is. `sampling` holds
    settings of the call (`max_tokens`, `stop`, `temperature` …) that win over the usual ones. A `recorder` is told of
    each prompt and of each piece of the replies.
    """

    wording: str = "own"
    detail: bool = False
    first_token_s: float | None = None
    progress: bool = False
    sampling: Mapping[str, Any] | None = None
    recorder: "Recorder | None" = None


class Asking:
    """A model, and how it is asked. `usage` counts the tokens of all that was asked so far.

    `family` is by default what the model says of itself; the options are the fields of Manner. `cut` says whether the
    last reply was ended before the model had said all, `fitted_into` what room there was for the passages. Raises
    BadSetting.
    """

    def __init__(
        self,
        model: "BaseChatModel",
        *,
        family: str | None = None,
        **manner: Any,  # noqa: ANN401 - the fields of Manner
    ) -> None:
        self.model = model
        self.family_name: str = family or trait(model, "family") or "chatml"
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0}
        self.cut = False
        self.fitted_into: Room | None = None
        self._family: Family = families.load(self.family_name)
        self._manner = Manner(**manner)
        wording = self._manner.wording
        if wording not in WORDINGS or (wording != "own" and self.family_name == "reader"):
            raise BadSetting(
                f"no wording {wording!r} for a model of the family {self.family_name}; use own",
                name="wording",
                value=wording,
                expected=", ".join(WORDINGS),
            )

    @property
    def betters(self) -> bool:
        """Whether the model can better an answer with more passages; if not, its first answer is its last."""
        return self._manner.wording != "own" or self._family.refined("", "", (), first=1) is not None

    @property
    def group(self) -> int:
        """How many passages one step of `refine` reads."""
        return 2 if self._manner.wording == "own" else 1

    def question(
        self, question: str, passages: Sequence[Passage], *, first: int = 1, stepwise: bool = False
    ) -> "list[BaseMessage]":
        """Return the messages that ask a question about passages, whose numbers begin with `first`."""
        from langchain_core.messages import HumanMessage

        if self._manner.wording != "own":
            worded = prompts.seed_initial if stepwise else prompts.seed_stuff
            return [HumanMessage(worded(question, passages))]
        return self._family.grounded(prompts.inert(question), passages, first=first, detail=self._manner.detail)

    def improvement(
        self, question: str, answer: str, passages: Sequence[Passage], *, first: int
    ) -> "list[BaseMessage] | None":
        """Return the messages that ask to better an answer with more passages; None where the family cannot."""
        from langchain_core.messages import HumanMessage

        if self._manner.wording != "own":
            literal = self._manner.wording == "seed_literal"
            return [HumanMessage(prompts.seed_refine(question, answer, passages, literal=literal))]
        return self._family.refined(prompts.inert(question), answer, passages, first=first, detail=self._manner.detail)

    def fitted(self, question: str, passages: Sequence[Passage], *, answers: int = 1) -> list[Passage]:
        """Return the passages that leave room for so many answers and can be read in time, or as the family is used to.

        All of them where the model's context is unknown.
        """
        self.fitted_into = room = self.room(answers=answers)
        if room is None:
            return list(passages)
        return fit(
            passages,
            prompt_tokens=lambda part: self.tokens(self.question(question, part)),
            limit=room.limit,
            wished=room.wished,
        )

    def room(self, *, answers: int = 1) -> Room | None:
        """Return how long a prompt may be that leaves room for so many answers; None where the context is unknown."""
        n_ctx = trait(self.model, "n_ctx")
        if n_ctx is None:
            return None
        return Room(
            n_ctx=n_ctx,
            answer=min(answers * self._max_tokens, n_ctx // 2),
            in_time=readable_in(self._manner.first_token_s, rate=trait(self.model, "reading_rate")),
            usual=getattr(self._family, "PROMPT_TOKENS", None),
        )

    def reply(self, messages: "list[BaseMessage]", passages: Sequence[Passage]) -> Generator[str | Waiting | Reading]:
        """Yield the pieces of what the model says to a prompt that holds the passages; its progress where wanted."""
        begun = self.cut = False
        if self._manner.recorder:
            self._manner.recorder.prompted(self, messages, passages)
        for chunk in self.model.stream(messages, **self._settings(passages)):
            yield from _steps(chunk.response_metadata)
            # A server's count of tokens may come behind the piece that says why it ends.
            self.cut |= chunk.response_metadata.get("finish_reason") == "length"
            piece = chunk.text if begun else chunk.text.lstrip()
            begun = begun or bool(piece)
            usage = getattr(chunk, "usage_metadata", None)
            if usage:
                self.usage["prompt_tokens"] += usage["input_tokens"]
                self.usage["completion_tokens"] += usage["output_tokens"]
            if piece:
                if self._manner.recorder:
                    self._manner.recorder.spoke()
                yield piece

    @property
    def _max_tokens(self) -> int:
        """The longest answer, in tokens."""
        if asked := (self._manner.sampling or {}).get("max_tokens"):
            return int(asked)
        longest = trait(self.model, "max_tokens") or _ANSWER_TOKENS
        return _DETAIL * longest if self._manner.detail and self._is_local else longest

    @property
    def _is_local(self) -> bool:
        """Whether the model runs in this process, counts its tokens and takes the settings of `families.Sampling`."""
        return hasattr(self.model, "prompt_tokens")

    def _settings(self, passages: Sequence[Passage]) -> dict[str, Any]:
        if not self._is_local:
            return dict(self._manner.sampling or {})
        settings: dict[str, Any] = {"max_tokens": self._max_tokens} if self._manner.detail else {}
        settings |= self._manner.sampling or {}
        if self._manner.progress:
            settings["progress"] = True
        usual = self._family.SAMPLING.refusal_margin
        return {**settings, "refusal_margin": margin(passages, default=usual)} if usual else settings

    def tokens(self, messages: "Sequence[BaseMessage]") -> int:
        """Return how many tokens a prompt has: exactly for a local model, on the safe side for another."""
        if self._is_local:
            count: Callable[[Sequence[BaseMessage]], int] = self.model.prompt_tokens  # type: ignore[attr-defined]
            return count(messages)
        return sum(self.model.get_num_tokens(message.text) + 8 for message in messages)

    def count(self, text: str) -> int | None:
        """Return how many tokens a text has by itself; None for a model elsewhere, which is not asked for that."""
        return self.model.get_num_tokens(text) if self._is_local else None


def _steps(facts: Mapping[str, Any]) -> Iterator[Waiting | Reading]:
    """Yield the progress that a local model tells in a chunk's metadata (`rag.llms._local_chat`)."""
    if "waiting" in facts:
        yield Waiting(**facts["waiting"])
    if "reading" in facts:
        yield Reading(**facts["reading"])


def model_name(model: "BaseChatModel") -> str:
    """Return the name that an answer gives of the model that wrote it."""
    return str(trait(model, "model_name") or trait(model, "model") or type(model).__name__)


def trait(model: "BaseChatModel", name: str) -> Any:  # noqa: ANN401 - a name or a number
    """Return what the model says of itself, as an attribute or in its metadata; None where it says nothing."""
    value = getattr(model, name, None)
    return value if value is not None else (model.metadata or {}).get(name)
