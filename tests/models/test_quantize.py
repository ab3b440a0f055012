"""A GGUF in fewer bits, by real llama.cpp: its size is known before, it still speaks, failures leave nothing."""

import dataclasses
import random
import shutil

import numpy as np
import pytest
import torch
from llama_cpp import Llama
from tiny_llama import TINY, write_base
from transformers import LlamaForCausalLM

from models.convert import convert
from models.errors import BadModelFiles
from models.importance import importance
from models.quantize import known_type, quantize
from rag.gguf_file import read_header

#: K-quants take widths that 256 divides.
WIDE = dataclasses.replace(TINY, hidden=256, inner=512, kv_heads=2)
IDS = [1, *range(300, 364)]
ROWS = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("资料") / "模型", rows=ROWS, size=WIDE)


@pytest.fixture(scope="module")
def whole(folder):
    return convert(folder, out=folder.parent / "模型.gguf", kind="f16")


@pytest.fixture(scope="module")
def text(folder):
    drawn = random.Random(2)
    path = folder.parent / "校准.txt"
    path.write_text("".join(chr(0x4E00 + drawn.randrange(700)) for _ in range(900)), "utf-8")
    return path


def logits(path):
    model = Llama(str(path), n_ctx=128, n_threads=1, logits_all=True, verbose=False)
    model.eval(IDS)
    found = torch.tensor(np.array(model.scores[: len(IDS)]))
    model.close()
    return torch.log_softmax(found.double(), -1)


def divergence(whole, path):
    p, q = logits(whole), logits(path)
    return float((p.exp() * (p - q)).sum(-1).mean())


def test_D1_fewer_bits_are_further_from_the_whole_model(whole, tmp_path):
    found = {}
    for kind in ("q8_0", "q6_k", "q4_k_m", "q2_k"):
        made = quantize(whole, out=tmp_path / f"{kind}.gguf", kind=kind, threads=1)
        found[kind] = divergence(whole, made.path)
        assert abs(made.size - made.predicted) < 0.001 * made.size
        assert made.size < made.before
    assert found["q8_0"] < 1e-2
    assert list(found.values()) == sorted(found.values())


def test_what_flows_into_each_matrix_is_measured_as_in_transformers(folder, whole, text):
    lines = text.read_text("utf-8")
    found = importance(str(whole), text=lines, threads=1, told=lambda done, total: None)

    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    sums, rows = {}, {}

    def keep(name):
        def hook(_module, inputs):
            flat = inputs[0].reshape(-1, inputs[0].shape[-1]).double()
            sums[name] = sums.get(name, 0) + flat.pow(2).sum(0)
            rows[name] = rows.get(name, 0) + len(flat)

        return hook

    for name, module in model.named_modules():
        if name.endswith("_proj"):
            module.register_forward_pre_hook(keep(name))
    tokens = Llama(str(whole), vocab_only=True, verbose=False).tokenize(lines.encode(), add_bos=False)
    with torch.no_grad():
        for begin in range(0, len(tokens), 511):
            model(torch.tensor([[1, *tokens[begin : begin + 511]]]))

    assert len(found) == 7 * WIDE.layers
    for theirs, ours in (
        ("self_attn.q_proj", "attn_q"),
        ("mlp.down_proj", "ffn_down"),
        ("self_attn.o_proj", "attn_output"),
    ):
        for layer in range(WIDE.layers):
            name = f"model.layers.{layer}.{theirs}"
            expected = (sums[name] / rows[name]).numpy()
            assert found[f"blk.{layer}.{ours}.weight"] == pytest.approx(expected, rel=0.02, abs=1e-4)


def test_an_importance_matrix_changes_the_file_and_makes_the_lowest_types_possible(whole, text, tmp_path):
    plain = quantize(whole, out=tmp_path / "plain.gguf", kind="q4_k_m", threads=1)
    weighed = quantize(whole, out=tmp_path / "weighed.gguf", kind="q4_k_m", imatrix=text, threads=1)
    assert weighed.size == pytest.approx(plain.size, abs=4096)
    assert weighed.path.read_bytes() != plain.path.read_bytes()
    lowest = quantize(whole, out=tmp_path / "lowest.gguf", kind="iq2_xs", imatrix=text, threads=1)
    assert lowest.size < plain.size


def test_the_lowest_types_ask_for_a_text(whole, tmp_path):
    with pytest.raises(BadModelFiles, match="--imatrix"):
        quantize(whole, out=tmp_path / "out.gguf", kind="IQ2_XS")


def test_a_text_that_is_too_short_says_so(whole, tmp_path):
    (tmp_path / "short.txt").write_text("短", "utf-8")
    with pytest.raises(BadModelFiles, match="tokens") as raised:
        quantize(whole, out=tmp_path / "out.gguf", kind="q4_k_m", imatrix=tmp_path / "short.txt")
    assert raised.value.values["cause"] == "imatrix_text"
    assert not list(tmp_path.glob("out.gguf*"))


def test_a_quantised_file_is_not_quantised_again(whole, tmp_path):
    made = quantize(whole, out=tmp_path / "first.gguf", kind="q4_0", threads=1)
    with pytest.raises(BadModelFiles, match="already"):
        quantize(made.path, out=tmp_path / "second.gguf", kind="q2_k")


def test_a_file_that_is_cut_short_is_refused_and_leaves_nothing(whole, tmp_path):
    cut = tmp_path / "cut.gguf"
    shutil.copy(whole, cut)
    with cut.open("r+b") as stream:
        stream.truncate(cut.stat().st_size // 2)
    with pytest.raises(BadModelFiles):
        quantize(cut, out=tmp_path / "out.gguf", kind="q4_0")
    assert not list(tmp_path.glob("out.gguf*"))


@pytest.mark.parametrize("content", [b"", b"not a model", b"GGUF" + bytes(60)])
def test_a_file_that_is_no_model_is_refused(tmp_path, content):
    (tmp_path / "x.gguf").write_bytes(content)
    with pytest.raises(BadModelFiles, match="GGUF"):
        quantize(tmp_path / "x.gguf", out=tmp_path / "out.gguf", kind="q4_0")


def test_a_file_that_exists_is_never_overwritten(whole, tmp_path):
    (tmp_path / "mine.gguf").write_text("mine")
    with pytest.raises(BadModelFiles, match="exists already"):
        quantize(whole, out=tmp_path / "mine.gguf", kind="q4_0")


def test_progress_goes_from_the_first_tensor_to_the_last(whole, tmp_path):
    seen = []
    quantize(whole, out=tmp_path / "out.gguf", kind="q4_0", threads=1, progress=lambda *told: seen.append(told))
    count = len(read_header(whole).tensors)
    assert seen[0] == ("quantize", 1, count) and seen[-1] == ("quantize", count, count)


@pytest.mark.parametrize(("name", "expected"), [("Q4_K", "q4_k_m"), ("Q8_0", "q8_0"), ("iq4-xs", "iq4_xs")])
def test_types_have_the_names_that_people_use(name, expected):
    assert known_type(name) == expected


def test_an_unknown_type_is_answered_with_those_there_are():
    with pytest.raises(BadModelFiles, match="q4_k_m"):
        known_type("q9")
