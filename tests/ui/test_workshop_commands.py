"""The workshop from the command line: a tokenizer extended, LoRAs merged, the model verified, converted, quantised."""

import dataclasses
import json

import pytest
from tiny_llama import TINY, chinese_sentencepiece, llama_sentencepiece, write_base, write_lora


@pytest.fixture
def wendang(tmp_path, monkeypatch, wendang_at):
    monkeypatch.chdir(tmp_path)
    return wendang_at(tmp_path / "home")


@pytest.fixture
def parts(tmp_path):
    write_base(tmp_path / "llama-7b")
    write_lora(tmp_path / "chinese-llama-plus-lora-7b", rows=49953)
    write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954, seed=2)
    return ["model", "merge", "--base", "llama-7b", "--out", "合并 后"]


def test_the_tokenizer_is_extended_and_its_gain_told(wendang, tmp_path):
    (tmp_path / "tokenizer.model").write_bytes(llama_sentencepiece())
    (tmp_path / "chinese_sp.model").write_bytes(chinese_sentencepiece())
    told = ["model", "tokenizer", "--base", "tokenizer.model", "--add", "chinese_sp.model"]
    status, out, _ = wendang(*told, "--out", "扩充", "--pad", "--json")
    made = json.loads(out)
    assert (status, made["total"], made["added"], made["overlap"]) == (0, 49954, 17954, 2047)
    assert made["text"]["tokens_after"] < made["text"]["tokens_before"]
    status, out, _ = wendang(*told, "--out", "扩充 2")
    assert status == 0
    assert "共 49953 个词元" in out
    assert "Chinese-LLaMA 的词表相同，但内容与公布的不同" in out
    status, _, err = wendang(*told, "--out", "扩充 2")
    assert (status, "不会覆盖" in err) == (1, True)


def test_B3_two_loras_are_merged_and_the_result_verifies(wendang, tmp_path, parts):
    loras = ["--lora", "chinese-llama-plus-lora-7b", "--lora", "chinese-alpaca-plus-lora-7b"]
    status, out, err = wendang(*parts, *loras, "--shard-by-shard")
    assert (status, err) == (0, "")
    assert "已合并 2 个 LoRA，词表 49954" in out
    assert "wendang model convert" in out
    status, out, _ = wendang("model", "verify", "合并 后", "--json")
    report = json.loads(out)
    assert (status, report["ok"], report["kind"], report["missing"]) == (0, True, "merged", [])


def test_B3_the_wrong_order_is_one_line_with_the_remedy(wendang, tmp_path, parts):
    status, out, err = wendang(*parts, "--lora", "chinese-alpaca-plus-lora-7b", "--lora", "chinese-llama-plus-lora-7b")
    assert (status, out) == (1, "")
    assert err.count("\n") == 1
    assert "顺序错了" in err
    assert not (tmp_path / "合并 后").exists()


def test_B2_a_merge_without_a_lora_is_asked_for_in_words(wendang, parts):
    assert wendang(*parts)[0] == 2
    status, out, _ = wendang(*parts, "--no-lora", "--format", "pth", "--parts", "2", "--json")
    made = json.loads(out)
    assert (status, list(made["files"]), made["loras"]) == (0, ["consolidated.00.pth", "consolidated.01.pth"], [])


def test_B4_a_base_without_weights_ends_with_an_error_and_writes_nothing(wendang, parts, tmp_path):
    (tmp_path / "llama-7b" / "model.safetensors").unlink()
    status, out, err = wendang(*parts, "--lora", "chinese-llama-plus-lora-7b", "--shard-by-shard")
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "llama-7b" in err
    assert not list(tmp_path.glob("合并 后*"))


def test_verifying_tells_what_differs_and_ends_with_one(wendang, parts, tmp_path):
    (tmp_path / "chinese-llama-plus-lora-7b" / "tokenizer_config.json").unlink()
    status, out, err = wendang("model", "verify", "chinese-llama-plus-lora-7b")
    assert status == 1
    assert "LoRA：Chinese-LLaMA-Plus-7B" in out
    assert "8c928db86b2a0cf73f019832f921eb7e1e069ca21441b4bfa12c4381c6cc46be  应有的哈希" in out
    assert "tokenizer_config.json  ✗ 缺少" in out
    assert "没有通过核对" in err


def test_what_cannot_be_confirmed_ends_with_three(wendang, parts, tmp_path):
    (tmp_path / "chinese-llama-plus-lora-7b").rename(tmp_path / "mine")
    status, out, err = wendang("model", "verify", "mine", "--kind", "lora", "--json")
    assert (status, json.loads(out)["files"][0]["status"]) == (3, "unknown")
    assert "无法确认" in err
    assert wendang("model", "verify", "mine", "--name", "chinese-llama-plus-7b")[0] == 1
    assert wendang("model", "verify", "mine", "--name", "nobody")[0] == 2


def test_a_model_is_converted_quantised_and_compared(wendang, tmp_path):
    write_base(tmp_path / "模型", rows=1000, size=dataclasses.replace(TINY, hidden=256, inner=512))
    status, out, err = wendang("model", "convert", "模型", "--out", "模型 f16.gguf")
    assert (status, err) == (0, "")
    assert "已写入 模型 f16.gguf" in out and "wendang model quantize" in out
    status, out, _ = wendang("model", "quantize", "模型 f16.gguf", "--out", "小.gguf", "--type", "Q4_K", "--json")
    made = json.loads(out)
    assert status == 0 and made["bytes"] == (tmp_path / "小.gguf").stat().st_size < made["bytes_before"]
    assert abs(made["predicted"] - made["bytes"]) < 0.01 * made["bytes"]
    (tmp_path / "文.txt").write_text("仓库里一共有三百二十七件货物，请先核对清单，再通知司机。" * 3, "utf-8")
    status, out, _ = wendang("model", "compare", "模型 f16.gguf", "小.gguf", "--text", "文.txt", "--json")
    found = json.loads(out)
    assert status == 0 and 0 < found["kl_mean"] < found["kl_max"] and found["tokens"] > 100
    status, out, _ = wendang("model", "compare", "模型", "模型 f16.gguf", "--text", "文.txt")
    assert status == 0 and "平均 KL 散度" in out and "█" in out


def test_a_lora_is_converted_to_an_adapter_of_its_base(wendang, tmp_path):
    write_base(tmp_path / "base", rows=1000)
    write_lora(tmp_path / "lora")
    status, _, err = wendang("model", "convert", "lora", "--out", "lora.gguf")
    assert status == 1 and "--base" in err and err.count("\n") == 1
    status, out, _ = wendang("model", "convert", "lora", "--base", "base", "--out", "lora.gguf", "--json")
    assert status == 0 and json.loads(out)["adapter"] is True


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["convert", "没有", "--out", "x.gguf"], "没有"),
        (["quantize", "没有.gguf", "--out", "x.gguf", "--type", "q4_0"], "没有.gguf"),
        (["quantize", "没有.gguf", "--out", "x.gguf", "--type", "q9"], "q4_k_m"),
        (["compare", "没有.gguf", "也没有"], "没有.gguf"),
    ],
)
def test_what_cannot_be_done_is_one_line_in_chinese(wendang, arguments, told):
    status, out, err = wendang("model", *arguments)
    assert (status, out) == (1, "")
    assert told in err and err.count("\n") == 1 and any("\u4e00" <= character <= "\u9fff" for character in err)
