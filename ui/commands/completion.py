"""`wendang completion`: the script that lets a shell complete commands, options and the library's documents."""

import click

from ui.options import define


@define("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> int:
    """Print the script for a shell."""
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    made = get_completion_class(shell)
    if made is not None:  # one of the choices
        click.echo(made(root, {}, "wendang", "_WENDANG_COMPLETE").source())
    return 0
