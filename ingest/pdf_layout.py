"""Pages of a PDF as blocks: running headers and footers left out, headings told from text."""

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

from ingest.blocks import Block
from ingest.headings import LONGEST, Numbered, levels, numbered
from ingest.pdf_paragraphs import Body, Page, Paragraph, paragraphs
from ingest.pdf_text import Line

_TOP_BAND, _BOTTOM_BAND = 0.09, 0.08  # shares of the page's height where running lines stand
_PAGE_NUMBER = re.compile(
    r"[-–—·\s]*(?:第\s*)?(?:\d{1,4}|[ivxlc]{1,6})\s*(?:页|頁)?(?:\s*[/／,，]?\s*(?:共|of)?\s*\d{1,4}\s*(?:页|頁)?)?[-–—·\s]*",
    re.IGNORECASE,
)
_ENDS_LIKE_TEXT = re.compile("[。！？!?；;，,、：:…]$")
_LEADERS = re.compile(r"[.．·…]{4,}")
_LARGER = 1.12  # size of a heading to that of the body
_LONGEST_LARGE = 60  # characters of a heading in large type
_OUTER_KINDS = ("part", "chapter", "section", "article")


def page_blocks(pages: list[Page]) -> list[list[Block]]:
    """Return the blocks of each page: paragraphs, headings and tables in reading order."""
    pages = _without_running_lines(pages)
    body = _body(pages)
    laid_out = [list(paragraphs(page, body=body)) for page in pages]
    return _with_headings(laid_out, body=body)


def _without_running_lines(pages: list[Page]) -> list[Page]:
    """Return the pages without page numbers and the lines at an edge that come back on other pages."""
    seen = Counter(key for page in pages for key in {_key(line) for line in page.lines if _is_at_edge(line, page=page)})
    often = max(2.0, min(5.0, sum(1 for page in pages if page.lines) / 2))

    def is_running(line: Line, page: Page) -> bool:
        if not _is_at_edge(line, page=page):
            return False
        return seen[_key(line)] >= often or bool(_PAGE_NUMBER.fullmatch(line.text))

    return [replace(page, lines=[line for line in page.lines if not is_running(line, page)]) for page in pages]


def _is_at_edge(line: Line, *, page: Page) -> bool:
    return line.bottom < page.height * _TOP_BAND or line.top > page.height * (1 - _BOTTOM_BAND)


def _key(line: Line) -> tuple[str, int]:
    return re.sub(r"\d+", "#", line.text), round(line.bottom / 4)


def _body(pages: list[Page]) -> Body:
    sizes: Counter[float] = Counter()
    fonts: Counter[str] = Counter()
    leadings: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
            if line.font:
                fonts[line.font] += len(line.text)
        for above, below in pairwise(page.lines):
            distance = (below.bottom - above.bottom) / below.size if below.size else 0.0
            if 0.8 < distance < 3:
                leadings[round(distance, 1)] += 1
    return Body(
        size=sizes.most_common(1)[0][0] if sizes else 0.0,
        font=fonts.most_common(1)[0][0] if fonts else "",
        leading=leadings.most_common(1)[0][0] if leadings else 1.5,
    )


def _with_headings(pages: list[list[Paragraph]], *, body: Body) -> list[list[Block]]:
    """Return the paragraphs as blocks, with the level of each heading.

    Large type comes first, by size; then what stands out in the body's size by font or weight; numbering alone last.
    """
    everything = [paragraph for page in pages for paragraph in page]
    large = {id(paragraph): _size(paragraph) for paragraph in everything if _is_large(paragraph, body=body)}
    sizes = sorted(set(large.values()), reverse=True)
    styled = {id(p) for p in everything if id(p) not in large and _is_styled(p, body=body)}
    by_number = {
        id(paragraph): found
        for paragraph, before, after in zip(everything, [None, *everything], [*everything[1:], None], strict=False)
        if id(paragraph) not in large and (found := _numbered(paragraph, before=before, after=after))
    }
    unstyled = [found.kind for key, found in by_number.items() if key not in styled]
    innermost = levels(unstyled, outermost=len(sizes) + bool(styled) + 1)

    def level(paragraph: Paragraph) -> int:
        if id(paragraph) in large:
            return sizes.index(large[id(paragraph)]) + 1
        if id(paragraph) in styled:
            return len(sizes) + 1
        return innermost[by_number[id(paragraph)].kind] if id(paragraph) in by_number else 0

    return [[Block(paragraph.text, level(paragraph)) for paragraph in page] for page in pages]


def _size(paragraph: Paragraph) -> float:
    return round(max(line.size for line in paragraph.lines) * 2) / 2


def _is_large(paragraph: Paragraph, *, body: Body) -> bool:
    return (
        bool(paragraph.lines)
        and all(line.size >= body.size * _LARGER for line in paragraph.lines)
        and _is_title_like(paragraph.text, longest=_LONGEST_LARGE)
    )


def _is_styled(paragraph: Paragraph, *, body: Body) -> bool:
    """Tell a heading in the body's size: all of it bold or in another font than the text."""
    return (
        bool(paragraph.lines)
        and all(line.is_bold or line.font not in ("", body.font) for line in paragraph.lines)
        and all(line.size >= body.size * 0.95 for line in paragraph.lines)
        and not _ENDS_LIKE_TEXT.search(paragraph.text)
        and _is_title_like(paragraph.text, longest=LONGEST)
    )


def _is_title_like(text: str, *, longest: int) -> bool:
    letters = sum(char.isalpha() for char in text)
    return 2 <= len(text) <= longest and letters >= 2 and not _LEADERS.search(text)


def _numbered(paragraph: Paragraph, *, before: Paragraph | None, after: Paragraph | None) -> Numbered | None:
    found = numbered(paragraph.text) if paragraph.lines else None
    if found is None or (found.kind != "article" and len(paragraph.lines) > 1):
        return None
    if found.kind in _OUTER_KINDS:
        return found
    neighbours = [numbered(other.text) for other in (before, after) if other]
    return None if any(other and other.kind == found.kind for other in neighbours) else found
