"""A model's folder becomes a GGUF that stock llama.cpp reads as transformers reads the folder."""

import dataclasses
import json

import gguf
import numpy as np
import pytest
import sentencepiece
import torch
from llama_cpp import Llama
from tiny_llama import TINY, base_tensors, config_of, sentencepiece_of, write_base, write_weights
from transformers import LlamaForCausalLM

from models.convert import convert
from models.errors import BadModelFiles, WrongPart
from models.gguf_vocabulary import read_vocabulary
from models.llama_config import read_config
from rag.gguf_file import read_header

GROUPED = dataclasses.replace(TINY, kv_heads=2)
ROWS = 1000
IDS = [1, *range(300, 360), 999, 7, 290]


def small(folder, **options):
    """Write a base model with few tokens, where these do not matter."""
    return write_base(folder, rows=ROWS, **options)


def hugging_face_logits(folder, ids=IDS):
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return model(torch.tensor([ids])).logits[0].numpy()


def opened(path, **options):
    return Llama(str(path), n_ctx=512, n_threads=1, logits_all=True, verbose=False, **options)


def llama_cpp_logits(path, ids=IDS):
    model = opened(path)
    model.eval(ids)
    logits = np.array(model.scores[: len(ids)])
    model.close()
    return logits


def divergence(expected, found):
    """Return the mean Kullback-Leibler divergence of the next-token distributions, in nats."""
    p = torch.log_softmax(torch.tensor(expected).double(), -1)
    q = torch.log_softmax(torch.tensor(found).double(), -1)
    return float((p.exp() * (p - q)).sum(-1).mean())


def header(path):
    """Return the scalars and texts of a file's header (gguf's own reader takes seconds for a vocabulary)."""
    return read_header(path).values


@pytest.mark.parametrize("kind", ["f32", "f16", "bf16"])
@pytest.mark.parametrize("size", [TINY, GROUPED], ids=["all heads", "grouped heads"])
def test_D1_logits_are_those_of_transformers(tmp_path, size, kind):
    folder = small(tmp_path / "模型", size=size)

    path = convert(folder, out=tmp_path / "模型.gguf", kind=kind)

    expected, found = hugging_face_logits(folder), llama_cpp_logits(path)
    assert divergence(expected, found) < (1e-3 if kind == "bf16" else 1e-4)
    if kind != "bf16":
        assert (expected.argmax(-1) == found.argmax(-1)).all()


def test_D1_greedy_text_agrees_for_64_tokens(tmp_path):
    folder = small(tmp_path / "model", size=GROUPED)
    path = convert(folder, out=tmp_path / "model.gguf", kind="f32")
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32)

    expected = model.generate(torch.tensor([IDS]), max_new_tokens=64, do_sample=False, eos_token_id=None)
    stream = opened(path).generate(IDS, temp=0.0, repeat_penalty=1.0)

    assert [next(stream) for _ in range(64)] == expected[0, len(IDS) :].tolist()


def test_D6_stock_llama_cpp_loads_the_exported_file_and_goes_on_with_a_text(tmp_path):
    path = convert(write_base(tmp_path / "模型", rows=49954), out=tmp_path / "模型.gguf")
    model = Llama(str(path), n_ctx=128, n_threads=1, verbose=False)
    try:
        made = model.create_completion("春天来了", max_tokens=8, temperature=0)
    finally:
        model.close()
    assert made["usage"]["completion_tokens"] == 8
    assert made["choices"][0]["text"]


@pytest.mark.parametrize("rows", [32000, 49953, 49954, 55296])
def test_D1_the_vocabulary_is_kept_with_its_scores_and_its_padding(tmp_path, rows):
    folder = write_base(tmp_path / "model", rows=rows)
    made = read_vocabulary(folder)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    assert [token.decode() for token in made.tokens] == [pieces.id_to_piece(number) for number in range(rows)]
    assert made.scores == pytest.approx([pieces.get_score(number) for number in range(rows)])
    assert made.kinds[:4] == [
        gguf.TokenType.UNKNOWN, gguf.TokenType.CONTROL, gguf.TokenType.CONTROL, gguf.TokenType.BYTE,
    ]  # fmt: skip
    assert (made.special["bos"], made.special["eos"], made.add_bos, made.add_eos) == (1, 2, True, False)
    if rows == 49954:
        assert made.special["pad"] == 49953 and made.kinds[49953] == gguf.TokenType.CONTROL


