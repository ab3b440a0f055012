"""Numbers of lists and headings as office programs write them: 第三条, （二）, 甲, ①, iv."""

from ingest.chinese_number import chinese_number

_DIGITS = "〇一二三四五六七八九"
_LEGAL = {
    "chineseLegalSimplified": "零壹贰叁肆伍陆柒捌玖拾佰仟万",
    "ideographLegalTraditional": "零壹貳參肆伍陸柒捌玖拾佰仟萬",
}
_PLAIN = "零一二三四五六七八九十百千万"
_CYCLES = {"ideographTraditional": "甲乙丙丁戊己庚辛壬癸", "ideographZodiac": "子丑寅卯辰巳午未申酉戌亥"}
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"),
    (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_CHINESE = (
    "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand", "japaneseCounting",
)  # fmt: skip
# The first character of a run of enclosed numbers in Unicode, and how many there are.
_ENCLOSED = {
    "decimalEnclosedCircle": ("①", 20), "decimalEnclosedCircleChinese": ("①", 20), "decimalEnclosedParen": ("⑴", 20),
    "decimalEnclosedFullstop": ("⒈", 20), "ideographEnclosedCircle": ("㊀", 10),
}  # fmt: skip
_MOST = 99_999  # beyond it, digits


def list_number(value: int, kind: str) -> str:
    """Return a number in one of Word's number formats (ST_NumberFormat, ECMA-376 17.18.59); digits where unknown."""
    if kind in ("none", "bullet"):
        return ""
    if not 0 < value <= _MOST:
        return str(value)
    if kind in _CHINESE:
        return chinese_number(value)
    if kind in _LEGAL:
        plain = chinese_number(value)
        # 壹拾贰, where 十二 has no 一.
        return ("一" + plain if plain.startswith("十") else plain).translate(str.maketrans(_PLAIN, _LEGAL[kind]))
    if kind == "ideographDigital":
        return "".join(_DIGITS[int(digit)] for digit in str(value))
    if kind in _CYCLES:
        return _CYCLES[kind][(value - 1) % len(_CYCLES[kind])]
    if kind in _ENCLOSED:
        first, count = _ENCLOSED[kind]
        return chr(ord(first) + value - 1) if value <= count else str(value)
    return _latin(value, kind)


def _latin(value: int, kind: str) -> str:
    if kind in ("lowerLetter", "upperLetter"):
        # Word goes on with aa, bb, cc after z.
        letter = chr(ord("a") + (value - 1) % 26) * min((value - 1) // 26 + 1, 9)
        return letter.upper() if kind == "upperLetter" else letter
    if kind in ("lowerRoman", "upperRoman") and value < 4000:
        text = ""
        for unit, letters in _ROMAN:
            text += letters * (value // unit)
            value %= unit
        return text.upper() if kind == "upperRoman" else text
    if kind == "decimalZero":
        return f"{value:02}"
    if kind == "decimalFullWidth":
        return str(value).translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    return str(value)
