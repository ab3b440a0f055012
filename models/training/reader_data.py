"""What the reader is trained on: a question, numbered passages, and the answer with its passage's number, or a refusal.

Two sources: question sets in SQuAD's form (each question with passages that a keyword search finds for it), and the
synthetic documents of `models.training.documents`. The prompt is the product's, word for word.
"""

import json
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from models.errors import BadTrainingData
from models.text_file import read_text
from models.training.documents import Asked, Passage, library
from models.training.templates import Kind

REFUSAL = "资料中没有相关内容。"
PROMPT = (
    "请只根据下面的资料回答问题，并标注所依据资料的编号。资料中没有答案时，回答“资料中没有相关内容”。\n\n"
    "问题：{question}\n\n资料：\n{passages}\n\n问题：{question}\n回答："
)
#: A share of the questions that have no answer in their passages.
_REFUSED = 0.2
#: Questions whose characters agree by more than this ask for the same.
_SAME = 0.55
_SENTENCE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]+[”」』）)]*|[^。！？!?；;\n]+$")
_PIECE = (220, 480)

Convert = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Example:
    """A question with its passages; `answer` is a slice of passage `gold` (0-based), or neither is there."""

    question: str
    passages: tuple[str, ...]
    answer: str | None = None
    gold: int | None = None

    @property
    def prompt(self) -> str:
        """What the model reads."""
        passages = "\n\n".join(f"[{n}] {passage.strip()}" for n, passage in enumerate(self.passages, 1))
        return PROMPT.format(question=self.question, passages=passages)

    @property
    def reply(self) -> str:
        """What the model is to say."""
        return REFUSAL if self.gold is None else f"{self.answer}[{self.gold + 1}]"

    def converted(self, convert: Convert, *, question: Convert | None = None) -> "Example":
        """Return the example in another script, the question's its own where `question` says how."""
        return replace(
            self,
            question=(question or convert)(self.question),
            passages=tuple(map(convert, self.passages)),
            answer=convert(self.answer) if self.answer else None,
        )

    @property
    def sound(self) -> bool:
        """Whether the answer is in its passage."""
        return self.gold is None or (self.answer is not None and self.answer in self.passages[self.gold])


# ── synthetic documents ──


def synthetic(
    rng: random.Random, *, count: int, per_library: int = 30, of: Sequence[Kind] | None = None
) -> Iterator[Example]:
    """Yield `count` examples from synthetic documents (`of` these kinds), `per_library` of them from each library."""
    made = 0
    while made < count:
        passages, missing = library(rng, documents=rng.randint(5, 9), of=of)
        search = Search([passage.text for passage in passages])
        for _ in range(min(per_library, count - made)):
            example = _from_library(rng, passages, missing, search)
            if example and example.sound:
                made += 1
                yield example


def _from_library(
    rng: random.Random, passages: Sequence[Passage], missing: Sequence[Asked], search: "Search"
) -> Example | None:
    if missing and rng.random() < _REFUSED * 0.7:
        asked, source = rng.choice(missing), None
    else:
        source = rng.choice([i for i, passage in enumerate(passages) if passage.asked])
        asked = rng.choice(passages[source].asked)
    wanted = rng.choices((2, 3, 4, 5), (1, 2, 7, 1))[0]
    found = search.best(asked.question, limit=wanted + 3, rng=rng)
    others = [i for i in range(len(passages)) if i not in found]
    found += rng.sample(others, min(4, len(others)))
    clear = [i for i in found if i == source or not _answers(passages[i], asked)]
    if source is not None and rng.random() < _REFUSED * 0.35:
        clear, source = [i for i in clear if i != source], None
    chosen = _with_source(rng, clear, source, wanted)
    if source is not None and any(other is not asked and _rivals(other, asked) for other in passages[source].asked):
        return None
    question = asked.said
    texts = tuple(passages[i].text for i in chosen)
    if source is None:
        return Example(question, texts)
    return Example(question, texts, asked.answer, chosen.index(source))


def _answers(passage: Passage, asked: Asked) -> bool:
    """Whether a passage may answer a question of another one: where it does, who is right cannot be told."""
    return any(_rivals(other, asked, strictly=False) for other in passage.asked)


def _rivals(other: Asked, asked: Asked, *, strictly: bool = True) -> bool:
    if other.about == asked.about:
        return (
            other.question == asked.question and other.answer != asked.answer
            if strictly
            else (_likeness(other.question, asked.question) > 0.9)
        )
    return _likeness(other.question, asked.question) > (0.8 if strictly else _SAME)


def _likeness(a: str, b: str) -> float:
    one, two = set(_bigrams(a)), set(_bigrams(b))
    return len(one & two) / (len(one | two) or 1)


