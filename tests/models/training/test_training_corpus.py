import json
import random

import pytest
import sentencepiece
from langchain_core.messages import HumanMessage
from small_training import recipe_for, write_instructions
from tiny_llama import sentencepiece_of, write_tokenizer

from models.errors import BadRecipe, BadTrainingData
from models.training.corpus import prepare
from models.training.encoder import open_encoder
from models.training.instructions import TEMPLATES, Prompt
from rag.families import alpaca, alpaca2


@pytest.fixture(scope="module")
def alpaca_tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alpaca")
    write_tokenizer(folder, rows=49954)
    return folder


@pytest.fixture
def folder(tmp_path):
    write_tokenizer(tmp_path / "base", rows=600)
    write_instructions(tmp_path / "data.json", count=8)
    (tmp_path / "data.txt").write_text("\n".join("春天来了，花开了。" * n for n in range(1, 9)), "utf-8")
    return tmp_path


def corpus_of(recipe):
    return prepare(recipe, encoder=open_encoder(recipe.tokenizer or recipe.base))


def llama3(folder):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({letter: n for n, letter in enumerate(letters)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ("begin_of_text", "end_of_text", "start_header_id", "end_header_id", "eot_id")
    tokenizer.add_special_tokens([f"<|{name}|>" for name in names])
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    named = {"bos_token": "<|begin_of_text|>", "eos_token": {"content": "<|end_of_text|>"}}
    (folder / "tokenizer_config.json").write_text(json.dumps(named))
    return folder


def test_G2_labels_are_ignored_exactly_on_the_prompt(folder, alpaca_tokenizer):
    corpus = corpus_of(recipe_for(folder, tokenizer=alpaca_tokenizer, block=512))
    pieces = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_of(49954))
    records = json.loads((folder / "data.json").read_text("utf-8"))
    assert len(corpus.rows) == len(records)
    for row, record in enumerate(records):
        asked = record["instruction"] + (f"\n{record['input']}" if record["input"] else "")
        prompt = [1, *pieces.encode(TEMPLATES["alpaca"].format(instruction=asked))]
        answer = [*pieces.encode(record["output"]), 2]
        assert corpus.rows.row(row).tolist() == prompt + answer
        assert corpus.rows.labels(row).tolist() == [-100] * len(prompt) + answer


def test_G2_the_templates_are_to_the_letter_those_that_the_product_asks_with():
    assert TEMPLATES["alpaca"].endswith("\n\n### Response: ")
    for name, family in (("alpaca", alpaca), ("alpaca-2", alpaca2)):
        rendered = "".join(segment.text for segment in family.render([HumanMessage("为什么？")]))
        assert TEMPLATES[name].format(instruction="为什么？") == rendered


def test_C4_training_has_sentencepiece_s_tokens_where_transformers_would_split_otherwise(alpaca_tokenizer):
    drawn = random.Random(1)
    lines = ["".join(chr(0x4E00 + drawn.randrange(1500)) for _ in range(20)) for _ in range(3000)]
    encoder = open_encoder(alpaca_tokenizer)
    pieces = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_of(49954))
    assert encoder.encode(lines) == [pieces.encode(line) for line in lines]
    assert (encoder.count, encoder.begin, encoder.end, encoder.pad) == (49954, 1, 2, 49953)


def test_what_looks_like_a_control_token_stays_text(folder):
    encoder = open_encoder(folder / "base")
    assert not {0, 1, 2} & set(encoder.encode(["</s><s>[INST]"])[0])
    marked = open_encoder(llama3(folder / "llama3"))
    assert len(marked.encode(["<|eot_id|>"])[0]) == len("<|eot_id|>")


def test_llama_3_is_asked_with_control_tokens_and_answers_end_with_its_own(folder):
    encoder = open_encoder(llama3(folder / "llama3"))
    prompt = Prompt(encoder, template="llama-3")
    ids = prompt.tokens("<|eot_id|>你好")
    turns = encoder.control("<|eot_id|>")
    assert ids[0] == encoder.control("<|begin_of_text|>")
    assert (ids.count(turns), ids.count(encoder.control("<|start_header_id|>")), prompt.end) == (2, 3, turns)
    assert encoder.tokenizer.decode(ids, skip_special_tokens=False) == TEMPLATES["llama-3"].format(
        instruction="<|eot_id|>你好"
    )


