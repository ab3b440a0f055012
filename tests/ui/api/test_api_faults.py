"""What may go wrong between a client and the API, by the rows A1 to A17 of the list of faults."""

import contextlib
import json
import os
import select
import signal
import socket
import threading
import time
from functools import partial

import pytest
from api_server import ADDRESS, PATIENCE, ApiServer, read_all, request, wait_for

from rag import open_library

CHAT = "/v1/chat/completions"
#: A text that goes on until it is stopped.
ENDLESS = {"model": "endless", "temperature": 0, "max_tokens": 30_000}
SHORT = {"model": "endless", "temperature": 0, "max_tokens": 3}
GOOD = {"messages": [{"role": "user", "content": "年假"}], **SHORT}


def code(reply):
    status, body = reply
    assert set(body) == {"error"} and set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["message"] and "Traceback" not in body["error"]["message"]
    return status, body["error"]["code"]


def post(server, body, path=CHAT, **headers):
    return server.ask("POST", path, body, **{"Content_Type": "application/json", **headers})


@pytest.mark.parametrize(
    "body",
    [
        b"{", b"", b"\xff\xfe{}", '{"messages": "年"}'.encode("gb18030"), b'{"temperature": NaN, "messages": []}',
        b'{"temperature": 1e999, "messages": [{"role": "user", "content": "a"}]}', b'{"model": "a", "model": "b"}',
        b"[" * 100_000, b'{"a":' * 100_000, b'"text"', b"null", b"[]", b'{"messages": ' + b"9" * 5000 + b"}",
        b'{"messages": [{"role": "user", "content": "\\ud800"}]}',
    ],
)  # fmt: skip
def test_a1_what_is_not_json_is_a_bad_request(quick, body):
    assert code(post(quick, body))[0] == 400


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": "x"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user", "content": 7}]}, "messages[0].content"),
        ({"messages": [{"role": "wizard", "content": "a"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "messages"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": -0.1}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": 0}, "top_p"),
        ({"n": -1}, "n"),
        ({"max_tokens": 1e9}, "max_tokens"),
        ({"max_tokens": 10**9}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": ["a"] * 1000}, "stop"),
        ({"stop": [""]}, "stop[0]"),
        ({"seed": 1.5}, "seed"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"model": None}, "model"),
        ({"model": 5}, "model"),
    ],
)
def test_a2_a_wrong_type_or_range_is_refused_by_the_fields_name(quick, fields, param):
    status, body = post(quick, json.dumps({**GOOD, **fields}).encode())
    assert code((status, body)) and status == 400
    assert body["error"]["param"] == param


@pytest.mark.parametrize(
    "fields",
    [
        {"tools": [{"type": "function"}]}, {"functions": [{}]}, {"tool_choice": {"type": "function"}},
        {"response_format": {"type": "json_schema"}}, {"logprobs": True}, {"top_logprobs": 3}, {"n": 2},
        {"logit_bias": {"5": 1}}, {"presence_penalty": 1}, {"frequency_penalty": -1}, {"audio": {}}, {"num_beams": 4},
        {"messages": [{"role": "tool", "content": "a", "tool_call_id": "x"}]},
    ],
)  # fmt: skip
def test_a3_what_is_not_supported_is_refused_by_name(quick, fields):
    status, body = quick.ask("POST", CHAT, {**GOOD, **fields})
    assert (status, body["error"]["code"]) == (400, "unsupported")
    assert body["error"]["param"].split("[")[0] == next(iter(fields))


@pytest.mark.parametrize("kind", ["image_url", "input_audio", "file"])
def test_a3_parts_that_are_no_text_are_refused_by_their_kind(quick, kind):
    status, body = quick.chat([{"type": "text", "text": "a"}, {"type": kind, kind: {"url": "file:///etc/passwd"}}])
    assert status == 400 and kind in body["error"]["message"]
    assert body["error"]["param"] == "messages[0].content[1]"


