"""How a question was answered, looked into: what each leg found, what was read of it, the prompt, where the time went.

A Recorder is handed through the one pipeline (`Engine.stream(..., recorder=...)`) and is told of each step; nothing is
done a second time for it. `Engine.trace` returns the whole.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ingest.types import Passage
from rag import families
from rag.budget import Room
from rag.prompts import inert
from rag.retrieve import Hit, Ranking
from rag.types import Answer

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from rag.asking import Asking

#: What became of a passage that was found: read whole or cut; left out for lack of room in the context, for lack of
#: time to the first word, because the model's family is used to shorter prompts, or because it cannot better an answer
#: (mode `refine`); behind the `top_k` best; or a repeat of a better one.
Fate = Literal["read", "cut", "room", "time", "usual", "unasked", "behind", "repeat"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that the search looked at; `rank` is its 1-based place in the fused order.

    `cosine` and `bm25` are the scores of the two legs, None where a leg did not find it (or not among its best);
    `dense_share` and `keyword_share` are what the legs add to `passage.score`. `number` is its number in the answer,
    None where it was not read; `cited` whether the answer refers to it; `tokens` those of its text, None where the
    model does not count them. `repeats` is the `passage.id` of the better one that says the same.
    """

    passage: Passage
    rank: int
    fate: Fate
    cosine: float | None
    bm25: float | None
    dense_share: float
    keyword_share: float
    number: int | None = None
    cited: bool = False
    tokens: int | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt as the model got it.

    `pieces` are (text, special) in order: only in special ones can the tokenizer see control tokens. `tokens` counts
    the whole, `parts` (template, question, passages) add up to it; both are unknown for a model that does not count.
    `read_s` are the seconds until the model began to answer (waiting for other questions included), `write_s` those
    from its first to its last word.
    """

    pieces: tuple[tuple[str, bool], ...]
    tokens: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    room: Room | None = None
    read_s: float = 0.0
    write_s: float = 0.0

    @property
    def text(self) -> str:
        """The whole prompt, control tokens written out."""
        return "".join(text for text, _ in self.pieces)


@dataclass(frozen=True, slots=True)
class Trace:
    """A question on its way to an answer.

    `understood` is the question as it was searched for, after what was said before it. `found` passages were known to
    either leg, of which `candidates` are the best. `timings` holds seconds that add up to the whole: understand_s,
    search_s, prepare_s (loading the model, fitting the passages), read_s, write_s, check_s (citations, refusal).
    """

    question: str
    understood: str
    found: int
    candidates: tuple[Candidate, ...]
    prompts: tuple[Prompt, ...]
    answer: Answer
    timings: Mapping[str, float]


@dataclass(slots=True)
class _Sent:
    """A prompt that was sent, and when: the model's first and last piece came at `first` and `last`."""

    asking: "Asking"
    messages: "Sequence[BaseMessage]"
    passages: Sequence[Passage]
    at: float
    first: float | None = None
    last: float | None = None

    @property
    def read_s(self) -> float:
        return (self.first or self.at) - self.at

    @property
    def write_s(self) -> float:
        return (self.last or self.at) - (self.first or self.at)


class Recorder:
    """Notes what happens to one question; `trace` returns it. For one question, in one thread."""

    def __init__(self, question: str) -> None:
        self._question = self._understood = question
        self._ranking = Ranking()
        self._sent: list[_Sent] = []
        self._marks = {"started": time.monotonic()}

    def understood(self, question: str) -> None:
        """Note the question as it reads alone."""
        self._understood = question
        self._marks["understood"] = time.monotonic()

    def searched(self, ranking: Ranking) -> None:
        """Note what the search found."""
        self._ranking = ranking
        self._marks["searched"] = time.monotonic()

    def prompted(self, asking: "Asking", messages: "Sequence[BaseMessage]", passages: Sequence[Passage]) -> None:
        """Note a prompt that is being sent, and the passages in it."""
        self._sent.append(_Sent(asking, messages, passages, at=time.monotonic()))

    def spoke(self) -> None:
        """Note that the model said something to the last prompt."""
        sent = self._sent[-1]
        sent.last = time.monotonic()
        sent.first = sent.first or sent.last

    def trace(self, answer: Answer) -> Trace:
        """Return what was noted, once the answer is there."""
        ended = time.monotonic()
        return Trace(
            question=self._question,
            understood=self._understood,
            found=self._ranking.found,
            candidates=tuple(_candidates(self._ranking, self._sent, answer)),
            prompts=tuple(_prompt(sent, question=self._understood) for sent in self._sent),
            answer=answer,
            timings=self._timings(ended),
        )

    def _timings(self, ended: float) -> dict[str, float]:
        started = self._marks["started"]
        understood = self._marks.get("understood", started)
        searched = self._marks.get("searched", understood)
        prompted = self._sent[0].at if self._sent else searched
        read, write = sum(sent.read_s for sent in self._sent), sum(sent.write_s for sent in self._sent)
        seconds = {
            "understand_s": understood - started,
            "search_s": searched - understood,
            "prepare_s": prompted - searched,
            "read_s": read,
            "write_s": write,
            "check_s": max(ended - prompted - read - write, 0.0),
        }
        return {name: round(value, 4) for name, value in seconds.items()}


