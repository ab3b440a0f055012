"""Groups of commands, found by their files: each file of a package has a click command named `command`."""

import pkgutil
from importlib import import_module

import click

from ui.text import t


class Group(click.Group):
    """The commands of a package; none is imported before it is called (the help knows them by their texts)."""

    def __init__(self, name: str, *, package: str, **attributes: object) -> None:
        super().__init__(name, **attributes)  # type: ignore[arg-type]  # handed on to click
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        found = pkgutil.iter_modules(import_module(self._package).__path__)
        return sorted(module.name for module in found)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None where there is no such file."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each command."""
        with formatter.section(t("commands")):
            formatter.write_dl([(name, t(f"short.{name}")) for name in self.list_commands(ctx)])
