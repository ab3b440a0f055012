"""Headings told by their look, in documents that use no styles: larger than the text, or bold where the text is not."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from ingest.headings import LONGEST

_LARGER = 1.12  # size of a heading to that of the body
_LONGEST_LARGE = 60  # characters of a heading in large type
_ENDS_LIKE_TEXT = re.compile("[。！？!?；;，,、：:…]$")
_LEADERS = re.compile(r"[.．·…]{4,}|\t\d+$")
_DATE_OR_PAGE = re.compile(r"[\d\s年月日.:：/\-—–第页頁共]+")


class Look(NamedTuple):
    """How characters look: `size` in half points, as Word and RTF count."""

    size: int = 24
    is_bold: bool = False


def levels_by_look(texts: Sequence[tuple[str, Look | None]]) -> list[int]:
    """Return the heading level of each paragraph, 0 for none, the largest type outermost; None is for a table."""
    sizes: Counter[Look] = Counter()
    for text, look in texts:
        if look:
            sizes[look] += len(text)
    body = sizes.most_common(1)[0][0] if sizes else Look()
    looks = [look if look and _stands_out(text, look, body=body) else None for text, look in texts]
    order = sorted({look for look in looks if look}, key=lambda look: (-look.size, not look.is_bold))
    return [order.index(look) + 1 if look else 0 for look in looks]


def _stands_out(text: str, look: Look, *, body: Look) -> bool:
    is_large = look.size >= _LARGER * body.size
    is_bold = look.is_bold and not body.is_bold and look.size >= 0.95 * body.size
    if not (is_large or is_bold) or "\n" in text or _DATE_OR_PAGE.fullmatch(text) or _LEADERS.search(text):
        return False
    is_title = 2 <= len(text) <= (_LONGEST_LARGE if is_large else LONGEST) and sum(map(str.isalpha, text)) >= 2
    return is_title and (is_large or not _ENDS_LIKE_TEXT.search(text))
