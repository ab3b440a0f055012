"""Mails as Chinese mailers write them."""

import base64
import binascii

import pytest

from ingest.errors import Reason
from ingest.limits import Limits
from ingest.loaders import eml as loader
from ingest.workspace import Member, temporary_workspace


def read(tmp_path, data, **limits):
    """Return the Document, and the members as name: content or reason."""
    (tmp_path / "a.eml").write_bytes(data)
    with temporary_workspace(limits=Limits(**limits)) as workspace:
        document, *members = loader.load(tmp_path / "a.eml", workspace=workspace)
        assert all(isinstance(member, Member) for member in members)
        return document, {m.name: m.path.read_bytes() if m.path else m.reason for m in members}


def mail(body, content_type="text/plain; charset=utf-8", head="Subject: a"):
    text = f"{head}\r\nMIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n"
    return text.encode() + (body if isinstance(body, bytes) else body.encode())


def mixed(*parts, kind="mixed", boundary="X"):
    """Return the parts, headers and content each, as a multipart with its own header."""
    lines = b"".join(
        b"--%s\r\n%s\r\n\r\n%s\r\n" % (boundary.encode(), head, body)
        if head
        else b"--%s\r\n%s" % (boundary.encode(), body)
        for head, body in parts
    )
    head = f"Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n".encode()
    return head + lines + b"--%s--\r\n" % boundary.encode()


def message(content, head=b"Subject: a\r\n"):
    return head + b"MIME-Version: 1.0\r\n" + content


def attachment(headers, content=b"abc"):
    return headers + b"\r\nContent-Transfer-Encoding: base64", base64.b64encode(content)


TEXT = (b"Content-Type: text/plain; charset=utf-8", "正文。".encode())


def test_the_subject_is_the_heading_and_the_head_comes_before_the_body(tmp_path):
    head = (
        'Subject: =?utf-8?B?5ZGK?= =?utf-8?B?55+l?=\r\nFrom: "张三" <zhang@example.com>\r\n'
        "To: 李四 <li@example.com>\r\nCc: wang@example.com\r\nDate: Mon, 06 Jan 2025 09:30:00 +0800"
    )
    document, members = read(tmp_path, mail("各位同事：\r\n明天放假。\r\n\r\n办公室", head=head))
    assert document.page_content == (
        "告知\n\n发件人：张三 <zhang@example.com>\n收件人：李四 <li@example.com>\n抄送：wang@example.com\n"
        "日期：2025年1月6日 09:30（UTC+0800）\n\n各位同事：\n明天放假。\n\n办公室"
    )
    assert document.metadata["headings"] == [{"start": 0, "level": 1, "title": "告知"}]
    assert (document.metadata["page"], document.metadata["loader"], members) == (None, "eml", {})


@pytest.mark.parametrize("label", ["gb2312", "utf-8", "us-ascii", "iso-8859-1", "unknown-8bit", "zip", "utf-16"])
@pytest.mark.parametrize("codec", ["gb18030", "utf-8"])
def test_the_bytes_of_a_body_count_more_than_their_label(tmp_path, codec, label):
    document, _ = read(tmp_path, mail("镕基先生：请查收附件。".encode(codec), f"text/plain; charset={label}"))
    assert document.page_content.endswith("镕基先生：请查收附件。")
    assert document.metadata["encoding"] == codec


def test_headers_of_bare_gbk_are_read(tmp_path):
    document, _ = read(
        tmp_path, "Subject: 会议通知\r\nFrom: 张三 <a@b.c>\r\nMIME-Version: 1.0\r\n\r\n正文".encode("gbk")
    )
    assert document.page_content == "会议通知\n\n发件人：张三 <a@b.c>\n\n正文"


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_a_page_in_a_transfer_encoding_is_read_with_its_structure(tmp_path, encoding):
    page = "<h2>安排</h2><table><tr><th>日期</th><th>事项</th></tr><tr><td>周一</td><td>开会</td></tr></table>".encode(
        "gbk"
    )
    body = base64.encodebytes(page) if encoding == "base64" else binascii.b2a_qp(page)
    document, _ = read(tmp_path, mail(body, f"text/html; charset=gb2312\r\nContent-Transfer-Encoding: {encoding}"))
    assert document.page_content == "a\n\n安排\n\n日期 | 事项\n日期：周一 | 事项：开会"
    assert [(h["level"], h["title"]) for h in document.metadata["headings"]] == [(1, "a"), (2, "安排")]


