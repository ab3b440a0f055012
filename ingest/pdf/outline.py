"""The outline (bookmarks) of a PDF: evidence for which lines are headings, and of which level."""

import re
from itertools import islice
from typing import Any

from ingest.headings import numbered

_MOST = 20_000  # entries
_DEEPEST = 9


class Outline:
    """The titles in an outline by page, each with its depth from 0."""

    def __init__(self, document: Any = None) -> None:  # noqa: ANN401 - pypdfium2 has no types
        self._depths: dict[int, dict[str, int]] = {}
        for entry in islice(document.get_toc(max_depth=_DEEPEST), _MOST) if document else ():
            destination = entry.get_dest()
            page = destination.get_index() if destination else None
            if page is not None and (key := _key(entry.get_title())):
                self._depths.setdefault(page + 1, {}).setdefault(key, entry.level)

    def depth(self, text: str, *, page: int) -> int | None:
        """Return the depth of the entry with this title on this page, None where there is none.

        The numbering may be missing in the entry: Word does not write it there.
        """
        titles = self._depths.get(page)
        if not titles or not text:
            return None
        key = _key(text)
        if key in titles:
            return titles[key]
        if numbered(text):
            return next((depth for title, depth in titles.items() if len(title) > 1 and key.endswith(title)), None)
        return None


def _key(title: str) -> str:
    return re.sub(r"\s+", "", title)
