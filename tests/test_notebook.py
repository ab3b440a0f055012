"""The notebooks run from top to bottom in a real kernel, and are kept without outputs."""

from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))


def read(name):
    return nbformat.read(NOTEBOOKS / name, as_version=4)


@pytest.fixture
def execute(models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOKS.parent))

    def run(notebook):
        resources = {"metadata": {"path": str(NOTEBOOKS)}}
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()

    return run


def outputs(notebook, code):
    """The outputs of the first cell that has `code` in it."""
    [cell, *_] = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    return cell.outputs


def printed(notebook, code):
    return "".join(o.text for o in outputs(notebook, code) if o.output_type == "stream" and o.name == "stdout")


def shown(notebook, code):
    """The text of what a cell shows as HTML."""
    parser = HTMLParser()
    texts = []
    parser.handle_data = texts.append
    for output in outputs(notebook, code):
        parser.feed(output.get("data", {}).get("text/html", ""))
    return "\n".join(texts)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_kept_without_outputs(name):
    code = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_the_quick_start_runs_and_shows_what_it_promises(execute):
    notebook = read("quickstart.ipynb")
    execute(notebook)
    assert "added 3" in shown(notebook, "library = open_library(home)")
    [table] = [cell.outputs[0].data["text/html"] for cell in notebook.cells if cell.source == "library"]
    assert "温室值班记录.txt" in table and "gb18030" in table
    assert "Updated(source='登山社章程.txt'" in printed(notebook, "for event in library.sync()")
    assert "孙师傅" in shown(notebook, "library.search(")
    assert "六册" in shown(notebook, "最多能借几册")
    assert "图书馆须知.md：" in printed(notebook, "answer.citations")
    assert "refused" in shown(notebook, "馆长")
    assert shown(notebook, "history=").strip()


def test_the_library_is_part_of_a_chain_of_ones_own(execute):
    notebook = read("own_chain.ipynb")
    execute(notebook)
    assert "空压机保养规程.md[" in printed(notebook, "retriever.invoke")
    prompt = printed(notebook, "to_model.invoke")
    assert "[1] " in prompt and "润滑油每运行四千小时更换" in prompt
    assert "五公里" in outputs(notebook, "register = ")[0].data["text/plain"]
    assert len(printed(notebook, "register.batch").splitlines()) == 2
    *growing, last = printed(notebook, ".stream(").splitlines()
    assert growing and last.split()[-1] == "1"
    assert printed(notebook, "ainvoke").startswith("3")
    assert "液压油" in shown(notebook, "ainvoke")
    assert shown(notebook, "润滑油呢").strip()
