"""A conversation as a document of its own: Markdown, or a Word file."""

import io
import re
from collections.abc import Callable, Sequence

from rag.conversations import Conversation, Turn
from rag.types import Citation

_MARKS = str.maketrans({char: f"\\{char}" for char in "\\`*_#<>|![]"})
# What makes a line a rule, a fence or a list, or the line above it a heading.
_FIRST = re.compile(r"^(\s*)([-=+~])")
# What XML 1.0 cannot hold (section 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FONT = "Microsoft YaHei"


def as_markdown(conversation: Conversation, turns: Sequence[Turn], *, place: Callable[[Citation], str]) -> str:
    """Return a conversation as Markdown: questions as headings, answers, and each citation with its quote.

    `place` names where a citation stands. What was asked or quoted cannot become headings, code or HTML.
    """
    parts = [f"# {_inert(conversation.name)}"]
    for turn in turns:
        parts.append(f"## {_inert(turn.question)}")
        parts.append(_inert(turn.answer))
        for citation in turn.citations:
            quote = _inert(" ".join(citation.quote.split()))
            parts.append(f"> \\[{citation.n}\\] {_inert(place(citation))}\n>\n> {quote}")
    return "\n\n".join(parts) + "\n"


def as_docx(conversation: Conversation, turns: Sequence[Turn], *, place: Callable[[Citation], str]) -> bytes:
    """Return a conversation as a Word file with the same parts, in a font that has Chinese characters."""
    from docx import Document
    from docx.oxml.ns import qn

    document = Document()
    normal = document.styles["Normal"]
    normal.font.name = _FONT
    # Word takes the font of Chinese characters from an attribute of its own.
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)
    document.add_heading(_xml(conversation.name), level=1)
    for turn in turns:
        document.add_heading(_xml(turn.question), level=2)
        document.add_paragraph(_xml(turn.answer))
        for citation in turn.citations:
            quote = " ".join(citation.quote.split())
            document.add_paragraph(_xml(f"[{citation.n}] {place(citation)}\n{quote}"), style="Quote")
    written = io.BytesIO()
    document.save(written)
    return written.getvalue()


def _inert(text: str) -> str:
    return "  \n".join(_FIRST.sub(r"\1\\\2", line.translate(_MARKS)) for line in text.splitlines())


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
