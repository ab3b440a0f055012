"""The reader's recipe from end to end, on a Gemma 3 of two layers that has a word for every character."""

import json

import numpy as np
import pytest
from test_reader_data import question_set

from models.training.__main__ import main
from models.training.reader_data import REFUSAL, Example
from models.training.reader_make import score

pytest.importorskip("llama_cpp")
WIDTH = 16


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    import gguf

    path = tmp_path_factory.mktemp("gemma") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "gemma3")
    sizes = {"embedding_length": WIDTH, "feed_forward_length": 16, "block_count": 2, "context_length": 4096}
    heads = {"attention.head_count": 1, "attention.head_count_kv": 1, "attention.key_length": WIDTH}
    for name, number in {**sizes, **heads, "attention.sliding_window": 64}.items():
        writer.add_uint32(f"gemma3.{name}", number)
    writer.add_float32("gemma3.attention.layer_norm_rms_epsilon", 1e-6)
    writer.add_float32("gemma3.rope.freq_base", 1e6)
    control, byte, plain = gguf.TokenType.CONTROL, gguf.TokenType.BYTE, gguf.TokenType.NORMAL
    words = [("<pad>", control), ("<eos>", control), ("<bos>", control), ("<unk>", gguf.TokenType.UNKNOWN)]
    words += [(f"<0x{number:02X}>", byte) for number in range(256)]
    words += [(chr(code), plain) for code in [*range(0x21, 0x7F), *range(0x3001, 0x3020), *range(0x4E00, 0x9FA6)]]
    writer.add_tokenizer_model("llama")
    writer.add_token_list([word for word, _ in words])
    writer.add_token_scores([0.0] * len(words))
    writer.add_token_types([kind for _, kind in words])
    writer.add_eos_token_id(1)
    writer.add_bos_token_id(2)
    writer.add_add_space_prefix(False)
    rng = np.random.default_rng(0)
    writer.add_tensor("token_embd.weight", rng.normal(size=(len(words), WIDTH)).astype(np.float32))
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(2):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
            weights = rng.normal(size=(WIDTH, WIDTH)).astype(np.float32) * 0.2
            writer.add_tensor(f"blk.{layer}.{name}.weight", weights)
        norms = ("attn_norm", "attn_q_norm", "attn_k_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm")
        for name in norms:
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_one_command_makes_the_reader_and_a_second_run_only_asks_it_again(base, tmp_path, capsys):
    told = [
        "make", str(tmp_path / "读者"), "--base", str(base), "--questions", str(question_set(tmp_path / "q.json")),
        "--rounds", "1", "--synthetic", "8", "--held", "4", "--micro-tokens", "4096",
    ]  # fmt: skip
    assert main(told) == 0
    facts = json.loads(capsys.readouterr().out.splitlines()[-1])
    adapter = tmp_path / "读者" / facts["adapter"].rpartition("/")[2]
    assert adapter.read_bytes()[:4] == b"GGUF"
    assert facts["answerable"] + facts["unanswerable"] == 4
    kept = json.loads(adapter.with_suffix(".json").read_text("utf-8"))
    assert kept["scores"]["answerable"] == facts["answerable"]
    assert kept["left_out"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "读者").rglob("*.gguf")}
    assert main(told) == 0
    again = capsys.readouterr().out.splitlines()
    assert len(again) == 1
    assert json.loads(again[0]) == facts
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_bad_question_set_is_one_line_with_the_reason(base, tmp_path, capsys):
    (tmp_path / "q.json").write_text("[]")
    assert main(["make", str(tmp_path), "--base", str(base), "--questions", str(tmp_path / "q.json")]) == 1
    assert "is not in SQuAD's form" in capsys.readouterr().err
    assert not list(tmp_path.glob("data-*"))


def test_scores_tell_answers_citations_and_refusals_apart():
    answered = [Example("几天？", ("甲", "共三天"), "三天", 1)] * 4
    refused = [Example("几天？", ("甲",))] * 2
    said = ["三天[2]", "三天[1]", "四天[2]", REFUSAL, REFUSAL, "三天[1]"]
    scores = score(said, answered + refused)
    assert (scores.answerable, scores.unanswerable) == (4, 2)
    assert (scores.exact, scores.cited, scores.refused_wrongly, scores.refused_rightly) == (0.5, 0.5, 0.25, 0.5)
