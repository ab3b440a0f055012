"""The transformers backend on a tiny random LLaMA: texts mean nothing, everything else is real."""

import json
import shutil
import sys
from itertools import islice

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sentencepiece")

from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from tiny_folder import merged_proto, write_folder, write_gguf

from ingest.errors import BadSetting, MissingExtra
from rag import llms, open_library
from rag.errors import ContextTooSmall, ModelFailed, UnusableModel
from rag.families import Sampling
from rag.prompts import REFUSAL

ASKED = [HumanMessage("年假有几天")]
OTHER = [HumanMessage("合同期满后押金何时支付，前面也不同")]


@pytest.fixture(scope="module")
def proto():
    return merged_proto()


@pytest.fixture(scope="module")
def folder(tmp_path_factory, proto):
    return write_folder(tmp_path_factory.mktemp("models") / "tiny-alpaca", proto)


def opened(folder, **options):
    asked = {"family": "alpaca", "device": "cpu", "dtype": "float32", "max_tokens": 24, "queue_timeout": 0.2}
    return llms.load("transformers", model=str(folder), **{**asked, **options})


@pytest.fixture(scope="module")
def chat(folder):
    return opened(folder)


@pytest.fixture
def copy(folder, tmp_path):
    """A folder of our own to spoil."""
    return shutil.copytree(folder, tmp_path / "copy-alpaca")


# ── what it answers ──


def test_greedy_text_is_that_of_llama_cpp_with_the_same_weights(folder, proto, tmp_path):
    path = write_gguf(tmp_path / "tiny.gguf", folder=folder, proto=proto)
    by_torch = opened(folder, max_tokens=64)
    by_llama = llms.load("llama_cpp", model=str(path), family="alpaca", threads=1, max_tokens=64)
    for asked in ("谁负责检查消防设备？", "加班费怎么算？", "Where do I send the report?"):
        one, other = by_torch.invoke(asked), by_llama.invoke(asked)
        assert one.text == other.text
        assert one.usage_metadata == other.usage_metadata
        assert one.usage_metadata["output_tokens"] == 64
    by_llama.close()


def test_what_was_read_before_changes_no_answer(folder, chat):
    fresh = opened(folder).invoke(ASKED).text
    chat.invoke(OTHER)
    assert chat.invoke(ASKED).text == fresh
    assert chat.invoke(ASKED).text == fresh


def test_a_beginning_that_was_read_before_is_not_read_again(folder, monkeypatch):
    chat = opened(folder)
    monkeypatch.setattr("rag.llms._torch_decoding._PIECE", 16)
    chat.invoke(ASKED, max_tokens=2)
    read = []
    step = chat.decoder._step
    monkeypatch.setattr(chat.decoder, "_step", lambda part: read.append(len(part)) or step(part))
    chat.invoke([HumanMessage("年假有几种")], max_tokens=2)
    assert sum(read) < chat.prompt_tokens(ASKED) / 2


def test_logits_are_the_same_to_the_bit_whatever_was_read_before(folder, monkeypatch):
    monkeypatch.setattr("rag.llms._torch_decoding._PIECE", 16)
    chat = opened(folder, dtype="bfloat16")
    prompt = chat._tokens(ASKED)
    list(chat.decoder.read(prompt))
    first = chat.decoder._logits
    for before in (ASKED, OTHER, [HumanMessage("年假有几种，以及别的")]):
        chat.invoke(before)
        list(chat.decoder.read(prompt))
        assert bool((chat.decoder._logits == first).all())


def test_a_long_prompt_is_read_in_parts_with_the_same_answer(folder, monkeypatch):
    whole = opened(folder).invoke(ASKED).text
    monkeypatch.setattr("rag.llms._torch_decoding._PIECE", 7)
    assert opened(folder).invoke(ASKED).text == whole


def test_repetition_is_penalised_in_the_answer(chat):
    plain, varied = (
        chat.get_token_ids(chat.invoke(ASKED, max_tokens=200, repeat_penalty=penalty).text) for penalty in (1.0, 2.0)
    )
    assert len(set(varied)) / len(varied) > len(set(plain)) / len(plain)


