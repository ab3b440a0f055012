import os
import subprocess
import sys

import pytest

from ingest.errors import Reason, UnreadableFile
from ingest.limits import Limits
from ingest.worker import LoaderProcess
from ingest.workspace import temporary_workspace


def read(process, path, *, limits=None, name=None):
    with temporary_workspace(limits=limits) as workspace:
        return list(process.read(path, workspace=workspace, name=name))


def refusal(process, path, *, limits=None):
    with pytest.raises(UnreadableFile) as caught:
        read(process, path, limits=limits)
    return caught.value


@pytest.fixture(scope="module")
def loader():
    with LoaderProcess() as process:
        yield process


def test_a_file_is_read_in_another_process(loader, tmp_path):
    path = tmp_path / "合同.txt"
    path.write_bytes("第一章 总则\n\n本合同自签字之日起生效。".encode("gbk"))
    ((text, metadata),) = read(loader, path)
    assert text == "第一章 总则\n\n本合同自签字之日起生效。"
    assert metadata["encoding"] == "gb18030"
    assert metadata["headings"] == [{"start": 0, "level": 1, "title": "第一章 总则"}]
    assert loader.pid not in (None, os.getpid())


def test_the_reason_of_the_loader_comes_through_with_its_values(loader, tmp_path):
    (tmp_path / "图.xyz").write_bytes(b"\x1f\x8b" + bytes(600))
    error = refusal(loader, tmp_path / "图.xyz")
    assert error.reason is Reason.UNSUPPORTED
    assert error.values == {"suffix": ".xyz"}


def test_one_child_reads_many_files(loader, tmp_path):
    pids = set()
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text(f"第{number}份文件", encoding="utf-8")
        read(loader, tmp_path / f"{number}.txt")
        pids.add(loader.pid)
    assert len(pids) == 1


def test_a_name_that_is_no_utf_8_can_be_read(loader, tmp_path):
    path = tmp_path / os.fsdecode(b"\xba\xcf\xcd\xac.txt")
    path.write_text("内容", encoding="utf-8")
    assert read(loader, path)[0][0] == "内容"


def test_a_file_that_takes_too_long_ends_the_child_and_the_next_one_is_read(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")  # opening it waits for a writer that never comes
    (tmp_path / "a.txt").write_text("还在", encoding="utf-8")
    with LoaderProcess() as loader:
        assert refusal(loader, tmp_path / "pipe.txt", limits=Limits(timeout_s=0.5)).reason is Reason.TIMEOUT
        assert read(loader, tmp_path / "a.txt")[0][0] == "还在"


def test_a_child_that_dies_is_replaced(tmp_path):
    (tmp_path / "a.txt").write_text("还在", encoding="utf-8")
    with LoaderProcess() as loader:
        read(loader, tmp_path / "a.txt")
        first = loader.pid
        os.kill(first, 9)
        os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
        assert read(loader, tmp_path / "a.txt")[0][0] == "还在"
        assert loader.pid != first


@pytest.mark.skipif(sys.platform != "linux", reason="address space limits")
def test_a_reader_that_is_ended_while_its_child_starts_reads_nothing(tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("还在", encoding="utf-8")
    loader = LoaderProcess()
    started = []

    def popen(*arguments, **options):
        loader._killed = True  # as `kill` does in another thread that saw no child yet
        started.append(Popen(*arguments, **options))
        return started[0]

    Popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", popen)
    assert refusal(loader, tmp_path / "a.txt").values == {"cause": "interrupted"}
    assert started[0].poll() is not None


def test_a_file_that_needs_too_much_memory_is_refused(tmp_path):
    (tmp_path / "large.txt").write_bytes("合同".encode() * 10_000_000)
    with LoaderProcess(limits=Limits(memory_bytes=256 * 1024**2)) as loader:
        assert refusal(loader, tmp_path / "large.txt").reason is Reason.OUT_OF_MEMORY


def test_more_text_than_the_limit_is_refused_and_names_it(loader, tmp_path):
    (tmp_path / "long.txt").write_text("合同" * 1000, encoding="utf-8")
    error = refusal(loader, tmp_path / "long.txt", limits=Limits(text_bytes=1000))
    assert error.reason is Reason.TOO_LARGE
    assert error.values["limit"] == "text_bytes"


def test_a_file_that_is_not_read_to_its_end_does_not_answer_for_the_next(loader, tmp_path):
    (tmp_path / "a.txt").write_text("甲", encoding="utf-8")
    (tmp_path / "b.txt").write_text("乙", encoding="utf-8")
    with temporary_workspace() as workspace:
        assert next(loader.read(tmp_path / "a.txt", workspace=workspace))[0] == "甲"
    assert read(loader, tmp_path / "b.txt")[0][0] == "乙"


def test_it_works_from_a_script_on_stdin_and_leaves_no_child(tmp_path):
    (tmp_path / "a.txt").write_text("内容", encoding="utf-8")
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')", encoding="utf-8")
    script = (
        "import sys; sys.path.pop(0)\n"
        "from pathlib import Path\n"
        "from ingest.worker import LoaderProcess\n"
        "from ingest.workspace import Workspace\n"
        "loader = LoaderProcess()\n"
        f"list(loader.read(Path({str(tmp_path / 'a.txt')!r}), workspace=Workspace(Path({str(tmp_path)!r}))))\n"
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
