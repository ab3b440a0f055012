"""Numbers of a spreadsheet as its user sees them: 0.15 as 15%, 45292 as 2024年1月1日.

Codes, and the numbers of the built-in ones with what they mean in a Chinese Excel: ECMA-376 part 1, 18.8.30, 18.8.31.
"""

import math
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import NamedTuple

from ingest.chinese_number import chinese_number

GENERAL = "General"
_YEAR_MONTH, _MONTH_DAY = 'yyyy"年"m"月"', 'm"月"d"日"'
_HALF_MINUTE, _HALF_SECOND = '上午/下午h"时"mm"分"', '上午/下午h"时"mm"分"ss"秒"'
#: Codes by number; those that differ by country (14, 22, 27 to 36, 50 to 58) as in China.
BUILT_IN = {
    0: GENERAL, 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: "¥#,##0;¥-#,##0", 6: "¥#,##0;¥-#,##0",
    7: "¥#,##0.00;¥-#,##0.00", 8: "¥#,##0.00;¥-#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy/m/d", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy/m/d h:mm", 27: _YEAR_MONTH, 28: _MONTH_DAY, 29: _MONTH_DAY, 30: "m-d-yy",
    31: 'yyyy"年"m"月"d"日"', 32: 'h"时"mm"分"', 33: 'h"时"mm"分"ss"秒"', 34: _HALF_MINUTE, 35: _HALF_SECOND,
    36: _YEAR_MONTH, 37: "#,##0;-#,##0", 38: "#,##0;-#,##0", 39: "#,##0.00;-#,##0.00", 40: "#,##0.00;-#,##0.00",
    41: "#,##0;-#,##0", 42: "¥#,##0;¥-#,##0", 43: "#,##0.00;-#,##0.00", 44: "¥#,##0.00;¥-#,##0.00", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: _YEAR_MONTH, 51: _MONTH_DAY, 52: _YEAR_MONTH,
    53: _MONTH_DAY, 54: _MONTH_DAY, 55: _HALF_MINUTE, 56: _HALF_SECOND, 57: _YEAR_MONTH, 58: _MONTH_DAY,
}  # fmt: skip

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|[\\!](?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<general>General|G/通用格式)'
    r"|(?P<half>AM/PM|A/P|上午/下午)|(?P<exponent>E[+-]0+)|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|aaaa?|e+|g+)"
    r"|(?P<digit>[0#?])|(?P<other>.)",
    re.I | re.S,
)
_SECTIONS = re.compile(r'((?:"[^"]*"?|\\.|\[[^\]]*\]|[^;"\\\[])*)(?:;|$)', re.S)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?[\d.]+)")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHINESE_DAYS = "一二三四五六日"
_LAST_DAY = 2_958_466  # 10000-01-01, which no format shows
_MOST_DIGITS = 11  # characters that a cell of common width shows of a number without a format


class _Token(NamedTuple):
    kind: str  # literal, date, elapsed, half, digit, point, comma, percent, exponent, general, text
    text: str


class _Section(NamedTuple):
    tokens: tuple[_Token, ...]
    condition: tuple[str, float] | None
    is_date: bool
    chinese: bool  # digits in Chinese: [DBNum1]


@lru_cache(maxsize=65_536)
def shown(value: float, code: str, *, date1904: bool = False) -> str:
    """Return `value` as the format `code` shows it; numbers that are no dates keep their value under a date's code."""
    if code == GENERAL or not math.isfinite(value):
        return general(value)
    sections = _sections(code)
    section, sign = _choose(sections, value=value)
    if section is None or any(token.kind == "general" for token in section.tokens):
        return general(value) if section is None else _with_general(section.tokens, value=value, sign=sign)
    if section.is_date:
        return _date(section, value=value, date1904=date1904) or general(value)
    kinds = {token.kind for token in section.tokens}
    if "digit" not in kinds or section.chinese or "fraction" in kinds:
        # Nothing but words (or nothing at all) hides the number; only for a zero that is what people mean by it.
        words = "".join(token.text for token in section.tokens if token.kind == "literal").strip()
        return words if value == 0 and "text" not in kinds and "fraction" not in kinds else general(value)
    return sign + _number(section.tokens, value=abs(value)).strip()


def general(value: float) -> str:
    """Return a number as a cell without a format shows it: no zeros at its end, at most about ten digits."""
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    if not 1e-4 <= abs(value) < 1e15:
        return f"{value:.6g}"
    places = max(0, _MOST_DIGITS - 1 - len(str(int(abs(value)))))
    text = f"{value:.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant(value: float, *, date1904: bool = False) -> datetime | None:
    """Return the moment that a day number stands for, None where it stands for none."""
    if date1904:
        value += 1462
    if not 0 <= value < _LAST_DAY:
        return None
    # Excel has a 29 February 1900, which never was; days before it count from one day later.
    epoch = datetime(1899, 12, 30) if value >= 60 else datetime(1899, 12, 31)
    return epoch + timedelta(milliseconds=round(value * 86_400_000))


