"""A GGUF model in this process, by llama.cpp."""

import ctypes
import logging
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.language_models.chat_models import generate_from_stream
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.messages.ai import UsageMetadata
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from rag import families
from rag.errors import ContextTooSmall, ModelFailed, UnusableModel
from rag.families import Family, Sampling, Segment
from rag.llms._streams import decoded, until_stopped
from rag.prompts import REFUSAL

logger = logging.getLogger(__name__)


class Options(BaseModel):
    """How to run a model; what is None is chosen to fit the model and the machine."""

    model_config = ConfigDict(extra="forbid")

    n_ctx: int | None = Field(
        default=None, ge=256, description="tokens of context; default: the model's own, at most 4096"
    )
    threads: int | None = Field(default=None, ge=1, description="default: the processors that this process may use")
    gpu_layers: int = Field(default=0, ge=-1, description="layers to put on a GPU; -1 is all")
    seed: int = Field(default=0, ge=0, description="of the sampler, where the temperature is not 0")
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="0 takes the likeliest token; default: the family's"
    )
    max_tokens: int | None = Field(default=None, ge=1, description="longest answer; default: the family's")
    queue_timeout: float = Field(default=600, gt=0, description="seconds that a request waits for its turn")


def load(model: str, *, family: str | None = None, options: Options | None = None) -> "LlamaCppChat":
    """Return the GGUF file `model`, ready to answer. Raises UnusableModel for one that cannot.

    The prompt family is told from the file, unless `family` names it.
    """
    path = Path(model)
    chosen = options or Options()
    info = families.read_info(path)
    name = family or families.detect(info)
    n_ctx = chosen.n_ctx or min(info.context_length, 4096)
    return LlamaCppChat(
        model_name=info.name if name == "reader" else path.stem,
        family=name,
        n_ctx=n_ctx,
        options=chosen,
        llama=_open(path, n_ctx=n_ctx, options=chosen),
    )


