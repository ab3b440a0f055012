"""The library over HTTP: files in, out, searched and synced."""

import json
from urllib.parse import quote

import pytest
from api_server import ADDRESS, ApiServer, read_all, request

FILES = "/v1/library/files"
BOUNDARY = "d41d8cd98f00b204"


def form(*files):
    """Return a multipart body of (name, content) pairs."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n"
        for name, content in files
    ]
    return b"".join([*parts, f"--{BOUNDARY}--\r\n".encode()])


def send(server, body):
    return server.ask("POST", FILES, body, Content_Type=f"multipart/form-data; boundary={BOUNDARY}")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("api") / "家"


@pytest.fixture(scope="module")
def server(home, models_dir, endless_model):
    made = ApiServer(home, models=models_dir, WENDANG_MODEL=str(endless_model)).start()
    yield made
    made.stop()


def test_a_file_is_sent_synced_found_and_forgotten(server, home):
    text = "保密期限为合同终止后三年。\n".encode("gb18030")
    status, reply = send(server, form(("合同/保密 协议.txt", text)))
    assert status == 201
    assert reply["files"] == [
        {"name": "合同/保密 协议.txt", "source": "保密 协议.txt", "bytes": len(text), "is_new": True}
    ]
    assert (home / "docs" / "保密 协议.txt").read_bytes() == text

    status, summary = server.ask("POST", "/v1/library/sync", {})
    assert (status, summary["event"], summary["added"], summary["failures"]) == (200, "summary", 1, [])

    [found] = server.ask("POST", "/v1/library/search", {"query": "保密期限", "top_k": 3})[1]
    assert found["rank"] == 1 and found["source"] == "保密 协议.txt" and "三年" in found["text"]
    [document] = server.ask("GET", "/v1/library")[1]["documents"]
    assert document["encoding"] == "gb18030"

    path = f"{FILES}/{quote('保密 协议.txt')}"
    assert server.ask("DELETE", path) == (200, {"removed": ["保密 协议.txt"]})
    assert server.ask("DELETE", path)[0] == 404  # it is forgotten already
    assert server.ask("POST", "/v1/library/search", {"query": "保密期限"})[1] == []
    assert (home / "docs" / "保密 协议.txt").exists()


def test_a_sync_can_be_followed(server, home):
    (home / "docs" / "好.txt").write_text("冷库每周除霜一次。", "utf-8")
    (home / "docs" / "坏.pdf").write_bytes(b"%PDF-1.4 nothing")
    with server.connected() as wire:
        wire.sendall(request("/v1/library/sync", {"stream": True}, "Connection: close"))
        head, _, body = read_all(wire).partition(b"\r\n\r\n")
    assert b"text/event-stream" in head
    events = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]
    assert [event["event"] for event in events][-1] == "summary"
    by_kind = {event["event"]: event for event in events}
    assert by_kind["added"]["source"] == "好.txt"
    assert by_kind["failed"]["source"] == "坏.pdf" and by_kind["failed"]["remedy"]


@pytest.mark.parametrize(
    "name",
    [
        "/etc/cron.d/x.txt",
        "../../x.txt",
        "C:\\\\temp\\\\x.txt",
        "..%2fx.txt",
        "a\0b.txt",
        "con.txt",
        "a\u202etxt.exe.txt",
    ],
)
def test_a_file_lands_in_the_drop_folder_whatever_its_name(server, home, name):
    before = {path for path in home.parent.rglob("*") if "library" not in path.parts}
    status, _ = send(server, form((name, name.encode())))
    new = {path for path in home.parent.rglob("*") if "library" not in path.parts} - before
    assert status in (201, 400) and len(new) == (status == 201)
    assert all(path.parent == home / "docs" for path in new)
    assert not list((home / "library" / "scratch").glob("upload-*"))


def test_a_file_never_lies_over_another(server, home):
    send(server, form(("甲.txt", b"one")))
    replies = [send(server, form(("甲.txt", content)))[1]["files"][0] for content in (b"one", b"two")]
    assert [(one["source"], one["is_new"]) for one in replies] == [("甲.txt", False), ("甲 (2).txt", True)]
    assert (home / "docs" / "甲.txt").read_bytes() == b"one"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"no form", "bad_form"),
        (form(), "no_file"),
        (form(("~$draft.docx", b"x")), "temporary_name"),
        (form(("", b"x")), "no_file"),
        (form(("a.txt", b"x"))[:-30], "bad_form"),
    ],
)
def test_a_form_that_holds_no_file_stores_nothing(server, home, body, code):
    before = sorted((home / "docs").iterdir())
    status, reply = send(server, body)
    assert (status, reply["error"]["code"]) == (400, code)
    assert sorted((home / "docs").iterdir()) == before


def test_a_large_file_goes_to_disk_as_it_comes_and_too_large_a_one_is_refused(server, home):
    content = b"0123456789abcdef" * (1 << 18)  # 4 MiB
    assert send(server, form(("大.bin", content)))[0] == 201
    assert (home / "docs" / "大.bin").read_bytes() == content
    head = f"POST {FILES} HTTP/1.1\r\nHost: {ADDRESS}\r\nContent-Length: {1 << 30}\r\n"
    head += f"Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    with server.connected() as wire:
        wire.sendall(head.encode())
        assert wire.recv(65536).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize("source", ["..%2f..%2fetc%2fpasswd", "%2e%2e/docs", "docs", "%2Fetc", "%00", "*"])
def test_what_is_no_document_is_not_removed(server, source):
    assert server.ask("DELETE", f"{FILES}/{source}")[0] == 404


@pytest.mark.parametrize(
    "body",
    [
        {"query": ""},
        {"query": "a", "top_k": 0},
        {"query": "a", "leg": "third"},
        {},
        {"query": ["a"]},
        {"query": "字" * 5000},
    ],
)
def test_a_search_that_cannot_be_done_is_refused(server, body):
    assert server.ask("POST", "/v1/library/search", body)[0] == 400


def test_no_path_of_the_machine_is_taken_from_a_client(server, tmp_path):
    (tmp_path / "秘密.txt").write_text("不应读取", "utf-8")
    assert server.ask("POST", "/v1/library/sync", {"folders": [str(tmp_path)], "folder": "file:///etc"})[0] == 200
    documents = server.ask("GET", "/v1/library")[1]["documents"]
    assert not [one for one in documents if "秘密" in one["source"] or "etc" in one["source"]]
