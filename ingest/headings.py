"""Headings of Chinese documents, told by their numbering: 第三章, 第十二条, 一、, （二）, 1.2.

Precision comes first: a wrong heading is shown above every passage that follows it. A line is taken only where it is
short, does not end like a sentence, and is not one item of a list.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ingest.blocks import Heading

LONGEST = 40  # characters of a heading; longer lines are text

_DIGITS = "〇零一二三四五六七八九十百千两"
_NUMBER = rf"[{_DIGITS}\d]{{1,7}}"
# Kinds from the outermost to the innermost; the level of a heading is the rank of its kind among those in use.
_KINDS = (
    ("part", re.compile(rf"第{_NUMBER}(?:编|編|篇|卷|部分)")),
    ("chapter", re.compile(rf"第{_NUMBER}章|(?:附录|附錄|附件|附表|附则|附則)")),
    ("section", re.compile(rf"第{_NUMBER}(?:节|節)")),
    ("article", re.compile(rf"第{_NUMBER}(?:条|條)(?:之{_NUMBER})?")),
    ("chinese", re.compile(rf"[{_DIGITS}]{{1,4}}[、．.]")),
    ("bracketed", re.compile(rf"[（(][{_DIGITS}]{{1,4}}[）)]")),
    ("number", re.compile(r"\d{1,2}(?:、|[.．](?!\d))")),
    ("decimal2", re.compile(r"\d{1,2}[.．]\d{1,2}(?![\d.．])[.．、]?")),
    ("decimal3", re.compile(r"\d{1,2}[.．]\d{1,2}[.．]\d{1,2}(?![\d.．])[.．、]?")),
)
_RANK = {kind: rank for rank, (kind, _) in enumerate(_KINDS)}
_WHOLE_LINE = re.compile(
    "(?:目\\s*[录錄]|前\\s*言|引\\s*言|摘\\s*要|绪\\s*论|緒\\s*論|结\\s*论|結\\s*論|参考文献|參考文獻|致\\s*[谢謝]|总\\s*则|總\\s*則)"
)
_ENDS_LIKE_TEXT = re.compile("[。！？!?；;，,、：:…—]$")
_HAS_CLAUSES = re.compile("[。！？；，]")
_LEADERS = re.compile(r"[.．·…]{4,}|[…\s]\s*\d+$")
# 第五条规定的…, 第三章和第四章…: a reference at the start of a sentence.
_REFERENCE = re.compile("[的规規定所和与與至及、中第款项項之等以]")
# 1.5倍, 3.5亿元: an amount, not a number of a heading.
_UNIT = re.compile("[年月日时時分秒元%％亿億万萬倍米公千克吨个個名人次度]")
_ARTICLE_TITLE = re.compile(r"\s*[【（(\[]?([^\s。！？；，：:【】（）()\[\]]{1,15})(?:[】）)\]]|\s|[:：]|$)")
_NOT_A_TITLE = re.compile(r"[\d\s年月日.:：/\-—–第页頁共]+$|.*[:：@|\t]|[•●○■◆▪·\-–—*>#]")


_BULLET = re.compile("[•●○■◆▪·\\-–—*]\\s")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line that begins with a heading's numbering: its kind, and the title as it is shown."""

    kind: str
    title: str


def numbered(line: str) -> Numbered | None:
    """Return the heading that `line` is by its numbering, or None. What stands around it is not looked at."""
    line = line.strip()
    if _LEADERS.search(line):
        return None
    for kind, pattern in _KINDS:
        match = pattern.match(line)
        if match is None:
            continue
        if kind == "article":
            return _article(line, end=match.end())
        return Numbered(kind, line) if _reads_as_heading(line, end=match.end()) else None
    return Numbered("chapter", line) if _WHOLE_LINE.fullmatch(line) else None


def _reads_as_heading(line: str, *, end: int) -> bool:
    rest = line[end:]
    return (
        len(line) <= LONGEST
        and not _ENDS_LIKE_TEXT.search(line)
        and not _HAS_CLAUSES.search(line)
        and not _REFERENCE.match(rest)
        and not (line[0].isdigit() and _UNIT.match(rest))
        and (bool(rest.strip()) or line.startswith(("第", "附")))
    )


