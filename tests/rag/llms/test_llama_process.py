"""The child process, killed and stopped in all ways."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from langchain_core.messages import HumanMessage

from rag import llms
from rag.errors import ModelFailed
from rag.llms._child_process import Child
from rag.llms._llama_process import ModelProcess

ASKED = [HumanMessage("年假有几天")]


@pytest.fixture
def model(tiny_model):
    made = llms.load("llama_cpp", model=str(tiny_model), threads=1, max_tokens=24, queue_timeout=5)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("how", "cause"),
    [
        (signal.SIGABRT, "crashed"),
        (signal.SIGSEGV, "crashed"),
        (signal.SIGILL, "wrong_processor"),
        (signal.SIGKILL, "out_of_memory"),
    ],
    ids=["abort", "segfault", "m15-illegal-instruction", "m10-killed-by-the-system"],
)
def test_a_death_costs_one_answer(model, how, cause):
    before = model.invoke(ASKED).text
    assert _killed_while_answering(model, how).values["cause"] == cause
    assert model.invoke(ASKED).text == before


def _killed_while_answering(model, how):
    """Kill the child after a first token; on a busy machine the tiny model may have said all by then: once more."""
    for _ in range(40):
        try:
            answer = model.stream(ASKED, max_tokens=450)
            next(answer)
            os.kill(model.process.pid, how)
            list(answer)
        except ModelFailed as exc:
            return exc
    raise AssertionError("the answer was complete before every kill")


def test_a_death_between_answers_costs_none(model):
    before = model.invoke(ASKED).text
    child = model.process._child.process
    child.kill()
    child.wait()
    assert model.invoke(ASKED).text == before


def test_tokens_are_counted_while_an_answer_is_made(model):
    answer = model.stream(ASKED)
    next(answer)
    assert model.prompt_tokens(ASKED) == len(model._tokens(ASKED))
    assert model.get_token_ids("年假")
    answer.close()


def test_the_child_ends_with_a_parent_that_is_killed(tiny_model):
    code = (
        "import sys; from rag import llms\n"
        f"model = llms.load('llama_cpp', model={str(tiny_model)!r}, threads=1)\n"
        "print(model.process.pid, flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[3]
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
    ) as parent:
        child = int(parent.stdout.readline())
        descriptor = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
        parent.kill()
    if descriptor is not None:
        import select

        assert select.select([descriptor], [], [], 10)[0]
        os.close(descriptor)


def test_nothing_of_the_callers_folder_is_imported(tiny_model, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    monkeypatch.chdir(tmp_path)
    model = llms.load("llama_cpp", model=str(tiny_model), threads=1, max_tokens=4)
    assert model.invoke(ASKED).usage_metadata["output_tokens"] <= 4
    model.close()


def test_a_model_that_is_closed_while_it_loads_lets_go_at_once(tiny_model, tmp_path):
    pipe = tmp_path / "model.gguf"
    os.mkfifo(pipe)  # whoever opens it waits for somebody to write
    process = ModelProcess(tiny_model)
    process._path = pipe
    process.begin(n_ctx=256, gpu_layers=0, threads=1, recheck=lambda: None)
    causes = []

    def load():
        with pytest.raises(ModelFailed) as caught:
            assert process.facts
        causes.append(caught.value.values["cause"])

    loading = threading.Thread(target=load)
    loading.start()
    while not process._starting.locked():
        threading.Event().wait(0.01)
    process.close()
    loading.join()
    assert causes == ["closed"]


def test_the_child_ends_with_its_parent_while_it_loads(tmp_path):
    pipe = tmp_path / "model.gguf"
    os.mkfifo(pipe)
    child = Child()
    replies = child.stream(load={"path": str(pipe), "n_ctx": 256, "gpu_layers": 0, "threads": 1})
    child.process.stdin.close()  # as the system does when a process ends
    assert child.process.wait(timeout=60) == 0
    with pytest.raises(EOFError):
        next(replies)
    child.end()