@lru_cache(maxsize=4096)
def _sections(code: str) -> tuple[_Section, ...]:
    sections = []
    for match in _SECTIONS.finditer(code[:255]):
        sections.append(_section(match.group(1)))
        if not match.group().endswith(";"):
            break
    return tuple(sections[:4])


def _section(code: str) -> _Section:
    tokens: list[_Token] = []
    condition = None
    chinese = False
    for match in _TOKEN.finditer(code):
        kind, text = match.lastgroup, match.group(match.lastgroup) if match.lastgroup else ""
        if kind == "bracket":
            if found := _CONDITION.fullmatch(text):
                condition = (found[1], float(found[2]))
            elif text.upper() == "$-F800":
                return _section('yyyy"年"m"月"d"日"')
            elif text.upper() == "$-F400":
                return _section("h:mm:ss")
            chinese = chinese or text.upper().startswith("DBNUM")
        if token := _token(kind, text):
            tokens.append(token)
    tokens = _fractions_marked(tokens)
    is_date = any(token.kind in ("date", "elapsed") for token in tokens)
    return _Section(tuple(_minutes(tokens) if is_date else tokens), condition, is_date, chinese)


def _token(kind: str | None, text: str) -> _Token | None:
    if kind == "bracket":
        if text.startswith("$"):
            return _Token("literal", text[1:].split("-")[0])
        return _Token("elapsed", text.lower()) if text and not text.lower().strip("hms") else None
    if kind in ("quoted", "escaped"):
        return _Token("literal", text)
    if kind == "other":
        return _Token({".": "point", ",": "comma", "%": "percent", "@": "text"}.get(text, "literal"), text)
    if kind in ("date", "half", "digit", "exponent", "general"):
        return _Token(kind, text.lower() if kind == "date" else text)
    return None


def _fractions_marked(tokens: list[_Token]) -> list[_Token]:
    for index, token in enumerate(tokens[1:-1], 1):
        if token.text == "/" and tokens[index - 1].kind == tokens[index + 1].kind == "digit":
            return [*tokens[:index], _Token("fraction", "/"), *tokens[index + 1 :]]
    return tokens


def _minutes(tokens: Sequence[_Token]) -> list[_Token]:
    """Return the tokens with minutes told from months: m is a minute after hours and before seconds."""
    result = list(tokens)
    timed = [index for index, token in enumerate(tokens) if token.kind in ("date", "elapsed")]
    for place, index in enumerate(timed):
        before = tokens[timed[place - 1]].text[0] if place else ""
        after = tokens[timed[place + 1]].text[0] if place + 1 < len(timed) else ""
        if tokens[index].text in ("m", "mm") and (before == "h" or after == "s"):
            result[index] = _Token(tokens[index].kind, tokens[index].text.replace("m", "n"))
    return result


def _choose(sections: Sequence[_Section], *, value: float) -> tuple[_Section | None, str]:
    """Return the section for a value and the sign to write before it: a section for negative numbers has its own."""
    sections = [section for section in sections[:3] if not any(token.kind == "text" for token in section.tokens)]
    if not sections:
        return None, ""
    minus = "-" if value < 0 else ""
    if any(section.condition for section in sections):
        for section in sections:
            if section.condition is None or _holds(section.condition, value=value):
                return section, minus
        return None, ""
    if value < 0 and len(sections) > 1:
        return sections[1], ""
    return sections[2 if value == 0 and len(sections) > 2 else 0], minus


def _holds(condition: tuple[str, float], *, value: float) -> bool:
    operator, limit = condition
    return {
        "<": value < limit, "<=": value <= limit, ">": value > limit, ">=": value >= limit, "=": value == limit,
        "<>": value != limit,
    }[operator]  # fmt: skip


def _with_general(tokens: Sequence[_Token], *, value: float, sign: str) -> str:
    parts = [general(abs(value)) if token.kind == "general" else token.text for token in tokens]
    return (sign + "".join(parts)).strip()