def written(chat, *, count=5, ends=(), refusal=-1, **sampling):
    list(chat.decoder.read(chat._tokens(ASKED)))
    return list(islice(chat.decoder.write(sampling=Sampling(**sampling), ends=ends, refusal=refusal), count))


def test_a_hesitant_refusal_becomes_an_answer(chat):
    first = written(chat)[0]
    assert written(chat, refusal=first)[0] == first
    assert written(chat, refusal=first, refusal_margin=1e-9)[0] == first
    assert written(chat, refusal=first, refusal_margin=1e9)[0] != first


def test_the_last_chunk_tells_how_far_a_refusal_was_behind(chat):
    assert written(chat)[0] != chat.get_token_ids(REFUSAL)[0]
    assert chat.invoke(ASKED).response_metadata["refusal_lead"] < 0


def test_the_rates_of_reading_and_writing_are_known_after_an_answer(folder):
    chat = opened(folder)
    assert (chat.reading_rate, chat.writing_rate) == (None, None)
    chat.invoke([HumanMessage("年假" * 100)])
    assert chat.reading_rate > 0
    assert chat.writing_rate > 0


def test_how_far_the_prompt_is_read_is_told_where_asked(folder, monkeypatch):
    monkeypatch.setattr("rag.llms._torch_decoding._PIECE", 16)
    chat = opened(folder)
    chunks = list(chat.stream(ASKED, progress=True))
    told = [facts["reading"] for chunk in chunks if "reading" in (facts := chunk.response_metadata)]
    assert [step["read"] for step in told] == [*range(16, chat.prompt_tokens(ASKED), 16), chat.prompt_tokens(ASKED)]


def test_an_answer_ends_before_the_token_that_ends_it(chat):
    made = written(chat)
    assert written(chat, ends={made[3]}) == made[: made.index(made[3])]


def test_no_broken_character_is_streamed(chat):
    chunks = [chunk.text for chunk in chat.stream(ASKED, max_tokens=200, repeat_penalty=2.0)]
    assert "".join(chunks).encode("utf-8")


# ── one at a time ──


def test_closing_an_answer_stops_the_model_within_a_token(chat, monkeypatch):
    steps = []
    step = chat.decoder._step
    monkeypatch.setattr(chat.decoder, "_step", lambda part: steps.append(part) or step(part))
    answer = chat.stream(ASKED)
    next(answer)
    before = len(steps)
    answer.close()
    assert len(steps) == before
    assert chat.invoke(ASKED).text


def test_a_failure_of_torch_is_named_and_the_next_answer_is_right(folder, monkeypatch):
    chat = opened(folder)
    expected = chat.invoke(ASKED).text
    step = chat.decoder._step

    def fails(part):
        step(part)
        raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")

    monkeypatch.setattr(chat.decoder, "_step", fails)
    with pytest.raises(ModelFailed, match=r"out of memory.*n_ctx"):
        chat.invoke(OTHER)
    monkeypatch.setattr(chat.decoder, "_step", step)
    assert chat.invoke(ASKED).text == expected


def test_numbers_that_overflowed_are_named(folder):
    import torch

    chat = opened(folder)
    with torch.no_grad():
        chat.decoder._model.lm_head.weight.fill_(float("nan"))
    with pytest.raises(ModelFailed, match=r"overflowed.*dtype"):
        chat.invoke(ASKED)


def test_a_prompt_longer_than_the_context_is_refused_before_anything_runs(chat, monkeypatch):
    monkeypatch.setattr(chat.decoder, "_step", lambda part: pytest.fail("the model ran"))
    with pytest.raises(ContextTooSmall) as caught:
        chat.invoke([HumanMessage("很长" * 400)])
    assert caught.value.values["available"] == chat.n_ctx


def test_an_answer_ends_where_the_context_does(chat):
    most = next(n for n in range(600, 0, -1) if chat.prompt_tokens([HumanMessage("年假" * n)]) < chat.n_ctx)
    usage = chat.invoke([HumanMessage("年假" * most)], max_tokens=500).usage_metadata
    assert usage["input_tokens"] < usage["total_tokens"] <= chat.n_ctx


# ── what can be opened ──


