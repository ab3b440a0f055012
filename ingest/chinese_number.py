"""Whole numbers in Chinese."""


def chinese_number(value: int) -> str:
    """Return a whole number from 0 to 99999 in Chinese, as in 第一百零三条."""
    if not 0 < value <= 99_999:
        return "〇" if value == 0 else str(value)
    digits = "零一二三四五六七八九"
    text = ""
    for power, unit in ((10_000, "万"), (1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = value // power % 10
        text += digits[digit] + unit if digit else ("零" if text and not text.endswith("零") else "")
    text = text.rstrip("零")
    return text.removeprefix("一") if text.startswith("一十") else text
