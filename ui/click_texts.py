"""click's own texts, in the language that is set.

click looks its texts up with gettext, which reads compiled catalogs from files only; the table `ui.texts.click` takes
the catalog's place.
"""

from importlib import import_module

from ui.text import TEXTS, template

_MODULES = ("core", "decorators", "exceptions", "formatting", "parser", "termui", "types")


def translate_click() -> None:
    """Let click say its texts in the language that is set."""
    for name in _MODULES:
        module = import_module(f"click.{name}")
        for lookup, ours in (("_", _text), ("ngettext", _counted)):
            if hasattr(module, lookup):
                setattr(module, lookup, ours)


def _text(message: str) -> str:
    """Return click's message in the language that is set; one that the table does not have, as it is."""
    key = f"click.{message}"
    return template(key) if key in TEXTS else message


def _counted(singular: str, plural: str, count: int) -> str:
    return _text(singular if count == 1 else plural)
