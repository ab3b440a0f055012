"""Extending a tokenizer (rows C1 to C4) and the sizes that fit together (row B8)."""

import random
import string

import pytest
import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as sp
from tiny_llama import chinese_sentencepiece, llama_sentencepiece

from models.errors import BadModelFiles, WrongPart
from models.tokenizer import efficiency, extend
from models.vocabulary import NAMES, check_vocabulary, special_ids, tokens_in


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("分词器")
    (folder / "tokenizer.model").write_bytes(llama_sentencepiece())
    (folder / "chinese_sp.model").write_bytes(chinese_sentencepiece())
    return folder


@pytest.fixture(scope="module")
def extended(inputs):
    return extend(inputs / "tokenizer.model", add=inputs / "chinese_sp.model", out=inputs / "扩充")


@pytest.fixture(scope="module")
def processor(extended):
    return sentencepiece.SentencePieceProcessor(model_file=str(extended.path))


def pieces(path):
    return list(sp.ModelProto.FromString(path.read_bytes()).pieces)


def some_lines(count):
    """Lines of Chinese, rare characters, Latin, digits and emoji, the same each time."""
    drawn = random.Random(11)
    ranges = [
        (0x4E00, 0x5200),
        (0x4E00, 0x9FA5),
        (0x20000, 0x20100),
        (0x1F600, 0x1F640),
        (0x30, 0x7A),
        (0x4E00, 0x5000),
    ]
    for _ in range(count):
        yield "".join(chr(drawn.randint(*drawn.choice(ranges))) for _ in range(drawn.randint(1, 30)))


def test_C1_the_size_is_base_plus_new_minus_known(extended, inputs):
    assert (extended.base, extended.given, extended.overlap, extended.total) == (32000, 20000, 2047, 49953)
    assert extended.added == 17953
    base, made = pieces(inputs / "tokenizer.model"), pieces(extended.path)
    assert made[:32000] == base
    assert all(piece.score == 0 and piece.type == 1 for piece in made[32000:])
    assert len({piece.piece for piece in made}) == 49953


def test_C1_new_pieces_keep_the_order_of_the_added_model(extended, inputs):
    known = {piece.piece for piece in pieces(inputs / "tokenizer.model")}
    wanted = [piece.piece for piece in pieces(inputs / "chinese_sp.model") if piece.piece not in known]
    assert [piece.piece for piece in pieces(extended.path)[32000:]] == wanted


def test_C2_the_file_is_the_base_with_the_new_pieces_and_nothing_else(extended, inputs):
    """The published files came about so: everything but the pieces, settings included, is the base's, byte by byte."""
    made = sp.ModelProto.FromString(extended.path.read_bytes())
    del made.pieces[32000:]
    assert made.SerializeToString() == (inputs / "tokenizer.model").read_bytes()
    again = sp.ModelProto.FromString((inputs / "tokenizer.model").read_bytes())
    for piece in pieces(extended.path)[32000:]:
        again.pieces.add(piece=piece.piece, score=0)
    assert again.SerializeToString() == extended.path.read_bytes()


def test_C2_alpaca_s_has_one_more_piece_for_padding(inputs, extended, tmp_path):
    made = extend(inputs, add=inputs / "chinese_sp.model", out=tmp_path / "alpaca", pad=True)
    assert made.total == 49954
    assert pieces(made.path)[:-1] == pieces(extended.path)
    assert (pieces(made.path)[-1].piece, pieces(made.path)[-1].type) == ("[PAD]", 1)
    assert special_ids(made.path.parent) == {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 49953}
    assert tokens_in(made.path.parent) == 49954


def test_C2_text_without_new_pieces_has_the_ids_of_the_base(processor, inputs):
    base = sentencepiece.SentencePieceProcessor(model_file=str(inputs / "tokenizer.model"))
    drawn = random.Random(5)
    for _ in range(500):
        text = " ".join("".join(drawn.choices(string.ascii_lowercase, k=drawn.randint(1, 9))) for _ in range(6))
        assert processor.encode(text) == base.encode(text)


def test_C2_what_is_encoded_comes_back(processor):
    for line in some_lines(10000):
        assert processor.decode(processor.encode(line)) == line


def test_C3_tokens_of_a_character_are_counted_before_and_after(inputs, extended):
    text = "".join(piece.piece for piece in pieces(extended.path)[-300:])
    before, after = efficiency(inputs, text=text), efficiency(extended.path, text=text)
    assert after.characters == before.characters == len(text)
    assert after.tokens < before.tokens
    assert after.per_character == after.tokens / len(text)
    assert efficiency(extended.path, text="").per_character == 0


