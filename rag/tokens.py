"""A text as tokens that can be compared: figures by their value, all else by folded characters and Latin words.

二〇二四年3月1日 and 2024-03-01 give the same tokens, and so do 三万元, 叁万圆整 and ￥30,000, or 百分之五 and 5%.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from ingest.normalize import fold

_DIGITS = "零〇一二三四五六七八九"
_SCALES = "十百千万亿"
_CHINESE = f"{_DIGITS}两{_SCALES}"
_FORMAL = str.maketrans("壹贰叁参肆伍陆柒捌玖拾佰仟", "一二三三四五六七八九十百千")
_FORMAL_CLASS = "壹贰叁肆伍陆柒捌玖拾佰仟"
# A decimal point in words, 三点五, but not the hour of 三点五十分.
_POINT = rf"点[{_DIGITS}]+(?![十百千分刻钟])"
_FIGURE = r"[0-9]+(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)*"
_TOKEN = re.compile(
    rf"(?P<date>(?<![0-9])[0-9]{{4}}(?P<dash>[-/.])[0-9]{{1,2}}(?P=dash)[0-9]{{1,2}}(?![0-9.]))"
    r"|(?P<clock>(?<![0-9:])[0-2]?[0-9]:[0-5][0-9](?![0-9:]))"
    rf"|(?P<share>[百千]分之(?:{_FIGURE}|[{_CHINESE}]+(?:{_POINT})?))"
    rf"|(?P<money>[¥$](?:{_FIGURE})(?:[万亿]+)?)"
    rf"|(?P<figure>(?:{_FIGURE})(?:[百千]?[万亿]+)?)"
    rf"|(?P<formal>[{_FORMAL_CLASS}][{_FORMAL_CLASS}{_CHINESE}]+)"
    rf"|(?P<words>[{_DIGITS}两十][{_CHINESE}]*(?:{_POINT})?)"
    r"|(?P<duty>应当|应该|必须|须要|需要|[应须需])"
    r"|(?P<latin>[a-z]+)"
    r"|(?P<mark>[-−~—–至]+(?=[0-9¥]))"
    r"|(?P<sign>[%‰℃°])"
    r"|(?P<end>[,，、;；:：。！？!?\n\t|()（）【】…])"
)
# What a unit is called behind a number, where there are several names for it.
_UNITS = {"天": "日", "号": "日", "块": "元", "圆": "元", "点": "时"}
_WORTH = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}


@dataclass(frozen=True, slots=True)
class Token:
    """A figure, a word or a character, and where it stands; `clause` counts the punctuation before it."""

    key: str
    start: int
    end: int
    clause: int
    is_number: bool = False


def tokens(text: str) -> list[Token]:
    """Return the tokens of a text; offsets count in `text` itself. Punctuation and blanks give none."""
    found: list[Token] = []
    clause = 0
    folded = fold(text)
    at = 0
    while at < len(folded):
        match = _TOKEN.match(folded, at)
        end = match.end() if match else at + 1
        if match and match.lastgroup == "end":
            clause += 1
        elif match:
            found += [Token(key, at, end, clause, number) for key, number in _read(match, folded)]
        elif folded[at].isalnum():
            key = _character(folded, at, behind=found)
            found += [Token(key, at, end, clause)] if key else []
        at = end
    return found


def _character(folded: str, at: int, *, behind: list[Token]) -> str:
    """Return a character's key: the one name of a unit, and no key for the classifier of 5个工作日 (5个月 keeps it)."""
    char = folded[at]
    if not (behind and behind[-1].is_number):
        return char
    if char == "个" and folded[at + 1 : at + 2] != "月":
        return ""
    return _UNITS.get(char, char)


def _read(match: re.Match[str], folded: str) -> Iterator[tuple[str, bool]]:
    """Yield the keys of a match, each with whether it is a number."""
    kind, text = match.lastgroup, match.group()
    if kind == "date":
        yield from _counted(re.split(r"[-/.]", text), units=["年", "月", "日"])
    elif kind == "clock":
        hour, minute = text.split(":")
        yield from _counted([hour] if minute == "00" else [hour, minute], units=["时", "分"])
    elif kind == "share":
        yield from _counted([text[3:]], units=[{"百": "%", "千": "‰"}[text[0]]])
    elif kind == "money":
        yield from _counted([text[1:]], units=[{"¥": "元", "$": "美元"}[text[0]]])
    elif kind in ("figure", "formal", "words"):
        yield _value(text), True
    elif kind == "mark":
        # Behind a number or a word it leads from one to another; alone, a dash is a minus.
        leads = re.search(r"[0-9a-z%℃°年月日时元]$", folded[max(0, match.start() - 1) : match.start()])
        yield ("至" if leads or text not in "-−" else "负"), False
    else:
        yield ("须" if kind == "duty" else text), False


def _counted(numbers: list[str], *, units: list[str]) -> Iterator[tuple[str, bool]]:
    for number, unit in zip(numbers, units, strict=False):
        yield _value(number), True
        yield unit, False


def _value(text: str) -> str:
    """Return a number in figures, whatever it is written in."""
    match = re.match(_FIGURE, text)
    if match is None:
        return _in_words(text.translate(_FORMAL))
    figures, scale = match.group().replace(",", ""), text[match.end() :]
    if not scale or figures.count(".") > 1:
        return _plain(figures)
    worth = Decimal(figures)
    for char in scale:
        worth *= _WORTH[char]
    return _shortest(worth)


def _plain(figures: str) -> str:
    """Return figures without needless zeros; those of a number that only names something (010, 3.6.1) stay."""
    if figures.count(".") > 1 or (figures[0] == "0" and len(figures) > 2 and figures[1] != "."):
        return figures
    return _shortest(Decimal(figures))


def _in_words(text: str) -> str:
    """Return the value of a number in Chinese words: by digits (二〇二四), or with scales (三万五千)."""
    whole, _, decimals = text.partition("点")
    digits = {char: str(value) for value, char in enumerate(_DIGITS[1:])} | {"零": "0", "两": "2"}
    if not any(char in _SCALES for char in whole):
        figures = "".join(digits[char] for char in whole)
        return _plain(figures) if not decimals else _shortest(Decimal(f"{figures}.{_digits(decimals, digits)}"))
    total = section = digit = 0
    for char in whole:
        if char in digits:
            digit = int(digits[char])
        elif char in "万亿":
            total = (total + section + digit) * _WORTH[char]
            section = digit = 0
        else:
            section += (digit or 1) * _WORTH[char]
            digit = 0
    value = Decimal(total + section + digit)
    return _shortest(value + Decimal(f"0.{_digits(decimals, digits)}") if decimals else value)


def _digits(text: str, digits: dict[str, str]) -> str:
    return "".join(digits[char] for char in text)


def _shortest(value: Decimal) -> str:
    return f"{value.normalize():f}"
