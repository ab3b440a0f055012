"""Scores of answers and of ranks: plain functions, no I/O.

Answers are scored by the rules of CMRC 2018 (Cui et al. 2019, "A Span-Extraction Dataset for Chinese Machine Reading
Comprehension"): marks are left out, Latin letters are lower-cased, and F1 counts the longest run of tokens in common.
"""

import re
from collections.abc import Iterable, Sequence

from ingest.normalize import fold
from ingest.types import Passage

# The marks that the scorer of CMRC 2018 leaves out; the point and the percent sign of a number stay.
_MARKS = str.maketrans("", "", "-:_*^/\\~`+=，。：？！“”；’《》…·、「」（）－～『』")
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\s\u3400-\u9fff]+")


def tokens(text: str) -> list[str]:
    """Return single Chinese characters and whole words of anything else, without marks."""
    return _TOKEN.findall(text.lower().translate(_MARKS))


def exact_match(answer: str, gold: Sequence[str]) -> float:
    """Return 1.0 where the answer is one of the gold ones, marks and blanks aside; else 0.0."""
    return float(any(_plain(answer) == _plain(text) for text in gold))


def f1(answer: str, gold: Sequence[str]) -> float:
    """Return the best F1 over the gold answers: precision and recall of the longest run of tokens in common."""
    return max((_f1(tokens(answer), tokens(text)) for text in gold), default=0.0)


def longest_run(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest run of tokens that both have."""
    best = 0
    before = [0] * (len(b) + 1)
    for token in a:
        row = [0] * (len(b) + 1)
        for j, other in enumerate(b, 1):
            if token == other:
                row[j] = before[j - 1] + 1
        best = max(best, *row)
        before = row
    return best


def holds(text: str, gold: Sequence[str]) -> bool:
    """Whether a text contains one of the answers, whatever their blanks, width, case and script."""
    within = _folded(text)
    return any(part in within for part in map(_folded, gold) if part)


def holds_within(passages: Iterable[Passage], gold: Sequence[str], *, characters: int) -> bool:
    """Whether one of the first passages contains an answer, taking `characters` of them in all (the last is cut)."""
    for passage in passages:
        if characters <= 0:
            return False
        if holds(passage.text[:characters], gold):
            return True
        characters -= len(passage.text)
    return False


def recall_at(ranks: Sequence[int | None], depth: int) -> float | None:
    """Return the share of ranks (1-based, None: not found) within the first `depth`."""
    return share(rank is not None and rank <= depth for rank in ranks)


def mrr_at(ranks: Sequence[int | None], depth: int) -> float | None:
    """Return the mean reciprocal rank, 0 for what is not within the first `depth`."""
    return share(1 / rank if rank is not None and rank <= depth else 0.0 for rank in ranks)


def share(values: Iterable[float]) -> float | None:
    """Return the mean, to four places (True counts 1); None for no values, since 0 would read as a result."""
    listed = [float(value) for value in values]
    return round(sum(listed) / len(listed), 4) if listed else None


def _f1(answer: Sequence[str], gold: Sequence[str]) -> float:
    shared = longest_run(answer, gold)
    if not shared:
        return 0.0
    precision, recall = shared / len(answer), shared / len(gold)
    return 2 * precision * recall / (precision + recall)


def _plain(text: str) -> str:
    return "".join(text.lower().translate(_MARKS).split())


def _folded(text: str) -> str:
    return "".join(fold(text).split())