def test_a3_unknown_models_are_not_there_and_unknown_fields_are_passed_over(quick):
    assert code(quick.chat(model="gpt-4")) == (404, "model_not_found")
    assert quick.chat(**SHORT, wishes={"a": 1}, top_knot=3)[0] == 200


def test_a4_a_body_that_is_too_large_is_refused_after_the_limit(quick):
    head = f"POST {CHAT} HTTP/1.1\r\nHost: {ADDRESS}\r\nContent-Type: application/json\r\n"
    declared = quick.raw(f"{head}Content-Length: {1 << 30}\r\n\r\n".encode() + b"x" * 1000 + b"y" * 100_000, b"")
    assert declared.startswith(b"HTTP/1.1 413")
    with quick.connected() as wire:
        wire.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        block = b"100000\r\n" + b"x" * (1 << 20) + b"\r\n"
        sent = 0
        with contextlib.suppress(ConnectionError):
            for _ in range(12):  # MiB, of which eight are too many
                wire.sendall(block)
                sent += 1
            wire.sendall(b"0\r\n\r\n")
        assert sent >= 8 and read_all_of_one(wire).startswith(b"HTTP/1.1 413")


def read_all_of_one(wire):
    """Return the reply on a connection that may stay open."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += wire.recv(65536)
    return received


def test_a4_compressed_bodies_are_not_read(quick):
    assert code(post(quick, b"\x1f\x8b" + b"0" * 1000, Content_Encoding="gzip")) == (415, "compressed")


@pytest.fixture(scope="module")
def locked(tmp_path_factory, models_dir, endless_model):
    """A server with a key."""
    home = tmp_path_factory.mktemp("locked") / "家"
    server = ApiServer(home, models=models_dir, WENDANG_MODEL=str(endless_model), WENDANG_API_KEY="sesame-4711")
    yield server.start()
    server.stop()


def test_a5_only_the_right_key_opens(locked):
    for path in (
        "/v1/models",
        "/v1/library",
        "/docs",
        "/openapi.json",
        "/no/such/path",
        "/v1/models?api_key=sesame-4711",
    ):
        assert code(locked.ask("GET", path)) == (401, "key")
        assert locked.headers["WWW-Authenticate"] == "Bearer"
    for given in (
        "Bearer wrong",
        "Bearer",
        "sesame-4711",
        "Basic sesame-4711",
        "Bearer sesame-471",
        "Bearer sesame-47111",
    ):
        assert locked.ask("GET", "/v1/models", Authorization=given)[0] == 401
    assert locked.ask("GET", "/v1/models", Authorization="bearer sesame-4711")[0] == 200
    twice = f"GET /v1/models HTTP/1.1\r\nHost: {ADDRESS}\r\nConnection: close\r\n"
    twice += "Authorization: Bearer sesame-4711\r\n" * 2 + "\r\n"
    assert locked.raw(twice.encode()).startswith(b"HTTP/1.1 401")
    assert locked.ask("GET", "/healthz")[0] == 200
    assert "sesame" not in locked.said


def test_a5_other_machines_need_a_key(tmp_path, models_dir):
    server = ApiServer(tmp_path / "家", models=models_dir, options=["--host", "0.0.0.0"], WENDANG_API_KEY="")
    assert server.run() == 1
    assert "WENDANG_API_KEY" in server.said


@pytest.mark.parametrize("host", ["rebind.example", "evil.example:19327", "127.0.0.1.evil.example", "a@127.0.0.1", ""])
def test_a6_a_foreign_host_is_refused(quick, host):
    assert code(quick.ask("GET", "/v1/models", Host=host)) == (403, "host")


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost.evil.example"]
)
def test_a6_a_foreign_page_is_refused_and_gets_no_leave(quick, origin):
    assert code(quick.ask("POST", CHAT, GOOD, Origin=origin)) == (403, "origin")
    asked = {"Origin": origin, "Access_Control_Request_Method": "POST"}
    assert quick.ask("OPTIONS", CHAT, **asked)[0] == 403
    assert not [name for name in quick.headers if name.lower().startswith("access-control")]


def test_a6_a_browsers_plain_posts_are_not_read(quick):
    assert code(post(quick, json.dumps(GOOD).encode(), Content_Type="text/plain")) == (415, "content_type")
    assert code(quick.ask("POST", "/v1/library/sync", Sec_Fetch_Site="cross-site")) == (403, "origin")
    assert (
        code(quick.ask("POST", "/v1/library/sync", b"{}", Content_Type="application/x-www-form-urlencoded"))[0] == 415
    )
    assert (
        quick.ask("GET", "/v1/models", Host=f"localhost:{quick.port}", Origin=f"http://localhost:{quick.port}")[0]
        == 200
    )


HURRIED = """
import ui.api.gate, ui.api.protocol
ui.api.gate.RECEIVE_S = ui.api.protocol.RECEIVE_S = ui.api.protocol.WRITE_S = 1.0
"""


@pytest.fixture(scope="module")
def hurried(tmp_path_factory, models_dir, endless_model):
    """A server that waits for clients a second instead of fifteen."""
    home = tmp_path_factory.mktemp("hurried") / "家"
    settings = {"WENDANG_MODEL": str(endless_model), "WENDANG_BACKEND_OPTIONS": '{"n_ctx": 32768, "threads": 1}'}
    server = ApiServer(home, models=models_dir, options=["--queue", "0"], patch=HURRIED, **settings)
    yield server.start()
    server.stop()


@pytest.mark.parametrize("begun", [b"G", b"POST /v1/chat", b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "])
def test_a7_a_head_that_comes_byte_by_byte_is_not_waited_for(hurried, begun):
    with hurried.connected() as wire:
        wire.sendall(begun)
        assert drip(wire) == b""


def test_a7_a_body_that_comes_byte_by_byte_is_not_waited_for(hurried):
    with hurried.connected() as wire:
        wire.sendall(request(CHAT, GOOD)[:-40])
        assert drip(wire).startswith(b"HTTP/1.1 408")


def drip(wire):
    """Send a byte from time to time until the server has had enough; return what it said."""
    wire.settimeout(0.1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(TimeoutError, BrokenPipeError, ConnectionResetError):
            wire.sendall(b" ")
            return wire.recv(65536)
        if wire.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return b""
    raise AssertionError("the server went on waiting")


def test_a8_idle_connections_keep_nobody_out(quick):
    with contextlib.ExitStack() as idle:
        for _ in range(200):
            idle.enter_context(quick.connected())
        assert quick.chat(**SHORT)[0] == 200


def test_a8_a_full_line_turns_away_the_rest_and_health_answers_meanwhile(endless):
    server = endless("--queue", "3")
    replies = []
    threads = [
        threading.Thread(target=lambda: replies.append(server.chat(**{**ENDLESS, "max_tokens": 1000})[0]))
        for _ in range(50)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: 429 in replies, what="the line is full")
    assert server.ask("GET", "/healthz", timeout=1)[0] == 200
    for thread in threads:
        thread.join()
    assert set(replies) == {200, 429} and replies.count(200) >= 4


def test_a8_who_is_turned_away_is_told_when_to_come_again(hurried):
    wire, _ = hurried.open_stream(**ENDLESS)
    with wire:
        assert code(hurried.chat(**SHORT)) == (429, "busy")
        assert int(hurried.headers["Retry-After"]) >= 1
    wait_for(lambda: hurried.chat(**SHORT)[0] == 200, what="the model is free")


def test_a9_a_client_that_leaves_stops_the_model(endless):
    server = endless("--queue", "0")
    for is_stream in (True, False):
        if is_stream:
            wire, first = server.open_stream(**ENDLESS)
            assert b"chat.completion.chunk" in first
        else:
            wire = wait_for(lambda: let_in(server), what="the question is let in")
        wait_for(lambda: server.chat(**SHORT)[0] == 429, what="the model is busy")
        wire.close()
        wait_for(lambda: server.chat(**SHORT)[0] == 200, what="the model is free")


def let_in(server):
    """Return the connection of an endless question, None where another one was before it and it was turned away."""
    wire = server.connected()
    wire.sendall(request(CHAT, {**GOOD, **ENDLESS}))
    is_refused = partial(select.select, [wire], [], [], 0)
    wait_for(lambda: is_refused()[0] or server.chat(**SHORT)[0] == 429, what="one of two is turned away")
    if not is_refused()[0]:
        return wire
    wire.close()
    return None


def test_a10_a_client_that_does_not_read_stops_the_model(hurried):
    wire = socket.socket()
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    with wire:
        wire.connect((ADDRESS, hurried.port))
        wire.sendall(request(CHAT, {**GOOD, **ENDLESS, "stream": True}))
        # What reads no further than this has been let in: the model works for it.
        assert wire.recv(12) == b"HTTP/1.1 200"
        wait_for(lambda: hurried.chat(**SHORT)[0] == 200, what="the model is free")
        rest = read_all(wire)
        assert b"chat.completion.chunk" in rest and b"[DONE]" not in rest


@pytest.mark.parametrize(
    "head",
    [
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /",
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\nHost: {host}\n\n",
        "GET /healthz HTTP/1.1\r\nHost: {host}\r\nX: a\nY: b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: {host}\r\nX: " + "a" * 65536 + "\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: {host}\r\n" + "".join(f"X-{n}: 1\r\n" for n in range(1000)) + "\r\n",
        "GET /healthz?" + "a" * 65536 + " HTTP/1.1\r\nHost: {host}\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: {host}\r\nHost: evil.example\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: {host}\r\n X: folded\r\nbad header\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
    ],
    ids=["cl-and-te", "two-cl", "te-gzip", "bare-lf", "bare-lf-header", "64k-header", "1000-headers", "64k-query",
         "two-hosts", "no-host", "no-colon", "tls"],
)  # fmt: skip
def test_a11_what_could_be_read_in_two_ways_is_refused(quick, head):
    reply = quick.raw(head.format(path=CHAT, host=ADDRESS).encode("latin-1"))
    status = int(reply.split()[1])
    assert status in (400, 431, 501) and reply.count(b"HTTP/1.1") == 1
    body = json.loads(reply.partition(b"\r\n\r\n")[2])
    assert body["error"]["code"]


@pytest.mark.parametrize(
    "path",
    ["/../etc/passwd", "//v1/models", "/%2e%2e/%2e%2e/etc/passwd", "/v1/models/", "/v1/chat/completions/", "/v1"],
)
def test_a12_other_paths_lead_nowhere(quick, path):
    assert code(quick.ask("GET", path))[0] in (404, 405)


@pytest.mark.parametrize("method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "GET"])
def test_a12_other_methods_are_not_taken(quick, method):
    assert code(quick.ask(method, CHAT)) == (405, "no_method")
    assert quick.headers["Allow"] == "POST"


def test_a13_a_port_in_use_is_named_and_how_to_choose_another(quick, tmp_path, models_dir):
    second = ApiServer(tmp_path / "家", models=models_dir)
    second.use_port(quick.port)
    assert second.run() == 1
    assert str(quick.port) in second.said and "--port" in second.said and "Traceback" not in second.said


#: What the system does where a user may not listen on ports below 1024; who runs the tests may be root.
PRIVILEGED = """
import errno, os, socket
bind = socket.socket.bind
def refuse(self, address):
    if 0 < address[1] < 1024:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return bind(self, address)
