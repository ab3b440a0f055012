"""`wendang chat`: several questions in the terminal, each answered from the files and kept in a conversation."""

import io
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingest.errors import WendangError
from rag.types import Answer
from ui import interrupts
from ui.answer_display import finished, show
from ui.commands.ask import as_record, passages_as_records
from ui.line_editing import typed_lines
from ui.options import (
    define,
    model_option,
    opened,
    print_json,
    sources_option,
    tell_if_model_is_made_first,
    tell_that_library_is_empty,
    top_k_option,
    wants_json,
)
from ui.text import error_text, one_line, place, printable, t

if TYPE_CHECKING:
    from rag import Engine
    from rag.conversations import Conversations


#: The file of the lines that were typed, in the home.
HISTORY = "chat_history"


@define("chat")
@model_option
@top_k_option
@sources_option
@click.option("--continue", "go_on", is_flag=True, help=t("option.continue"))
def command(model: str | None, top_k: int | None, sources: tuple[str, ...], go_on: bool) -> int:
    """Answer until /quit or the end of the input."""
    at_terminal = sys.stdin.isatty()
    with opened(read_only=True, model=model) as library:
        if library.sources():
            tell_if_model_is_made_first(library)
        else:
            tell_that_library_is_empty(library)
        chat = _Chat(library, library.conversations(), top_k=top_k, sources=sources)
        if at_terminal and not wants_json():
            click.echo(t("chat.hello"))
        if go_on:
            chat.guarded(chat.open_latest)
        typed = typed_lines(library.settings.home / HISTORY, complete=chat.complete)
        take = chat.take_typed if at_terminal else chat.take
        for line in typed if at_terminal else _piped_lines():
            if line == "/quit":
                break
            take(line)
    return 1 if chat.failed and not at_terminal else 0


