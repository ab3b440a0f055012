"""Which folders a sync walks, where synced folders lie inside of each other."""

from collections.abc import Sequence
from pathlib import Path

from ingest.errors import BadSetting


def chosen_folders(given: Sequence[str | Path], *, known: Sequence[Path]) -> list[Path]:
    """Return the folders given, with the known ones inside of them; every known one, if none is given.

    A folder inside a known one means that one. Raises BadSetting for what is no folder.
    """
    chosen: list[Path] = []
    for folder in map(Path, given):
        path = folder.expanduser().resolve()
        if not path.is_dir():
            raise BadSetting(
                f"{folder} is not a folder; give one that exists",
                name="FOLDER",
                value=str(folder),
                expected="a folder",
                cause="no_folder",
            )
        chosen.append(next((outer for outer in known if path.is_relative_to(outer)), path))
        chosen += [inner for inner in known if inner.is_relative_to(path)]
    return list(dict.fromkeys(chosen or known))


def make_home(documents: Path) -> None:
    """Make the drop folder, and with it the home. BadSetting tells why a home cannot be used."""
    try:
        documents.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        cause = exc.strerror or str(exc)
        raise BadSetting(
            f"{documents.parent} cannot be the home: {cause}; choose another folder with --home",
            name="home",
            value=str(documents.parent),
            expected=cause,
            cause="home",
        ) from exc