def test_a_template_that_the_vocabulary_cannot_write_is_refused(folder):
    with pytest.raises(BadRecipe, match=r"control token <\|eot_id\|>"):
        corpus_of(recipe_for(folder, template="llama-3"))


def test_G1_texts_are_one_behind_the_other_in_blocks_with_beginnings_and_ends(folder):
    corpus = corpus_of(recipe_for(folder, kind="pretrain"))
    pieces = sentencepiece.SentencePieceProcessor(model_proto=sentencepiece_of(600))
    lines = (folder / "data.txt").read_text("utf-8").split("\n")
    joined = [token for line in lines for token in (1, *pieces.encode(line), 2)]
    blocks = len(joined) // 32
    assert corpus.rows.tokens.tolist() == joined[: blocks * 32]
    assert [corpus.rows.length(row) for row in range(len(corpus.rows))] == [32] * blocks
    assert corpus.rows.labels(0).tolist() == joined[:32]
    unclosed = corpus_of(recipe_for(folder, kind="pretrain", end_of_text=False))
    assert 2 not in unclosed.rows.tokens.tolist()


def test_G1_G2_the_cache_is_used_for_the_same_data_and_not_for_any_other(folder, alpaca_tokenizer):
    first = corpus_of(recipe_for(folder))
    made = (first.folder / "tokens.bin").stat().st_mtime_ns
    (folder / "data.json").rename(folder / "renamed.json")
    again = corpus_of(recipe_for(folder, data=folder / "renamed.json", learning_rate=1e-3))
    assert (again.folder, (again.folder / "tokens.bin").stat().st_mtime_ns) == (first.folder, made)
    (folder / "renamed.json").rename(folder / "data.json")
    other = [
        corpus_of(recipe_for(folder, block=200)),
        corpus_of(recipe_for(folder, tokenizer=alpaca_tokenizer)),
        corpus_of(recipe_for(folder, template="alpaca-2")),
    ]
    write_instructions(folder / "data.json", count=8, seed=1)
    other.append(corpus_of(recipe_for(folder)))
    assert len({corpus.key for corpus in [first, *other]}) == 5
    assert max(other[0].rows.length(row) for row in range(8)) <= 200


def test_an_unfinished_cache_is_not_taken_for_a_whole_one(folder):
    made = corpus_of(recipe_for(folder))
    kept = made.rows.tokens.tolist()
    made.folder.rename(made.folder.with_name(f"{made.folder.name}.partial"))
    (made.folder.with_name(f"{made.folder.name}.partial") / "tokens.bin").write_bytes(b"1234")
    assert corpus_of(recipe_for(folder)).rows.tokens.tolist() == kept


def test_bad_records_are_named_before_anything_is_trained_or_left_out_where_that_is_asked(folder):
    records = json.loads((folder / "data.json").read_text("utf-8"))
    records[3] = {"instruction": "没有答案"}
    (folder / "data.json").write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
    with pytest.raises(BadTrainingData, match=r"1 records .*data\.json:17: no \"output\".*skip_bad"):
        corpus_of(recipe_for(folder))
    left = corpus_of(recipe_for(folder, skip_bad=True))
    assert (left.records, left.bad, left.named) == (7, 1, ('data.json:17: no "output"',))


def test_a_prompt_without_room_for_an_answer_is_left_out_and_a_long_answer_is_cut(folder):
    records = [
        {"instruction": "长" * 200, "output": "短"},
        {"instruction": "短", "output": "长" * 200},
        {"instruction": "短", "output": "短"},
    ]
    (folder / "data.json").write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
    corpus = corpus_of(recipe_for(folder))
    assert (corpus.records, corpus.too_long, corpus.cut) == (2, 1, 1)
    assert "data.json:2: the prompt alone has" in corpus.named[0]
    assert corpus.rows.length(0) == 256
    assert corpus.rows.row(0)[-1] != 2
    assert corpus.rows.row(1)[-1] == 2


def test_data_too_small_for_one_block_is_refused(folder):
    with pytest.raises(BadTrainingData, match="gives no example of 4096 tokens"):
        corpus_of(recipe_for(folder, kind="pretrain", block=4096))
