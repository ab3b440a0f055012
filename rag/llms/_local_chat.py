"""A LangChain chat model whose tokens are made in this process, whatever makes them."""

from abc import abstractmethod
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, fields, replace
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field, PrivateAttr

from rag import families
from rag.errors import ContextTooSmall, ModelFailed
from rag.families import Family, Sampling, Segment
from rag.llms._answer_options import AnswerOptions, checked
from rag.llms._line import Line, StillWaiting
from rag.llms._streams import Made, decoded, until_stopped
from rag.types import Reading, Waiting


class LocalChat(BaseChatModel):
    """A chat model that makes one answer at a time.

    A second request waits for the whole life of the first one's generator. Closing the generator stops the model.

    `stream(..., progress=True)` yields chunks without text meanwhile, whose `response_metadata` has either
    `{"waiting": {"ahead": 2}}` (requests that come first) or `{"reading": {"read": 640, "total": 1900}}` (tokens).
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model_name: str
    family: str
    n_ctx: int
    stop: list[str] = Field(default_factory=list, description="ends every answer, as the family's own stops do")

    _line: Line = PrivateAttr(default_factory=Line)

    @abstractmethod
    def close(self) -> None:
        """Let go of the model, waiting for nobody; an answer that is being made ends with ModelFailed."""

    @property
    @abstractmethod
    def _answering(self) -> AnswerOptions:
        """How to answer."""

    @abstractmethod
    def _tokens(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Return the prompt's tokens."""

    @abstractmethod
    def _generated(
        self, tokens: list[int], *, limit: int, sampling: Sampling
    ) -> Generator[bytes | Reading | Mapping[str, Any]]:
        """Yield the bytes of each token until the model ends its answer, or `limit` tokens are made.

        What it reads of the prompt may come before them, and facts for the last chunk's metadata behind them.
        """

    @abstractmethod
    def _scored(
        self, prompts: list[list[int]], *, options: Sequence[str], alone: bool
    ) -> Generator[tuple[int, list[float]]]:
        """Yield each prompt's number, and the logs of the probabilities of the options behind it."""

    def option_scores(
        self, conversations: Sequence[Sequence[BaseMessage]], *, options: Sequence[str], alone: bool = False
    ) -> Generator[tuple[int, list[float]]]:
        """Yield for each conversation its number, and the log of how likely each option is to begin the reply.

        What all of them begin with is read once; with `alone`, each is read by itself. Closing the generator stops the
        model. Raises ContextTooSmall, ModelFailed (also for an option that is no token).
        """
        prompts = [self._tokens(messages) for messages in conversations]
        for tokens in prompts:
            self._room_behind(tokens)
        if prompts:
            with self._line.place() as place:
                for _ in self._waiting(place):
                    pass
                with closing(self._scored(prompts, options=options, alone=alone)) as scored:
                    yield from scored

    @property
    def requests(self) -> int:
        """How many requests there are, the running one included."""
        return len(self._line)

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_name": self.model_name, "family": self.family, "n_ctx": self.n_ctx}

    @property
    def max_tokens(self) -> int:
        """The longest answer, in tokens."""
        return self._sampling({}).max_tokens

    @property
    def _prompting(self) -> Family:
        return families.load(self.family)

    def prompt_tokens(self, messages: Sequence[BaseMessage]) -> int:
        """Return how many tokens the prompt of these messages has, everything included."""
        return len(self._tokens(messages))

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - as BaseChatModel has it
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - as BaseChatModel has it
    ) -> Iterator[ChatGenerationChunk]:
        tokens = self._tokens(messages)
        sampling = self._sampling({**kwargs, "stop": stop})
        limit = min(sampling.max_tokens, self._room_behind(tokens))
        stops = (*self._prompting.STOP, *self.stop, *self._answering.stop, *(stop or ()))
        with self._line.place() as place:
            for ahead in self._waiting(place):
                yield from _progress(Waiting(ahead), kwargs)
            with closing(self._generated(tokens, limit=limit, sampling=sampling)) as generated:
                made = Made(generated)
                for reading in made.readings():
                    yield from _progress(reading, kwargs)
                for text in until_stopped(decoded(made.pieces()), stops=stops):
                    chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                    if run_manager:
                        run_manager.on_llm_new_token(text, chunk=chunk)
                    yield chunk
                yield self._last_chunk(made, prompt=len(tokens), limit=limit)

    def _room_behind(self, tokens: list[int]) -> int:
        """Return how many tokens fit behind the prompt. Raises ContextTooSmall where none does."""
        room = self.n_ctx - len(tokens)
        if room < 1:
            raise ContextTooSmall(
                f"the prompt has {len(tokens)} tokens, the model's context {self.n_ctx}; shorten it or raise n_ctx",
                needed=len(tokens) + 1,
                available=self.n_ctx,
            )
        return room

    def _last_chunk(self, made: Made, *, prompt: int, limit: int) -> ChatGenerationChunk:
        usage = UsageMetadata(input_tokens=prompt, output_tokens=made.count, total_tokens=prompt + made.count)
        facts = {
            "model_name": self.model_name,
            "finish_reason": "length" if made.count >= limit else "stop",
            **made.facts,
        }
        message = AIMessageChunk(content="", usage_metadata=usage, response_metadata=facts, chunk_position="last")
        return ChatGenerationChunk(message=message)

    def _waiting(self, place: object) -> Iterator[int]:
        """Yield how many requests come first, whenever that changes, until it is the turn of this one."""
        longest = self._answering.queue_timeout
        try:
            yield from self._line.waiting(place, timeout=longest)
        except StillWaiting as exc:
            raise ModelFailed(
                f"the model {self.model_name} was busy for {longest:g} s; close the answer that is still open, or wait",
                model=self.model_name,
                cause="busy",
                waited=longest,
                requests=self.requests,
            ) from exc

    def _sampling(self, asked: Mapping[str, Any]) -> Sampling:
        """Return how to choose tokens: as the call asks, else as the options say, else as the family does."""
        known = {field.name for field in fields(Sampling)}
        given = {**self._answering.model_dump(exclude_none=True), **checked(asked)}
        return replace(self._prompting.SAMPLING, **{name: value for name, value in given.items() if name in known})


def _progress(step: Reading | Waiting, asked: Mapping[str, Any]) -> Iterator[ChatGenerationChunk]:
    """Yield a chunk that says what goes on, where the call has asked for such."""
    if asked.get("progress"):
        facts = {type(step).__name__.lower(): asdict(step)}
        yield ChatGenerationChunk(message=AIMessageChunk(content="", response_metadata=facts))


def joined(segments: Sequence[Segment]) -> list[tuple[str, bool]]:
    """Return the texts of a prompt, neighbours of one kind in one piece, each with whether it is special."""
    pieces: list[tuple[str, bool]] = []
    for segment in segments:
        if pieces and pieces[-1][1] == segment.special:
            pieces[-1] = (pieces[-1][0] + segment.text, segment.special)
        else:
            pieces.append((segment.text, segment.special))
    return pieces
