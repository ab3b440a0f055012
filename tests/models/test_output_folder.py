"""Two processes that make the same thing: the second one is refused at once, whatever it makes."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from tiny_llama import write_base, write_lora

from models.convert import convert
from models.errors import BadModelFiles
from models.make import make
from models.merge import merge
from models.output_folder import OutputFolder, claimed
from models.quantize import quantize

# Says "held" once it holds the path, and lets go of it when its input ends.
HOLD = """
import sys
from pathlib import Path
from models.output_folder import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(path):
    """Another process that makes `path`."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        try:
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("base") / "llama", rows=1000)


def refused(work, path):
    """Whether work is refused in one line that names what another process makes."""
    with pytest.raises(BadModelFiles) as caught:
        work()
    told = str(caught.value)
    return caught.value.values["cause"] == "busy" and f"{path} is being written" in told and "\n" not in told


def test_a_merge_into_a_folder_that_another_process_makes_is_refused_and_leaves_that_alone(base, tmp_path):
    lora, out = write_lora(tmp_path / "lora"), tmp_path / "合并"
    half = tmp_path / "合并.partial"
    half.mkdir()
    (half / "model.safetensors").write_bytes(b"half of the other's")
    with holder(out):
        assert refused(lambda: merge(base, loras=[lora], out=out), out)
        assert [path.name for path in half.iterdir()] == ["model.safetensors"]
        assert not out.exists()
    assert merge(base, loras=[lora], out=out).vocabulary == 1000
    assert sorted(path.name for path in tmp_path.iterdir()) == ["lora", "合并"]


def test_a_model_made_in_one_go_a_file_converted_and_one_quantised_are_refused_too(base, tmp_path):
    lora, whole, out = write_lora(tmp_path / "lora"), tmp_path / "f16.gguf", tmp_path / "out"
    convert(base, out=whole)
    with holder(out):
        assert refused(lambda: make(base, loras=[lora], out=out), out)
        assert refused(lambda: convert(base, out=out), out)
        assert refused(lambda: quantize(whole, out=out, kind="q8_0"), out)
    assert not out.exists()


def test_a_process_that_was_killed_holds_nothing(tmp_path):
    with holder(tmp_path / "out") as other:
        other.kill()
        other.wait()
        with OutputFolder(tmp_path / "out") as folder:
            (folder / "a").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_who_holds_a_folder_may_make_it(tmp_path):
    with claimed(tmp_path / "out"):
        with OutputFolder(tmp_path / "out") as folder:
            (folder / "a").touch()
        assert refused_elsewhere(tmp_path / "out")
    assert not refused_elsewhere(tmp_path / "out")


def test_another_thread_of_the_process_is_another(tmp_path):
    with claimed(tmp_path / "out"), ThreadPoolExecutor(1) as pool:
        error = pool.submit(OutputFolder(tmp_path / "out").__enter__).exception(timeout=60)
    assert error.values["cause"] == "busy"
    assert list(tmp_path.iterdir()) == []


def refused_elsewhere(path):
    """Whether another process cannot have a path."""
    ended = subprocess.run(
        [sys.executable, "-c", HOLD, str(path)], input="", capture_output=True, text=True, check=False
    )
    return ended.returncode != 0 and "is being written by another process" in ended.stderr


def test_an_error_lets_go_of_the_folder_and_of_what_cannot_be_gone_on_with(tmp_path):
    with pytest.raises(KeyboardInterrupt), OutputFolder(tmp_path / "out"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt), OutputFolder(tmp_path / "new" / "in it" / "out"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(BadModelFiles, match="not overwritten"), OutputFolder(tmp_path / "out"):
        pass
    assert not refused_elsewhere(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
