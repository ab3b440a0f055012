import sys

import pytest

from ingest.normalize import fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("臺灣的員工請假規則", "台湾的员工请假规则"),
        ("ＡＢＣ１２３（全形）", "abc123(全形)"),
        ("WenDang", "wendang"),
        ("㎡ 與 ﬁ", "㎡ 与 ﬁ"),
    ],
)
def test_width_script_and_case_are_folded(text, folded):
    assert fold(text) == folded


def test_folding_never_changes_the_length():
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert len(fold(everything)) == len(everything)
