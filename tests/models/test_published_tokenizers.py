"""The published tokenizers, byte by byte (rows C2, C3, C4): needs files that are not ours to hand on.

Set `WENDANG_PUBLISHED_TOKENIZERS` to a folder with LLaMA's `tokenizer.model` (the first 32,000 pieces of Alpaca-2's are
the same), and with `chinese_sp.model` and `doc.txt` of ymcui/Chinese-LLaMA-Alpaca (`scripts/merge_tokenizer`,
`scripts/langchain`).
"""

import os
from pathlib import Path

import pytest

from models.checksums import sha256_of
from models.tokenizer import efficiency, extend

FOLDER = os.environ.get("WENDANG_PUBLISHED_TOKENIZERS")
pytestmark = pytest.mark.skipif(not FOLDER, reason="WENDANG_PUBLISHED_TOKENIZERS names no folder")
LLAMA = "9e556afd44213b6bd1be2b850ebbbd98f5481437a8021afaf58ee7fb1818d347"
CHINESE = "0f5f6f717181694ec2e1c9be4398e2db2e40a3902932325b06e12ad4cd64ac09"


@pytest.fixture(scope="module")
def given():
    folder = Path(FOLDER)
    assert sha256_of(folder / "tokenizer.model") == LLAMA
    assert sha256_of(folder / "chinese_sp.model") == CHINESE
    return folder


@pytest.mark.parametrize(
    ("pad", "name", "total", "sha256"),
    [
        (False, "Chinese-LLaMA", 49953, "e2676d4ca29ca1750f6ff203328d73b189321dc5776ceede037cbd36541d70c0"),
        (True, "Chinese-Alpaca", 49954, "2d967e855b1213a439df6c8ce2791f869c84b4f3b6cfacf22b86440b8192a2f8"),
    ],
)
def test_C2_the_published_tokenizers_are_made_again_byte_by_byte(given, tmp_path, pad, name, total, sha256):
    made = extend(given, add=given / "chinese_sp.model", out=tmp_path / "out", pad=pad)
    assert (made.base, made.given, made.overlap, made.total) == (32000, 20000, 2047, total)
    assert (sha256_of(made.path), made.published) == (sha256, name)


def test_C3_the_tokens_of_the_published_text_are_counted(given, tmp_path):
    made = extend(given, add=given / "chinese_sp.model", out=tmp_path / "out", pad=True)
    text = (given / "doc.txt").read_text("utf-8")
    before, after = efficiency(given, text=text), efficiency(made.path, text=text)
    assert (before.tokens, after.tokens, after.characters) == (3108, 1800, 2154)
    assert round(after.per_character, 2) == 0.84
