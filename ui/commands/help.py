"""`wendang help`: how a command is used."""

import click

from ui.options import define


@define("help")
@click.argument("names", nargs=-1, metavar="[COMMAND...]")
def command(names: tuple[str, ...]) -> int:
    """Print the help page of a command, or of a command's command; without one, that of the program."""
    ctx = click.get_current_context().find_root()
    for name in names:
        if not isinstance(ctx.command, click.Group):
            raise click.exceptions.NoSuchCommand(name, ctx=ctx)
        found, made, _ = ctx.command.resolve_command(ctx, [name])
        ctx = type(ctx)(made, info_name=found, parent=ctx) if made else ctx
    click.echo(ctx.get_help())
    return 0