def _candidates(ranking: Ranking, sent: Sequence[_Sent], answer: Answer) -> list[Candidate]:
    numbers = {passage.id: number for number, passage in enumerate(answer.passages, 1)}
    cited = {answer.passages[citation.n - 1].id for citation in answer.citations}
    cosines, scores = _by_passage(ranking.dense), _by_passage(ranking.keyword)
    fates = _fates(ranking, sent, answer)
    asking = sent[0].asking if sent else None
    return [
        Candidate(
            passage=passage,
            rank=rank,
            fate=fates[passage.id],
            cosine=cosines.get(passage.id),
            bm25=scores.get(passage.id),
            dense_share=ranking.shares[0].get(passage.id, 0.0),
            keyword_share=ranking.shares[1].get(passage.id, 0.0),
            number=numbers.get(passage.id),
            cited=passage.id in cited,
            tokens=asking.count(inert(passage.text)) if asking else None,
            repeats=ranking.repeats.get(passage.id),
        )
        for rank, passage in enumerate(ranking.ranked, 1)
    ]


def _fates(ranking: Ranking, sent: Sequence[_Sent], answer: Answer) -> dict[int, Fate]:
    """Return what became of each passage that the search looked at, by its number."""
    ends = {passage.id: passage.end for one in sent for passage in one.passages}
    found = {passage.id for passage in ranking.passages}
    fitted = {passage.id for passage in answer.passages}
    fates: dict[int, Fate] = {}
    for passage in ranking.ranked:
        if passage.id in ranking.repeats:
            fates[passage.id] = "repeat"
        elif passage.id not in found:
            fates[passage.id] = "behind"
        elif passage.id in ends:
            fates[passage.id] = "cut" if ends[passage.id] < passage.end else "read"
        else:
            fates[passage.id] = "unasked" if passage.id in fitted else _left_out(sent)
    return fates


def _by_passage(hits: Sequence[Hit]) -> dict[int, float]:
    return {hit.passage: hit.score for hit in hits}


def _left_out(sent: Sequence[_Sent]) -> Fate:
    """Return why a passage among the best is in no prompt: the narrowest of the bounds that `rag.budget.fit` kept."""
    room = sent[0].asking.fitted_into if sent else None
    if room is None or room.wished is None or room.wished >= room.limit:
        return "room"
    return "usual" if room.wished == room.usual else "time"


def _prompt(sent: _Sent, *, question: str) -> Prompt:
    tokens = sent.asking.tokens(sent.messages) if sent.asking.fitted_into else None
    return Prompt(
        pieces=tuple(_pieces(sent)),
        tokens=tokens,
        parts=_parts(sent, question=question, tokens=tokens) if tokens else {},
        room=sent.asking.fitted_into,
        read_s=round(sent.read_s, 4),
        write_s=round(sent.write_s, 4),
    )


def _parts(sent: _Sent, *, question: str, tokens: int) -> dict[str, int]:
    """Return how many tokens of a prompt its parts take; counted one by one, so that the seams go to the template."""
    count = sent.asking.count
    texts = [inert(passage.text) for passage in sent.passages]
    said = "".join(message.text for message in sent.messages)
    asked = inert(question)
    read = min(sum(count(text) or 0 for text in texts), tokens)
    questions = min((count(asked) or 0) * said.count(asked), tokens - read)
    return {"template": tokens - read - questions, "question": questions, "passages": read}


def _pieces(sent: _Sent) -> list[tuple[str, bool]]:
    """Return the prompt in the form of the model's family; for a model elsewhere, its messages after their roles."""
    from rag.llms._local_chat import joined

    family = getattr(sent.asking.model, "family", None)
    if family is None:
        return [
            part for message in sent.messages for part in ((f"{message.type}: ", True), (f"{message.text}\n", False))
        ]
    return joined(families.load(family).render(sent.messages))