def test_D1_the_file_has_the_tokens_and_what_they_are_for(tmp_path):
    folder = write_base(tmp_path / "model", rows=49954)
    path = convert(folder, out=tmp_path / "model.gguf")
    fields = gguf.GGUFReader(path).fields
    made = read_vocabulary(folder)
    assert [token.encode() for token in fields["tokenizer.ggml.tokens"].contents()] == made.tokens
    assert fields["tokenizer.ggml.scores"].contents() == made.scores
    assert fields["tokenizer.ggml.token_type"].contents() == made.kinds
    keys = header(path)
    assert keys["tokenizer.ggml.model"] == "llama" and keys["tokenizer.ggml.padding_token_id"] == 49953
    assert (keys["tokenizer.ggml.bos_token_id"], keys["tokenizer.ggml.eos_token_id"]) == (1, 2)
    assert keys["tokenizer.ggml.add_bos_token"] is True and keys["tokenizer.ggml.add_eos_token"] is False


def test_D1_token_ids_are_those_of_sentencepiece(tmp_path):
    folder = write_base(tmp_path / "model", rows=49954)
    model = opened(convert(folder, out=tmp_path / "model.gguf"), vocab_only=True)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    drawn = np.random.default_rng(11)
    lines = ["".join(chr(0x4E00 + drawn.integers(1500)) for _ in range(24)) + " ab, 3。[PAD]</s>" for _ in range(300)]

    found = [model.tokenize(line.encode(), add_bos=False, special=False) for line in lines]

    assert found == [pieces.encode(line) for line in lines]


def test_D1_the_shape_of_the_model_is_in_the_header(tmp_path):
    folder = small(tmp_path / "model", size=GROUPED)
    keys = header(convert(folder, out=tmp_path / "model.gguf", kind="bf16"))
    assert keys["general.architecture"] == "llama" and keys["general.file_type"] == 32
    assert keys["llama.context_length"] == 2048 and keys["llama.embedding_length"] == GROUPED.hidden
    assert keys["llama.attention.head_count"] == 4 and keys["llama.attention.head_count_kv"] == 2


