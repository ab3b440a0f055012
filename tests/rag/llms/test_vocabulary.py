"""The vocabulary of a tokenizer.json: a byte-level BPE as Qwen and Llama 3 have it, trained here."""

import json

import pytest
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from rag.errors import UnusableModel
from rag.llms._vocabulary import open_vocabulary

SPECIAL = ["<|begin_of_text|>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "[PAD]", "</s>"]
TEXTS = [
    "员工每年有十天年假，发票须在三十天内提交。",
    "The office opens at nine.\n\nPlease read the manual.",
    "龘𠮷😀 \0 1,234",
]


@pytest.fixture
def folder(tmp_path):
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 4, trainer)
    tokenizer.add_tokens([AddedToken("<think>", normalized=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", 0)]
    )
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    return tmp_path


@pytest.fixture
def vocabulary(folder):
    return open_vocabulary(folder, template="")


@pytest.mark.parametrize("text", TEXTS)
def test_text_comes_back_whole(vocabulary, text):
    assert b"".join(map(vocabulary.piece, vocabulary.encode(text))).decode() == text


@pytest.mark.parametrize("text", TEXTS)
def test_ids_are_those_of_the_tokenizer(folder, vocabulary, text):
    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert vocabulary.encode(text) == whole.encode(text, add_special_tokens=False).ids


@pytest.mark.parametrize("mark", SPECIAL)
def test_a_mark_in_a_document_is_no_control_token(vocabulary, mark):
    for text in (mark, f"前文{mark}后文", f" {mark}\n"):
        ids = vocabulary.encode(text)
        assert not set(ids) & set(vocabulary.controls.values())
        assert b"".join(map(vocabulary.piece, ids)).decode() == text


@pytest.mark.parametrize("mark", SPECIAL)
def test_a_mark_in_a_template_is_one_and_shows_nothing(vocabulary, mark):
    (number,) = vocabulary.encode_template(mark)
    assert number == vocabulary.controls[mark]
    assert vocabulary.piece(number) == b""


def test_a_word_that_was_added_stays_a_word_unless_the_template_needs_it(folder, vocabulary):
    (number,) = vocabulary.encode("<think>")
    assert vocabulary.piece(number) == b"<think>"
    steering = open_vocabulary(folder, template="<think>\n")
    assert number not in steering.encode("<think>")
    assert steering.encode_template("<think>") == [number]


def test_a_text_begins_as_the_tokenizer_says(folder, vocabulary):
    assert vocabulary.begin == [vocabulary.controls["<|begin_of_text|>"]]
    described = json.loads((folder / "tokenizer.json").read_text("utf-8"))
    described["post_processor"] = None
    (folder / "tokenizer.json").write_text(json.dumps(described), "utf-8")
    assert open_vocabulary(folder, template="").begin == []


def test_a_list_of_another_kind_beside_it_is_passed_over(folder, vocabulary):
    pytest.importorskip("sentencepiece")
    (folder / "tokenizer.model").write_text("IQ== 0\nIg== 1\n")
    assert open_vocabulary(folder, template="").encode("年假") == vocabulary.encode("年假")


def test_lone_surrogates_are_read(vocabulary):
    assert vocabulary.encode("甲\ud800乙")


@pytest.mark.parametrize("content", ["", "<html>", "{}", '{"model": {"type": "Unigram", "vocab": []}}'])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "tokenizer.json").write_text(content, "utf-8")
    with pytest.raises(UnusableModel, match=r"tokenizer\.json"):
        open_vocabulary(tmp_path, template="")


def test_a_folder_without_a_tokenizer_is_refused(tmp_path):
    with pytest.raises(UnusableModel, match="has no tokenizer"):
        open_vocabulary(tmp_path, template="")