class LlamaCppChat(BaseChatModel):
    """A LangChain chat model over one `llama_cpp.Llama`.

    One generation runs at a time: two on one Llama abort the process, so others wait for the whole life of the first
    one's generator. Closing the generator stops the model. What a prompt has in common with the one before it is not
    read again.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    model_name: str
    family: str
    n_ctx: int
    options: Options = Field(default_factory=lambda: Options())
    llama: Any = Field(exclude=True, repr=False)

    _turn: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "llama_cpp"

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

    def get_token_ids(self, text: str) -> list[int]:
        """Return the tokens of a plain text; control tokens are not read in it."""
        ids: list[int] = self.llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=False)
        return ids

    def close(self) -> None:
        """Free the model's memory, once the running generation is over."""
        with self._my_turn():
            self.llama.close()

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
        room = self.n_ctx - len(tokens)
        if room < 1:
            raise ContextTooSmall(
                f"the prompt has {len(tokens)} tokens, the model's context {self.n_ctx}; shorten it or raise n_ctx",
                needed=len(tokens) + 1,
                available=self.n_ctx,
            )
        sampling = self._sampling(kwargs)
        limit = min(sampling.max_tokens, room)
        stops = (*self._prompting.STOP, *(stop or ()))
        spent = 0
        with self._my_turn(), closing(self._generated(tokens, limit=limit, sampling=sampling)) as generated:

            def counted() -> Iterator[bytes]:
                nonlocal spent
                for piece in generated:
                    spent += 1
                    yield piece

            for text in until_stopped(decoded(counted()), stops=stops):
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=text))
                if run_manager:
                    run_manager.on_llm_new_token(text, chunk=chunk)
                yield chunk
            yield self._last_chunk(prompt=len(tokens), answer=spent, cut=spent >= limit)

    def _last_chunk(self, *, prompt: int, answer: int, cut: bool) -> ChatGenerationChunk:
        usage = UsageMetadata(input_tokens=prompt, output_tokens=answer, total_tokens=prompt + answer)
        facts = {"model_name": self.model_name, "finish_reason": "length" if cut else "stop"}
        message = AIMessageChunk(content="", usage_metadata=usage, response_metadata=facts, chunk_position="last")
        return ChatGenerationChunk(message=message)

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        waited = self.options.queue_timeout
        if not self._turn.acquire(timeout=waited):
            raise ModelFailed(
                f"the model {self.model_name} was busy for {waited:g} s; close the answer that is still open, or wait",
                model=self.model_name,
                cause="busy",
            )
        try:
            yield
        finally:
            self._turn.release()

    def _tokens(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Return the prompt's tokens. Neighbours of one kind are tokenised in one piece, as in training."""
        import llama_cpp

        vocabulary = llama_cpp.llama_model_get_vocab(self.llama.model)
        begin = llama_cpp.llama_vocab_get_add_bos(vocabulary)
        ids = [self.llama.token_bos()] if begin else []
        for text, special in _joined(self._prompting.render(messages)):
            ids += self.llama.tokenize(text.encode("utf-8", "replace"), add_bos=False, special=special)
        return ids

    def _sampling(self, asked: Mapping[str, Any]) -> Sampling:
        """Return how to choose tokens: as the call asks, else as the options say, else as the family does."""
        given = {"temperature": self.options.temperature, "max_tokens": self.options.max_tokens, **asked}
        known = {field.name for field in fields(Sampling)}
        chosen = {name: value for name, value in given.items() if name in known and value is not None}
        return replace(self._prompting.SAMPLING, **chosen)

    def _generated(self, tokens: list[int], *, limit: int, sampling: Sampling) -> Generator[bytes]:
        """Yield the bytes of each token until the model ends its answer, or `limit` tokens are made."""
        self.llama.set_seed(self.options.seed)
        ends = self._end_tokens()
        if sampling.refusal_margin and (instead := self._instead_of_refusal(tokens, sampling=sampling)) is not None:
            yield self.llama.detokenize([instead])
            tokens, limit = [*tokens, instead], limit - 1
        with closing(self._running(tokens, sampling=sampling)) as running:
            for _ in range(limit):
                try:
                    token = next(running)
                except (RuntimeError, ValueError) as exc:
                    raise ModelFailed(
                        f"the model {self.model_name} stopped: {exc}; try a smaller n_ctx",
                        model=self.model_name,
                        cause=str(exc),
                    ) from exc
                if token in ends:
                    return
                yield self.llama.detokenize([token])

    def _running(self, tokens: list[int], *, sampling: Sampling) -> Generator[int]:
        """Return llama.cpp's tokens one by one; what the prompt shares with the last one is not read again."""
        running: Generator[int] = self.llama.generate(
            tokens,
            temp=sampling.temperature,
            top_k=sampling.top_k,
            top_p=sampling.top_p,
            min_p=0.0,
            repeat_penalty=sampling.repeat_penalty,
        )
        return running

    def _instead_of_refusal(self, tokens: list[int], *, sampling: Sampling) -> int | None:
        """Return the likeliest first token of an answer, where the model would refuse by less than the margin."""
        import llama_cpp
        import numpy as np

        refusal = self.get_token_ids(REFUSAL)[0]
        with closing(self._running(tokens, sampling=sampling)) as running:
            if next(running) != refusal:
                return None
        logits = np.ctypeslib.as_array(llama_cpp.llama_get_logits_ith(self.llama.ctx, -1), (self.llama.n_vocab(),))
        other = int(np.argmax(np.where(np.arange(len(logits)) == refusal, -np.inf, logits)))
        hesitant = logits[refusal] - logits[other] < sampling.refusal_margin
        return other if hesitant and other not in self._end_tokens() else None

    def _end_tokens(self) -> set[int]:
        """Return the tokens that end an answer: the vocabulary's own, and the family's stops that are one token."""
        import llama_cpp

        vocabulary = llama_cpp.llama_model_get_vocab(self.llama.model)
        ends = {self.llama.token_eos(), llama_cpp.llama_vocab_eot(vocabulary)}
        for text in self._prompting.STOP:
            ids = self.llama.tokenize(text.encode(), add_bos=False, special=True)
            if len(ids) == 1 and llama_cpp.llama_vocab_is_control(vocabulary, ids[0]):
                ends.add(ids[0])
        return ends


def _joined(segments: Sequence[Segment]) -> list[tuple[str, bool]]:
    joined: list[tuple[str, bool]] = []
    for segment in segments:
        if joined and joined[-1][1] == segment.special:
            joined[-1] = (joined[-1][0] + segment.text, segment.special)
        else:
            joined.append((segment.text, segment.special))
    return joined


def _open(path: Path, *, n_ctx: int, options: Options) -> Any:  # noqa: ANN401 - llama_cpp has no types
    import llama_cpp

    llama_cpp.llama_log_set(_log_to_python(), ctypes.c_void_p(0))
    threads = options.threads or _processors()
    try:
        return llama_cpp.Llama(
            str(path),
            n_ctx=n_ctx,
            # Small pieces stay in the processor's cache: a tenth faster to read a prompt than 512 at a time.
            n_ubatch=128,
            n_threads=threads,
            n_threads_batch=threads,
            n_gpu_layers=options.gpu_layers,
            verbose=False,
        )
    except (ValueError, RuntimeError) as exc:
        raise UnusableModel(
            f"llama.cpp cannot load {path}: {exc}; check the file with `wendang model verify`, or lower n_ctx",
            model=str(path),
            cause=str(exc),
            remedy="verify",
        ) from exc


def _processors() -> int:
    """Return how many processors this process may use; more threads than that make a model slower."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@lru_cache(maxsize=1)
def _log_to_python() -> Callable[..., None]:
    """Return a callback that takes llama.cpp's chatter off stderr; kept for the life of the process, as C needs it."""
    import llama_cpp

    @llama_cpp.llama_log_callback  # type: ignore[untyped-decorator]
    def log(level: int, text: bytes, _: ctypes.c_void_p) -> None:
        logger.debug("llama.cpp: %s", text.decode("utf-8", "replace").rstrip())

    return log  # type: ignore[no-any-return]
