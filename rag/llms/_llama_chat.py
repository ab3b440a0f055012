"""The chat model over a child process that runs llama.cpp."""

from collections.abc import Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from functools import cached_property
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import Field

from rag.families import Sampling
from rag.llms._llama_process import ModelProcess
from rag.llms._local_chat import LocalChat, joined
from rag.llms._speed_notes import Notes
from rag.llms.llama_cpp import Options
from rag.prompts import REFUSAL
from rag.types import Reading


class LlamaCppChat(LocalChat):
    """A LangChain chat model over llama.cpp in a child process.

    Where llama.cpp dies, the answer ends with ModelFailed, and the next one starts it anew. What a prompt has in common
    with the one before it is not read again. The last chunk's `response_metadata` has `refusal_lead`: how much
    likelier, in logits, the beginning of a refusal was than any other; below 0 the model wanted to answer.
    """

    options: Options = Field(default_factory=lambda: Options())
    process: ModelProcess = Field(exclude=True, repr=False)
    notes: Notes = Field(exclude=True, repr=False)

    @property
    def _llm_type(self) -> str:
        return "llama_cpp"

    @property
    def _answering(self) -> Options:
        return self.options

    @property
    def reading_rate(self) -> float | None:
        """Tokens of a prompt that the model reads in a second here, measured; None where nothing is known yet."""
        return self.notes.speed.reading_rate

    @property
    def writing_rate(self) -> float | None:
        """Tokens that the model writes in a second here, measured; None where nothing is known yet."""
        return self.notes.speed.writing_rate

    def get_token_ids(self, text: str) -> list[int]:
        """Return the tokens of a plain text; control tokens are not read in it."""
        return self.process.tokens([(text, False)], begin=False)

    def close(self) -> None:
        """End the child process; an answer that is being made ends with ModelFailed."""
        self.process.close()

    def _tokens(self, messages: Sequence[BaseMessage]) -> list[int]:
        """Return the prompt's tokens. Neighbours of one kind are tokenised in one piece, as in training."""
        return self.process.tokens(joined(self._prompting.render(messages)), begin=True)

    def _generated(
        self, tokens: list[int], *, limit: int, sampling: Sampling
    ) -> Generator[bytes | Reading | Mapping[str, Any]]:
        """Yield how far the prompt is read, then the bytes of each token of the answer."""
        speed, begun, made, write_s = self.notes.speed, None, 0, 0.0
        frames = self.process.answer(
            tokens=tokens,
            limit=limit,
            sampling=asdict(sampling),
            ends=self._ends,
            hesitation={"token": self._refusal, "margin": sampling.refusal_margin},
            threads={"write": speed.write_threads, "read": speed.read_threads, "usual": speed.reading_rate},
            drafted=speed.drafted if self.options.prompt_lookup is None else self.options.prompt_lookup,
        )
        with closing(frames):
            try:
                for frame in frames:
                    if "read" in frame:
                        yield Reading(frame["read"], len(tokens))
                    elif "begun" in frame:
                        begun = frame["begun"]
                        yield {"refusal_lead": begun["refusal_lead"]}
                    elif "piece" in frame:
                        made, write_s = made + 1, frame["at"]
                        yield frame["piece"].encode("latin-1")
            finally:
                if begun:
                    read = len(tokens) - begun["known"]
                    self.notes.correct(read=read, read_s=begun["read_s"], made=made, write_s=write_s)

    def _scored(
        self, prompts: list[list[int]], *, options: Sequence[str], alone: bool
    ) -> Generator[tuple[int, list[float]]]:
        """Yield each prompt's number and the logs of its options' probabilities, as they come."""
        speed = self.notes.speed
        frames = self.process.answer(
            prompts=prompts,
            options=list(options),
            alone=alone,
            threads={"read": speed.read_threads, "usual": speed.reading_rate},
        )
        with closing(frames):
            for frame in frames:
                if "scored" in frame:
                    yield frame["scored"], frame["logs"]

    @cached_property
    def _refusal(self) -> int:
        """The token that a refusal begins with."""
        return self.get_token_ids(REFUSAL)[0]

    @cached_property
    def _ends(self) -> list[int]:
        """The family's stops that are control tokens: they have no text to be seen by."""
        ends = []
        for text in self._prompting.STOP:
            ids = self.process.tokens([(text, True)], begin=False)
            if len(ids) == 1 and ids != self.get_token_ids(text):
                ends.append(ids[0])
        return ends
