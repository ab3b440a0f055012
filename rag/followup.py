"""A follow-up question made to stand alone, by rules: for models too small to be asked for it.

Four things make a question a follow-up: it asks for the same of something else (那重庆的呢？), only asks (为什么？),
points back (它, 那里, 后者, 这份合同), or names a quality without its thing (押金要交多少？). Any other
is left alone: one that stands by itself loses more by a wrong subject than a follow-up gains by a right one.
"""

import re
from collections.abc import Sequence

from ingest.normalize import fold
from rag.antecedents import Turn, entity_answer, with_antecedent
from rag.phrases import (
    ASKS,
    DATE,
    FEAST,
    asked_span,
    bare,
    before_asking,
    holder,
    is_relational,
    noun_phrases,
    phrase_start,
    statement,
    topic,
    words,
)

# 那 before a question leads on; before a measure word it points (那个, 那里).
_LEAD = re.compile(
    r"^(?:(?:那么|请问|再问一下|另外|然后|那如果是|如果是|要是|换成|改成|换做|那(?![里边儿个些种天年月时次份家位款批台只项条段场笔件])))+[,\s]*"
)
_MORE = re.compile(r"^(?:还有(?:呢|吗|别的吗|其他的?吗|哪些|什么)?|(?:其他|其它|其余|别|剩下)的?呢)$")
_WHY = re.compile(r"^(?:这是|那是)?(?:为什么|为何|因为什么|什么原因|怎么回事|原因(?:是什么)?)(?:呢|啊)?$")
_INSTEAD = re.compile(r"^(.{1,14}?)的?(?:呢|怎么样)$")
_PRONOUN = re.compile(r"[他她它]们?|[这那]个?|前者|后者")
#: A question of more characters says what it is about.
_ELLIPTIC = 12
_ROLE = re.compile(
    r"(?:经理|组长|主任|总监|主管|工程师|员工|职工|员|董事长|主席|负责人|站长|司机|干部|领导|联系人|架构师)$"
)
_SAME_KIND = (
    re.compile(r"第[一二三四五六七八九十\d]+[批条期个次章款名季]?"),
    DATE,
    FEAST,
    re.compile(r"(?:星期|周)[一二三四五六日天]|上午|下午|晚上|早上|中午"),
    re.compile(r"[满不足超过高低于]*[\d一二三四五六七八九十百千万两]+(?:个月|年|天|日|岁|元|万元|次|人|公里|小时|级)"),
    re.compile(r"[a-z]+[-_]?\d[a-z\d.-]*|\d+(?:\.\d+)+版?"),
)


def rewrite(question: str, turns: Sequence[Turn]) -> str:
    """Return the question as it reads alone; unchanged where it does already.

    `turns` are (stand-alone question, answer without markers) pairs, the latest last; an answer is empty where the
    question was refused.
    """
    if not turns:
        return question
    said = _LEAD.sub("", fold(bare_end(question)))
    text = bare_end(question)[len(bare_end(question)) - len(said) :]
    asked, answer = turns[-1]
    if _MORE.match(said):
        return f"{statement(asked)}，还有哪些？"
    if _WHY.match(said):
        return f"为什么{statement(asked, answer=entity_answer(asked, answer))}？"
    if ASKS.fullmatch(said) and (span := asked_span(asked)):
        return f"{asked[: span[0]]}{text}{asked[span[1] :]}"
    if (match := _INSTEAD.match(said)) and not _PRONOUN.fullmatch(match.group(1)):
        return _instead(text[match.start(1) : match.end(1)], turns)
    if replaced := with_antecedent(text, turns):
        return replaced
    if _elliptic(text):
        return _carried(text, asked)
    return question


def bare_end(question: str) -> str:
    """Return a question without the marks at its end."""
    return re.sub(r"[？?。.！!\s]+$", "", question.strip())


# ── the same of something else ──


