"""A model folder in Hugging Face's form, by transformers: on a GPU, or on processors where no GGUF is wanted.

Only local folders are opened, no code or template of theirs is run, and their weights must be safetensors.
"""

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from pydantic import Field, PrivateAttr

from ingest.errors import MissingExtra
from rag import families
from rag.errors import ModelFailed
from rag.families import Sampling
from rag.llms._answer_options import AnswerOptions, context
from rag.llms._local_chat import LocalChat, joined
from rag.llms._model_folder import ModelFolder, read_folder, read_json
from rag.llms._option_scores import log_shares, spellings
from rag.llms._speed_notes import Speed
from rag.llms._vocabulary import Vocabulary, open_vocabulary
from rag.prompts import REFUSAL
from rag.types import Reading

Part = TypeVar("Part")


class Options(AnswerOptions):
    """How to run a model; what is None is chosen to fit the model, the family and the machine."""

    device: Literal["auto", "cpu", "cuda"] = Field(default="auto", description="auto: a GPU where there is one")
    dtype: Literal["auto", "bfloat16", "float16", "float32"] = Field(
        default="auto", description="of the weights; auto: bfloat16 where the device computes with it, else float32"
    )
    quantization: Literal["none", "8bit", "4bit"] = Field(default="none", description="by bitsandbytes")


def load(model: str, *, family: str | None = None, options: Options | None = None) -> "TransformersChat":
    """Return the model in the folder `model`, ready to answer. Raises UnusableModel, MissingExtra, BadSetting.

    The prompt family is told from the folder, unless `family` names it.
    """
    chosen = options or Options()
    for package in ("torch", "transformers"):
        if find_spec(package) is None:
            raise MissingExtra(what="the transformers backend", package=package, extra="torch")
    folder = read_folder(Path(model).expanduser())
    name = family or families.detect(folder.info)
    vocabulary = open_vocabulary(folder.path, template=_marks(name))
    folder.check_vocabulary(vocabulary.size)
    from rag.llms._torch_decoding import Decoder
    from rag.llms._torch_model import open_model

    n_ctx = context(chosen.n_ctx, longest=folder.info.context_length, model=folder.info.name)
    running = open_model(
        folder,
        n_ctx=n_ctx,
        device=chosen.device,
        dtype=chosen.dtype,
        quantization=chosen.quantization,
        threads=chosen.threads,
    )
    return TransformersChat(
        model_name=folder.info.name,
        family=name,
        n_ctx=n_ctx,
        options=chosen,
        vocabulary=vocabulary,
        decoder=Decoder(running, n_ctx=n_ctx),
        ends=_ends(folder, vocabulary=vocabulary, stops=families.load(name).STOP),
    )


class Stopwatch:
    """The seconds spent inside of it; those in which nobody asks for the next part do not count."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._begun = 0.0

    def __enter__(self) -> None:
        self._begun = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.perf_counter() - self._begun

    def timed(self, parts: Iterator[Part]) -> Iterator[Part]:
        """Yield the parts, timing how long each takes to come."""
        while True:
            with self:
                part = next(parts, None)
            if part is None:
                return
            yield part


class TransformersChat(LocalChat):
    """A LangChain chat model over a transformers model.

    What a prompt has in common with the text before it is not read again.
    """

    options: Options = Field(default_factory=lambda: Options())
    vocabulary: Any = Field(exclude=True, repr=False)
    decoder: Any = Field(exclude=True, repr=False)
    ends: frozenset[int] = frozenset()

    _speed: Speed = PrivateAttr(default_factory=lambda: Speed(write_threads=0, read_threads=0))

    @property
    def _llm_type(self) -> str:
        return "transformers"

    @property
    def _answering(self) -> AnswerOptions:
        return self.options

    @property
    def reading_rate(self) -> float | None:
        """Tokens of a prompt that the model reads in a second here; None before the first long one."""
        return self._speed.reading_rate

    @property
    def writing_rate(self) -> float | None:
        """Tokens that the model writes in a second here; None before the first answer."""
        return self._speed.writing_rate

    def get_token_ids(self, text: str) -> list[int]:
        """Return the tokens of a plain text; control tokens are not read in it."""
        ids: list[int] = self.vocabulary.encode(text)
        return ids

    def close(self) -> None:
        """Free the model's memory; an answer that is being made ends with ModelFailed before its next token."""
        self.decoder.close()

    def _tokens(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Return the prompt's tokens. Neighbours of one kind are tokenised in one piece, as in training."""
        ids: list[int] = list(self.vocabulary.begin)
        for text, special in joined(self._prompting.render(messages)):
            ids += self.vocabulary.encode_template(text) if special else self.vocabulary.encode(text)
        return ids

    def _generated(
        self, tokens: list[int], *, limit: int, sampling: Sampling
    ) -> Generator[bytes | Reading | Mapping[str, Any]]:
        """Yield how far the prompt is read, then the bytes of each token of the answer."""
        known, made = self.decoder.shared(tokens), 0
        reading, writing = Stopwatch(), Stopwatch()
        refusal = self.get_token_ids(REFUSAL)[0]
        try:
            yield from reading.timed(self.decoder.read(tokens))
            with reading:
                lead = self.decoder.lead(refusal)
            yield {"refusal_lead": lead}
            running = self.decoder.write(sampling=sampling, ends=self.ends, refusal=refusal)
            for token in writing.timed(islice(running, limit)):
                made += 1
                yield self.vocabulary.piece(token)
        except RuntimeError as exc:
            raise self._failure(exc) from exc
        finally:
            self._speed = self._speed.corrected(
                read=len(tokens) - known, read_s=reading.seconds, made=made, write_s=writing.seconds
            )

    def _scored(
        self, prompts: list[list[int]], *, options: Sequence[str], alone: bool
    ) -> Generator[tuple[int, list[float]]]:
        """Yield each prompt's number and the logs of its options' probabilities; whole pieces are read once."""
        try:
            spelled = [
                spellings(option, encode=self.vocabulary.encode, piece=self.vocabulary.piece) for option in options
            ]
            for number, tokens in enumerate(prompts):
                if alone:
                    self.decoder.forget()
                for _ in self.decoder.read(tokens):
                    pass
                yield number, log_shares(self.decoder.logits(), spelled)
        except (RuntimeError, ValueError) as exc:
            raise self._failure(exc) from exc

    def _failure(self, exc: RuntimeError | ValueError) -> ModelFailed:
        if self.decoder.is_closed:
            return ModelFailed.closed(self.model_name)
        used = self.decoder.memory()
        return ModelFailed(
            f'the model {self.model_name} stopped: {exc} ({used}); try a smaller n_ctx, or quantization = "4bit"',
            model=self.model_name,
            cause=str(exc),
        )


def _marks(family: str) -> str:
    """Return everything that the family writes as control tokens, and its stops."""
    turns = [SystemMessage("s"), HumanMessage("u"), AIMessage("a"), HumanMessage("u")]
    prompting = families.load(family)
    return " ".join([*(part.text for part in prompting.render(turns) if part.special), *prompting.STOP])


def _ends(folder: ModelFolder, *, vocabulary: Vocabulary, stops: Sequence[str]) -> frozenset[int]:
    """Return the tokens that end an answer: those of the model's settings, and the stops that are control tokens."""
    generation = read_json(folder.path / "generation_config.json") or {}
    ends = {vocabulary.controls[stop] for stop in stops if stop in vocabulary.controls}
    for settings in (folder.config, generation):
        named = settings.get("eos_token_id")
        ends.update(named if isinstance(named, list) else [] if named is None else [named])
    return frozenset(ends)
