"""The kinds of synthetic documents, as `descriptions/*.txt` describe them.

In such a file `=` begins a kind of document (its titles), `-` a section; any other line is a fact with its answers in
brackets, `/` another wording of it, and the n-th `?` the ways to ask for the n-th answer (`@2` at the end: for the
second; `@{人}`: for the word of that slot). `~` is a rule by steps of a quantity: its beginning, the unit, the numbers,
the kind of the values. `#` begins a table: its columns are name, kind, questions with {k} for the row's key, and after
`!` questions with {v} for the key; the key's is `*`.
"""

import re
from dataclasses import dataclass, field
from functools import cache

from models.training.patterns import DESCRIPTIONS

_TARGET = re.compile(r"\s*@0?(\d+|\{(\S+)\})\s*$")
_COLUMN = re.compile(r"(\S+) (?:\*|:) (\S+)(?: \? (.*?))?(?: ! (.*))?")

#: A rule by steps: its beginning, the unit, the numbers, the kind of the values.
Steps = tuple[str, str, tuple[int, ...], str]


@dataclass
class Fact:
    """A statement in one or more wordings, and the ways to ask for its answers.

    A line of questions has whether it says what it asks for, the number of that answer or a slot's name, and its ways.
    """

    wordings: list[str]
    questions: list[tuple[bool, int | str, list[str]]] = field(default_factory=list)
    steps: Steps | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: the kind of its values, and questions for a value and for the key."""

    name: str
    kind: str
    questions: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


@dataclass
class Section:
    """A heading with its facts, or a table with its columns, the key first."""

    titles: list[str]
    facts: list[Fact] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)


@dataclass
class Kind:
    """A kind of document."""

    titles: list[str]
    sections: list[Section] = field(default_factory=list)


@cache
def kinds() -> tuple[Kind, ...]:
    """Return every kind of document that the templates describe."""
    found: list[Kind] = []
    for path in sorted(DESCRIPTIONS.glob("*.txt")):
        if path.stem not in ("words", "fillers"):
            for line in path.read_text("utf-8").splitlines():
                if line.strip():
                    _read_line(line, found)
    return tuple(found)


def _read_line(line: str, found: list[Kind]) -> None:
    mark, content = line[0], line[1:].strip()
    if mark == "=":
        found.append(Kind(_parts(content)))
        return
    sections = found[-1].sections
    if mark in "-#":
        sections.append(Section(_parts(content)))
    elif mark == "/":
        sections[-1].facts[-1].wordings.append(content.replace("\\n", "\n"))
    elif mark == "?":
        _read_questions(content, sections[-1].facts[-1])
    elif mark == "~":
        lead, unit, numbers, kind = content.split("|")
        sections[-1].facts.append(Fact([lead], steps=(lead, unit, tuple(map(int, numbers.split(","))), kind)))
    elif match := _COLUMN.fullmatch(line):
        name, kind, asked, back = match.groups()
        sections[-1].columns.append(Column(name, kind, tuple(_parts(asked or "")), tuple(_parts(back or ""))))
    else:
        sections[-1].facts.append(Fact([line.replace("\\n", "\n")]))


def _read_questions(content: str, fact: Fact) -> None:
    match = _TARGET.search(content)
    untold = 1 + sum(1 for told, _, _ in fact.questions if not told)
    target: int | str = untold if not match else match[2] or int(match[1])
    fact.questions.append((bool(match), target, _parts(_TARGET.sub("", content))))


def _parts(text: str) -> list[str]:
    """Split at the bars that stand between blanks."""
    return [part.strip() for part in text.split(" | ") if part.strip()]
