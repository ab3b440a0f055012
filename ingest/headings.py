"""Headings of Chinese documents, told by their numbering: 第三章, 第十二条, 一、, （二）, 1.2, Chapter 3, 【用法】.

Precision comes first: a wrong heading is shown above every passage that follows it. A line is taken only where it is
short, does not end like a sentence, is not one item of a list or of a table of contents, and has its place in a count.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ingest.blocks import Heading

LONGEST = 40  # characters of a heading, an ASCII one counting half; longer lines are text

_DIGITS = "〇零一二三四五六七八九十百千两"
_NUMBER = rf"\s?[{_DIGITS}\d]{{1,7}}\s?"
_ROMAN = r"(?:\d{1,3}|[IVXL]{1,6}|[A-Z])"
_TITLE_OR_END = r"(?=\s*[:：.．—–-]?\s*(?:[A-Z\u4e00-\u9fff]|$))"
# Kinds from the outermost to the innermost; the level of a heading is the rank of its kind among those in use.
_KINDS = (
    ("part", re.compile(rf"第{_NUMBER}(?:编|編|篇|卷|部分)|(?:Part|PART)\s{_ROMAN}\b{_TITLE_OR_END}")),
    (
        "chapter",
        re.compile(
            rf"第{_NUMBER}(?:章|(?:回|讲|講|课|課|单元|單元)(?=[\s:：]|$))"
            rf"|(?:附录|附錄|附件|附表)\s?(?:{_NUMBER}|[A-Z])?(?![:：]\s*1)|附则|附則"
            rf"|(?:Chapter|CHAPTER|Appendix|APPENDIX|Annex|ANNEX)\s{_ROMAN}\b{_TITLE_OR_END}"
        ),
    ),
    ("section", re.compile(rf"第{_NUMBER}(?:节|節)|(?:Section|SECTION)\s{_ROMAN}\b{_TITLE_OR_END}")),
    ("article", re.compile(rf"第{_NUMBER}(?:条|條)(?:之{_NUMBER})?|(?:Article|ARTICLE)\s{_ROMAN}\b{_TITLE_OR_END}")),
    ("brackets", re.compile("【(?=[^】]{1,20}】$)")),
    ("chinese", re.compile(rf"[{_DIGITS}]{{1,4}}[、．.]")),
    ("bracketed", re.compile(rf"[（(][{_DIGITS}]{{1,4}}[）)]")),
    ("clause", re.compile(r"\d{1,2}[ \u3000\t]+(?=[A-Za-z\u4e00-\u9fff])")),
    ("number", re.compile(r"\d{1,2}(?:、|[.．](?!\d))")),
    ("decimal2", re.compile(r"\d{1,2}[.．]\d{1,2}(?![\d.．])[.．、]?")),
    ("decimal3", re.compile(r"\d{1,2}(?:[.．]\d{1,2}){2}(?![\d.．])[.．、]?")),
    ("decimal4", re.compile(r"\d{1,2}(?:[.．]\d{1,2}){3}(?![\d.．])[.．、]?")),
    ("bracketed_number", re.compile(r"[（(]\d{1,2}[）)]")),
)
_RANK = {kind: rank for rank, (kind, _) in enumerate(_KINDS)}
_PATTERNS = dict(_KINDS)
_NAMED = ("part", "chapter", "section", "article")
_COUNTED = ("chinese", "bracketed", "clause", "number", "decimal2", "decimal3", "decimal4", "bracketed_number")
_WHOLE_LINE = re.compile(
    "(?:目\\s*[录錄]|前\\s*言|引\\s*言|摘\\s*要|绪\\s*论|緒\\s*論|结\\s*论|結\\s*論|参考文献|參考文獻|致\\s*[谢謝]|总\\s*则|總\\s*則)"
)
# What a document calls itself at the end of its title, in one of its first lines.
_DOCUMENT = re.compile(
    ".*(?:通知|意见|意見|决定|決定|公告|通告|公报|公報|请示|請示|批复|批復|报告|報告|函|办法|辦法|规定|規定|条例|條例|细则|細則"
    "|章程|制度|规程|規程|规范|規範|标准|標準|合同|合約|协议|協議|协议书|協議書|纪要|紀要|方案|计划|計劃|预案|总结|總結|说明|說明|说明书"
    "|手册|手冊|指南|指引|须知|須知|准则|準則|问题|文件|程序|流程|汇编|彙編|简报|簡報|法)(?:[（(].{1,12}[）)])?$"
)
_FIRST_LINES = 3
_ENDS_LIKE_TEXT = re.compile(r"[。！!；;，,、：:…—]$|[a-z)]\.$|（\s*）$")
_HAS_CLAUSES = re.compile("[。！？?；，].")
_LEADERS = re.compile(r"[.．·…]{4,}|…\s*\d+$|\S\s+\d+$")
# 第五条规定的…, 第三章和第四章…: a reference at the start of a sentence. 第五条记录: a measure word.
_REFERENCE = re.compile(
    "[的规規所和与與至及、中内约約第款项項之等以]|记录|记錄|消息|评论|建议|意见|新闻|信息|线索|短信|数据"
)
# 1.5倍, 3.5亿元: an amount, not a number of a heading.
_UNIT = re.compile(r"\s*[年月日时時分秒元%％亿億万萬倍米公千克吨个個名人次度台期]")
_ARTICLE_TITLE = re.compile(r"\s*[【（(\[]?([^\s。！？；，：:【】（）()\[\]]{1,15})(?:[】）)\]]|\s|[:：]|$)")
_NOT_A_TITLE = re.compile(r"[\d\s年月日.:：/\-—–第页頁共]+$|.*[:：@|\t]|[•●○■◆▪·\-–—*>#]")
_BULLET = re.compile("[•●○■◆▪·\\-–—*]\\s")
_ATTACHMENTS = re.compile("附[件：][:：]?\\s*(?=1)")
_DIGIT_RUN = re.compile(rf"\d+|[{_DIGITS}]+")


@dataclass(frozen=True, slots=True)
class Numbered:
    """A line that begins with a heading's numbering: its kind, and the title as it is shown."""

    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is not blank: the offset of its first visible character, and its text."""

    start: int
    text: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A line that may be a heading (without a number where `numbered` is None); lines of text part the `group`s."""

    line: _Line
    numbered: Numbered | None
    group: int
    is_title: bool = False