def alternative(plain, page):
    parts = [(b"Content-Type: text/plain; charset=utf-8", plain.encode()), (b"Content-Type: text/html", page.encode())]
    return message(mixed(*parts, kind="alternative"))


def test_of_two_forms_of_a_body_the_page_is_taken(tmp_path):
    document, _ = read(tmp_path, alternative("安排 请看 https://example.com/a/b/c", "<h1>安排</h1><p>请看</p>"))
    assert document.page_content == "a\n\n安排\n\n请看"


def test_of_two_forms_of_a_body_the_one_that_says_more_is_taken(tmp_path):
    document, _ = read(tmp_path, alternative("完整的正文在纯文本里。", "<p>请用新版</p>"))
    assert document.page_content == "a\n\n完整的正文在纯文本里。"


def test_a_subject_that_the_body_repeats_stands_once_and_body_headings_below_it(tmp_path):
    page = mail("<h1>项目周报</h1><h2>进展</h2><p>很好。</p>", "text/html", head="Subject: 项目周报")
    document, _ = read(tmp_path, page)
    assert document.page_content == "项目周报\n\n进展\n\n很好。"
    assert [(h["level"], h["title"]) for h in document.metadata["headings"]] == [(1, "项目周报"), (2, "进展")]


def test_a_plain_body_is_searched_for_numbered_headings(tmp_path):
    body = "一、会议安排\n\n会议定于明天上午九点在三楼会议室召开，请各位准时参加，不得缺席。"
    document, _ = read(tmp_path, mail(body))
    assert [(h["start"], h["level"], h["title"]) for h in document.metadata["headings"]] == [
        (0, 1, "a"),
        (3, 2, "一、会议安排"),
    ]


NAME = "合同（最终版）.docx"
GBK = NAME.encode("gbk")
PERCENT = [b"%%%02X" % byte for byte in GBK]


@pytest.mark.parametrize(
    "headers",
    [
        b'Content-Type: application/msword; name="' + GBK + b'"',
        b'Content-Type: application/x; name="=?GB2312?B?' + base64.b64encode(GBK)
        + b'?="\r\nContent-Disposition: attachment',
        b'Content-Disposition: attachment;\r\n filename="=?gbk?B?' + base64.b64encode(GBK[:5]) + b'?=\r\n =?gbk?B?'
        + base64.b64encode(GBK[5:]) + b'?="',
        b"Content-Disposition: attachment; filename*=GB18030''" + b"".join(PERCENT),
        b"Content-Disposition: attachment; filename*0*=gbk''" + b"".join(PERCENT[:5]) + b";\r\n filename*1*="
        + b"".join(PERCENT[5:]),
        b'Content-Disposition: attachment; filename="' + NAME.encode() + b'"',
        b'Content-Disposition: attachment; filename="C:\\temp\\..\\' + NAME.encode() + b'"',
    ],
)  # fmt: skip
def test_a_name_of_an_attachment_is_read_however_it_is_written(tmp_path, headers):
    document, members = read(tmp_path, message(mixed(TEXT, attachment(headers))))
    assert members == {NAME: b"abc"}
    assert document.page_content == f"a\n\n附件：{NAME}\n\n正文。"


def test_names_are_never_trusted_and_never_missing(tmp_path):
    names = (
        b'filename="../../etc/passwd"',
        b'filename=".."',
        b"filename*=utf-8''a%0A%E2%80%AEb.txt",
        b'filename="passwd"',
    )
    parts = [attachment(b"Content-Disposition: attachment; " + name) for name in names]
    members = read(tmp_path, message(mixed(TEXT, *parts, attachment(b"Content-Type: image/png"))))[1]
    assert list(members) == ["passwd", "附件2", "ab.txt", "passwd (2)", "附件5.png"]


def test_a_small_picture_inside_of_the_text_is_no_document_and_a_large_one_is(tmp_path):
    page = (b"Content-Type: text/html; charset=utf-8", '正文<img src="cid:logo"><img src="cid:scan">'.encode())
    logo = attachment(b"Content-Type: image/png\r\nContent-ID: <logo>")
    scan = attachment(b"Content-Type: image/png; name=a.png\r\nContent-ID: <scan>", bytes(30_000))
    loose = attachment(b"Content-Type: image/png; name=b.png\r\nContent-ID: <loose>")
    _, members = read(tmp_path, message(mixed(page, logo, scan, loose, kind="related")))
    assert list(members) == ["a.png", "b.png"]


