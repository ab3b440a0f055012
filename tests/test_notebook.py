"""The notebook runs from top to bottom in a real kernel, and is kept without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


@pytest.fixture
def notebook() -> nbformat.NotebookNode:
    return nbformat.read(NOTEBOOKS / "quickstart.ipynb", as_version=4)


def printed(notebook: nbformat.NotebookNode, code: str) -> str:
    """What the first cell with `code` in it printed."""
    [cell, *_] = [cell for cell in notebook.cells if cell.cell_type == "code" and code in cell.source]
    return "".join(output.text for output in cell.outputs if output.output_type == "stream" and output.name == "stdout")


def test_it_is_kept_without_outputs(notebook):
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_it_runs_and_shows_what_it_promises(notebook, models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOKS.parent))
    resources = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    assert printed(notebook, "library.sync()").count("Added(") == 3
    assert "孙师傅" in printed(notebook, "library.search(")
    assert "六册" in printed(notebook, "最多能借几册")
    assert "图书馆须知.md：" in printed(notebook, "answer.citations")
    assert printed(notebook, "馆长").startswith("True")
    assert "登山社章程.txt" in printed(notebook, "library.retriever(")
    assert printed(notebook, "chain.invoke(").strip()