def numbered(line: str) -> Numbered | None:
    """Return the heading that `line` is by its numbering, or None. What stands around it is not looked at."""
    line = line.strip()
    for kind, pattern in _KINDS:
        match = pattern.match(line)
        if match is None:
            continue
        if _LEADERS.search(line, match.end()):
            return None
        if kind == "article":
            return _article(line, end=match.end())
        return Numbered(kind, line) if _reads_as_heading(line, kind=kind, end=match.end()) else None
    return Numbered("chapter", line) if _WHOLE_LINE.fullmatch(line) else None


def _reads_as_heading(line: str, *, kind: str, end: int) -> bool:
    rest = line[end:]
    clauses = len(_HAS_CLAUSES.findall(rest))
    # 一、提高认识，加强领导: official documents like pairs.
    most_clauses = 1 if kind in ("chinese", "bracketed") and len(rest) <= 20 and rest.count("，") == clauses else 0
    return (
        _width(line) <= LONGEST
        and not _ENDS_LIKE_TEXT.search(line)
        and clauses <= most_clauses
        and not (kind in _NAMED and _REFERENCE.match(rest))
        and not (line[0].isdigit() and _UNIT.match(rest))
        and (bool(rest.strip()) or kind in _NAMED)
    )


def _width(line: str) -> float:
    return len(line) - 0.5 * len(line.encode("ascii", "ignore"))


def _article(line: str, *, end: int) -> Numbered | None:
    """Return 第十二条 with the short title that may follow it; the article's own text is not part of the heading."""
    rest = line[end:]
    if _REFERENCE.match(rest):
        return None
    number = line[:end].rstrip()
    title = _ARTICLE_TITLE.match(rest)
    if title is None or (rest[:1].strip() and rest[:1] not in "【（([：:" and len(line) > LONGEST):
        return Numbered("article", number)
    return Numbered("article", f"{number} {title.group(1)}")


def levels(kinds: Iterable[str], *, outermost: int = 1) -> dict[str, int]:
    """Return the level of each kind of numbering in use, the outermost kind at `outermost`, without holes."""
    used = sorted(set(kinds), key=_RANK.__getitem__)
    return {kind: outermost + index for index, kind in enumerate(used)}


def find_headings(text: str) -> list[Heading]:
    """Return the headings of a plain text, in order."""
    candidates = _without_contents(list(_candidates(text)))
    return _placed(_in_a_count(candidates))


def _candidates(text: str) -> Iterator[_Candidate]:
    before: _Line | None = None
    group = 0
    has_title = False
    for index, (line, after) in enumerate(_with_next(_lines(text))):
        heading = numbered(line.text)
        if heading is None:
            group += 1
            title = not has_title and after is not None and index < _FIRST_LINES and _names_the_document(line.text)
            if title or _stands_alone(text, line=line, before=before, after=after):
                has_title = has_title or title or index == 0
                yield _Candidate(line, None, group, is_title=title or index == 0)
        elif not _is_list_item(line, heading=heading, before=before, after=after):
            yield _Candidate(line, heading, group)
        before = line


def _lines(text: str) -> Iterator[_Line]:
    offset = 0
    while offset < len(text):
        end = text.find("\n", offset)
        end = len(text) if end < 0 else end
        line = text[offset:end]
        if stripped := line.strip():
            yield _Line(offset + line.index(stripped[0]), stripped)
        offset = end + 1


def _with_next(lines: Iterator[_Line]) -> Iterator[tuple[_Line, _Line | None]]:
    line = next(lines, None)
    while line:
        after = next(lines, None)
        yield line, after
        line = after


