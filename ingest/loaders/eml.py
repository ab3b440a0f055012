"""Mails: head and body as text, attachments and forwarded mails as members."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from mimetypes import guess_extension
from pathlib import Path

from langchain_core.documents import Document

from ingest.decode import clean
from ingest.errors import Reason
from ingest.html.blocks import HtmlContent, html_blocks, joined
from ingest.labelled import decode_header, decode_labelled, raw_text
from ingest.loaders.text import undecodable
from ingest.mail.parts import (
    ATTACHMENTS,
    COPY,
    DATE,
    SENDER,
    SMALLEST_PICTURE,
    TO,
    UNNAMED_ATTACHMENT,
    Mail,
    fuller,
    mail_document,
    plain_content,
    shown_date,
    shown_people,
    take_uuencoded,
    unflowed,
)
from ingest.members import MemberFiles, attachment_name
from ingest.types import Gap
from ingest.workspace import Member, Workspace

SUFFIXES = (".eml",)
VERSION = "1"

_SIGNATURES = ("application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature")
_CMS = ("application/pkcs7-mime", "application/x-pkcs7-mime")
_TNEF = ("application/ms-tnef", "application/vnd.ms-tnef")
_CONTENT_ID = re.compile(r"cid:([^\"'\s>)]+)", re.I)


@dataclass(slots=True)
class _Parts:
    """What the parts of a mail turned out to be."""

    bodies: dict[int, dict[str, list[HtmlContent]]] = field(default_factory=dict)
    files: list[tuple[str, Message | bytes]] = field(default_factory=list)
    encodings: list[str] = field(default_factory=list)
    shown_in_text: set[str] = field(default_factory=set)
    gaps: list[Gap] = field(default_factory=list)


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Read a mail into one Document, its subject as the heading, and a Member for each attachment."""
    data = path.read_bytes().lstrip(b"\xef\xbb\xbf\r\n")
    parts = _Parts()
    try:
        message = message_from_bytes(data)
        _sort_parts(message, parts=parts)
        members = list(_members(parts, workspace=workspace))
    except RecursionError:  # more multiparts inside each other than any mailer writes
        message = BytesHeaderParser().parsebytes(data)
        most = workspace.limits.depth
        parts, members = _Parts(), []
        parts.gaps.append(Gap(Reason.NESTED_TOO_DEEPLY, values={"limit": "depth", "value": most + 1, "most": most}))
    yield mail_document(_mail(message, parts=parts, members=members), loader="eml")
    yield from members


def _mail(message: Message, *, parts: _Parts, members: Iterable[Member]) -> Mail:
    head = {name.lower(): value for name, value in reversed(list(message.raw_items()))}
    names = "、".join(member.name for member in members)
    fields = [
        (SENDER, shown_people(decode_header(head.get("from", "")))),
        (TO, shown_people(decode_header(head.get("to", "")))),
        (COPY, shown_people(decode_header(head.get("cc", "")))),
        (DATE, _date(decode_header(head.get("date", "")))),
        (ATTACHMENTS, names),
    ]
    body = joined(_body(forms) for forms in parts.bodies.values())
    encoding = next((name for name in parts.encodings if name != "utf-8"), None) or next(iter(parts.encodings), None)
    return Mail(decode_header(head.get("subject", "")), fields, body, encoding, parts.gaps)


def _date(value: str) -> str:
    try:
        return shown_date(parsedate_to_datetime(value))
    except (ValueError, TypeError, IndexError):
        return value


def _body(forms: dict[str, list[HtmlContent]]) -> HtmlContent:
    return fuller(joined(forms.get("plain", [])), joined(forms.get("html", [])))


def _sort_parts(message: Message, *, parts: _Parts) -> None:
    """Sort the parts of a mail into bodies and files, in their order."""
    waiting: list[tuple[Message, int | None]] = [(message, None)]
    while waiting:
        part, alternative = waiting.pop()
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            if kind == "multipart/encrypted":
                parts.gaps.append(Gap(Reason.ENCRYPTED))
                continue
            if kind == "multipart/alternative" and alternative is None:
                alternative = id(part)
            waiting += [(child, alternative) for child in reversed(_inside(part))]
        elif kind in _CMS and _is_encrypted(part):
            parts.gaps.append(Gap(Reason.ENCRYPTED))
        elif kind in _SIGNATURES:
            continue
        elif _is_body(part, alternative=alternative):
            _read_body(part, alternative=alternative, parts=parts)
        elif alternative is None or kind not in ("text/calendar", "text/x-amp-html"):  # the body once more
            parts.files.append((_file_name(part), part))


