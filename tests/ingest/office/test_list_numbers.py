import pytest

from ingest.office.list_numbers import list_number


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (12, "chineseCounting", "十二"),
        (103, "chineseCountingThousand", "一百零三"),
        (12, "ideographDigital", "一二"),
        (12, "chineseLegalSimplified", "壹拾贰"),
        (25, "ideographLegalTraditional", "貳拾伍"),
        (11, "ideographTraditional", "甲"),
        (3, "decimalEnclosedCircleChinese", "③"),
        (21, "decimalEnclosedCircle", "21"),
        (28, "lowerLetter", "bb"),
        (1994, "upperRoman", "MCMXCIV"),
        (7, "decimalZero", "07"),
        (15, "decimalFullWidth", "１５"),
        (0, "chineseCounting", "0"),
        (3, "none", ""),
        (3, "of a later version", "3"),
    ],
)
def test_numbers_are_written_as_the_office_programs_do(value, kind, text):
    assert list_number(value, kind) == text
