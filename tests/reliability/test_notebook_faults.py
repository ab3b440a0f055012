"""What goes wrong around a library in notebooks: opened twice, interrupted, forked, shared by two."""

import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import KernelManager
from samples import BigramEmbedder

from ingest.errors import LibraryBusy
from rag import open_library

ROOT = Path(__file__).parents[2]
OPEN = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
import ingest.embedders
from samples import BigramEmbedder
ingest.embedders.load = lambda *args, **options: BigramEmbedder()
from rag import open_library
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    for number in range(8):
        (tmp_path / "docs" / f"{number}.txt").write_text(
            f"第{number}号仓库存放{'甲乙丙丁戊己庚辛'[number]}类货物。", "utf-8"
        )
    monkeypatch.setattr("ingest.embedders.load", lambda *args, **options: BigramEmbedder())
    return tmp_path


class Kernel:
    """A notebook's kernel."""

    def __init__(self):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def start(self, code, *, until=None):
        """Run a cell; return what it prints (and its error), or with `until`, as soon as that is printed."""
        self.client.execute(code)
        told = ""
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            kind, content = message["msg_type"], message["content"]
            if kind == "stream":
                told += content["text"]
            elif kind == "error":
                told += f"{content['ename']}: {content['evalue']}"
            elif kind in ("display_data", "update_display_data"):
                told += content["data"].get("text/html", "")
            if (until and until in told) or (kind == "status" and content["execution_state"] == "idle"):
                return told

    def rest(self):
        """Wait until the cell at work has ended."""
        message = self.client.get_iopub_msg(timeout=60)
        while not (message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"):
            message = self.client.get_iopub_msg(timeout=60)

    def end(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@pytest.fixture
def kernels():
    started = []

    def start():
        started.append(Kernel())
        assert started[-1].start(OPEN) == ""
        return started[-1]

    yield start
    for kernel in started:
        kernel.end()


def test_a_second_object_in_the_same_process_says_what_to_do(home):
    first = open_library(home)
    with pytest.raises(LibraryBusy, match=r"close\(\).*read_only") as raised:
        open_library(home)
    assert raised.value.values["cause"] == "own"
    with open_library(home, read_only=True) as reader:
        assert reader.status() == []
    first.close()
    with open_library(home) as again:
        assert len(list(again.sync())) > 8


def test_a_cell_interrupted_in_the_middle_of_a_sync_leaves_it_to_the_next(home, kernels):
    kernel = kernels()
    kernel.start(f"from threading import Event\nlibrary = open_library({str(home)!r})")
    waits = (
        "for event in library.sync():\n    if type(event).__name__ == 'Added':\n        print('到此'), Event().wait()"
    )
    kernel.start(waits, until="到此")
    kernel.manager.interrupt_kernel()
    kernel.rest()
    told = kernel.start("library.sync()")
    assert "LibraryBusy" not in told and "seconds" in told
    assert (
        kernel.start("print(len(library.status()), sum(one.status == 'indexed' for one in library.status()))")
        == "8 8\n"
    )
    assert "甲类" in kernel.start("print(library.search('甲类货物')[0].text)")


def test_the_library_of_one_notebook_is_read_by_another(home, kernels):
    one, other = kernels(), kernels()
    assert "added 8" in one.start(f"library = open_library({str(home)!r})\nlibrary.sync()")
    assert "LibraryBusy" in other.start(f"library = open_library({str(home)!r})")
    reading = f"library = open_library({str(home)!r}, read_only=True)\nprint(library.search('乙类货物')[0].source)"
    assert other.start(reading) == "1.txt\n"
    assert "LibraryReadOnly" in other.start("list(library.sync())")


FORKED = """
import multiprocessing, os, subprocess, sys
def child(results):
    try:
        library.search("甲类货物")
    except Exception as error:
        results.put((type(error).__name__, error.values["cause"]))
    library.close()
    with open_library(home, read_only=True) as own:
        results.put(own.search("甲类货物")[0].source)

library = open_library(home)
list(library.sync())
context = multiprocessing.get_context("fork")
results = context.Queue()
process = context.Process(target=child, args=(results,))
process.start()
print(results.get(), results.get())
process.join()
print(library.search("乙类货物")[0].source)
code = "from rag import open_library; open_library(sys.argv[1])"
owner = subprocess.run([sys.executable, "-c", "import sys;" + code, home], capture_output=True, text=True)
print("in use" in owner.stderr)
"""


def test_a_forked_process_opens_the_library_for_itself_and_the_owner_stays_the_owner(home):
    code = f"{OPEN}\nhome = {str(home)!r}\n{FORKED}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.stdout.splitlines() == ["('LibraryBusy', 'forked') 0.txt", "1.txt", "True"], done.stderr
