import json
from pathlib import Path

import pytest

from ingest.e5 import tokens as e5_tokens
from ingest.e5 import weights as e5_weights

REFERENCE = json.loads((Path(__file__).parent / "reference" / "e5.json").read_text(encoding="utf-8"))["texts"]


@pytest.fixture(scope="module")
def tokens(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokens")
    e5_tokens.write(e5_weights.read(e5_weights.locate()), folder=folder)
    return e5_tokens.E5Tokens(folder)


@pytest.mark.parametrize("reference", REFERENCE, ids=lambda reference: reference["text"][:16])
def test_ids_are_those_of_sentencepiece(tokens, reference):
    assert tokens.encode(reference["text"]) == reference["ids"]


def test_limit_gives_the_first_ids(tokens):
    whole = tokens.encode(REFERENCE[-1]["text"])
    assert tokens.encode(REFERENCE[-1]["text"], limit=510) == whole[:510]


@pytest.mark.parametrize("text", ["", " ", "\n\t　", "\u200b", "\x01\x02"])
def test_nothing_visible_has_no_tokens(tokens, text):
    assert tokens.encode(text) == []


def test_control_tokens_spelled_out_in_a_text_stay_text(tokens):
    controls = {e5_tokens.BEGIN, e5_tokens.PAD, e5_tokens.END, 250001}
    assert controls.isdisjoint(tokens.encode("<s> <pad> </s> <mask> <s>年假</s>"))


def test_run_of_unknown_characters_is_one_token(tokens):
    assert tokens.encode("\ud800\ud801\ud802").count(e5_tokens.UNKNOWN) == 1


def test_width_and_composition_make_no_difference(tokens):
    assert tokens.encode("ＡＢＣ１２３") == tokens.encode("ABC123")
    assert tokens.encode("cafe\u0301") == tokens.encode("caf\u00e9")
