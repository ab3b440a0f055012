"""What words that point back stand for: it, there, the latter, this contract, taken from the turns before."""

import re
from collections.abc import Callable, Sequence

from ingest.normalize import fold
from rag.phrases import DATE, FEAST, holder, noun_phrases, person_in, phrase_start, statement, topic, words

#: A question and its answer.
Turn = tuple[str, str]

_ASKED_ENTITY = re.compile(r"谁|哪[家个位款种里儿天]|哪一[家个位款种天]|什么(?:公司|时候|地方|人)|何[时地]")

_PERSON = re.compile(r"(?<![其吉])(?:他们|她们|他|她)(?![人乡])(?:那里|那边|那儿)?")
_THING = re.compile(r"(?<!其)它们?")
_PLACE = re.compile(r"(?:这里|那里)面?|这儿|那儿|那边")
_TIME = re.compile(r"当时|那时候?|那一?天|那年|那个月")
_EARLIER = re.compile(r"前者|后者")
_ITS = re.compile(r"(?:^|(?<=[,,对由把给]))其(?![他它中余实次间])")
_SAID = re.compile(r"(?:上述|前述|上面(?:说|提到)的|刚才(?:说|提到)的|(?<=^)以上)的?")
_POINTED = re.compile(
    r"(?:[这那此]一?(?:个|家|份|次|种|款|批|项|位|台|只|笔|场|件|类|些|套|期|条)|(?<![应不也又])该|本次|此次)的?"
)
_COMPANY = re.compile(r"公司|企业|单位|集团|供应商|客户|厂家|厂商")
_AND = re.compile(r"^(.+?)(?:和|与|及|还是|或者?|、)(.+)$")

#: Characters of an answer that can stand for what was asked.
_SHORT = 16


def with_antecedent(text: str, turns: Sequence[Turn]) -> str | None:
    """Return a question with what it points at in the place of the words that point; None where it points at nothing.

    `text` has no marks at its end. Words that the question itself resolves are left alone.
    """
    for pattern, antecedent in _POINTERS:
        match = pattern.search(fold(text))
        if match and not _resolved_inside(text, match.start()):
            meant = antecedent(turns, match.group(), text[match.end() :])
            its = "的" if match.group() == "其" and meant else ""
            return f"{text[: match.start()]}{meant or match.group()}{its}{text[match.end() :]}？"
    return None


def entity_answer(asked: str, answer: str) -> str:
    """Return the answer where it is the short name of what was asked for; else nothing."""
    plain = re.split(r"[，,。；;\n]", answer.strip())[0]
    return plain if _ASKED_ENTITY.search(fold(asked)) and 1 < len(plain) <= _SHORT else ""


def _resolved_inside(text: str, at: int) -> bool:
    """Whether the question itself says whom or what it points at: just before (除夕那天), or before a comma."""
    parts = words(text[:at])
    if parts and parts[-1].end == at and (parts[-1].tag[:1] in "nt" or parts[-1].folded == "的"):
        return True
    clause = re.search(r"^(.+)[，,]", text[:at])
    return bool(clause) and any(word.tells for word in words(clause.group(1) if clause else ""))


def _person(turns: Sequence[Turn], pointer: str, following: str) -> str:
    place = pointer[-2:] in {"那里", "那边", "那儿"}
    for asked, answer in reversed(turns):
        named = person_in(answer) if len(answer) <= 4 * _SHORT else None
        if named := named or person_in(asked):
            return f"{holder(asked)}{named}那里" if place else named
    return _subject(turns[-1][0])


def _thing(turns: Sequence[Turn], pointer: str, following: str) -> str:
    asked, answer = turns[-1]
    return entity_answer(asked, answer) or _subject(asked)


def _place(turns: Sequence[Turn], pointer: str, following: str) -> str:
    named = re.sub(r"^.*[到至往在]", "", _thing(turns, pointer, following))
    phrases = noun_phrases(named)
    if phrases and words(named)[0].tag == "v":
        named = named[phrases[-1][0] : phrases[-1][1]]
    return f"{named}里面" if pointer.endswith("面") else named


def _time(turns: Sequence[Turn], pointer: str, following: str) -> str:
    asked, answer = turns[-1]
    for source in (asked, answer):
        for kind in (FEAST, DATE):
            if found := kind.search(fold(source)):
                year = re.search(r"\d{4}年$", source[: found.start()])
                return (year.group() if year else "") + source[found.start() : found.end()]
    return f"{statement(asked)}时"


def _earlier(turns: Sequence[Turn], pointer: str, following: str) -> str:
    asked, answer = turns[-1]
    for source in (topic(asked), answer):
        if pair := _AND.match(source):
            first, second = (re.split(r"[，,。；;]", part)[0] for part in pair.groups())
            return first if pointer == "前者" else second
    return _subject(asked)


def _said(turns: Sequence[Turn], pointer: str, following: str) -> str:
    return f"{_subject(turns[-1][0])}的"


def _demonstrative(turns: Sequence[Turn], pointer: str, following: str) -> str:
    """Return what 这家公司 or 该合同 is: the phrase before with the same noun, without that noun; else the subject."""
    after = words(following)
    noun = after[0].folded if after and after[0].start == 0 else ""
    if any(word.names_something for word in after):
        return pointer
    asked, answer = turns[-1]
    for source in (entity_answer(asked, answer), asked):
        at = fold(source).find(noun) if noun else -1
        if at > 0:
            return source[phrase_start(source, at) : at]
    entity = entity_answer(asked, answer) or _subject(asked)
    named = [word.text for word in words(asked) if word.tag in {"nt", "nz", "nr", "nrt"}]
    if _COMPANY.match(noun) and named:
        return named[-1].lstrip("和与向由")
    return f"{entity}的" if noun and not entity.endswith(noun) and noun[:1] not in "人公" else entity


def _subject(asked: str) -> str:
    """Return the thing that a question is about: the name in it, or else its topic."""
    about = holder(asked)
    named = [word for word in words(about) if word.names_something]
    first = about.split("的")[0]
    chosen = first if named and named[0].text in first else about
    # The year is that of the last question, not of the thing.
    return re.sub(r"(?<=.)\d{4}年(?:\d{1,2}月)?(?:\d{1,2}日)?$", "", chosen)


#: What the words at hand, with what follows them, point at in the turns.
_Antecedent = Callable[[Sequence[Turn], str, str], str]
_POINTERS: tuple[tuple[re.Pattern[str], _Antecedent], ...] = (
    (_PERSON, _person),
    (_EARLIER, _earlier),
    (_THING, _thing),
    (_TIME, _time),
    (_PLACE, _place),
    (_SAID, _said),
    (_ITS, _thing),
    (_POINTED, _demonstrative),
)