def _article(line: str, *, end: int) -> Numbered | None:
    """Return 第十二条 with the short title that may follow it; the article's own text is not part of the heading."""
    rest = line[end:]
    if _REFERENCE.match(rest):
        return None
    title = _ARTICLE_TITLE.match(rest)
    if title is None or (rest[:1].strip() and rest[:1] not in "【（([：:" and len(line) > LONGEST):
        return Numbered("article", line[:end])
    return Numbered("article", f"{line[:end]} {title.group(1)}")


def levels(kinds: Iterable[str], *, outermost: int = 1) -> dict[str, int]:
    """Return the level of each kind of numbering in use, the outermost kind at `outermost`, without holes."""
    used = sorted(set(kinds), key=_RANK.__getitem__)
    return {kind: outermost + index for index, kind in enumerate(used)}


def find_headings(text: str) -> list[Heading]:
    """Return the headings of a plain text, in order."""
    lines = _lines(text)
    found: dict[int, Numbered | None] = {}
    for index, (_, line) in enumerate(lines):
        if (heading := numbered(line)) and not _is_list_item(lines, index=index, kind=heading.kind):
            found[index] = heading
        elif _stands_alone(text, lines=lines, index=index):
            found[index] = None
    return _placed(lines, found=found)


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the lines that are not blank, with the offset of their first visible character."""
    lines = []
    offset = 0
    for line in text.split("\n"):
        stripped = line.strip()
        if stripped:
            lines.append((offset + line.index(stripped[0]), stripped))
        offset += len(line) + 1
    return lines


def _is_list_item(lines: list[tuple[int, str]], *, index: int, kind: str) -> bool:
    """Tell a list from headings: its items follow each other directly, with no text between them."""
    if kind == "article":
        return False
    pattern = dict(_KINDS)[kind]
    neighbours = [lines[other][1] for other in (index - 1, index + 1) if 0 <= other < len(lines)]
    return any(pattern.match(neighbour) for neighbour in neighbours)


def _stands_alone(text: str, *, lines: list[tuple[int, str]], index: int) -> bool:
    """Tell a title without a number: a short line between blank lines, with a paragraph or a numbered heading below."""
    start, line = lines[index]
    if len(line) > 30 or _ENDS_LIKE_TEXT.search(line) or _HAS_CLAUSES.search(line) or _NOT_A_TITLE.match(line):
        return False
    if index + 1 == len(lines) or any(pattern.match(line) for _, pattern in _KINDS):
        return False
    before = text[:start].rstrip(" \t\u3000") if start < 200 else text[start - 200 : start].rstrip(" \t\u3000")
    after = text[start + len(line) : start + len(line) + 200].lstrip(" \t\u3000")
    after_list = index > 0 and _BULLET.match(lines[index - 1][1])
    if (before and not before.endswith("\n\n") and not after_list) or not after.startswith("\n\n"):
        return False
    below = lines[index + 1][1]
    is_paragraph = len(below) > LONGEST and "。" in below
    return is_paragraph or (index == 0 and _opens_the_text(lines))


def _opens_the_text(lines: list[tuple[int, str]]) -> bool:
    below = numbered(lines[1][1])
    return below is not None and below.kind in ("part", "chapter", "section", "article", "chinese")


def _placed(lines: list[tuple[int, str]], *, found: dict[int, Numbered | None]) -> list[Heading]:
    has_title = found.get(0, False) is None
    by_kind = levels((heading.kind for heading in found.values() if heading), outermost=2 if has_title else 1)
    headings = []
    innermost = 1
    for index, heading in sorted(found.items()):
        start, line = lines[index]
        if heading:
            innermost = by_kind[heading.kind]
            headings.append(Heading(start, innermost, heading.title))
        else:
            headings.append(Heading(start, 1 if index == 0 else innermost + 1, line))
    return headings


def chinese_number(value: int) -> str:
    """Return a whole number from 0 to 99999 in Chinese, as in 第一百零三条."""
    if not 0 < value <= 99_999:
        return "〇" if value == 0 else str(value)
    digits = "零一二三四五六七八九"
    text = ""
    for power, unit in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        text += digits[digit] + unit if digit else ("零" if text and not text.endswith("零") else "")
    text = text.rstrip("零")
    return text.removeprefix("一") if text.startswith("一十") else text
