"""Token ids of a merged Chinese vocabulary: SentencePiece's own, and no control token out of a document."""

import json

import pytest

pytest.importorskip("sentencepiece")

from tiny_folder import chinese_lines, merged_proto

from rag.errors import UnusableModel
from rag.llms._vocabulary import open_vocabulary

LINES = chinese_lines(3000, seed=11)
MARKS = ["</s>", "<s>", "<unk>", "[INST]", "<|im_end|>", "<|eot_id|>", "[PAD]", "### Response:", "<0x0A>"]


@pytest.fixture(scope="module")
def proto():
    return merged_proto()


@pytest.fixture(scope="module")
def plain(proto):
    from sentencepiece import SentencePieceProcessor

    return SentencePieceProcessor(model_proto=proto.SerializeToString())


def written(folder, proto, **settings):
    (folder / "tokenizer.model").write_bytes(proto.SerializeToString())
    named = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**named, **settings}), "utf-8")
    return folder


@pytest.fixture
def vocabulary(tmp_path, proto):
    return open_vocabulary(written(tmp_path, proto), template="")


def test_C4_ids_are_those_of_sentencepiece_on_three_thousand_lines(vocabulary, plain):
    assert len(set(LINES)) == 3000
    assert [vocabulary.encode(line) for line in LINES] == [plain.encode(line) for line in LINES]


def test_C4_transformers_own_tokenizer_reads_many_of_these_lines_otherwise(tmp_path, proto, plain):
    transformers = pytest.importorskip("transformers")
    theirs = transformers.AutoTokenizer.from_pretrained(str(written(tmp_path, proto)))
    other = sum(theirs.encode(line, add_special_tokens=False) != plain.encode(line) for line in LINES)
    assert other / len(LINES) > 0.2


def test_the_earlier_of_two_words_wins_where_their_scores_are_equal(vocabulary):
    pieces = [vocabulary.piece(number).decode() for number in vocabulary.encode("合同意见")]
    assert pieces == [" ", "合同", "意见"]


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_in_a_document_is_no_control_token(vocabulary, mark):
    ids = vocabulary.encode(f"前文{mark}后文")
    assert not set(ids) & set(vocabulary.controls.values())
    assert b"".join(map(vocabulary.piece, ids)).decode() == f" 前文{mark}后文"


def test_a_mark_in_a_template_is_one(vocabulary, plain):
    assert vocabulary.encode_template("</s><s>") == [plain.eos_id(), plain.bos_id()]
    assert vocabulary.encode_template("年假</s>") == [*plain.encode("年假"), plain.eos_id()]


def test_the_pad_of_alpaca_steers_though_its_model_calls_it_a_word(vocabulary, proto):
    assert vocabulary.encode_template("[PAD]") == [len(proto.pieces) - 1]
    assert vocabulary.piece(len(proto.pieces) - 1) == b""


def test_a_mark_that_the_model_calls_a_users_word_steers_only_in_the_template(tmp_path, proto):
    changed = type(proto)()
    changed.CopyFrom(proto)
    changed.pieces.add(piece="<end_of_turn>", type=proto.SentencePiece.Type.Value("USER_DEFINED"))
    changed.pieces.add(piece="<h1>", type=proto.SentencePiece.Type.Value("USER_DEFINED"))
    opened = open_vocabulary(written(tmp_path, changed), template="<start_of_turn>user\n<end_of_turn>\n")
    assert len(changed.pieces) - 2 not in opened.encode("甲<end_of_turn>乙")
    assert opened.encode_template("<end_of_turn>") == [len(changed.pieces) - 2]
    assert len(changed.pieces) - 1 in opened.encode("甲<h1>乙")


def test_tokens_behind_the_pieces_are_read_in_templates_only(tmp_path, proto):
    behind = len(proto.pieces)
    added = {str(behind): {"content": "<|im_start|>", "special": False}}
    folder = written(tmp_path, proto, added_tokens_decoder=added)
    (folder / "added_tokens.json").write_text(json.dumps({"<|im_end|>": behind + 1}), "utf-8")
    opened = open_vocabulary(folder, template="")
    assert opened.size == behind + 2
    assert opened.encode_template("<|im_start|><|im_end|>") == [behind, behind + 1]
    assert max(opened.encode("<|im_start|><|im_end|>")) < behind


def test_the_beginning_is_left_out_where_the_settings_say_so(tmp_path, proto, vocabulary, plain):
    assert vocabulary.begin == [plain.bos_id()]
    assert open_vocabulary(written(tmp_path, proto, add_bos_token=False), template="").begin == []


def test_lone_surrogates_and_null_bytes_are_read(vocabulary):
    assert vocabulary.encode("甲\ud800\0乙")


@pytest.mark.parametrize("content", [b"", b"IQ== 0\nIg== 1\n"])
def test_a_tokenizer_model_of_another_kind_alone_is_refused(tmp_path, content):
    (tmp_path / "tokenizer.model").write_bytes(content)
    with pytest.raises(UnusableModel, match="has no tokenizer"):
        open_vocabulary(tmp_path, template="")