def _instead(new: str, turns: Sequence[Turn]) -> str:
    """Return the last question with `new` in the place of what is of its kind."""
    asked = bare(turns[-1][0])
    if is_relational(new):
        return f"{holder(asked)}的{new}是什么？"
    start, end = _kind_span(new, asked) or _ending_span(new, asked) or _asked_about_span(asked)
    return f"{asked[:start]}{new}{asked[_past_ending(new, asked, end) :]}？"


def _past_ending(new: str, asked: str, end: int) -> int:
    """Return the end of the span, past what follows it of `new` already: 上海仓 takes the place of all of 北京仓."""
    for length in range(len(new) - 1, 0, -1):
        if asked.startswith(new[-length:], end):
            return end + length
    return end


def _kind_span(new: str, asked: str) -> tuple[int, int] | None:
    """Return the span in `asked` of what is of the same kind as `new`: a date, a number, a place, a role."""
    wanted, text = fold(new), fold(asked)
    for kind in _SAME_KIND:
        if kind.search(wanted) and (found := kind.search(text)):
            return found.span()
    parts = words(asked)
    tags = {word.tag for word in words(new)} & {"ns", "nr", "nt"}
    for word in parts:
        if word.tag in tags:
            return word.start, word.end
    if _ROLE.search(wanted):
        for start, end in noun_phrases(asked):
            if _ROLE.search(text[start:end]):
                return start, end
    return None


def _ending_span(new: str, asked: str) -> tuple[int, int] | None:
    """Return the span of the words that end as `new` does: 抢险组 for 救护组, 装蓝标 for 装白标."""
    wanted, text = fold(new), fold(asked)
    if len(wanted) < 2:
        return None
    for length in (2, 1):
        at = text.find(wanted[-length:])
        if at > 0:
            end = at + length
            begin = text.rfind(wanted[0], 0, at) if wanted[0] in text[max(0, at - 6) : at] else phrase_start(asked, at)
            return begin, end
    return None


def _asked_about_span(asked: str) -> tuple[int, int]:
    """Return the span of the last noun phrase before the interrogative, its names left out."""
    about = topic(asked)
    base = max(asked.find(about), 0)
    phrases = noun_phrases(about)
    if not phrases:
        return base, base + len(about)
    start, end = phrases[-1]
    # In 箱体的质保期, it is the thing that another one takes the place of, not its quality.
    if len(phrases) > 1 and _is_quality(about[start:end]) and about[phrases[-2][1] : start] == "的":
        start, end = phrases[-2]
    for word in words(about[:end]):
        if word.names_something and start <= word.start and word.end < end:
            start = word.end
    return base + start, base + end


def _is_quality(text: str) -> bool:
    """Whether a noun is something that another has: 质保期, 月租金."""
    return any(is_relational(text[-length:]) for length in range(1, len(text) + 1))


# ── what leaves its thing out ──


def _elliptic(text: str) -> bool:
    """Whether a short question names nothing of its own: 押金要交多少, 什么时候去, 为什么不扣绩效."""
    if len(text) > _ELLIPTIC or not asked_span(text):
        return False
    span = asked_span(text) or (0, 0)
    parts = words(text)
    if any(word.names_something for word in parts):
        return False
    # What directly follows the interrogative is asked for (哪个库, 什么材料), and says nothing of whose it is.
    telling = [word for word in parts if word.tells and word.is_noun and not span[0] <= word.start <= span[1]]
    begins_with_why = fold(text).startswith(("为什么", "为何", "怎么"))
    return begins_with_why or not telling


def _carried(text: str, asked: str) -> str:
    """Return the question with its thing in front."""
    first = words(text)[:1]
    if first and is_relational(first[0].folded) and first[0].is_noun:
        return f"{holder(asked)}的{text}？"
    about = statement(asked)
    # 最晚什么时候送到？ 送到哪里？: the verb is said once.
    verb = before_asking(text)
    if verb and about.endswith(verb):
        return f"{about}{text[len(verb) :]}？"
    return f"{about}，{text}？"
