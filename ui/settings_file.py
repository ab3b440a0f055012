"""`wendang.toml`, the settings of a home: changed in place, so that what people wrote there stays."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from ingest.errors import BadSetting

NAME = "wendang.toml"
_PREFIX, _INSIDE = "WENDANG_", "__"


def write_settings(home: Path, **values: object) -> None:
    """Set each setting, take out those that are None; all else in the file stays as it is, comments too."""
    change_settings(home, values)


def change_settings(home: Path, values: Mapping[str, object]) -> None:
    """Set settings by their names, `limits.pages` for one inside of another; None takes one out.

    All else in the file stays as it is, comments too. Raises BadSetting for a file that is not TOML, or in which a
    setting that should have others inside has none.
    """
    path = home / NAME
    try:
        document = tomlkit.parse(path.read_text("utf-8") if path.exists() else "")
    except (TOMLKitError, UnicodeDecodeError) as exc:
        raise _unreadable(path, str(exc)) from exc
    for name, value in values.items():
        *outer, key = name.split(".")
        table = _table(document, outer, path=path, make=value is not None)
        if table is None:
            continue
        if value is not None:
            table[key] = value
        else:
            table.pop(key, None)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".toml.part")
    new.write_text(document.as_string(), "utf-8")
    new.replace(path)


def _table(document: Any, names: list[str], *, path: Path, make: bool) -> Any:  # noqa: ANN401 - tomlkit's containers
    """Return the table of these names; where there is none it is made, or None."""
    table = document
    for name in names:
        if name not in table:
            if not make:
                return None
            table[name] = tomlkit.table()
        table = table[name]
        if not isinstance(table, dict):
            raise _unreadable(path, f"{name} is not a table")
    return table


def _unreadable(path: Path, cause: str) -> BadSetting:
    return BadSetting(f"{path} cannot be changed: {cause}; correct it", name=NAME, value="", expected=cause)


def variable_of(name: str) -> str | None:
    """Return the variable of the environment that sets a setting, None where none does: the file cannot change it."""
    wanted = f"{_PREFIX}{name.replace('.', _INSIDE)}".upper()
    whole = {wanted, wanted.partition(_INSIDE)[0]}
    return next((given for given in os.environ if given.upper() in whole), None)
