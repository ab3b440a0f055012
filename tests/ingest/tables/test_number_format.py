import pytest

from ingest.tables.number_format import BUILT_IN, shown


@pytest.mark.parametrize(
    ("value", "code", "text"),
    [
        (0.15, "0%", "15%"),
        (0.1534, "0.00%", "15.34%"),
        (1234567.891, "#,##0.00", "1,234,567.89"),
        (1234.5, "¥#,##0.00", "¥1,234.50"),
        (-1234.5, '_ ¥* #,##0.00_ ;_ ¥* -#,##0.00_ ;_ ¥* "-"??_ ;_ @_ ', "¥-1,234.50"),
        (-5, "0.00_);[Red](0.00)", "(5.00)"),
        (-5, "0.00", "-5.00"),
        (12345, "[$€-2] #,##0", "€ 12,345"),
        (7, "000000", "000007"),
        (2812345678, "000\\-00000000", "028-12345678"),
        (123456, '0!.0,"万"', "12.3万"),
        (12345678, "#,##0,", "12,346"),
        (1.5, "0.##", "1.5"),
        (0.00012, "0.00E+00", "1.20E-04"),
        (5, '0"元"', "5元"),
        (5, 'General"台"', "5台"),
        (200, '[>100]0"大";0"小"', "200大"),
        (12, '[>100]0"大";0"小"', "12小"),
        (2.5, "0", "3"),
        (1.5, "# ?/?", "1.5"),
        (5, "@", "5"),
        (5, ";;;", "5"),
        (0, "0;-0;;@", ""),
    ],
)
def test_numbers_are_shown_as_their_format_says(value, code, text):
    assert shown(value, code) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (BUILT_IN[14], "2024/1/1"),
        (BUILT_IN[31], "2024年1月1日"),
        (BUILT_IN[57], "2024年1月"),
        ("yyyy-mm-dd hh:mm;@", "2024-01-01 18:30"),
        ("[$-804]yyyy/m/d 上午/下午h:mm", "2024/1/1 下午6:30"),
        ('[DBNum1][$-804]yyyy"年"m"月"d"日";@', "二〇二四年一月一日"),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "2024年1月1日"),
        ("aaaa", "星期一"),
        ("d-mmm-yy", "1-Jan-24"),
        ("mm:ss", "30:05"),
        ("h:mm AM/PM", "6:30 PM"),
    ],
)
def test_dates_are_shown_as_their_format_says(code, text):
    assert shown(45292 + (18 * 3600 + 30 * 60 + 5) / 86400, code) == text


def test_hours_may_go_beyond_a_day_and_days_may_count_from_1904():
    assert shown(1.25, "[h]:mm") == "30:00"
    assert shown(43830, "yyyy-mm-dd", date1904=True) == "2024-01-01"
    assert shown(59, "yyyy-mm-dd") == "1900-02-28"


@pytest.mark.parametrize(
    ("value", "text"), [(0.1 + 0.2, "0.3"), (1 / 3, "0.333333333"), (1e20, "1e+20"), (13800138000, "13800138000")]
)
def test_numbers_without_a_format_have_no_digits_of_binary_arithmetic(value, text):
    assert shown(value, "General") == text


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1.0, 1e300, 3e6])
def test_no_number_and_no_code_is_an_error(value):
    for code in ("yyyy-mm-dd", "0.00", "", '"', "[", "#,##0.00E+00%", ";" * 9, "0" * 200):
        assert isinstance(shown(value, code), str)
