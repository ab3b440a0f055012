import os
import subprocess
import sys

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.worker import LoaderProcess


@pytest.fixture(scope="module")
def loader():
    with LoaderProcess() as process:
        yield process


def test_a_file_is_read_in_another_process(loader, tmp_path):
    path = tmp_path / "合同.txt"
    path.write_bytes("第一章 总则\n\n本合同自签字之日起生效。".encode("gbk"))
    (document,) = loader.read(path)
    assert document.page_content == "第一章 总则\n\n本合同自签字之日起生效。"
    assert document.metadata["encoding"] == "gb18030"
    assert document.metadata["headings"] == [{"start": 0, "level": 1, "title": "第一章 总则"}]
    assert loader.pid not in (None, os.getpid())


def test_the_reason_of_the_loader_comes_through_with_its_values(loader, tmp_path):
    (tmp_path / "旧.doc").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(UnreadableFile) as caught:
        loader.read(tmp_path / "旧.doc")
    assert caught.value.reason is Reason.OLD_FORMAT
    assert caught.value.values == {"suffix": ".doc"}


def test_one_child_reads_many_files(loader, tmp_path):
    pids = set()
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"第{number}份文件", encoding="utf-8")
        loader.read(tmp_path / f"{number}.txt")
        pids.add(loader.pid)
    assert len(pids) == 1


def test_a_name_that_is_no_utf_8_can_be_read(loader, tmp_path):
    path = tmp_path / os.fsdecode(b"\xba\xcf\xcd\xac.txt")
    path.write_text("内容", encoding="utf-8")
    assert loader.read(path)[0].page_content == "内容"


def test_a_file_that_takes_too_long_ends_the_child_and_the_next_one_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")  # opening it waits for a writer that never comes
    (tmp_path / "a.txt").write_text("还在", encoding="utf-8")
    with LoaderProcess() as loader:
        with pytest.raises(UnreadableFile) as caught:
            loader.read(tmp_path / "pipe.txt", timeout_s=0.5)
        assert caught.value.reason is Reason.TIMEOUT
        assert loader.read(tmp_path / "a.txt")[0].page_content == "还在"


def test_a_child_that_dies_is_replaced(tmp_path):
    (tmp_path / "a.txt").write_text("还在", encoding="utf-8")
    with LoaderProcess() as loader:
        loader.read(tmp_path / "a.txt")
        first = loader.pid
        os.kill(first, 9)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert loader.read(tmp_path / "a.txt")[0].page_content == "还在"
        assert loader.pid != first


@pytest.mark.skipif(sys.platform != "linux", reason="address space limits")
def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    (tmp_path / "large.txt").write_bytes("合同".encode() * 10_000_000)
    with LoaderProcess(memory_bytes=200 * 1024**2) as loader, pytest.raises(UnreadableFile) as caught:
        loader.read(tmp_path / "large.txt")
    assert caught.value.reason is Reason.OUT_OF_MEMORY


def test_it_works_from_a_script_on_stdin_and_leaves_no_child(tmp_path):
    (tmp_path / "a.txt").write_text("内容", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')", encoding="utf-8")
    script = (
        "import sys; sys.path.pop(0)\n"
        "from pathlib import Path\n"
        "from ingest.worker import LoaderProcess\n"
        "loader = LoaderProcess()\n"
        f"loader.read(Path({str(tmp_path / 'a.txt')!r}))\n"
        "print(loader.pid, flush=True)\n"
        "import os; os._exit(0)\n"
    )
    root = str(__import__("pathlib").Path(__file__).resolve().parents[2])
    done = subprocess.run(
        [sys.executable, "-"],
        input=script,
        text=True,
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": root},
        check=True,
    )
    pid = int(done.stdout)
    gone = os.path.exists("/proc") and not os.path.exists(f"/proc/{pid}/exe")
    assert gone or _ends(pid)


def _ends(pid):
    """The child sees the end of its pipe by itself; wait for that, for as long as a test may take."""
    try:
        with open(f"/proc/{pid}/status") as status:
            fd = os.pidfd_open(pid)
            import select

            return bool(select.select([fd], [], [], 10)[0]) or "Z" in status.read()
    except (FileNotFoundError, ProcessLookupError):
        return True
