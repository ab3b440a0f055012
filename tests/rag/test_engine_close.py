"""The end of a library: no process of the model outlives it, however it comes."""

import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from rag import open_library
from rag.errors import ModelFailed

ROOT = Path(__file__).parents[2]
ASKED = [HumanMessage("年假有几天")]


@pytest.fixture
def engine(tmp_path, tiny_model):
    with open_library(
        tmp_path / "家", model=str(tiny_model), backend_options={"threads": 1, "max_tokens": 400}
    ) as made:
        yield made


def test_the_process_of_the_model_ends_with_the_library(engine):
    child = engine.chat_model().process._child.process
    assert child.poll() is None
    engine.close()
    assert child.poll() is not None


def test_closing_waits_for_no_answer_that_is_still_open(engine):
    model = engine.chat_model()
    child = model.process._child.process
    answer = model.stream(ASKED)
    next(answer)
    engine.close()  # the answer has its place in the line for as long as it is open
    assert child.poll() is not None
    answer.close()


def test_an_answer_in_another_thread_ends_with_the_reason(engine):
    model, begun, causes = engine.chat_model(), threading.Event(), []

    def read():
        with pytest.raises(ModelFailed) as caught:
            while True:  # a tiny model may have said all before it is closed
                for _ in model.stream(ASKED):
                    begun.set()
        causes.append(caught.value.values["cause"])

    reader = threading.Thread(target=read)
    reader.start()
    begun.wait()
    engine.close()
    reader.join()
    assert causes == ["closed"]


def test_a_closed_library_loads_no_model(engine):
    engine.close()
    with pytest.raises(ModelFailed, match="closed"):
        engine.chat_model()


def test_a_library_can_be_closed_twice(engine):
    engine.chat_model()
    engine.close()
    engine.close()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux to wait for another's child")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL], ids=lambda how: how.name)
def test_no_process_is_left_behind_by_a_program_that_is_ended(tmp_path, tiny_model, how):
    code = (
        "import sys; from rag import open_library\n"
        f"library = open_library({str(tmp_path)!r}, model={str(tiny_model)!r}, backend_options={{'threads': 1}})\n"
        "print(library.chat_model().process.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as program:
        child = os.pidfd_open(int(program.stdout.readline()))
        # Ctrl-C goes to the whole group; a kill only to the one.
        (os.killpg if how == signal.SIGINT else os.kill)(program.pid, how)
        ended = select.select([child], [], [], 60)[0]
        os.close(child)
    assert ended