def _with_source(rng: random.Random, found: Sequence[int], source: int | None, wanted: int) -> list[int]:
    chosen = list(found[:wanted])
    if source is not None and (source not in chosen or rng.random() < 0.35):
        chosen = [i for i in chosen if i != source][: wanted - 1]
        chosen.insert(rng.randint(0, len(chosen)), source)
    return chosen


# ── question sets ──


def from_questions(path: Path, *, rng: random.Random, convert: Convert | None = None) -> Iterator[Example]:
    """Yield each question of a set in SQuAD's form once, in newly drawn contexts; `convert` changes the script.

    Questions without an answer are passed over. Raises BadTrainingData for a file of another form.
    """
    changed = convert or (lambda text: text)
    pieces: list[str] = []
    asked: list[tuple[str, str, int]] = []
    for context, questions in _paragraphs(path):
        cut = _pieces(context, rng=rng)
        for question, answer, begins in questions:
            at = next((i for i, (start, end) in enumerate(cut) if start <= begins < end), None)
            if at is not None:
                asked.append((changed(question), changed(answer), len(pieces) + at))
        pieces += [changed(context[start:end]) for start, end in cut]
    search = Search(pieces)
    for question, answer, source in asked:
        wanted = rng.choices((2, 3, 4, 5), (1, 2, 7, 1))[0]
        found = [i for i in search.best(question, limit=wanted + 4, rng=rng) if i == source or answer not in pieces[i]]
        gold = None if rng.random() < _REFUSED else source
        if gold is None:
            found = [i for i in found if i != source]
        chosen = _with_source(rng, found, gold, wanted)
        texts = tuple(pieces[i] for i in chosen)
        example = Example(question, texts, answer, chosen.index(gold)) if gold is not None else Example(question, texts)
        if example.sound:
            yield example


def _paragraphs(path: Path) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """Yield the paragraphs of a set, each with its questions, their answers and where those begin."""
    whole = f"{path}"
    try:
        for number, article in enumerate(json.loads(read_text(path))["data"], 1):
            whole = f"{path}, article {number}"
            for paragraph in article["paragraphs"]:
                answered = [(entry["question"], entry["answers"][0]) for entry in paragraph["qas"] if entry["answers"]]
                questions = [(question, first["text"], int(first["answer_start"])) for question, first in answered]
                yield paragraph["context"], questions
    except (ValueError, KeyError, TypeError) as exc:
        raise BadTrainingData(
            f"{whole} is not in SQuAD's form ({type(exc).__name__}: {exc}): data, paragraphs, context, qas, question, "
            "answers, text, answer_start are needed",
            path=whole,
            cause="not_squad",
            detail=f"{type(exc).__name__}: {exc}",
        ) from exc


def _pieces(text: str, *, rng: random.Random) -> list[tuple[int, int]]:
    """Return where the passages of a paragraph begin and end: whole sentences, of a length drawn for each."""
    cut: list[tuple[int, int]] = []
    start = end = 0
    limit = rng.randint(*_PIECE)
    for match in _SENTENCE.finditer(text):
        if match.end() - start > limit and end > start:
            cut.append((start, end))
            start, limit = end, rng.randint(*_PIECE)
        end = match.end()
    if end > start:
        cut.append((start, end))
    return cut


class Search:
    """Keyword search over texts: BM25 of character pairs (Robertson and Zaragoza 2009, k1 1.2, b 0.75)."""

    def __init__(self, texts: Sequence[str]) -> None:
        counts = [Counter(_bigrams(text)) for text in texts]
        mean = sum(map(len, texts)) / max(1, len(texts))
        self._postings: dict[str, list[tuple[int, float]]] = {}
        for i, (text, count) in enumerate(zip(texts, counts, strict=True)):
            norm = 1.2 * (0.25 + 0.75 * len(text) / mean)
            for pair, times in count.items():
                self._postings.setdefault(pair, []).append((i, times * 2.2 / (times + norm)))
        self._size = len(texts)

    def best(self, question: str, *, limit: int, rng: random.Random) -> list[int]:
        """Return the texts that fit best, best first, with some noise: another search would rank otherwise."""
        score: dict[int, float] = {}
        for pair in set(_bigrams(question)):
            found = self._postings.get(pair, ())
            weight = math.log(1 + (self._size - len(found) + 0.5) / (len(found) + 0.5))
            for i, part in found:
                score[i] = score.get(i, 0.0) + weight * part
        top = sorted(score.items(), key=lambda entry: -entry[1])[: limit * 3]
        ranked = sorted(top, key=lambda entry: -entry[1] * rng.uniform(0.7, 1.3))
        return [i for i, _ in ranked[:limit]]


def _bigrams(text: str) -> Iterable[str]:
    plain = re.sub(r"[\s，。？！、：；“”|\[\]（）()]", "", text)
    return (plain[i : i + 2] for i in range(len(plain) - 1))
