"""Outlook mails, written by a library that shares nothing with the loader."""

import struct
from datetime import UTC, datetime

import pytest
from aspose.email_foss import cfb, msg

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import eml
from ingest.loaders import msg as loader
from ingest.workspace import temporary_workspace


@pytest.fixture
def path(tmp_path):
    return tmp_path / "信.msg"


def read(path, module=loader):
    """Return the Document, and the members as name: content or reason."""
    with temporary_workspace() as workspace:
        document, *members = module.load(path, workspace=workspace)
        return document, {m.name: m.path.read_bytes() if m.path else m.reason for m in members}


def message(subject="关于合同的通知", body="请查收。"):
    made = msg.MapiMessage.create(subject, body)
    made.set_property(msg.PropertyId.SENDER_NAME, "张三")
    made.set_property(msg.PropertyId.SENDER_EMAIL_ADDRESS, "zhang@example.com")
    made.set_property(msg.PropertyId.MESSAGE_DELIVERY_TIME, datetime(2026, 3, 15, 10, 30, tzinfo=UTC))
    made.add_recipient("li@example.com", display_name="李四")
    return made


def test_subject_head_body_and_attachments_are_read(path):
    made = message(
        body="请查收。\r\n\r\n一、安排\r\n\r\n会议定于明天上午九点在三楼会议室召开，请各位准时参加，不得缺席。"
    )
    made.add_attachment("..\\合同.txt", "内容".encode(), mime_type="text/plain")
    made.save(path)
    document, members = read(path)
    assert document.page_content.startswith(
        "关于合同的通知\n\n发件人：张三 <zhang@example.com>\n收件人：李四 <li@example.com>\n"
        "日期：2026年3月15日 10:30（UTC+0000）\n附件：合同.txt\n\n请查收。"
    )
    assert [(h["level"], h["title"]) for h in document.metadata["headings"]] == [(1, "关于合同的通知"), (2, "一、安排")]
    assert members == {"合同.txt": "内容".encode()}


def test_an_html_body_keeps_its_structure(path):
    made = message(body="安排 周一 开会")
    made.body_html = (
        "<h1>安排</h1><table><tr><th>日期</th><th>事项</th></tr><tr><td>周一</td><td>开会</td></tr></table>"
    )
    made.save(path)
    assert read(path)[0].page_content.endswith("安排\n\n日期 | 事项\n日期：周一 | 事项：开会")


def test_a_mail_inside_of_the_mail_is_a_member_with_its_own_attachments(path, tmp_path):
    inside = message("内层", "内层的正文。")
    inside.add_attachment("表.csv", b"a,b")
    made = message()
    made.add_embedded_message_attachment(inside)
    made.save(path)
    _, members = read(path)
    (tmp_path / "a.eml").write_bytes(members["内层.eml"])
    document, inner = read(tmp_path / "a.eml", eml)
    assert document.page_content.startswith("内层\n\n发件人：张三 <zhang@example.com>")
    assert document.page_content.endswith("内层的正文。")
    assert inner == {"表.csv": b"a,b"}


def container(path, streams, *, code_page=None, header=32):
    """Write an OLE container with the given streams, as programs without Unicode do."""
    fixed = b"" if code_page is None else struct.pack("<HHIQ", 3, 0x3FFD, 6, code_page)
    root = cfb.CFBStorage("Root Entry")
    root.add_stream(cfb.CFBStream("__properties_version1.0", bytes(header) + fixed))
    for name, data in streams.items():
        root.add_stream(cfb.CFBStream(f"__substg1.0_{name}", data))
    cfb.CFBWriter.write_file(cfb.CFBDocument(root=root), path)


@pytest.mark.parametrize("code_page", [936, 1252, None, 65001])
def test_strings_of_gbk_are_read_whatever_code_page_is_named(path, code_page):
    text = {"0037001E": "会议通知", "1000001E": "请各位同事准时参加会议。", "0C1A001E": "张三"}
    container(path, {name: value.encode("gbk") for name, value in text.items()}, code_page=code_page)
    document, _ = read(path)
    assert document.page_content == "会议通知\n\n发件人：张三\n\n请各位同事准时参加会议。"
    assert document.metadata["encoding"] == "gb18030"


def test_a_body_that_is_only_rtf_becomes_a_member(path):
    rtf = b"{\\rtf1 hello}"
    packed = struct.pack("<II4sI", len(rtf) + 12, len(rtf), b"MELA", 0) + rtf
    container(path, {"0037001F": "通知".encode("utf-16-le"), "10090102": packed})
    document, members = read(path)
    assert document.page_content == "通知\n\n附件：正文.rtf"
    assert members == {"正文.rtf": rtf}


def test_an_encrypted_mail_is_told_of(path):
    container(path, {"0037001F": "密".encode("utf-16-le"), "001A001F": "IPM.Note.SMIME".encode("utf-16-le")})
    assert [gap["reason"] for gap in read(path)[0].metadata["gaps"]] == ["encrypted"]


def test_a_truncated_container_is_damaged(path):
    made = message()
    made.add_attachment("a.bin", bytes(20_000))
    made.save(path)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UnreadableFile) as caught:
        read(path)
    assert caught.value.reason is Reason.DAMAGED