def test_C4_llama_cpp_gives_the_ids_of_sentencepiece(extended, processor, tmp_path):
    """All new pieces have the score 0, so which of two is merged first is the tokenizer's rule: the leftmost."""
    import gguf
    from llama_cpp import Llama

    made = pieces(extended.path)
    writer = gguf.GGUFWriter(tmp_path / "vocabulary.gguf", "llama")
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.piece for piece in made])
    writer.add_token_scores([piece.score for piece in made])
    writer.add_token_types([piece.type for piece in made])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()
    model = Llama(str(tmp_path / "vocabulary.gguf"), vocab_only=True, verbose=False)
    lines = list(some_lines(3000))
    try:
        wrong = [line for line in lines if model.tokenize(line.encode(), add_bos=False) != processor.encode(line)]
    finally:
        model.close()
    assert wrong == []


@pytest.mark.parametrize("pair", [(32000, 49953), (32000, 32000), (49953, 49953), (49954, 49954)])
def test_B8_the_pairs_of_pre_training_are_accepted(pair):
    check_vocabulary(pair[0], tokens=pair[1], purpose="pretrain")


@pytest.mark.parametrize(
    ("rows", "tokens", "purpose"),
    [
        (49953, 49954, "run"),
        (49954, 49953, "run"),
        (32000, 49953, "run"),
        (32000, 49953, "tune"),
        (32000, 49954, "pretrain"),
        (49953, 49954, "pretrain"),
        (49954, 49953, "pretrain"),
        (49953, 32000, "pretrain"),
        (55296, 49954, "run"),
        (128256, 55296, "run"),
    ],
)
def test_B8_every_other_pair_is_refused_with_both_sizes(rows, tokens, purpose):
    with pytest.raises(WrongPart) as caught:
        check_vocabulary(rows, tokens=tokens, purpose=purpose)
    assert str(rows) in str(caught.value)
    assert str(tokens) in str(caught.value)
    assert "take " in str(caught.value) or "merge " in str(caught.value)


@pytest.mark.parametrize("tokens", NAMES)
@pytest.mark.parametrize("rows", NAMES)
def test_B8_of_all_pairs_of_published_sizes_only_those_of_the_table_are_accepted(rows, tokens):
    """The four pairs of the first generation's script, and those of the later ones."""
    allowed = {(32000, 49953), (32000, 55296), *((size, size) for size in NAMES)}
    if (rows, tokens) in allowed:
        check_vocabulary(rows, tokens=tokens, purpose="pretrain")
        return
    with pytest.raises(WrongPart, match=rf"{rows} tokens .*, the tokenizer {tokens} .*: \w+"):
        check_vocabulary(rows, tokens=tokens, purpose="pretrain")


def test_an_extended_tokenizer_is_not_extended_again(inputs, extended, tmp_path):
    with pytest.raises(WrongPart) as caught:
        extend(extended.path, add=inputs / "chinese_sp.model", out=tmp_path / "again")
    assert caught.value.values["cause"] == "nothing_new"
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize(
    "content", [b"", b"<!DOCTYPE html><html></html>", b"version https://git-lfs.github.com/spec/v1\n"]
)
def test_what_is_no_sentencepiece_model_is_refused(inputs, tmp_path, content):
    (tmp_path / "wrong.model").write_bytes(content)
    with pytest.raises(BadModelFiles) as caught:
        extend(inputs / "tokenizer.model", add=tmp_path / "wrong.model", out=tmp_path / "out")
    assert caught.value.values["cause"] == "not_sentencepiece"


def test_a_model_whose_parts_contradict_each_other_is_refused(inputs, tmp_path):
    proto = sp.ModelProto()
    proto.ParseFromString((inputs / "tokenizer.model").read_bytes())
    del proto.pieces[100:]  # of the 256 bytes that it says it falls back to
    (tmp_path / "cut.model").write_bytes(proto.SerializeToString())
    with pytest.raises(BadModelFiles) as caught:
        efficiency(tmp_path / "cut.model", text="问")
    assert caught.value.values["cause"] == "not_sentencepiece"


def test_a_folder_in_use_is_not_overwritten(inputs, tmp_path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(BadModelFiles) as caught:
        extend(inputs, add=inputs / "chinese_sp.model", out=tmp_path)
    assert caught.value.values["cause"] == "exists"
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]
