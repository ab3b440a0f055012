"""How plain data shows itself in a notebook: HTML in which whatever comes from a file is inert.

Text is escaped, so it has no tags, images or links; it stands in <pre>, where no notebook looks for formulas; and <bdi>
keeps marks of writing direction from turning what stands around it. Labels are the names of the fields.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.types import Passage

#: Rows of a table that are shown; a library may have thousands of documents.
MOST_ROWS = 200

#: A text as it stands, in the notebook's own font.
PLAIN = "white-space:pre-wrap;overflow-wrap:anywhere;font:inherit;margin:0;padding:0;background:none;border:0"
_CELL = "text-align:left;vertical-align:top"
_QUOTED = "margin-left:2em;opacity:.85"


def inert(text: object, *, style: str = "") -> str:
    """Return a text as HTML that does nothing and keeps its lines."""
    return f'<pre style="{PLAIN};{style}"><bdi>{escape(str(text))}</bdi></pre>'


def block(parts: Iterable[str]) -> str:
    """Return pieces of HTML as one output; the classes keep MathJax away."""
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return rows below the names of their columns; None is an empty cell, and rows beyond `MOST_ROWS` are counted."""
    head = "".join(f'<th style="{_CELL}">{escape(column)}</th>' for column in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows[:MOST_ROWS])
    more = f"<p>… + {len(rows) - MOST_ROWS}</p>" if len(rows) > MOST_ROWS else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def quoted(place: str, text: str) -> str:
    """Return a text below the place where it stands."""
    return inert(place, style="font-weight:bold") + inert(text, style=_QUOTED)


def passage_html(passage: "Passage") -> str:
    """Return a passage below its source, page and heading."""
    page = f"p. {passage.page}" if passage.page else None
    return quoted(" · ".join(filter(None, (passage.source, page, passage.heading))), passage.text)


def _cell(value: object) -> str:
    return f'<td style="{_CELL}">{"" if value is None else inert(value)}</td>'