def _number(tokens: Sequence[_Token], *, value: float) -> str:
    number = Decimal(repr(value)) * 100 ** sum(token.kind == "percent" for token in tokens)
    digits = [index for index, token in enumerate(tokens) if token.kind == "digit"]
    point = next((index for index, token in enumerate(tokens) if token.kind == "point"), len(tokens))
    places = sum(index > point for index in digits)
    last = digits[-1]
    while last + 1 < len(tokens) and tokens[last + 1].kind == "comma":  # a comma after the digits leaves thousands out
        number /= 1000
        last += 1
    if any(token.kind == "exponent" for token in tokens):
        mantissa, _, power = f"{number:.{places}E}".partition("E")
        return f"{mantissa}E{int(power):+03}"
    if number.adjusted() > 15:  # more digits than a cell has
        return general(value)
    whole, _, decimals = f"{number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):f}".partition(".")
    grouped = any(token.kind == "comma" and index < digits[-1] for index, token in enumerate(tokens[:point]))
    return _whole(tokens[:point], digits=whole, grouped=grouped) + _decimals(tokens[point:], digits=decimals)


def _whole(tokens: Sequence[_Token], *, digits: str, grouped: bool) -> str:
    """Return the part before the point: digits fill their places from the right, the first place takes the rest."""
    left = "" if digits.strip("0") == "" else digits
    first = next((index for index, token in enumerate(tokens) if token.kind == "digit"), -1)
    parts: list[str] = []
    count = 0
    for index in range(len(tokens) - 1, -1, -1):
        kind, text = tokens[index]
        if kind in ("literal", "percent"):
            parts.append(text)
        if kind != "digit":
            continue
        taken = (left if index == first else left[-1:]) or ("0" if text == "0" else "")
        left = "" if index == first else left[:-1]
        for digit in reversed(taken):
            parts.append("," if grouped and count and count % 3 == 0 else "")
            parts.append(digit)
            count += 1
    return "".join(reversed(parts))


def _decimals(tokens: Sequence[_Token], *, digits: str) -> str:
    """Return the part from the point on; zeros that only stand for optional places are left out."""
    places = [token.text for token in tokens if token.kind == "digit"]
    while places and places[-1] != "0" and digits.endswith("0"):
        places.pop()
        digits = digits[:-1]
    rest = iter(digits)
    parts = ["." if digits else ""]
    for kind, text in tokens:
        if kind == "digit":
            parts.append(next(rest, ""))
        elif kind in ("literal", "percent"):
            parts.append(text)
    return "".join(parts)


def _date(section: _Section, *, value: float, date1904: bool) -> str | None:
    moment = instant(value, date1904=date1904)
    if moment is None:
        return None
    if any(token.text in ("s", "ss") for token in section.tokens if token.kind == "date"):
        moment += timedelta(milliseconds=500)
    half_day = any(token.kind == "half" for token in section.tokens)
    chinese_days = any(ord(char) > 0x2E80 for token in section.tokens for char in token.text)
    parts = []
    for kind, text in section.tokens:
        if kind == "elapsed":
            parts.append(_elapsed(text, value=value))
        elif kind == "half":
            names = ("上午", "下午") if text.startswith("上") else ("AM", "PM")
            parts.append(names[moment.hour >= 12])
        elif kind == "date":
            part = _date_part(text, moment=moment, half_day=half_day, chinese_days=chinese_days)
            parts.append(_in_chinese(part, whole=text[0] == "y") if section.chinese else part)
        else:
            parts.append(text)
    return "".join(parts).strip()


def _date_part(text: str, *, moment: datetime, half_day: bool, chinese_days: bool) -> str:
    kind, size = text[0], len(text)
    if kind in "ye":
        return f"{moment.year % 100:02}" if size <= 2 and kind == "y" else str(moment.year)
    if kind == "m" and size > 2:
        month = _MONTHS[moment.month - 1]
        return {3: month[:3], 4: month}.get(size, month[0])
    if kind == "a" or (kind == "d" and size > 2 and chinese_days):
        day = _CHINESE_DAYS[moment.weekday()]
        return day if text == "aaa" else "星期" + day
    if kind == "d" and size > 2:
        return _DAYS[moment.weekday()][: 3 if size == 3 else None]
    if kind == "s" and "." in text:
        seconds, _, places = text.partition(".")
        return f"{moment.second:0{len(seconds)}}.{f'{moment.microsecond:06}'[: len(places)]}"
    hour = (moment.hour + 11) % 12 + 1 if half_day else moment.hour
    number = {"m": moment.month, "d": moment.day, "h": hour, "n": moment.minute, "s": moment.second}.get(kind)
    return "" if number is None else f"{number:0{min(size, 2)}}"


def _elapsed(text: str, *, value: float) -> str:
    seconds = round(value * 86_400)
    return f"{seconds // {'h': 3600, 'm': 60, 'n': 60, 's': 1}[text[0]]:0{len(text)}}"


def _in_chinese(number: str, *, whole: bool) -> str:
    """Return a part of a date in Chinese digits: a year digit by digit, 15 as 十五."""
    if not number.isdecimal():
        return number
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in number) if whole else chinese_number(int(number))
