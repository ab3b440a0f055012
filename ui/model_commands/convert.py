"""`wendang model convert`: a model's folder as a GGUF file, a LoRA's as a GGUF adapter."""

from pathlib import Path
from typing import Any

import click

from ui.options import define, print_json, wants_json
from ui.text import t
from ui.work_progress import WorkProgress


@define("convert")
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FILE.gguf", help=t("option.out_gguf"))
@click.option("--type", "kind", type=click.Choice(["f32", "f16", "bf16"]), default="f16", help=t("option.convert_type"))
@click.option("--base", type=click.Path(path_type=Path), metavar="DIR", help=t("option.convert_base"))
def command(folder: Path, out: Path, kind: Any, base: Path | None) -> int:  # noqa: ANN401 - a Literal
    """Convert, and print what was written and what to do next."""
    from models.convert import convert
    from models.lora_to_gguf import convert_lora, is_lora

    folder, out = folder.expanduser(), out.expanduser()
    lora = is_lora(folder)
    with WorkProgress() as progress:
        if lora:
            convert_lora(folder, out=out, base=base, kind=kind, progress=progress)
        else:
            convert(folder, out=out, kind=kind, progress=progress)
    size = out.stat().st_size
    if wants_json():
        print_json({"out": str(out), "type": kind, "bytes": size, "adapter": lora})
        return 0
    click.echo(t("convert.done", out=str(out), megabytes=f"{size / 1e6:.1f}"))
    if not lora:
        click.echo(t("convert.next", out=str(out)))
    return 0
