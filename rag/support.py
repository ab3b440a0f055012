"""Find the span of a passage that says what a sentence says.

Sharing most of the words is not saying the same: one figure, one 不, or one clause's subject with the next one's
predicate makes another statement. So a sentence that does not stand in the passage word for word is laid beside the
passage's nearest sentences, and every difference must be one that cannot matter.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from rag.tokens import Token, tokens

Span = tuple[int, int]

_SENTENCE = re.compile(r"(?:[^。！？!?；;\n]|(?<=\d)[;；](?=\d))+(?:[。！？!?；;]+[”’」』）)]*)?")
#: Words that may be added or left out.
_FUNCTION = frozenset("的了地得着是为也都就则即而与和及以在于其该此这那之所等中时共整有您你我们请呢吗吧啊")
#: What turns the words behind it into their opposite.
_NEGATION = re.compile(r"不|未|没|无(?!锡|线)|非|勿|莫|免|禁|拒|否")
_NEGATED = re.compile(r"(?:[不未没无非勿莫免禁拒否副]|没有|不[得能会可予须是]|未得|无须|禁止|拒绝)$")
#: What turns the words before it into their opposite.
_EXCEPTION = re.compile(r"除外|以外|之外|无效|不在此限|不适用|不成立|不属实|不正确")
#: What a statement must not lose in the middle of a clause, beside figures and negations.
_CRITICAL = re.compile(
    r"除|仅|只|限|或|可|分别|前|最|超|满|低于|高于|少于|多于|大于|小于|以[上下内]|至[少多]|提前|推迟|延|逾|增|减|升|降|涨|跌"
    r"|取消|终止|停|拟|如|若"
)
_BEFORE = re.compile("[前内]")
#: Ends of names: 北京市政府 is not 北京市朝阳区政府.
_NAME_ENDS = frozenset("省市区县镇乡村州国部局厅处科室院司所站组队校系路街号方人员长")
#: The share of a sentence's words that a stretch must have to be compared word by word.
_ENOUGH = 0.6
#: Words under which a sentence is only looked for as it stands.
_COMPARABLE = 4
#: From this length on a sentence says something of its own, so that a negation anywhere before it in its clause counts.
_STATEMENT = 6


def locate(claim: str, text: str, *, question: str = "") -> Span | None:
    """Return where `text` says what `claim` says, as (start, end); None where it does not.

    The claim itself is looked for first, figures by their value; of several places, the sentence nearest to `question`
    wins. Else it is the sentence, or two neighbours, that differs from the claim in nothing that could matter.
    """
    wanted = tokens(claim)
    if not wanted:
        return None
    given = tokens(text)
    places = list(_verbatim(wanted, given))
    if places:
        asked = _words(tokens(question))
        return max(places, key=lambda span: (len(asked & _words(tokens(_sentence(text, span)))), -span[0]))
    return _nearest(wanted, text)


def sentence_around(text: str, span: Span) -> Span:
    """Return the whole sentences of `text` that `span` touches, without outer blanks."""
    start, end = span
    touched = [m.span() for m in _SENTENCE.finditer(text) if m.end() > start and m.start() < max(end, start + 1)]
    if not touched:
        return _without_blanks(text, (0, len(text))) if start == end else span
    return _without_blanks(
        text, (min(start, touched[0][0]) if start != end else touched[0][0], max(end, touched[-1][1]))
    )


def _verbatim(wanted: Sequence[Token], given: Sequence[Token]) -> Iterator[Span]:
    """Yield where the same tokens stand in a row, unless the words around them turn them into their opposite."""
    keys = [token.key for token in wanted]
    there = [token.key for token in given]
    for at in range(len(there) - len(keys) + 1):
        if there[at] == keys[0] and there[at : at + len(keys)] == keys and not _turned(given, at, at + len(keys)):
            yield given[at].start, given[at + len(keys) - 1].end


def _turned(given: Sequence[Token], start: int, end: int) -> bool:
    """Whether what stands before or behind `given[start:end]` in its clause makes it the opposite."""
    before = "".join(token.key for token in given[:start] if token.clause == given[start].clause)
    behind = "".join(token.key for token in given[end : end + 8] if token.clause == given[end - 1].clause)
    if _NEGATED.search(before):
        return True
    return end - start >= _STATEMENT and bool(_NEGATION.search(before) or _EXCEPTION.search(behind))


def _nearest(wanted: Sequence[Token], text: str) -> Span | None:
    claim = _telling(wanted)
    if len(claim) < _COMPARABLE:
        return None
    words = _words(claim)
    spans = [m.span() for m in _SENTENCE.finditer(text) if m.group().strip()]
    share, span = 0.0, None
    for start, end in spans + [(a[0], b[1]) for a, b in pairwise(spans)]:
        stretch = tokens(text[start:end])
        shared = len(words & _words(_telling(stretch))) / len(words)
        if shared > max(share, _ENOUGH) and _Comparison(claim, stretch).agrees():
            share, span = shared, (start, end)
    return _without_blanks(text, span) if span else None


@dataclass(frozen=True, slots=True)
class _Gap:
    """What a claim and a stretch do not share between two things that they do, as ranges of their tokens."""

    claim: tuple[int, int]
    stretch: tuple[int, int]


class _Comparison:
    """A claim laid beside a stretch of text, function words left out."""

    def __init__(self, claim: Sequence[Token], stretch: Sequence[Token]) -> None:
        self._claim = claim
        self._stretch = _telling(stretch)

    def agrees(self) -> bool:
        """Whether the stretch says what the claim says."""
        blocks = self._shared()
        if not blocks:
            return False
        ends = [(0, 0, 0), *blocks, (len(self._claim), len(self._stretch), 0)]
        gaps = [_Gap((a[0] + a[2], b[0]), (a[1] + a[2], b[1])) for a, b in pairwise(ends)]
        first, last = gaps[0].stretch[1], gaps[-1].stretch[0] - 1
        return self._begins(gaps[0], first) and self._ends(gaps[-1], last) and all(map(self._harmless, gaps[1:-1]))

    def _shared(self) -> list[tuple[int, int, int]]:
        """Return the runs that both have; a single character or number in common is chance, a Latin word is not."""
        said, there = ([token.key for token in side] for side in (self._claim, self._stretch))
        found = SequenceMatcher(None, said, there, autojunk=False).get_matching_blocks()[:-1]
        return [(a, b, size) for a, b, size in found if size > 1 or (said[a].isascii() and said[a].isalpha())]

    def _begins(self, gap: _Gap, first: int) -> bool:
        """Whether nothing before the first shared word matters: in its clause no negation, nothing instead of it."""
        clause = self._stretch[first].clause
        head = [token for token in self._stretch[:first] if token.clause == clause]
        if len(head) == 1 or _NEGATION.search(_text(head)):
            return False
        return self._moved(gap, beside=head, clause=clause)

    def _ends(self, gap: _Gap, last: int) -> bool:
        clause = self._stretch[last].clause
        tail = [token for token in self._stretch[last + 1 :] if token.clause == clause]
        if _NEGATION.search(_text(tail)) or _EXCEPTION.search(_text(tail)):
            return False
        return self._moved(gap, beside=tail, clause=clause)

    def _harmless(self, gap: _Gap) -> bool:
        """Whether the stretch's words between two shared ones may be left out, and the claim's own be there."""
        start, end = gap.stretch
        skipped = self._stretch[start:end]
        before, behind = self._stretch[start - 1].clause, self._stretch[end].clause
        tail = [token for token in skipped if token.clause == before]
        head = [token for token in skipped if token.clause == behind]
        if before == behind:
            return self._may_go(start, end) and self._moved(gap, beside=skipped, clause=before)
        # The end of one clause or the beginning of another may go, but with both the two would become one.
        between = skipped[len(tail) : len(skipped) - len(head)]
        if (tail and head) or len(tail) == 1 or _NEGATION.search(_text(tail)):
            return False
        if any(token.is_number for token in between) or (len(between) < _COMPARABLE and _matters(between)):
            return False
        return self._may_begin(head) and self._moved(gap, beside=[*tail, *head], clause=behind)

    def _may_begin(self, head: Sequence[Token]) -> bool:
        """Whether a clause may lose these words at its beginning: one alone (副, 总) is part of a name."""
        return len(head) != 1 and not _matters(head)

    def _may_go(self, start: int, end: int) -> bool:
        """Whether a clause says the same without these words: not a part of a name or of a unit, nothing critical."""
        skipped = self._stretch[start:end]
        if not skipped:
            return True
        named = _NAME_ENDS & {skipped[-1].key, self._stretch[end].key}
        return not (len(skipped) == 1 or named or self._stretch[start - 1].is_number or _matters(skipped))

    def _moved(self, gap: _Gap, *, beside: Sequence[Token], clause: int) -> bool:
        """Whether the claim adds nothing here but words that the same clause of the stretch has elsewhere, unused."""
        start, end = gap.claim
        added = self._claim[start:end]
        if not added:
            return True
        if _text(added) == "后":  # 满一年后 for 满一年
            return not _BEFORE.search(_text(beside))
        if beside or len(added) < 2 or _matters(added):
            return False
        used = {b + n for _, b, size in self._shared() for n in range(size)}
        rest = "".join(
            token.key if token.clause == clause and at not in used else "\0" for at, token in enumerate(self._stretch)
        )
        return _text(added) in rest


def _telling(given: Sequence[Token]) -> list[Token]:
    """Return the tokens that carry meaning: no function words, but every unit."""
    return [
        token
        for token, before in zip(given, [None, *given], strict=False)
        if token.key not in _FUNCTION or (before and before.is_number)
    ]


def _matters(given: Sequence[Token]) -> bool:
    text = _text(given)
    return any(token.is_number for token in given) or bool(_NEGATION.search(text) or _CRITICAL.search(text))


def _text(given: Sequence[Token]) -> str:
    return "".join(token.key for token in given)


def _words(given: Sequence[Token]) -> set[str]:
    """Return the tokens and the pairs of neighbours."""
    keys = [token.key for token in given]
    return {*keys, *(a + b for a, b in pairwise(keys))}


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
