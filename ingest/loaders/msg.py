"""Outlook mails: as `eml`, out of an OLE container; a mail inside a mail becomes an .eml member."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.header import Header
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import HeaderParser
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

from langchain_core.documents import Document

from ingest.decode import clean
from ingest.errors import Reason, UnreadableFile
from ingest.html.blocks import html_blocks
from ingest.loaders.text import undecodable
from ingest.mail import msg_properties as properties
from ingest.mail.compressed_rtf import decompress_rtf
from ingest.mail.msg_properties import PropertyStorage
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
)
from ingest.members import MemberFiles, attachment_name
from ingest.types import Gap
from ingest.workspace import Member, Workspace

SUFFIXES = (".msg",)
VERSION = "1"

_FAULTS = (OSError, ValueError, IndexError, TypeError, RecursionError, struct.error, MessageError)
_RTF_BODY = "正文.rtf"
_MAIL_MARKS = (b"content-type:", b"mime-version:", b"received:")


@dataclass(slots=True)
class _Files:
    """The attachments of a message as members, and what of them could not be read."""

    members: list[Member] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def load(path: Path, *, workspace: Workspace) -> Iterator[Document | Member]:
    """Read an Outlook mail into one Document, its subject as the heading, and a Member for each attachment."""
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            message = PropertyStorage(container, [], header=32)
            document, members = _read(message, workspace=workspace)
    except _FAULTS as error:
        raise UnreadableFile(Reason.DAMAGED, cause=str(error)) from error
    yield document
    yield from members


def _read(message: PropertyStorage, *, workspace: Workspace) -> tuple[Document, list[Member]]:
    plain, page = message.decoded(properties.BODY), message.decoded(properties.HTML)
    body = fuller(plain_content(clean(plain.text)), html_blocks(clean(page.text)))
    files = _files(message, page=page.text, has_body=bool(body.blocks), workspace=workspace)
    kind = message.text(properties.CLASS).lower()
    if kind.startswith("ipm.note.smime") and "multipartsigned" not in kind:
        files.gaps.append(Gap(Reason.ENCRYPTED))
    names = "、".join(member.name for member in files.members)
    gaps = [*undecodable(plain), *undecodable(page), *files.gaps]
    mail = Mail(
        clean(message.text(properties.SUBJECT)),
        [*_people(message), (ATTACHMENTS, names)],
        body,
        (page if page.text else plain).encoding,
        gaps,
    )
    return mail_document(mail, loader="msg"), files.members


def _people(message: PropertyStorage) -> list[tuple[str, str]]:
    sender = _address(message.text(properties.SENDER_NAME), _sender_address(message))
    people: dict[int, list[str]] = {1: [], 2: [], 3: []}
    for recipient in message.recipients():
        address = recipient.text(properties.SMTP) or recipient.text(properties.ADDRESS)
        people.setdefault(recipient.recipient_kind(), []).append(_address(recipient.text(properties.NAME), address))
    to = ", ".join(people[1]) or message.text(properties.DISPLAY_TO)
    copy = ", ".join(people[2]) or message.text(properties.DISPLAY_COPY)
    moment = _moment(message)
    return [(SENDER, sender), (TO, to), (COPY, copy), (DATE, "" if moment is None else shown_date(moment))]


def _sender_address(message: PropertyStorage) -> str:
    return message.text(properties.SENDER_SMTP) or message.text(properties.SENDER_ADDRESS)


def _address(name: str, address: str) -> str:
    """Return a name with its address; one inside an Exchange organisation ("/O=…") means nothing to a reader."""
    if not address or address.startswith("/") or address == name:
        return name or address
    return f"{name} <{address}>" if name else address


def _moment(message: PropertyStorage) -> datetime | None:
    """Return when the mail was written, by its own head where it has one: that knows the sender's time zone."""
    try:
        return parsedate_to_datetime(HeaderParser().parsestr(message.text(properties.HEADERS))["date"])
    except (ValueError, TypeError, IndexError):
        return message.time(properties.SUBMITTED) or message.time(properties.DELIVERED)


def _files(message: PropertyStorage, *, page: str, has_body: bool, workspace: Workspace) -> _Files:
    found = _Files()
    writer = MemberFiles(workspace)
    if not has_body and (packed := message.binary(properties.RTF)):
        rtf = decompress_rtf(packed, most=workspace.limits.unpacked_bytes)
        found.members.append(writer.save(_RTF_BODY, [rtf]))
    attachments = message.attachments()
    found.gaps += writer.too_many(len(attachments))
    for number, attachment in enumerate(attachments[: workspace.limits.members], start=1):
        name = attachment_name(_file_name(attachment), otherwise=f"{UNNAMED_ATTACHMENT}{number}")
        if (inside := attachment.embedded()) is not None:
            mail = _as_mail(inside, levels=workspace.limits.depth)
            found.members.append(writer.save(_with_suffix(name), [mail.as_bytes()]))
        elif (content := attachment.binary(properties.CONTENT)) is None:
            found.members.append(writer.refused(name, Reason.DAMAGED, cause="the attachment has no content"))
        elif not _is_decoration(attachment, content=content, page=page):
            is_mail = content[:4096].lstrip().lower().startswith(_MAIL_MARKS)
            found.members.append(writer.save(_with_suffix(name) if is_mail else name, [content]))
    return found


def _file_name(attachment: PropertyStorage) -> str:
    names = (properties.FILE_NAME, properties.SHORT_FILE_NAME, properties.NAME)
    name = next((text for tag in names if (text := attachment.text(tag))), "")
    return name if attachment.embedded() is None else name.replace("/", "_").replace("\\", "_")


def _with_suffix(name: str) -> str:
    return name if name.lower().endswith(".eml") else f"{name.removesuffix('.msg')}.eml"


def _is_decoration(attachment: PropertyStorage, *, content: bytes, page: str) -> bool:
    content_id = attachment.text(properties.CONTENT_ID).strip("<>")
    is_picture = attachment.text(properties.MIME_TYPE).startswith("image/")
    return is_picture and bool(content_id) and len(content) < SMALLEST_PICTURE and f"cid:{content_id}" in page


def _as_mail(message: PropertyStorage, *, levels: int) -> MIMEMultipart:
    """Return an embedded message in the form that mails have outside of Outlook; `levels` more may be inside of it."""
    mail = MIMEMultipart()
    people = dict(_people(message))
    head = [("Subject", message.text(properties.SUBJECT)), ("From", people[SENDER]), ("To", people[TO])]
    for name, value in [*head, ("Cc", people[COPY])]:
        if value:
            mail[name] = Header(" ".join(value.split()), "utf-8").encode()
    if moment := _moment(message):
        mail["Date"] = format_datetime(moment)
    body = MIMEMultipart("alternative")
    for tag, kind in ((properties.BODY, "plain"), (properties.HTML, "html")):
        if text := message.decoded(tag).text:
            body.attach(MIMEText(text, kind, "utf-8"))
    mail.attach(body)
    for attachment in message.attachments():
        inside = attachment.embedded()
        if inside is not None and levels:
            mail.attach(MIMEMessage(_as_mail(inside, levels=levels - 1)))
        elif content := attachment.binary(properties.CONTENT):
            part = MIMEApplication(content)
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", _file_name(attachment)))
            mail.attach(part)
    return mail