def _is_list_item(line: _Line, *, heading: Numbered, before: _Line | None, after: _Line | None) -> bool:
    """Tell a list from headings: its items follow each other directly, with no text between them."""
    if heading.kind in ("article", "brackets"):
        return False
    own = _count(heading.kind, line.text)
    above = _count(heading.kind, _ATTACHMENTS.sub("", before.text)) if before else None
    below = _count(heading.kind, after.text) if after else None
    if own is None:
        return False
    return (above is not None and own - above in (0, 1)) or (below is not None and below - own in (0, 1))


def _count(kind: str, line: str) -> int | None:
    """Return the last number of a line's numbering, None where the line has none of that kind."""
    match = _PATTERNS[kind].match(line)
    runs = _DIGIT_RUN.findall(match.group()) if match else []
    return _whole_number(runs[-1]) if runs else None


def _stands_alone(text: str, *, line: _Line, before: _Line | None, after: _Line | None) -> bool:
    """Tell a title without a number: a short line between blank lines, with a paragraph or a numbered heading below."""
    title = line.text
    if (
        len(title) > 30
        or _ENDS_LIKE_TEXT.search(title)
        or _HAS_CLAUSES.search(title + " ")
        or _NOT_A_TITLE.match(title)
    ):
        return False
    if after is None or any(pattern.match(title) for pattern in _PATTERNS.values()):
        return False
    start, end = line.start, line.start + len(title)
    above = text[max(0, start - 200) : start].rstrip(" \t\u3000")
    below = text[end : end + 200].lstrip(" \t\u3000")
    after_list = before is not None and _BULLET.match(before.text)
    if (above and not above.endswith("\n\n") and not after_list) or not below.startswith("\n\n"):
        return False
    is_paragraph = len(after.text) > LONGEST and "。" in after.text
    return is_paragraph or (before is None and _opens_the_text(after.text))


def _names_the_document(line: str) -> bool:
    return (
        len(line) <= 2 * LONGEST
        and _DOCUMENT.match(line) is not None
        and not _HAS_CLAUSES.search(line)
        and not _NOT_A_TITLE.match(line)
    )


def _opens_the_text(below: str) -> bool:
    heading = numbered(below)
    return heading is not None and heading.kind in (*_NAMED, "chinese", "brackets")


def _without_contents(candidates: list[_Candidate]) -> list[_Candidate]:
    """Leave out a table of contents: lines with no text between them, whose titles come again."""
    last: dict[str, int] = {}
    for index, candidate in enumerate(candidates):
        last["".join(candidate.line.text.split())] = index
    again = [last["".join(candidate.line.text.split())] > index for index, candidate in enumerate(candidates)]
    in_group: dict[int, int] = defaultdict(int)
    for candidate, comes_again in zip(candidates, again, strict=True):
        in_group[candidate.group] += comes_again
    return [
        candidate
        for candidate, comes_again in zip(candidates, again, strict=True)
        if not (comes_again and candidate.numbered and in_group[candidate.group] > 1)
    ]


def _in_a_count(candidates: list[_Candidate]) -> list[_Candidate]:
    """Leave out numbers on their own, such as 1.8 台 or 12 月: a count begins at one, or has a neighbour."""
    counts: dict[str, set[int]] = defaultdict(set)
    for candidate in candidates:
        if candidate.numbered and candidate.numbered.kind in _COUNTED:
            counts[candidate.numbered.kind].add(_count(candidate.numbered.kind, candidate.line.text) or 0)

    def counts_on(candidate: _Candidate) -> bool:
        kind = candidate.numbered.kind if candidate.numbered else ""
        own = _count(kind, candidate.line.text) if kind in _COUNTED else None
        if own is None:
            return True
        return (own == 1 and kind != "clause") or bool({own - 1, own + 1} & counts[kind])

    return [candidate for candidate in candidates if counts_on(candidate)]


def _placed(candidates: list[_Candidate]) -> list[Heading]:
    outermost = 2 if candidates and candidates[0].is_title else 1
    by_kind = levels((found.numbered.kind for found in candidates if found.numbered), outermost=outermost)
    headings = []
    innermost = 1
    for found in candidates:
        if found.numbered:
            innermost = by_kind[found.numbered.kind]
            headings.append(Heading(found.line.start, innermost, " ".join(found.numbered.title.split())))
        else:
            headings.append(Heading(found.line.start, 1 if found.is_title else innermost + 1, found.line.text))
    return headings


def _whole_number(text: str) -> int:
    """Return the value of a number in figures or in Chinese below ten thousand."""
    if text.isdecimal():
        return int(text)
    value, digit = 0, 0
    for char in text:
        if (unit := {"十": 10, "百": 100, "千": 1000}.get(char)) is not None:
            value += (digit or 1) * unit
            digit = 0
        else:
            digit = 2 if char == "两" else max(0, "零一二三四五六七八九".find(char))
    return value + digit
