"""What the tests of model files do to them."""

from pathlib import Path


def flip_byte(path: Path, *, at: int) -> None:
    """Change one byte of a file, `at` from its beginning or, if negative, its end."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
