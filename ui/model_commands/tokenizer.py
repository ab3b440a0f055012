"""`wendang model tokenizer`: LLaMA's tokenizer with Chinese pieces, by the rule of the published ones."""

from dataclasses import asdict
from pathlib import Path

import click

from ui.options import define, print_json, wants_json
from ui.text import t


@define("tokenizer")
@click.option("--base", required=True, type=click.Path(path_type=Path), help=t("option.tokenizer_base"))
@click.option("--add", required=True, type=click.Path(path_type=Path), help=t("option.tokenizer_add"))
@click.option("--out", required=True, type=click.Path(path_type=Path), help=t("option.out_folder"))
@click.option("--pad", is_flag=True, help=t("option.tokenizer_pad"))
@click.option("--text", "text_file", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="FILE",
              help=t("option.tokenizer_text"))  # fmt: skip
def command(base: Path, add: Path, out: Path, pad: bool, text_file: Path | None) -> int:
    """Write the extended tokenizer, and print its sizes and how many tokens a character takes before and after."""
    from models.tokenizer import efficiency, extend, whose

    text = _read(text_file) if text_file else t("tokenizer.sample")
    made = extend(base, add=add, out=out, pad=pad)
    before, after = efficiency(base, text=text), efficiency(made.path, text=text)
    if wants_json():
        counts = {"characters": after.characters, "tokens_before": before.tokens, "tokens_after": after.tokens}
        print_json(asdict(made) | {"path": str(made.path), "added": made.added, "text": counts})
        return 0
    click.echo(t("tokenizer.sizes", base=made.base, given=made.given, overlap=made.overlap, total=made.total))
    click.echo(f"{made.path}\n{made.sha256}")
    name = whose(made.total)
    if made.published:
        click.echo(t("tokenizer.published", model=made.published))
    elif name:
        click.echo(t("tokenizer.other", model=name))
    click.echo(
        t("tokenizer.efficiency", characters=after.characters, before=before.tokens, after=after.tokens,
          per_before=f"{before.per_character:.2f}", per_after=f"{after.per_character:.2f}")
    )  # fmt: skip
    return 0


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except UnicodeDecodeError as exc:
        raise click.BadParameter(t("tokenizer.not_utf8", file=str(file)), param_hint="--text") from exc
