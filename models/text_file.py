"""A text file that someone named."""

from pathlib import Path

from models.errors import BadModelFiles


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file. Raises BadModelFiles where it is none."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        raise BadModelFiles(
            f"{path} cannot be read as UTF-8 text ({exc}): name a text file, or convert it first",
            path=str(path),
            cause="text_unreadable",
        ) from exc