class _Chat:
    """A conversation with a library; `failed` is whether anything that was asked for could not be done."""

    def __init__(
        self, library: "Engine", kept: "Conversations", *, top_k: int | None, sources: tuple[str, ...]
    ) -> None:
        self._library = library
        self._kept = kept
        self._top_k = top_k
        self._sources = sources
        self._number: int | None = None
        self._history: list[tuple[str, str]] = []
        self._last: Answer | None = None
        self.failed = False
        self._orders: dict[str, Callable[[str], None]] = {
            "new": self._new,
            "in": self._search_in,
            "sources": self._show_sources,
            "list": self._list,
            "open": self._open,
            "delete": self._delete,
            "export": self._export,
            "help": self._help,
        }

    def complete(self, line: str) -> list[str]:
        """Return the lines that a beginning may become: orders, and for `/in` the library's documents."""
        order, space, value = line.partition(" ")
        if not space:
            return [f"/{name}" for name in (*self._orders, "quit") if f"/{name}".startswith(order)]
        return [f"/in {one}" for one in self._library.sources() if order == "/in" and one.startswith(value)]

    def take(self, line: str) -> None:
        """Answer a question, or do what a line with a slash says."""
        if line.startswith("/"):
            self.guarded(lambda: self._order(line))
        elif line:
            self.guarded(lambda: self._answer(line))

    def take_typed(self, line: str) -> None:
        """Take a line that was typed: Ctrl-C stops what it asks for, and nothing else."""
        try:
            with interrupts.step():
                self.take(line)
        except KeyboardInterrupt:
            click.echo("\n" + t("chat.stopped"), err=True)

    def guarded(self, step: Callable[[], None]) -> None:
        """Do a step; what goes wrong in it is said in one line."""
        try:
            step()
        except WendangError as exc:
            self._fail(error_text(exc), code=exc.code)

    def open_latest(self) -> None:
        """Go on with the conversation that changed last, if there is one."""
        for conversation in self._kept.recent(limit=1):
            self._open(str(conversation.id))

    def _answer(self, question: str) -> None:
        asked = self._library.standalone(question, self._history)
        if asked != question and not wants_json():
            click.echo(t("chat.understood", question=asked), err=True)
        events = self._library.stream(asked, top_k=self._top_k, sources=self._sources, progress=not wants_json())
        if wants_json():
            answer = finished(events)
            print_json({"event": "answer", **as_record(question, answer)}, one_line=True)
        else:
            answer = show(events, live=True)
        self._last = answer
        self._history.append((question, answer.text))
        self._number = self._kept.append(self._number, question=question, standalone=asked, answer=answer)

    def _order(self, line: str) -> None:
        name, _, value = line[1:].partition(" ")
        self._orders.get(name, self._help)(value.strip())

    def _help(self, value: str) -> None:
        _tell("help", t("chat.hello"), orders=[f"/{name}" for name in (*self._orders, "quit")])

    def _new(self, value: str) -> None:
        self._forget()
        _tell("new")

    def _forget(self) -> None:
        self._number, self._history, self._last = None, [], None

    def _search_in(self, value: str) -> None:
        self._sources = (value,) if value else ()
        _tell("in", t("chat.in", source=value) if value else t("chat.in_all"), sources=list(self._sources))

    def _show_sources(self, value: str) -> None:
        passages = self._last.passages if self._last else ()
        shown = [f"[{n}] {place(passage)}\n{printable(passage.text)}\n" for n, passage in enumerate(passages, 1)]
        _tell("sources", "\n".join(shown), passages=passages_as_records(passages))

    def _list(self, value: str) -> None:
        found = self._kept.search(value) if value else self._kept.recent()
        shown, records = [], []
        for one in found:
            is_open = one.id == self._number
            changed = datetime.fromisoformat(one.changed).astimezone().strftime("%Y-%m-%d %H:%M")
            told = t("chat.listed", number=one.id, name=one.name, turns=one.turns, changed=changed)
            shown.append(f"{'*' if is_open else ' '} {told}")
            records.append(
                {"number": one.id, "name": one.name, "turns": one.turns, "changed": one.changed, "open": is_open}
            )
        _tell("list", "\n".join(shown) or t("chat.none"), conversations=records)

    def _open(self, value: str) -> None:
        from rag.conversations import history_of

        number = _number(value)
        turns = self._kept.turns(number)
        self._number, self._history, self._last = number, history_of(turns), None
        shown = [f"> {one_line(turn.question)}\n{printable(turn.answer)}\n" for turn in turns]
        records = [{"question": turn.question, "answer": turn.answer, "refused": turn.refused} for turn in turns]
        _tell("open", "\n".join(shown), number=number, turns=records)

    def _delete(self, value: str) -> None:
        number = _number(value)
        self._kept.delete(number)
        if number == self._number:
            self._forget()
        _tell("delete", t("chat.deleted", number=number), number=number)

    def _export(self, value: str) -> None:
        from rag.export import as_markdown

        if self._number is None:
            _tell("export", t("chat.none"), path=None, markdown=None)
            return
        text = as_markdown(self._kept.get(self._number), self._kept.turns(self._number), place=place)
        if not value:
            _tell("export", printable(text), path=None, markdown=text)
            return
        path = Path(value).expanduser()
        try:
            # Never over a file that is there: it may be one of the documents.
            with path.open("x", encoding="utf-8") as out:
                out.write(text)
        except OSError as exc:
            self._fail(t("chat.not_exported", path=str(path), cause=exc.strerror or str(exc)), code="not_exported")
            return
        _tell("export", t("chat.exported", path=str(path)), path=str(path), markdown=None)

    def _fail(self, text: str, *, code: str) -> None:
        """Say what went wrong; where every line has one of JSON, this one has it too."""
        self.failed = True
        click.echo(text, err=True)
        if wants_json():
            _tell("failed", code=code, message=text)


def _tell(event: str, text: str = "", **values: object) -> None:
    """Print what an order brought: its text, or with --json an object of one line."""
    if wants_json():
        print_json({"event": event, **values}, one_line=True)
    elif text:
        click.echo(text)


def _number(value: str) -> int:
    from rag.errors import NoConversation

    if not value.isdecimal() or len(value) > 18:
        raise NoConversation(f"there is no conversation {value!r}; /list shows those that are there", number=value)
    return int(value)


def _piped_lines() -> Iterator[str]:
    """Yield the lines of a pipe or a file; bytes that are no UTF-8 become marks."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="replace")
    for line in sys.stdin:
        yield line.strip()
