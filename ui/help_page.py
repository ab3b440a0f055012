"""Help pages: as wide as Chinese characters are, with examples for every command."""

import unicodedata
from collections.abc import Iterable, Iterator

import click

from ui.text import TEXTS, t

#: Characters that no line begins with.
_CLOSING = "，。；：、！？）》」』”’…,.;:!?)]}"


class HelpFormatter(click.HelpFormatter):
    """click's formatter, which counts characters, with columns of the terminal in their place."""

    def write_text(self, text: str) -> None:
        """Write paragraphs, and lines in them as they are; long ones go on below."""
        indent = " " * self.current_indent
        for line in text.splitlines():
            for part in wrapped(line, self.width - self.current_indent):
                self.write(f"{indent}{part}".rstrip() + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write names with their descriptions beside them, or below names that are longer than `col_max`."""
        rows = list(rows)
        column = min(max((columns(name) for name, _ in rows), default=0), col_max) + col_spacing
        indent = " " * self.current_indent
        for name, described in rows:
            lines = list(wrapped(described, max(self.width - self.current_indent - column, 20)))
            gap = column - columns(name)
            if gap < col_spacing:
                self.write(f"{indent}{name}\n")
                gap, name = column, ""
            for number, line in enumerate(lines or [""]):
                before = name + " " * gap if number == 0 else " " * column
                self.write(f"{indent}{before}{line}".rstrip() + "\n")


class Context(click.Context):
    """A context whose help pages are ours."""

    formatter_class = HelpFormatter


class Command(click.Command):
    """A command with a help page of ours."""

    context_class = Context

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(ctx, formatter)


def write_examples(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the examples of a command, where it has any: `example.` and its name in the table of texts."""
    key = "example." + ctx.command_path.partition(" ")[2]
    if key in TEXTS:
        with formatter.section(t("examples")):
            for line in t(key).splitlines():
                formatter.write(f"{'':{formatter.current_indent}}{line}".rstrip() + "\n")


def columns(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    return sum(_columns(character) for character in text)


def wrapped(text: str, width: int) -> Iterator[str]:
    """Yield a line in parts of at most `width` columns: cut at spaces and beside Chinese characters."""
    while columns(text) > width:
        end, taken, cut = 0, 0, 0
        while end < len(text) and taken + _columns(text[end]) <= width:
            if end and _may_cut(text[end - 1], text[end]):
                cut = end
            taken += _columns(text[end])
            end += 1
        if _may_cut(text[end - 1], text[end]):
            cut = end
        yield text[: cut or end].rstrip()
        text = text[cut or end :].lstrip()
    yield text


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _may_cut(before: str, after: str) -> bool:
    """Whether a line may end between two characters."""
    if after in _CLOSING:
        return False
    return before == " " or after == " " or 2 in (_columns(before), _columns(after))