socket.socket.bind = refuse
"""


def test_a13_a_privileged_port_is_named_and_how_to_choose_another(tmp_path, models_dir):
    server = ApiServer(tmp_path / "家", models=models_dir, patch=PRIVILEGED)
    server.use_port(80)
    assert server.run() == 1
    [line] = server.said.splitlines()
    assert "端口 80 不能用" in line and "--port" in line


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a13_an_address_of_another_machine_is_named_and_how_to_choose_another(tmp_path, models_dir, host):
    server = ApiServer(tmp_path / "家", models=models_dir, options=["--host", host], WENDANG_API_KEY="k")
    assert server.run() == 1
    assert host in server.said and "--host" in server.said and len(server.said.splitlines()) == 1


def test_a13_it_can_listen_on_ipv6_only(tmp_path, models_dir):
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no IPv6")
    server = ApiServer(tmp_path / "家", models=models_dir, options=["--host", "::1"], host="::1").start()
    try:
        assert server.ask("GET", "/v1/models", Host=f"[::1]:{server.port}")[0] == 200
        assert f"http://[::1]:{server.port}" in server.said
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((ADDRESS, server.port))
    finally:
        server.stop()


def test_a14_sigterm_ends_a_stream_with_an_error_event_and_the_process(endless, tmp_path):
    server = endless()
    wire, _ = server.open_stream(**ENDLESS)
    with wire:
        server.process.send_signal(signal.SIGTERM)
        last = read_all(wire).rstrip().rsplit(b"data: ", 1)[1]
        assert json.loads(last.splitlines()[0])["error"]["code"] == "ending"
    assert server.process.wait(timeout=PATIENCE) == 0  # five seconds where nothing else runs
    assert "Traceback" not in server.said
    with open_library(tmp_path / "家") as library:  # whole, and nobody's
        assert library.status() == []


def test_a15_a_model_that_dies_costs_one_answer(endless):
    server = endless()
    wire, _ = server.open_stream(**ENDLESS)
    with wire:
        [child] = server.model_children()
        os.kill(child, signal.SIGKILL)
        events = read_all_until(wire, b"error")
        assert b"out_of_memory" in events or b"model_failed" in events
    assert server.chat(**SHORT)[0] == 200

    replies = []
    asking = threading.Thread(target=lambda: replies.append(server.chat(**ENDLESS)))
    asking.start()
    while not replies:
        for child in server.model_children():
            os.kill(child, signal.SIGABRT)
        asking.join(timeout=0.2)
    assert code(replies[0]) == (503, "model_failed")
    assert server.chat(**SHORT)[0] == 200


def read_all_until(wire, wanted):
    received = b""
    while wanted not in received:
        piece = wire.recv(65536)
        assert piece, received[-500:]
        received += piece
    return received


def test_a16_a_log_line_cannot_be_forged(quick):
    forged = "\n2026-01-01 00:00:00,000 INFO GET /forged 200\x1b[2J"
    quick.chat(forged, **SHORT)
    quick.ask("GET", "/v1/models/%0a2026%20INFO%20GET%20/forged%1b%5b2J")
    quick.ask("GET", "/v1/models?q=secret-question", User_Agent="forged-agent \x1b[2J")
    lines = quick.said.splitlines()
    assert not [line for line in lines if line.startswith("2026 INFO") or "forged-agent" in line or "secret" in line]
    assert "\x1b" not in quick.said
    assert [line for line in lines if "/forged" in line] and all("\\n" in line for line in lines if "/forged" in line)


def test_a17_a_second_process_answers_but_changes_nothing_and_names_the_first(endless, tmp_path):
    first = endless(home=tmp_path / "共用")
    second = endless(home=tmp_path / "共用")
    pid = str(first.process.pid)
    assert pid in second.said
    assert second.chat(**SHORT)[0] == 200
    status, body = second.ask("POST", "/v1/library/sync")
    assert (status, body["error"]["code"]) == (409, "library_busy") and pid in body["error"]["message"]
    first.stop()
    assert second.ask("POST", "/v1/library/sync")[0] == 200