def test_a_conversation_keeps_its_order(chat):
    turns = [SystemMessage("规则"), HumanMessage("问题"), AIMessage("此后"), HumanMessage("目标")]
    text = b"".join(map(chat.vocabulary.piece, chat._tokens(turns))).decode()
    assert [text.index(part) for part in ("规则", "问题", "此后", "目标")] == sorted(
        text.index(part) for part in ("规则", "问题", "此后", "目标")
    )


def test_a_library_finds_a_folder_by_its_name_alone(folder, tmp_path):
    options = {"device": "cpu", "dtype": "float32", "max_tokens": 4}
    with open_library(
        tmp_path, models_dir=folder.parent, model=folder.name, family="alpaca", backend_options=options
    ) as library:
        assert library.chat_model()._llm_type == "transformers"
        assert library.chat_model().invoke(ASKED).text


def test_the_family_is_told_from_the_folder(copy):
    (copy / "chat_template.jinja").write_text("{{ '[INST] <<SYS>>' }}", "utf-8")
    assert opened(copy, family=None).family == "alpaca2"


def test_a_chat_template_is_never_rendered(copy):
    endless = "[INST] <<SYS>>{% for a in range(10**12) %}{% endfor %}{{ 1/0 }}"
    (copy / "chat_template.jinja").write_text(endless, "utf-8")
    assert opened(copy, family=None).invoke(ASKED).text


@pytest.mark.parametrize("rows", [32000, 49953, 128256])
def test_a_base_model_is_refused(copy, rows):
    changed(copy / "config.json", vocab_size=rows)
    with pytest.raises(UnusableModel) as caught:
        opened(copy, family=None)
    assert caught.value.values["cause"] == "base_model"


def changed(path, **values):
    settings = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**settings, **values}), "utf-8")


def a_weight_missing(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def no_tokenizer(folder):
    (folder / "tokenizer.model").unlink()


def rows_of_another_tokenizer(folder):
    changed(folder / "config.json", vocab_size=4000)


def fewer_rows_than_tokens(folder):
    changed(folder / "config.json", vocab_size=100)


def layers_of_another_size(folder):
    changed(folder / "config.json", intermediate_size=64)


def state_of_another_kind(folder):
    changed(folder / "config.json", layer_types=["linear_attention", "full_attention"])


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (a_weight_missing, "up_proj"),
        (no_tokenizer, "tokenizer.model"),
        (rows_of_another_tokenizer, "another model's"),
        (fewer_rows_than_tokens, "another model's"),
        (layers_of_another_size, "cannot load"),
        (state_of_another_kind, "linear_attention"),
    ],
)
def test_a_folder_that_cannot_run_is_refused_with_the_reason(copy, spoil, named):
    spoil(copy)
    with pytest.raises(UnusableModel, match=named):
        opened(copy)


def test_a_model_larger_than_the_memory_is_refused_with_figures(copy, monkeypatch):
    monkeypatch.setattr("rag.llms._torch_model.free_bytes", lambda: 100_000)
    with pytest.raises(UnusableModel, match=r"0\.0 GB as float32.*n_ctx"):
        opened(copy)


def test_a_kind_of_number_that_there_is_not_is_named(folder):
    with pytest.raises(BadSetting, match=r"backend_options\.dtype"):
        opened(folder, dtype="int3")


def test_a_gpu_that_is_not_there_is_named(folder, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(BadSetting, match="no GPU"):
        opened(folder, device="cuda")


def test_quantization_without_its_packages_names_the_extra(folder, monkeypatch):
    monkeypatch.setattr("rag.llms._torch_model.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"bitsandbytes.*\[quantized\]"):
        opened(folder, quantization="4bit")


@pytest.mark.parametrize("bits", ["8bit", "4bit"])
def test_a_quantized_model_answers(folder, bits):
    pytest.importorskip("bitsandbytes")
    pytest.importorskip("accelerate")
    assert opened(folder, quantization=bits, max_tokens=4).invoke(ASKED).text


def test_sentencepiece_missing_names_the_extra(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(MissingExtra, match=r"sentencepiece.*\[torch\]"):
        opened(folder)


def test_sixteen_bits_answer_too(folder):
    assert opened(folder, dtype="bfloat16").invoke(ASKED).text
