"""`wendang.toml`, the settings of a home: changed in place, so that what people wrote there stays."""

from pathlib import Path

import tomlkit

NAME = "wendang.toml"


def write_settings(home: Path, **values: object) -> None:
    """Set each setting, take out those that are None; all else in the file stays as it is, comments too."""
    path = home / NAME
    document = tomlkit.parse(path.read_text("utf-8") if path.exists() else "")
    for key, value in values.items():
        if value is not None:
            document[key] = value
        else:
            document.pop(key, None)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".toml.part")
    new.write_text(document.as_string(), "utf-8")
    new.replace(path)