def _is_encrypted(part: Message) -> bool:
    return (_parameter(part, "content-type", "smime-type") or "enveloped-data").lower() == "enveloped-data"


def _is_body(part: Message, *, alternative: int | None) -> bool:
    if part.get_content_type() not in ("text/plain", "text/html") or part.is_multipart():
        return False
    disposition = raw_text(_raw(part, "content-disposition")).partition(";")[0].strip().lower()
    return disposition != "attachment" and (alternative is not None or not _file_name(part))


def _read_body(part: Message, *, alternative: int | None, parts: _Parts) -> None:
    decoded = decode_labelled(_content(part), _parameter(part, "content-type", "charset"))
    text = clean(decoded.text)
    if not text.strip():
        return
    parts.encodings.append(decoded.encoding)
    parts.gaps += undecodable(decoded)
    forms = parts.bodies.setdefault(id(part) if alternative is None else alternative, {})
    if part.get_content_subtype() == "html":
        parts.shown_in_text.update(_CONTENT_ID.findall(text))
        forms.setdefault("html", []).append(html_blocks(text))
        return
    text, files = take_uuencoded(text)
    parts.files += files
    if (_parameter(part, "content-type", "format") or "").lower() == "flowed":
        text = unflowed(text, drop_blank=(_parameter(part, "content-type", "delsp") or "").lower() == "yes")
    forms.setdefault("plain", []).append(plain_content(text))


def _members(parts: _Parts, *, workspace: Workspace) -> Iterator[Member]:
    files = MemberFiles(workspace)
    wanted = [(name, part) for name, part in parts.files if not _is_decoration(part, parts=parts)]
    parts.gaps += files.too_many(len(wanted))
    for number, (name, part) in enumerate(wanted[: workspace.limits.members], start=1):
        kind = part.get_content_type() if isinstance(part, Message) and "content-type" in part else ""
        suffix = ".eml" if kind == "message/rfc822" else guess_extension(kind) or ""
        name = attachment_name(name, otherwise=f"{UNNAMED_ATTACHMENT}{number}{suffix}")
        if kind == "message/rfc822" and not name.lower().endswith(".eml"):
            name += ".eml"
        if kind in _TNEF or name.lower() == "winmail.dat":
            yield files.refused(name, Reason.UNSUPPORTED, suffix=".dat")
        else:
            yield files.save(name, [part if isinstance(part, bytes) else _content(part)])


def _is_decoration(part: Message | bytes, *, parts: _Parts) -> bool:
    if isinstance(part, bytes) or part.get_content_maintype() != "image":
        return False
    content_id = _raw(part, "content-id").strip().strip("<>")
    return content_id in parts.shown_in_text and len(_content(part)) < SMALLEST_PICTURE


def _content(part: Message) -> bytes:
    """Return the bytes of a part; those of a mail inside this one as they stood in it."""
    if not part.is_multipart():
        payload = part.get_payload(decode=True)
        return payload if isinstance(payload, bytes) else b""
    content = b"\n".join(child.as_bytes() for child in _inside(part))
    if _raw(part, "content-transfer-encoding").strip().lower() != "base64":
        return content
    wrapper = Message()  # against the standard, but done: the parser took the base64 lines for a mail
    wrapper["Content-Transfer-Encoding"] = "base64"
    wrapper.set_payload(content.decode("ascii", "replace"))
    return bytes(wrapper.get_payload(decode=True))


def _file_name(part: Message) -> str:
    """Return the name that a part gives itself; "" if none. It is never used as a name on disk."""
    name = _parameter(part, "content-disposition", "filename") or _parameter(part, "content-type", "name") or ""
    if not name and part.get_content_type() == "message/rfc822" and part.is_multipart():
        subjects = [decode_header(_raw(inside, "subject")) for inside in _inside(part)]
        name = "".join(subjects).replace("/", "_").replace("\\", "_")
    return name


def _inside(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _parameter(part: Message, header: str, name: str) -> str | None:
    """Return a parameter of a header, decoded; RFC 2231, encoded words and bare 8-bit characters alike."""
    parsed = Message()
    parsed[header] = " ".join(raw_text(_raw(part, header)).split())
    value = parsed.get_param(name, header=header)
    if value is None:
        return None
    if isinstance(value, tuple):
        charset, _, text = value
        return decode_labelled(text.encode("latin-1", "replace"), charset).text
    return decode_header(value)


def _raw(part: Message, header: str) -> str:
    """Return a header as it came in; `Message.get` replaces characters that are not ASCII."""
    return next((str(value) for name, value in part.raw_items() if name.lower() == header), "")
