import subprocess
import sys

import pytest

from ingest.errors import BadSetting, MissingExtra
from rag import llms


def test_every_file_of_the_folder_is_a_backend():
    assert llms.names() == ["llama_cpp", "openai", "transformers"]


def test_an_unknown_backend_names_the_known_ones():
    with pytest.raises(BadSetting, match="llama_cpp, openai"):
        llms.load("telepathy", model="x")


@pytest.mark.parametrize("backend", llms.names())
def test_an_unknown_option_is_named(backend):
    with pytest.raises(BadSetting, match="backend_options"):
        llms.load(backend, model="x", base_url="http://127.0.0.1:1/v1", colour="red")


def test_a_server_must_be_named_by_the_user():
    with pytest.raises(BadSetting, match="base_url"):
        llms.load("openai", model="x")


def test_a_server_needs_the_name_of_a_model():
    with pytest.raises(BadSetting, match="model"):
        llms.load("openai", model=" ", base_url="http://127.0.0.1:1/v1")


def test_a_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "langchain_openai", None)
    with pytest.raises(MissingExtra, match=r"\[openai\]"):
        llms.load("openai", model="x", base_url="http://127.0.0.1:1/v1")


def test_a_remote_model_counts_tokens_without_the_network():
    model = llms.load("openai", model="x", base_url="http://127.0.0.1:1/v1")
    assert model.get_num_tokens("年假十天abcd") == 6


def test_naming_backends_imports_no_model_code():
    code = "import sys, rag.llms; assert not {'llama_cpp', 'langchain_openai', 'torch'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
