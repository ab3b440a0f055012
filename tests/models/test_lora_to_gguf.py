"""A LoRA becomes an adapter that llama.cpp adds to its base as PEFT does."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from llama_cpp import Llama
from tiny_llama import TINY, write_base, write_lora

from models.convert import convert
from models.errors import BadModelFiles
from models.lora_to_gguf import convert_lora, is_lora
from models.merge import merge

GROUPED = dataclasses.replace(TINY, kv_heads=2)
ROWS = 1000
IDS = [1, *range(300, 340)]


def logits(path, **options):
    model = Llama(str(path), n_ctx=128, n_threads=1, logits_all=True, verbose=False, **options)
    model.eval(IDS)
    found = np.array(model.scores[: len(IDS)])
    model.close()
    return found


@pytest.fixture
def base(tmp_path):
    return write_base(tmp_path / "base", rows=ROWS, size=GROUPED)


@pytest.mark.parametrize(
    "form", [{}, {"use_rslora": True}, {"rank_pattern": {"q_proj": 8}, "alpha_pattern": {"v_proj": 8}}]
)
def test_an_adapter_added_by_llama_cpp_gives_the_logits_of_the_merged_model(tmp_path, base, form):
    lora = write_lora(tmp_path / "lora", size=GROUPED, **form)
    adapter = convert_lora(lora, out=tmp_path / "lora.gguf", base=base, kind="f32")
    plain = convert(base, out=tmp_path / "base.gguf", kind="f32")
    merge(base, loras=[lora], out=tmp_path / "merged")
    expected = logits(convert(tmp_path / "merged", out=tmp_path / "merged.gguf", kind="f32"))

    found = logits(plain, lora_path=str(adapter))

    assert is_lora(lora) and not is_lora(base)
    assert not np.allclose(logits(plain), expected, atol=0.05)
    # The merged weights are rounded to the base's half precision, those that llama.cpp adds up are not.
    assert np.abs(found - expected).mean() < 0.005
    assert torch.tensor(found).argmax(-1).tolist() == torch.tensor(expected).argmax(-1).tolist()


def test_a_lora_with_embeddings_of_its_own_is_to_be_merged(tmp_path, base):
    lora = write_lora(tmp_path / "lora", rows=49953, size=GROUPED)
    with pytest.raises(BadModelFiles, match="model merge") as raised:
        convert_lora(lora, out=tmp_path / "lora.gguf", base=base)
    assert raised.value.values["cause"] == "lora_needs_merge"
    assert not list(tmp_path.glob("lora.gguf*"))


def test_the_base_is_found_where_the_lora_names_a_folder(tmp_path, base):
    lora = write_lora(tmp_path / "lora", size=GROUPED, base_model_name_or_path=str(base))
    assert convert_lora(lora, out=tmp_path / "lora.gguf").is_file()


def test_an_unknown_base_is_asked_for(tmp_path):
    lora = write_lora(tmp_path / "lora", size=GROUPED)
    with pytest.raises(BadModelFiles, match="--base"):
        convert_lora(lora, out=tmp_path / "lora.gguf")


def test_a_lora_without_its_rank_is_refused(tmp_path, base):
    lora = write_lora(tmp_path / "lora", size=GROUPED)
    config = json.loads((lora / "adapter_config.json").read_text())
    del config["r"]
    (lora / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(BadModelFiles, match="r or lora_alpha"):
        convert_lora(lora, out=tmp_path / "lora.gguf", base=base)
