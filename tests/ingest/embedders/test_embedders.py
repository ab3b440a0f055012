import asyncio
import subprocess
import sys

import pytest
from langchain_core.embeddings import Embeddings

from ingest import embedders
from ingest.errors import BadSetting


def test_public_names_are_these():
    assert embedders.__all__ == ["Embedder", "as_langchain", "load", "names"]
    assert embedders.names() == ["e5_onnx", "sentence_transformers"]


def test_unknown_embedder_names_those_that_there_are(tmp_path):
    with pytest.raises(BadSetting, match="e5_onnx, sentence_transformers"):
        embedders.load("word2vec", models_dir=tmp_path)


@pytest.mark.parametrize("name", ["_registry", "e5_onnx.py", "../chunk", ""])
def test_only_backend_files_can_be_loaded(name, tmp_path):
    with pytest.raises(BadSetting):
        embedders.load(name, models_dir=tmp_path)


def test_importing_the_package_brings_in_nothing_heavy():
    heavy = ["numpy", "pydantic", "onnxruntime", "langchain_core", "onnx", "torch"]
    code = f"import sys, ingest.embedders; sys.exit(len(sys.modules.keys() & set({heavy})))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_langchain_gets_true_embeddings_with_asynchronous_methods(e5):
    adapted = embedders.as_langchain(e5)
    assert isinstance(adapted, Embeddings)
    assert adapted.embed_query("年假有几天？") == e5.embed_query("年假有几天？")
    assert asyncio.run(adapted.aembed_documents(["年假十天。"])) == e5.embed_documents(["年假十天。"])
