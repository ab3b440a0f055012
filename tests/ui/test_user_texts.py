import pkgutil
import string
from collections import Counter
from importlib import import_module

import pytest

from ingest.errors import Reason
from ui import texts
from ui.text import TEXTS, reason_text, set_language, t
from ui.texts.reasons import REASONS


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_no_text_stands_in_two_tables():
    tables = [import_module(f"ui.texts.{module.name}") for module in pkgutil.iter_modules(texts.__path__)]
    counts = Counter(key for table in tables for key in getattr(table, "TEXTS", {}))
    assert not [key for key, count in counts.items() if count > 1]


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_both_languages_use_the_same_values(key):
    chinese, english = TEXTS[key]
    assert chinese
    assert fields(chinese) == fields(english) or not english


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_text_and_a_remedy_in_both_languages(reason):
    assert all(REASONS[reason][0]) and all(REASONS[reason][1])


def test_a_value_that_is_missing_does_not_break_the_text():
    assert "?" in reason_text(Reason.UNDECODABLE_BYTES, {})[0]


def test_braces_in_values_are_plain_text():
    assert "{0.__class__}" in t("sync.removed", source="{0.__class__}")


def test_the_language_can_be_changed():
    set_language("en")
    try:
        assert t("status.failed") == "failed"
    finally:
        set_language("zh")
