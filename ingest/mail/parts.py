"""What all mails have in common, whatever file they come in: a subject, who wrote to whom, one body of two forms."""

import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from langchain_core.documents import Document

from ingest.blocks import Block, page_document
from ingest.headings import find_headings
from ingest.html.blocks import HtmlContent
from ingest.types import Gap

# How the parts of a mail's head are named in the stored text.
SENDER, TO, COPY, DATE, ATTACHMENTS = "发件人", "收件人", "抄送", "日期", "附件"
UNNAMED_ATTACHMENT = "附件"
SMALLEST_PICTURE = 20 * 1024  # bytes; a smaller one inside the text is decoration, not a document

_ADDRESS = re.compile(r"https?://\S+")
_QUOTED_NAME = re.compile(r'"([^"<>]*)"(?=\s*<)')
_UUENCODED = re.compile(r"^begin [0-7]{3,4} ([^\n]+)\n((?:[\x20-\x60][^\n]*\n)*?)`?\n?end[ \t]*$", re.M)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it is stored: `fields` are the lines of its head, a label and a value each."""

    subject: str
    fields: list[tuple[str, str]]
    body: HtmlContent
    encoding: str | None = None
    gaps: list[Gap] = field(default_factory=list)


def mail_document(mail: Mail, *, loader: str) -> Document:
    """Return a mail as one Document: its subject as the heading above all, the lines of its head, its body.

    A body without headings is searched for numbered ones; those of the body stand below the subject.
    """
    head = [Block(mail.subject, 1)] if mail.subject.strip() else []
    head.append(Block("\n".join(f"{label}：{value}" for label, value in mail.fields if value)))
    body = [block for block in mail.body.blocks if block.text.strip()]
    if body and " ".join(body[0].text.split()) == " ".join(mail.subject.split()):
        body = body[1:]
    outermost = min((block.level for block in body if block.level), default=0)
    if outermost:
        body = [replace(block, level=block.level + 2 - outermost) if block.level else block for block in body]
    gaps = [*mail.gaps, *mail.body.gaps]
    document = page_document([*head, *body], loader=loader, encoding=mail.encoding, gaps=gaps)
    if not outermost:
        start = len(page_document(head, loader=loader).page_content)
        text = document.page_content
        document.metadata["headings"] += [
            {"start": start + found.start, "level": found.level + 1, "title": found.title}
            for found in find_headings(text[start:])
        ]
    if mail.body.left_out:
        document.metadata["left_out"] = dict(mail.body.left_out)
    return document


def fuller(plain: HtmlContent, page: HtmlContent) -> HtmlContent:
    """Return the one of a body's two forms that says more; the page, for its headings and tables, if they are even."""
    plain_length, page_length = (
        sum(len("".join(_ADDRESS.sub("", block.text).split())) for block in content.blocks) for content in (plain, page)
    )
    return page if page_length and 10 * page_length >= 8 * plain_length else plain


def plain_content(text: str) -> HtmlContent:
    """Return a plain body: a block for each run of lines between blank ones."""
    blocks = (block.strip("\n") for block in re.split(r"\n[ \t\u3000\xa0]*\n", text))
    return HtmlContent([Block(block) for block in blocks if block.strip()])


def unflowed(text: str, *, drop_blank: bool) -> str:
    """Return a body of `format=flowed` with its soft line ends taken out (RFC 3676)."""
    lines: list[str] = []
    open_depth = -1  # quotation depth of the paragraph that goes on, -1 for none
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth == depth and content != "-- ":
            lines[-1] += content
        else:
            lines.append(">" * depth + " " * bool(depth) + content)
        flows = content.endswith(" ") and content != "-- "
        if flows and drop_blank:
            lines[-1] = lines[-1][:-1]
        open_depth = depth if flows else -1
    return "\n".join(lines)


def take_uuencoded(text: str) -> tuple[str, list[tuple[str, bytes]]]:
    """Return a plain body without the files that were written into it by uuencode, and those: name and bytes."""
    files: list[tuple[str, bytes]] = []

    def take(match: re.Match[str]) -> str:
        try:
            content = b"".join(_uudecoded(match.group(2).splitlines()))
        except binascii.Error:
            return match.group()
        files.append((match.group(1).strip(), content))
        return ""

    return (_UUENCODED.sub(take, text) if "begin " in text else text), files


def _uudecoded(lines: Iterable[str]) -> Iterator[bytes]:
    for line in lines:
        yield binascii.a2b_uu(line.rstrip("\r"))


def shown_people(value: str) -> str:
    """Return a list of addresses without the quotes around names."""
    return _QUOTED_NAME.sub(r"\1", value).strip()


def shown_date(moment: datetime) -> str:
    """Return a point in time as people write it in Chinese, in the sender's time zone."""
    text = f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"
    return text if moment.tzinfo is None else f"{text}（UTC{moment:%z}）"