@pytest.mark.parametrize("encoding", [b"", b"\r\nContent-Transfer-Encoding: base64"])
def test_a_forwarded_mail_is_a_member(tmp_path, encoding):
    inside = b"Subject: inside\r\nMIME-Version: 1.0\r\n\r\nhello"
    body = base64.encodebytes(inside) if encoding else inside
    part = (b"Content-Type: message/rfc822; name=forward.eml" + encoding, body)
    _, members = read(tmp_path, message(mixed(TEXT, part)))
    assert list(members) == ["forward.eml"]
    assert members["forward.eml"].replace(b"\r\n", b"\n").strip() == inside.replace(b"\r\n", b"\n")


def test_a_file_written_into_the_text_by_uuencode_is_a_member(tmp_path):
    lines = b"".join(binascii.b2a_uu(b"hello world" * 4) for _ in range(3))
    document, members = read(tmp_path, mail("见附件。\n\nbegin 644 表.txt\n".encode() + lines + b"`\nend\n"))
    assert members == {"表.txt": b"hello world" * 12}
    assert document.page_content == "a\n\n附件：表.txt\n\n见附件。"


def test_soft_line_ends_of_flowed_text_are_taken_out(tmp_path):
    body = "这是第一行 \n接着第二行。\n> 引用 \n> 继续\n-- \n签名"
    document, _ = read(tmp_path, mail(body, "text/plain; charset=utf-8; format=flowed; delsp=yes"))
    assert document.page_content == "a\n\n这是第一行接着第二行。\n> 引用继续\n-- \n签名"


def test_outlook_s_own_container_is_refused_and_signatures_are_passed_over(tmp_path):
    tnef = attachment(b"Content-Type: application/ms-tnef; name=winmail.dat")
    signature = attachment(b"Content-Type: application/pkcs7-signature; name=smime.p7s")
    assert read(tmp_path, message(mixed(TEXT, tnef, signature)))[1] == {"winmail.dat": Reason.UNSUPPORTED}


@pytest.mark.parametrize(
    "content",
    [
        b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nMIIB",
        mixed((b"Content-Type: application/pgp-encrypted", b"Version: 1"), kind="encrypted"),
    ],
)
def test_an_encrypted_body_is_a_gap(tmp_path, content):
    document, _ = read(tmp_path, message(content))
    assert document.page_content == "a"
    assert [gap["reason"] for gap in document.metadata["gaps"]] == ["encrypted"]


def test_attachments_beyond_the_limit_are_a_gap(tmp_path):
    parts = [attachment(b"Content-Disposition: attachment; filename=%d.txt" % number) for number in range(5)]
    document, members = read(tmp_path, message(mixed(TEXT, *parts)), members=2)
    assert list(members) == ["0.txt", "1.txt"]
    assert document.metadata["gaps"][0]["values"] == {"limit": "members", "value": 5, "most": 2}


@pytest.mark.parametrize("kind", ["multipart/mixed; boundary=B{0}\n\n--B{0}", "message/rfc822\n\nSubject: {0}"])
def test_five_thousand_parts_inside_each_other_leave_the_head_and_a_gap(tmp_path, kind):
    data = "MIME-Version: 1.0\nSubject: 深\n" + "".join(
        f"Content-Type: {kind.format(number)}\n" for number in range(5000)
    )
    document, members = read(tmp_path, data.encode())
    assert (document.page_content, members) == ("深", {})
    assert document.metadata["gaps"][0]["reason"] == "nested_too_deeply"


@pytest.mark.parametrize(
    "header",
    [
        b"Content-Type: ; ;=", b"Content-Disposition: attachment; filename*=utf-8", b"Date: x",
        b"Content-Type: text/plain; charset*=",
        b"Content-Disposition: attachment; filename*=xx'%zz'%", b"Subject: =?utf-8?B?!!!?= =?x?Q?=ZZ?= =?utf-8?q?",
        b'Content-Type: text/plain; charset="a b\xff"', b"Content-Transfer-Encoding: base64",
        b"Content-Type: message/rfc822",
        b"Content-Type: multipart/mixed", b"Content-Transfer-Encoding: x-uuencode",
    ],
)  # fmt: skip
def test_a_broken_header_is_no_error(tmp_path, header):
    document, _ = read(tmp_path, b"MIME-Version: 1.0\n" + header + b"\n\n" + "正文".encode("gbk"))
    assert document.metadata["loader"] == "eml"
