"""Which backend runs what: a GGUF file, a folder, the default, a server."""

import json

import pytest
from tiny_gguf import write_tiny_model

from rag import families
from rag.default_model import NAME
from rag.errors import UnusableModel
from rag.language_model import (
    asks_server,
    backend_of,
    chosen_backend,
    describe,
    is_prepared,
    load_model,
    model_path,
    read_info,
)
from rag.settings import read_settings

TEMPLATE = "<|im_start|>"


@pytest.fixture
def models(tmp_path):
    """A models folder with a GGUF file, a model folder, and a folder that only holds a file."""
    made = tmp_path / "models"
    made.mkdir()
    write_tiny_model(made / "qwen.gguf", template=TEMPLATE)
    write_described_folder(made / "中文-alpaca-2")
    (made / "下载").mkdir()
    write_tiny_model(made / "下载" / "里面.gguf", template=TEMPLATE)
    return made


def write_described_folder(folder, *, rows=55296):
    """Write a model folder that says what it is, with hardly any weights."""
    import numpy as np
    from safetensors.numpy import save_file

    folder.mkdir()
    config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": rows}
    (folder / "config.json").write_text(json.dumps({**config, "max_position_embeddings": 4096}), "utf-8")
    save_file({"lm_head.weight": np.zeros((2, 2), np.float32)}, folder / "model.safetensors")
    return folder


def settings(tmp_path, **chosen):
    return read_settings(tmp_path, **chosen)


def test_a_name_is_a_file_or_a_folder_of_the_models_folder(models):
    assert model_path("qwen", models_dir=models) == models / "qwen.gguf"
    assert model_path("qwen.gguf", models_dir=models) == models / "qwen.gguf"
    assert model_path("中文-alpaca-2", models_dir=models) == models / "中文-alpaca-2"
    assert model_path(str(models / "中文-alpaca-2"), models_dir=models.parent) == models / "中文-alpaca-2"


def test_a_folder_that_is_no_model_names_what_is_in_it(models):
    with pytest.raises(UnusableModel, match=r"里面\.gguf") as caught:
        model_path("下载", models_dir=models)
    assert caught.value.values["cause"] == "is_folder"


@pytest.mark.parametrize(
    ("model", "backend"), [("qwen", "llama_cpp"), ("中文-alpaca-2", "transformers"), (None, "llama_cpp")]
)
def test_what_lies_there_chooses_the_backend(models, model, backend):
    assert chosen_backend(settings(models.parent, model=model)) == backend
    assert chosen_backend(settings(models.parent, model=model, backend=backend)) == backend


@pytest.mark.parametrize(
    ("model", "backend"), [("qwen", "transformers"), ("中文-alpaca-2", "llama_cpp"), ("default", "transformers")]
)
def test_a_backend_that_cannot_run_it_is_named_before_anything_is_made(models, model, backend):
    for use in (chosen_backend, describe):
        with pytest.raises(UnusableModel, match=backend) as caught:
            use(settings(models.parent, model=model, backend=backend))
        assert caught.value.values["cause"] == "wrong_backend"
    with pytest.raises(UnusableModel, match=backend):
        load_model(model, models_dir=models, backend=backend, family=None, options={})
    assert {path.name for path in models.iterdir()} == {"qwen.gguf", "中文-alpaca-2", "下载"}


def test_a_model_is_described_without_being_loaded(models, tmp_path):
    assert describe(settings(tmp_path, model="qwen")) == {"name": "tiny", "family": "chatml"}
    assert describe(settings(tmp_path)) == {"name": NAME, "family": "reader"}
    assert describe(settings(tmp_path, model="中文-alpaca-2")) == {"name": "中文-alpaca-2", "family": "alpaca2"}
    assert describe(settings(tmp_path, model="qwen", family="llama3"))["family"] == "llama3"
    assert read_info(models / "中文-alpaca-2").context_length == 4096


def test_nothing_is_known_of_a_servers_model(tmp_path):
    chosen = settings(tmp_path, backend="openai", model="qwen2.5")
    assert asks_server(chosen) and is_prepared(chosen)
    assert chosen_backend(chosen) == "openai"
    assert describe(chosen) == {"name": "qwen2.5", "family": None}


def test_only_the_default_has_to_be_made(models):
    assert not is_prepared(settings(models.parent))
    assert is_prepared(settings(models.parent, model="qwen"))


def test_a_backend_runs_what_is_its_own(models):
    assert backend_of(models / "qwen.gguf", asked="llama_cpp") == "llama_cpp"
    assert families.RAW not in families.names()
