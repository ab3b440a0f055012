"""Find the span of a passage that says what a sentence says."""

import re
from collections.abc import Iterator
from itertools import pairwise

from ingest.normalize import fold

Span = tuple[int, int]

_SENTENCE = re.compile(r"(?:[^。！？!?；;\n]|(?<=\d)[;；](?=\d))+(?:[。！？!?；;]+[”’」』）)]*)?")
_NUMERAL = "零〇一二三四五六七八九十百千万亿两"
# What must agree to the digit: figures, and Chinese numerals that count something or have several digits.
_NUMBER = re.compile(
    rf"\d+(?:[.,:：/-]\d+)*|[{_NUMERAL}]{{2,}}|[{_NUMERAL}](?=[年月日号天周时分秒岁个元角次条项章款人名倍])"
)
_LEAD = re.compile(r"^[\s,，、:：；;。.]+|[\s,，、:：；;。.]+$")
#: The share of a sentence's character pairs that a stretch must have. Below it, chance pairs of one topic begin.
_ENOUGH = 0.6
#: Folded characters under which a sentence has too few pairs to compare.
_COMPARABLE = 6


def locate(claim: str, text: str, *, question: str = "") -> Span | None:
    """Return where `text` says what `claim` says, as (start, end); None where it does not.

    The claim itself is looked for first; of several places, the sentence nearest to `question` wins. Else it is the
    sentence, or two neighbours, with the most of its character pairs: at least 0.6 of them, and every number.
    """
    claim = _LEAD.sub("", claim)
    if not claim:
        return None
    places = list(_verbatim(claim, text))
    if places:
        asked = _grams(question)
        return max(places, key=lambda span: (len(asked & _grams(_sentence(text, span))), -span[0]))
    return _nearest(claim, text)


def sentence_around(text: str, span: Span) -> Span:
    """Return the whole sentences of `text` that `span` touches, without outer blanks."""
    start, end = span
    touched = [m.span() for m in _SENTENCE.finditer(text) if m.end() > start and m.start() < max(end, start + 1)]
    if not touched:
        return _without_blanks(text, (0, len(text))) if start == end else span
    return _without_blanks(
        text, (min(start, touched[0][0]) if start != end else touched[0][0], max(end, touched[-1][1]))
    )


def _verbatim(claim: str, text: str) -> Iterator[Span]:
    """Yield where `claim` stands in `text`, both folded and without spaces, never in the middle of a number."""
    wanted, _ = _packed(claim)
    packed, index = _packed(text)
    at = packed.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if not (_splits_number(packed, at) or _splits_number(packed, end)):
            yield index[at], index[end - 1] + 1
        at = packed.find(wanted, at + 1)


def _packed(text: str) -> tuple[str, list[int]]:
    """Return the folded text without spaces, and where each of its characters stands in `text`."""
    index = [i for i, char in enumerate(text) if not char.isspace()]
    folded = fold(text)
    return "".join(folded[i] for i in index), index


def _splits_number(text: str, at: int) -> bool:
    if not 0 < at < len(text):
        return False
    left, right = text[at - 1], text[at]
    return (left.isdecimal() and right.isdecimal()) or (left in _NUMERAL and right in _NUMERAL)


def _nearest(claim: str, text: str) -> Span | None:
    folded = fold(claim)
    pairs = _pairs(folded)
    if len(pairs) < _COMPARABLE - 1:
        return None
    numbers = _numbers(folded)
    spans = [m.span() for m in _SENTENCE.finditer(text) if m.group().strip()]
    stretches = spans + [(a[0], b[1]) for a, b in pairwise(spans)]
    share, span = 0.0, None
    for start, end in stretches:
        stretch = fold(text[start:end])
        shared = _shared(pairs, stretch)
        if shared > share and numbers <= _numbers(stretch):
            share, span = shared, (start, end)
    return _without_blanks(text, span) if span and share >= _ENOUGH else None


def _numbers(folded: str) -> set[str]:
    return {match.group().replace(",", "") for match in _NUMBER.finditer(folded)}


def _pairs(folded: str) -> set[str]:
    kept = "".join(char for char in folded if char.isalnum())
    return {kept[i : i + 2] for i in range(len(kept) - 1)}


def _grams(text: str) -> set[str]:
    """Return the characters of `text` and their pairs, folded."""
    folded = fold(text)
    return _pairs(folded) | {char for char in folded if char.isalnum()}


def _shared(pairs: set[str], stretch: str) -> float:
    return len(pairs & _pairs(fold(stretch))) / len(pairs) if pairs else 0.0


def _sentence(text: str, span: Span) -> str:
    start, end = sentence_around(text, span)
    return text[start:end]


def _without_blanks(text: str, span: Span) -> Span:
    start, end = span
    stripped = text[start:end].strip()
    if not stripped:
        return span
    start += text[start:end].index(stripped)
    return start, start + len(stripped)
