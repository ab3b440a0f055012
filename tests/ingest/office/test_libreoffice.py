import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.office import guard, libreoffice
from ingest.office.libreoffice import convert
from ingest.workspace import temporary_workspace

needs_libreoffice = pytest.mark.skipif(libreoffice.program() is None, reason="LibreOffice is not installed")
needs_groups = pytest.mark.skipif(sys.platform == "win32", reason="processes are ended otherwise on Windows")


@pytest.fixture
def office(tmp_path, monkeypatch):
    """Put a shell script in the place of LibreOffice."""

    def office(script):
        program = tmp_path / "soffice"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o700)
        monkeypatch.setattr(libreoffice, "program", lambda: program)
        (tmp_path / "a.doc").write_bytes(b"old")
        return tmp_path / "a.doc"

    return office


@needs_groups
def test_a_program_that_makes_nothing_means_a_damaged_file_with_its_words(office):
    path = office("echo 'source file could not be loaded' >&2; exit 0")
    with temporary_workspace() as workspace, pytest.raises(UnreadableFile) as caught:
        convert(path, to="docx", workspace=workspace)
    assert caught.value.reason is Reason.DAMAGED
    assert caught.value.values == {"cause": "source file could not be loaded"}


@needs_groups
def test_a_program_that_hangs_is_ended_with_all_that_it_has_started(office, tmp_path):
    path = office(f"sleep 60 & echo $! > {tmp_path}/pid; wait")
    with temporary_workspace(limits=Limits(timeout_s=0.5)) as workspace, pytest.raises(UnreadableFile) as caught:
        convert(path, to="docx", workspace=workspace)
    assert caught.value.reason is Reason.TIMEOUT
    assert not runs(int((tmp_path / "pid").read_text()))


@needs_groups
def test_a_guarded_program_ends_when_its_parent_is_gone():
    script = "sleep 60 & echo $!; wait"
    with subprocess.Popen(
        [sys.executable, "-I", guard.__file__, "/bin/sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as guarded:
        pid = int(guarded.stdout.readline())
        guarded.stdin.close()  # as the kernel does when it ends the parent
        guarded.wait(10)
    assert not runs(pid)


@needs_groups
def test_a_guarded_program_has_its_own_exit_status():
    command = [sys.executable, "-I", guard.__file__, "/bin/sh", "-c", "exit 7"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as guarded:
        assert guarded.wait(10) == 7


@needs_libreoffice
def test_noise_is_a_damaged_file(tmp_path):
    (tmp_path / "a.doc").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + os.urandom(3000))
    with temporary_workspace() as workspace, pytest.raises(UnreadableFile) as caught:
        convert(tmp_path / "a.doc", to="docx", workspace=workspace, reader="MS Word 97")
    assert caught.value.reason is Reason.DAMAGED


@needs_libreoffice
def test_nothing_is_fetched_and_nothing_written_beside_the_file(tmp_path):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        link = f"http://127.0.0.1:{server.server_port}/picture.png"
        (tmp_path / "a.doc").write_text(
            rf'{{\rtf1\ansi text {{\field{{\*\fldinst INCLUDEPICTURE "{link}" \\d}}{{\fldrslt }}}}\par}}'
        )
        with temporary_workspace() as workspace:
            assert convert(tmp_path / "a.doc", to="docx", workspace=workspace).stat().st_size > 0
        server.shutdown()
        thread.join()
    assert asked == []
    assert [path.name for path in tmp_path.iterdir()] == ["a.doc"]


def runs(pid):
    """Whether a process is there; one that has ended but was not waited for does not count."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")
