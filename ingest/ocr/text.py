"""What a recogniser writes made what people write: the punctuation of Chinese, no blanks between its characters."""

import re

_WIDE = "[\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3400-\u9fff\uf900-\ufaff\U00020000-\U000323af]"
_MARKS = "，。；：？！（）、“”‘’《》〈〉「」『』【】〔〕…—"
_BLANK = re.compile(f"(?<={_WIDE})[ \u3000]+(?={_WIDE})|[ \u3000]+(?=[{_MARKS}])|(?<=[{_MARKS}])[ \u3000]+")
_FULL = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
# A half-width mark after Chinese; not in 3,500, 12:30 or a list of names in Latin letters.
_AFTER_WIDE = re.compile(
    f"(?<={_WIDE}|[”’」』）》\\])])[,;:?!](?![a-z0-9/])|(?<={_WIDE}|[”’」』）》])[,;](?=[A-Za-z0-9])"
)
_BEFORE_WIDE = re.compile(f"(?<=[0-9A-Za-z%％℃)])[,;](?={_WIDE}|[“‘「『（《])")
_STOP = re.compile(f"(?<={_WIDE}|[）”])\\.(?=$|{_WIDE}|[”」』])")
_HOLDS_WIDE = re.compile(_WIDE)
_BRACKETS = re.compile(r"\(([^()（）]*)\)|（([^()（）]*)\)|\(([^()（）]*)）")
_BULLET = re.compile("^[•●▪◆■○◦] ?(?=\\S)")


def tidy(text: str) -> str:
    """Return a recognised line as it would be typed."""
    text = " ".join(text.split())
    if not _HOLDS_WIDE.search(text):
        return text
    text = _AFTER_WIDE.sub(lambda mark: _FULL[mark[0]], text)
    text = _BEFORE_WIDE.sub(lambda mark: _FULL[mark[0]], text)
    text = _STOP.sub("。", text)
    text = _BRACKETS.sub(_bracketed, text)
    return _BULLET.sub("• ", _BLANK.sub("", text))


def _bracketed(found: re.Match[str]) -> str:
    """Return a pair of brackets in one width: full where one of them is, or where Chinese stands inside."""
    inside = next(group for group in found.groups() if group is not None)
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    is_pair = found[0][0] == "(" and found[0][-1] == ")"
    follows_wide = _HOLDS_WIDE.match(before) and (not after or after in _MARKS or _HOLDS_WIDE.match(after))
    if is_pair and not (_HOLDS_WIDE.search(inside) or follows_wide):
        return found[0]
    return f"（{inside}）"
