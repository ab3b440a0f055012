"""Tie each sentence of an answer to the span of a passage that supports it.

A model writes markers, `[1]`; nothing makes them true. Here the support of every sentence is looked for in the passage
that it names (`rag.support`). Only what is found is called verified; what is not is named by `unsupported`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.types import Passage
from rag.support import Span, locate, sentence_around
from rag.tokens import Token, tokens
from rag.types import Citation, Unsupported

_MARKER = r"[\[【［〔]\s*(?:资料|来源|文献)?\s*\d{1,3}(?:\s*[,，、;；]\s*\d{1,3})*\s*[\]】］〕]"
_END = r"(?:[。！？!?；;…\n]+|(?<!\d)\.(?=\s|$))[”’」』）)\"]*"
# A claim ends with its markers, or with its final punctuation and the markers behind it.
_CLAIM_END = re.compile(rf"(?P<before>(?:\s*{_MARKER})+)|(?:{_END})(?P<after>(?:[^\S\n]*{_MARKER})*)")
_MARKERS = re.compile(rf"\s*{_MARKER}")
#: The beginning of a marker that is not complete yet, at the end of a text.
_HALF_MARKER = re.compile(r"[\[【［〔][^\]】］〕]{0,24}$")
#: A claim shorter than this, in characters, is found by chance.
_TELLING = 4
#: What is not a statement of an answer: the number or dash before an item of a list, at the beginning of a line.
_ITEM = re.compile(r"\s*(?:[-*•·]|[(（]?\d{1,2}[)）.、](?!\d)|[(（]?[一二三四五六七八九十]{1,2}[)）、])\s*")
#: What is counted by the number before it, so that the two belong together.
_UNIT = re.compile("[个年月日时分秒周岁元美%‰℃度人名次条项章款页倍米克吨升套台件份张家辆级层楼季届期]")


@dataclass(frozen=True, slots=True)
class _Claim:
    """A stretch of an answer, the numbers it cites, and what stood around the markers."""

    text: str
    start: int
    end: str
    numbers: tuple[int, ...]
    marked_after_end: bool

    @property
    def said(self) -> str:
        """The text without what stands before an item of a list."""
        return self.text[self.lead :].rstrip()

    @property
    def lead(self) -> int:
        """How many characters stand before what is said."""
        item = _ITEM.match(self.text)
        return item.end() if item else len(self.text) - len(self.text.lstrip())


def cite(text: str, passages: Sequence[Passage], *, question: str = "") -> tuple[str, tuple[Citation, ...]]:
    """Return the answer with its markers put right, and what each of them rests on.

    A marker that names no given passage, or one without the support, is corrected where another passage has it;
    otherwise the first kind is dropped, the second kept as unverified. A sentence without a marker gets one where its
    support is found. `question` only chooses between several places that say the same.
    """
    parts: list[str] = []
    citations: list[Citation] = []
    for claim in _claims(text):
        found = _supported(claim, passages, question=question) if claim.text.strip() else {}
        marks = "".join(f"[{n}]" for n in found)
        parts.append(claim.text + (claim.end + marks if claim.marked_after_end else marks + claim.end))
        citations += [_citation(n, passages[n - 1], span) for n, span in found.items()]
    return "".join(parts), tuple(dict.fromkeys(citations))


def unsupported(text: str, passages: Sequence[Passage]) -> tuple[Unsupported, ...]:
    """Return the sentences of a cited answer that the passages do not bear out, and the figures that they made up.

    `text` has been through `cite`, so that what is borne out has its marker. A few words that introduce a list are no
    statement; figures compare by value, with what they count.
    """
    found: list[Unsupported] = []
    cited = {n for claim in _claims(text) for n in claim.numbers if 1 <= n <= len(passages)}
    known = [tokens(passage.text) for n, passage in enumerate(passages, 1) if n in cited or not cited]
    for claim in _claims(text):
        said, start = claim.said, claim.start + claim.lead
        figures = _figures(tokens(said))
        statement = len(tokens(said)) >= _TELLING and not said.endswith(("：", ":"))
        given = [passages[n - 1].text for n in claim.numbers if 1 <= n <= len(passages)]
        if not (statement or figures) or any(locate(said, passage) for passage in given):
            continue
        found.append(Unsupported("sentence", said, start, start + len(said)))
        for figure in figures:
            if not any(_stands(figure, passage) for passage in known):
                at, end = start + figure[0].start, start + figure[-1].end
                found.append(Unsupported("number", text[at:end], at, end))
    return tuple(found)


def without_markers(text: str) -> str:
    """Return `text` with its citation markers taken out."""
    return _MARKERS.sub("", text)


def complete_length(text: str) -> int:
    """Return how many characters of a growing text can be shown: a marker that may not be complete is held back."""
    half = _HALF_MARKER.search(text)
    return half.start() if half else len(text)


def _claims(text: str) -> Iterator[_Claim]:
    at = 0
    for match in _CLAIM_END.finditer(text):
        before, after = match["before"], match["after"] or ""
        marks = before or after
        end = "" if before else match.group()[: len(match.group()) - len(after)]
        numbers = tuple(dict.fromkeys(int(number) for number in re.findall(r"\d+", marks)))
        yield _Claim(text[at : match.start()], at, end, numbers, bool(after))
        at = match.end()
    if at < len(text):
        yield _Claim(text[at:], at, "", (), False)


def _supported(claim: _Claim, passages: Sequence[Passage], *, question: str) -> dict[int, Span | None]:
    """Return the numbers to cite, each with the span that supports the claim, None where it is not located."""
    spans: dict[int, Span | None] = {}
    given = [n for n in claim.numbers if 1 <= n <= len(passages)]
    for n in given:
        spans[n] = locate(claim.said, passages[n - 1].text, question=question)
    found = {n: span for n, span in spans.items() if span}
    if found:
        return {**spans, **found} if len(found) == len(spans) else dict(found)
    other = _elsewhere(claim.said, passages, but=given, question=question)
    return other or spans


def _elsewhere(text: str, passages: Sequence[Passage], *, but: Sequence[int], question: str) -> dict[int, Span | None]:
    """Return the best-ranked passage, `but` some, that supports a text; empty where none does.

    A few characters are found by chance: they are looked for only where the model pointed somewhere.
    """
    if not but and len("".join(text.split())) < _TELLING:
        return {}
    for n, passage in enumerate(passages, 1):
        if n not in but and (span := locate(text, passage.text, question=question)):
            return {n: span}
    return {}


def _figures(said: Sequence[Token]) -> list[list[Token]]:
    """Return the figures with their units; those that follow each other, as in a date, are one."""
    found: list[list[Token]] = []
    for at, token in enumerate(said):
        if not token.is_number:
            continue
        figure = [token, *_unit(said[at + 1 : at + 3], clause=token.clause)]
        if found and found[-1][-1] is said[at - 1] and not said[at - 1].is_number:
            found[-1] += figure
        else:
            found.append(figure)
    return found


def _unit(behind: Sequence[Token], *, clause: int) -> list[Token]:
    """Return what is counted by a number: one token, or the two of 个月; none where it only stands there."""
    length = 2 if [token.key for token in behind] == ["个", "月"] else 1
    return [token for token in behind[:length] if token.clause == clause and _UNIT.match(token.key)]


def _stands(figure: Sequence[Token], passage: Sequence[Token]) -> bool:
    keys = [token.key for token in figure]
    there = [token.key for token in passage]
    return any(there[at : at + len(keys)] == keys for at in range(len(there) - len(keys) + 1))


def _citation(n: int, passage: Passage, span: Span | None) -> Citation:
    """Return the citation of the sentences that hold `span`; of the passage's first where there is no support."""
    start, end = sentence_around(passage.text, span or (0, 0))
    return Citation(
        n=n,
        source=passage.source,
        page=passage.page,
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
        verified=span is not None,
    )
