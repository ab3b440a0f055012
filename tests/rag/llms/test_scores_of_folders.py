"""How likely options are by transformers: as by llama.cpp with the same weights."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")

from langchain_core.messages import HumanMessage
from tiny_folder import merged_proto, write_folder, write_gguf

from rag import llms
from rag.errors import ModelFailed

PROMPTS = [[HumanMessage(f"请选择正确的一项。\n{'谁负责检查消防设备？' * n}\n答案：")] for n in (1, 2, 3)]


def test_options_are_as_likely_as_llama_cpp_finds_them(tmp_path, monkeypatch):
    monkeypatch.setattr("rag.llms._torch_decoding._PIECE", 16)
    proto = merged_proto()
    folder = write_folder(tmp_path / "tiny-alpaca", proto)
    path = write_gguf(tmp_path / "tiny.gguf", folder=folder, proto=proto)
    by_torch = llms.load("transformers", model=str(folder), family="alpaca", device="cpu", dtype="float32")
    by_llama = llms.load("llama_cpp", model=str(path), family="alpaca", threads=1)
    found = dict(by_torch.option_scores(PROMPTS, options="ABCD"))
    alone = dict(by_torch.option_scores(PROMPTS, options="ABCD", alone=True))
    other = dict(by_llama.option_scores(PROMPTS, options="ABCD"))
    by_llama.close()
    for number in range(3):
        assert np.allclose(found[number], alone[number], atol=1e-4)
        assert np.allclose(found[number], other[number], atol=0.02)
    with pytest.raises(ModelFailed, match="no token"):
        list(by_torch.option_scores(PROMPTS, options=["AB"]))
