"""Groups of commands, found by their files: each file of a package has a click command named `command`."""

import pkgutil
from importlib import import_module

import click
from click.shell_completion import CompletionItem

from ui.help_page import Context, write_examples
from ui.text import t

_FIRST = ("sync", "ask", "chat", "search", "summarize", "status", "text", "remove", "page", "doctor", "repair")


class Group(click.Group):
    """The commands of a package; none is imported before it is called (the help knows them by their texts)."""

    context_class = Context

    def __init__(self, name: str, *, package: str, **attributes: object) -> None:
        super().__init__(
            name,
            options_metavar=t("metavar.options"),
            subcommand_metavar=t("metavar.command"),
            **attributes,  # type: ignore[arg-type]  # handed on to click
        )
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, those first that come first in use."""
        found = {module.name for module in pkgutil.iter_modules(import_module(self._package).__path__)}
        return [name for name in _FIRST if name in found] + sorted(found.difference(_FIRST))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None where there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with; NoSuchCommand suggests one for a slip of the finger."""
        if not ctx.resilient_parsing and not args[0].startswith("-") and args[0] not in self.list_commands(ctx):
            raise click.exceptions.NoSuchCommand(args[0], possibilities=self.list_commands(ctx), ctx=ctx)
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands for a shell; none is imported for it."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        return [CompletionItem(name, help=t(f"short.{name}")) for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command."""
        with formatter.section(t("commands")):
            formatter.write_dl([(name, t(f"short.{name}")) for name in self.list_commands(ctx)])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        write_examples(ctx, formatter)