@pytest.mark.parametrize(
    ("scaling", "expected"),
    [
        ({"type": "linear", "factor": 4.0}, {"llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 4.0}),
        (
            {"type": "yarn", "factor": 16.0, "original_max_position_embeddings": 4096, "finetuned": True},
            {"llama.rope.scaling.type": "yarn", "llama.rope.scaling.original_context_length": 4096},
        ),
        ({"rope_type": "default"}, {}),
    ],
)
def test_a_stretched_context_is_kept(tmp_path, scaling, expected):
    folder = small(tmp_path / "model")
    change(folder, rope_scaling=scaling)
    keys = header(convert(folder, out=tmp_path / "model.gguf"))
    assert {key: keys.get(key) for key in expected} == expected
    assert ("llama.rope.scaling.type" in keys) == bool(expected)


def test_the_factors_of_llama_31_change_the_logits_as_in_transformers(tmp_path):
    folder = small(tmp_path / "model", size=GROUPED)
    llama3 = {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 64}
    change(folder, rope_scaling={"rope_type": "llama3", **llama3}, rope_theta=500000.0)

    path = convert(folder, out=tmp_path / "model.gguf", kind="f32")

    assert divergence(hugging_face_logits(folder), llama_cpp_logits(path)) < 1e-6
    keys = header(path)
    assert keys["llama.rope.freq_base"] == 500000.0


def test_tied_embeddings_are_written_once(tmp_path):
    folder = small(tmp_path / "model")
    tensors = {name: value for name, value in base_tensors(rows=ROWS).items() if name != "lm_head.weight"}
    write_weights(folder, tensors)
    change(folder, tie_word_embeddings=True)
    path = convert(folder, out=tmp_path / "model.gguf", kind="f32")
    assert "output.weight" not in {tensor.name for tensor in gguf.GGUFReader(path).tensors}
    assert divergence(hugging_face_logits(folder), llama_cpp_logits(path)) < 1e-6


@pytest.mark.parametrize(("form", "shards"), [("bin", 1), ("bin", 2), ("safetensors", 3)])
def test_every_form_of_weights_gives_the_same_file(tmp_path, form, shards):
    plain = convert(small(tmp_path / "a" / "model"), out=tmp_path / "a.gguf")
    other = convert(small(tmp_path / "b" / "model", form=form, shards=shards), out=tmp_path / "b.gguf")
    assert plain.read_bytes() == other.read_bytes()


def test_B8_a_tokenizer_of_another_size_is_refused_with_both_sizes(tmp_path):
    folder = write_base(tmp_path / "model", rows=49953)
    (folder / "tokenizer.model").write_bytes(sentencepiece_of(49954))
    with pytest.raises(WrongPart, match=r"49953.*49954") as raised:
        convert(folder, out=tmp_path / "model.gguf")
    assert raised.value.values["cause"] == "vocabularies_mixed"
    assert not list(tmp_path.glob("model.gguf*"))


def test_another_architecture_is_named(tmp_path):
    folder = small(tmp_path / "model")
    change(folder, architectures=["Qwen2ForCausalLM"])
    with pytest.raises(BadModelFiles, match="Qwen2ForCausalLM"):
        convert(folder, out=tmp_path / "model.gguf")


@pytest.mark.parametrize("name", ["lm_head.weight", "model.layers.1.mlp.up_proj.weight"])
def test_a_missing_tensor_is_named_and_nothing_is_written(tmp_path, name):
    folder = small(tmp_path / "model")
    tensors = base_tensors(rows=ROWS)
    del tensors[name]
    write_weights(folder, tensors)
    with pytest.raises(BadModelFiles, match=name):
        convert(folder, out=tmp_path / "model.gguf")
    assert not list(tmp_path.glob("model.gguf*"))


def test_a_number_too_large_for_half_precision_is_not_made_infinite(tmp_path):
    folder = small(tmp_path / "model")
    tensors = {name: value.to(torch.bfloat16) for name, value in base_tensors(rows=ROWS).items()}
    tensors["lm_head.weight"][5, 5] = 1e6
    write_weights(folder, tensors)
    with pytest.raises(BadModelFiles, match=r"output\.weight.*bf16"):
        convert(folder, out=tmp_path / "model.gguf", kind="f16")
    assert not list(tmp_path.glob("model.gguf*"))
    assert convert(folder, out=tmp_path / "model.gguf", kind="bf16").is_file()


def test_a_file_that_exists_is_never_overwritten(tmp_path):
    folder = small(tmp_path / "model")
    (tmp_path / "model.gguf").write_text("mine")
    with pytest.raises(BadModelFiles, match="exists already"):
        convert(folder, out=tmp_path / "model.gguf")
    assert (tmp_path / "model.gguf").read_text() == "mine"


def test_a_damaged_configuration_names_what_is_missing(tmp_path):
    folder = small(tmp_path / "model")
    config = config_of(rows=ROWS)
    del config["intermediate_size"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadModelFiles, match="intermediate_size"):
        read_config(folder)


def test_the_chat_template_is_copied_and_not_run(tmp_path):
    folder = small(tmp_path / "model")
    template = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
    change(folder, name="tokenizer_config.json", chat_template=template)
    assert header(convert(folder, out=tmp_path / "model.gguf"))["tokenizer.chat_template"] == template


def test_tokens_that_transformers_added_come_after_the_pieces(tmp_path):
    folder = write_base(tmp_path / "model", rows=32000)
    decoder = {"32000": {"content": "<|用户|>", "special": True}, "32002": {"content": "［甲］", "special": False}}
    change(folder, name="tokenizer_config.json", added_tokens_decoder=decoder)
    made = read_vocabulary(folder)
    assert len(made.tokens) == 32003
    assert [made.kinds[number] for number in (32000, 32001, 32002)] == [
        gguf.TokenType.CONTROL, gguf.TokenType.UNUSED, gguf.TokenType.USER_DEFINED,
    ]  # fmt: skip


def change(folder, *, name="config.json", **values):
    path = folder / name
    path.write_text(json.dumps(json.loads(path.read_text()) | values, ensure_ascii=False))
