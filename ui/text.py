"""Every text that users see, in Chinese and English. Keys are dotted names; values fill in {names}.

The tables are the files of ui/texts.
"""

import pkgutil
import re
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Protocol

from ingest.errors import Reason
from ingest.types import Gap
from ui import texts
from ui.texts.reasons import REASONS

#: key → (Chinese, English), of all tables.
TEXTS: dict[str, tuple[str, str]] = {
    key: both
    for module in pkgutil.iter_modules(texts.__path__)
    for key, both in getattr(import_module(f"ui.texts.{module.name}"), "TEXTS", {}).items()
}

_language = "zh"
# Who else may know the language: a tab of the page, which has its own.
_asked: Callable[[], str | None] | None = None

# All control characters but the line end and the tab; and the marks that reorder what is shown.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


class _Placed(Protocol):
    @property
    def source(self) -> str: ...
    @property
    def page(self) -> int | None: ...


class _Failed(Protocol):
    """An error of the program's own, of any package."""

    @property
    def code(self) -> str: ...
    @property
    def values(self) -> Mapping[str, object]: ...


def set_language(name: str) -> None:
    """Set the language of all texts: "en" for English, anything else for Chinese."""
    global _language
    _language = _known(name)


def ask_language(source: Callable[[], str | None]) -> None:
    """Let `source` be asked for the language at every text; where it returns None, `set_language` counts."""
    global _asked
    _asked = source


def language() -> str:
    """Return the language of the texts here and now: "zh" or "en"."""
    asked = _asked() if _asked else None
    return _language if asked is None else _known(asked)


def _known(name: str) -> str:
    return "en" if name.lower().startswith("en") else "zh"


def t(key: str, **values: object) -> str:
    """Return the text of a key with its values; KeyError for an unknown key (a test goes through all of them)."""
    return template(key).format_map(_Values(values))


def template(key: str) -> str:
    """Return the text of a key with its {names} unfilled."""
    chinese, english = TEXTS[key]
    return english if language() == "en" else chinese


def reason_text(reason: Reason, values: Mapping[str, object]) -> tuple[str, str]:
    """Return why a file could not be read, and what to do about it."""
    what, remedy = REASONS[reason][language() == "en"]
    page = values.get("page")
    filled = _Values(values)
    return (t("on_page", page=page) if page else "") + what.format_map(filled), remedy.format_map(filled)


def gaps_text(gaps: Sequence[Gap]) -> tuple[str | None, str | None]:
    """Return what is missing of a document and why, with the pages, and what to do about it; None where nothing is."""
    if not gaps:
        return None, None
    alike: dict[tuple[str, str], list[int]] = {}
    for gap in gaps:
        pages = alike.setdefault(reason_text(gap.reason, gap.values), [])
        if gap.page is not None:
            pages.append(gap.page)
    between = t("between")
    reasons = [(t("on_page", page=ranges(pages)) if pages else "") + what for (what, _), pages in alike.items()]
    return between.join(reasons), between.join(dict.fromkeys(remedy for _, remedy in alike))


def ranges(pages: Sequence[int]) -> str:
    """Return page numbers for people: 2-5, 9."""
    parts: list[list[int]] = []
    for page in sorted(set(pages)):
        if parts and page == parts[-1][1] + 1:
            parts[-1][1] = page
        else:
            parts.append([page, page])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)


def error_text(error: _Failed) -> str:
    """Return an error as one line: what failed, the value, what to do. English is the error's own message."""
    cause = str(error.values.get("cause", ""))
    for key in (f"error.{error.code}.{cause}", f"error.{error.code}"):
        if language() == "zh" and key in TEXTS:
            return t(key, **error.values)
    return " ".join(str(error).split())


def printable(text: str) -> str:
    """Return a document's text for a terminal: control characters, which may drive it, are shown as escapes."""
    return _CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text)


def place(found: _Placed) -> str:
    """Return where a passage or a citation stands: the source, and the page where there is one."""
    return one_line(found.source) + (t("place.page", page=found.page) if found.page else "")


def one_line(text: str) -> str:
    """Return a name or a value for a line of its own: line ends are shown as escapes too."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


class _Values(dict[str, object]):
    """Values of a text: a missing one is a question mark, one with control characters shows them as escapes."""

    def __getitem__(self, key: str) -> object:
        value = super().__getitem__(key)
        return one_line(value) if isinstance(value, str) else value

    def __missing__(self, key: str) -> str:
        return "?"
