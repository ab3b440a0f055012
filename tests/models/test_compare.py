"""How far one form of a model is from another, by real transformers and real llama.cpp."""

import dataclasses
import random

import pytest
import sentencepiece
from tiny_llama import TINY, write_base

from models.compare import compare
from models.convert import convert
from models.errors import BadModelFiles, WrongPart
from models.quantize import quantize
from models.speakers import speaker

WIDE = dataclasses.replace(TINY, hidden=256, inner=512, kv_heads=2)
ROWS = 1000
TEXT = "甲方应当在收到货物后三十日内付款。The boiler is checked twice a day. " * 3


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_base(tmp_path_factory.mktemp("比较") / "模型", rows=ROWS, size=WIDE)


@pytest.fixture(scope="module")
def whole(folder):
    return convert(folder, out=folder.parent / "f16.gguf")


def test_D1_half_precision_is_next_to_nothing_and_fewer_bits_are_in_order(folder, whole, tmp_path):
    f16 = compare(folder, whole, text=TEXT, threads=1)
    # Random weights find many tokens nearly as likely as the likeliest: a few ties may fall the other way.
    assert f16.kl_mean < 1e-5 and f16.same_top > 0.98 and f16.logit_max < 0.01
    found = [f16.kl_mean]
    for kind in ("q8_0", "q5_k_m", "q3_k_m"):
        made = quantize(whole, out=tmp_path / f"{kind}.gguf", kind=kind, threads=1)
        found.append(compare(whole, made.path, text=TEXT, threads=1).kl_mean)
    assert found == sorted(found) and found[1] < 1e-2


def test_a_model_is_not_far_from_itself(whole):
    same = compare(whole, whole, text=TEXT, threads=1)
    assert same.kl_mean == 0 and same.logit_max == 0 and same.same_greedy == 1
    assert same.perplexities[0] == same.perplexities[1] > 1
    assert same.tokens == len(same.kl) > 100


def test_another_model_is_far(folder, whole, tmp_path):
    other = write_base(tmp_path / "other", rows=ROWS, size=WIDE, seed=9)
    found = compare(whole, other, text=TEXT, threads=1)
    assert found.kl_mean > 0.01 and found.same_top < 0.5 and found.same_greedy < 1


def test_the_text_of_ours_suffices(whole):
    assert compare(whole, whole, threads=1).tokens > 1000


def test_C4_transformers_is_asked_with_the_tokens_of_sentencepiece(tmp_path):
    folder = write_base(tmp_path / "alpaca", rows=49954)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "tokenizer.model"))
    drawn = random.Random(4)
    lines = ["".join(chr(0x4E00 + drawn.randrange(1500)) for _ in range(20)) for _ in range(3000)]
    with speaker(folder, context=64, threads=1) as model:
        assert [model.encode(line) for line in lines] == [pieces.encode(line) for line in lines]
        assert not {0, 1, 2, 49953} & set(model.encode("甲</s>[PAD乙<unk>"))


def test_models_with_other_tokens_are_not_compared(whole, tmp_path):
    other = write_base(tmp_path / "other", rows=ROWS + 1, size=WIDE)
    with pytest.raises(WrongPart, match=r"1000.*1001"):
        compare(whole, other, text=TEXT)


def test_a_text_that_is_too_short_says_so(whole):
    with pytest.raises(BadModelFiles, match="tokens"):
        compare(whole, whole, text="短")


def test_what_is_no_model_is_named(whole, tmp_path):
    (tmp_path / "x.gguf").write_text("no")
    with pytest.raises(BadModelFiles, match=r"x\.gguf"):
        compare(whole, tmp_path / "x.gguf", text=TEXT)
    with pytest.raises(BadModelFiles, match="there is no model"):
        compare(tmp_path / "none", whole, text=TEXT)
