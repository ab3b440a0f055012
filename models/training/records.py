"""What training reads: texts (.txt, .jsonl) and instructions (.json, .jsonl), one after the other, never all at once.

A text file has a text a line; a line of `.jsonl` is an object with `text`. An instruction is an object with
`instruction`, `output` and maybe `input` (the form of Stanford's Alpaca), in a JSON list or one a line. What cannot be
used is handed over as `Bad`, with its line.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from models.errors import BadTrainingData

TEXTS, INSTRUCTIONS = (".txt", ".jsonl"), (".json", ".jsonl")
_CHUNK = 2**20
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class Bad:
    """A record that cannot be trained on: where it is, and why not."""

    path: Path
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.path.name}:{self.line}: {self.why}"


@dataclass(frozen=True, slots=True)
class Text:
    """A text, and the line it begins on."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """What is asked (with the input, where there is one, on the line below) and what is to be answered."""

    line: int
    asked: str
    output: str


Refuse = Callable[[Bad], None]


def data_files(paths: Sequence[Path], *, suffixes: Sequence[str]) -> list[Path]:
    """Return the files of these kinds that are named, or that lie in the folders named. Raises BadTrainingData."""
    found: list[Path] = []
    for path in paths:
        inside = (
            sorted(file for file in path.rglob("*") if file.suffix.lower() in suffixes) if path.is_dir() else [path]
        )
        if not inside or not all(file.is_file() and file.suffix.lower() in suffixes for file in inside):
            raise BadTrainingData(
                f"{path} is, or holds, no file that this training reads ({', '.join(suffixes)}): check the path",
                path=str(path),
                cause="no_files",
                suffixes=", ".join(suffixes),
            )
        found += inside
    return list(dict.fromkeys(found))


def texts(path: Path, *, refuse: Refuse) -> Iterator[Text]:
    """Yield the texts of a file; empty lines of a text file are none."""
    if path.suffix.lower() == ".txt":
        for line, text in _lines(path, refuse=refuse):
            if text.strip():
                yield Text(line, text)
        return
    for line, value in _objects(path, refuse=refuse):
        found = value.get("text") if isinstance(value, dict) else None
        if isinstance(found, str) and found.strip():
            yield Text(line, found)
        else:
            refuse(Bad(path, line, 'no "text"'))


def instructions(path: Path, *, refuse: Refuse) -> Iterator[Instruction]:
    """Yield the instructions of a file."""
    for line, value in _objects(path, refuse=refuse):
        why = _lacking(value)
        if why:
            refuse(Bad(path, line, why))
            continue
        more = value.get("input") or ""
        asked = value["instruction"] + (f"\n{more}" if more else "")
        yield Instruction(line, asked, value["output"])


def _lacking(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON has
    if not isinstance(value, dict):
        return "not an object"
    for key in ("instruction", "output"):
        if not isinstance(value.get(key), str) or not value[key].strip():
            return f'no "{key}"'
    if not isinstance(value.get("input"), str | None):
        return '"input" is not text'
    return None


def _objects(path: Path, *, refuse: Refuse) -> Iterator[tuple[int, Any]]:
    if path.suffix.lower() == ".json":
        yield from _items(path, refuse=refuse)
        return
    for line, text in _lines(path, refuse=refuse):
        if not text.strip():
            continue
        try:
            yield line, json.loads(text)
        except (ValueError, RecursionError) as exc:
            refuse(Bad(path, line, f"not JSON ({exc})"))


def _lines(path: Path, *, refuse: Refuse) -> Iterator[tuple[int, str]]:
    """Yield the lines of a UTF-8 file with their numbers; one that is not UTF-8 is bad, not the file."""
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            try:
                yield number, raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as exc:
                refuse(Bad(path, number, f"not UTF-8 ({exc.reason}); convert the file"))


def _items(path: Path, *, refuse: Refuse) -> Iterator[tuple[int, Any]]:
    """Yield the items of a JSON list with the lines they begin on, holding little more than one of them at a time.

    What follows a mistake in the syntax cannot be told apart and is not read; the mistake is refused with its line.
    """
    with path.open(encoding="utf-8-sig", newline=None) as stream:
        window = _Window(stream)
        try:
            if window.peek() != "[":
                refuse(Bad(path, window.line, "the file is not a JSON list"))
                return
            window.take(1)
            first = True
            while window.peek() != "]":
                if not first:
                    window.comma()
                first = False
                yield window.line_of_next(), window.item()
        except (ValueError, RecursionError) as exc:
            refuse(Bad(path, window.line, f"not JSON, and nothing behind it was read ({exc})"))


class _Window:
    """A moving part of a text, and the line it has come to."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._text, self._at, self.line = stream, "", 0, 1

    def peek(self) -> str:
        """Return the next character that is no blank. Raises ValueError at the end of the file."""
        while True:
            left = self._text[self._at :].lstrip()
            if left:
                self.take(len(self._text) - self._at - len(left))
                return left[0]
            self.take(len(self._text) - self._at)
            if not self._more():
                raise ValueError("the list is not closed")

    def line_of_next(self) -> int:
        """Return the line of the next character that is no blank."""
        self.peek()
        return self.line

    def take(self, count: int) -> None:
        """Go on by so many characters."""
        self.line += self._text.count("\n", self._at, self._at + count)
        self._at += count

    def comma(self) -> None:
        """Go on behind a comma. Raises ValueError where there is none."""
        if self.peek() != ",":
            raise ValueError("a comma is missing")
        self.take(1)

    def item(self) -> Any:  # noqa: ANN401 - whatever JSON has
        """Return the next value, going on behind it. Raises ValueError."""
        self.peek()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except ValueError:
                if not self._more():
                    raise
                continue
            # A number at the very end may go on.
            if end == len(self._text) and self._more():
                continue
            self.take(end - self._at)
            return value

    def _more(self) -> bool:
        """Read on, as much again as is held, so that a long item is not gone through too often."""
        read = self._stream.read(max(_CHUNK, len(self._text) - self._at))
        self._text, self._at = self._text[self._at :] + read, 0
        return bool(read)
