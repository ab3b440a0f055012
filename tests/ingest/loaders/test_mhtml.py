"""Saved pages: the root page, decoded by its bytes."""

import binascii

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.loaders import mhtml as loader
from ingest.workspace import temporary_workspace

HEAD = b'From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="X"'


def part(html, headers, encoding="utf-8"):
    body = binascii.b2a_qp(html.encode(encoding))
    return b"--X\r\nContent-Transfer-Encoding: quoted-printable\r\n" + headers + b"\r\n\r\n" + body + b"\r\n"


def read(tmp_path, data):
    (tmp_path / "a.mht").write_bytes(data)
    with temporary_workspace() as workspace:
        (document,) = loader.load(tmp_path / "a.mht", workspace=workspace)
    return document


def test_the_page_is_read_and_its_frames_are_not(tmp_path):
    page = part("<h1>公告</h1><p>镕基先生的正文。</p>", b"Content-Type: text/html; charset=gb2312", "gb18030")
    picture = b"--X\r\nContent-Type: image/png\r\n\r\nxx\r\n"
    frame = part("<p>广告</p>", b"Content-Type: text/html")
    document = read(tmp_path, HEAD + b"\r\n\r\n" + page + picture + frame + b"--X--")
    assert document.page_content == "公告\n\n镕基先生的正文。"
    assert document.metadata["encoding"] == "gb18030"
    assert document.metadata["headings"] == [{"start": 0, "level": 1, "title": "公告"}]


def test_the_part_that_the_message_names_is_the_root(tmp_path):
    first = part("<p>广告</p>", b"Content-Type: text/html")
    root = part("<p>正文</p>", b"Content-Type: text/html\r\nContent-ID: <root@x>")
    data = HEAD + b'; start="<root@x>"\r\n\r\n' + first + root + b"--X--"
    assert read(tmp_path, data).page_content == "正文"


def test_a_page_of_frames_alone_gives_what_is_in_the_frames(tmp_path):
    root = part("<frameset><frame src=a><frame src=b></frameset>", b"Content-Type: text/html")
    frames = [part(f"<p>{text}</p>", b"Content-Type: text/html") for text in ("左边", "右边")]
    data = HEAD + b"\r\n\r\n" + root + b"".join(frames) + b"--X--"
    assert read(tmp_path, data).page_content == "左边\n\n右边"


def test_a_message_without_a_page_is_damaged(tmp_path):
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, HEAD + b"\r\n\r\n--X\r\nContent-Type: image/png\r\n\r\nxx\r\n--X--")
    assert caught.value.reason is Reason.DAMAGED
