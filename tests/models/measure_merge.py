"""Time and peak memory of merging, against PEFT's merge_and_unload on the same files.

    python tests/models/measure_merge.py FOLDER [--hidden 1024 --layers 24 --inner 2816 --rows 49953]

Writes a base of random weights (one at a time, so that 7B fits: --hidden 4096 --layers 32 --inner 11008) and a
LoRA of rank 8 with embeddings and head; runs each way in a process of its own; prints a JSON line each: wall and
processor seconds, the peak of resident memory with and without what importing torch takes, in MB.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import torch
from tiny_llama import Size, config_of, write_lora, write_tokenizer

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from models.shards import Planned, plan_shards, write_shards

WAYS = ("shard_by_shard", "in_memory", "peft")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--way", choices=WAYS)
    for name, value in (("hidden", 1024), ("layers", 24), ("inner", 2816), ("rows", 49953)):
        parser.add_argument(f"--{name}", type=int, default=value)
    given = parser.parse_args()
    if given.way:
        measure(given.folder, given.way)
        return
    heads = given.hidden // 64
    size = Size(hidden=given.hidden, layers=given.layers, heads=heads, kv_heads=heads, inner=given.inner)
    write_random_base(given.folder / "base", size=size)
    write_lora(given.folder / "lora", rows=given.rows, size=size)
    for way in WAYS:
        subprocess.run([sys.executable, __file__, str(given.folder), "--way", way], check=True)


def write_random_base(folder: Path, *, size: Size) -> None:
    """Write the weights one by one."""
    folder.mkdir(parents=True)
    shapes = {"model.embed_tokens": (32000, size.hidden), "lm_head": (32000, size.hidden), "model.norm": (size.hidden,)}
    shapes |= dict(size.matrices())
    for layer in range(size.layers):
        shapes |= {f"model.layers.{layer}.{n}_layernorm": (size.hidden,) for n in ("input", "post_attention")}
    planned = [Planned(f"{name}.weight", "F16", shape) for name, shape in shapes.items()]
    drawn = torch.Generator().manual_seed(0)

    def random(name):
        return (torch.randn(shapes[name.removesuffix(".weight")], generator=drawn) * 0.02).half()

    write_shards(folder, shards=plan_shards([planned]), read=random)
    (folder / "config.json").write_text(json.dumps(config_of(rows=32000, size=size)))
    write_tokenizer(folder, rows=32000)


def measure(folder: Path, way: str) -> None:
    """Merge in this process, and print what it took."""
    base, lora, out = folder / "base", folder / "lora", folder / f"out-{way}"
    if way == "peft":
        from peft import PeftModel
        from transformers import AutoModelForCausalLM
    else:
        from models.merge import Options, merge
    before, begun, used = peak(), time.perf_counter(), time.process_time()
    if way == "peft":
        model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float16)
        model.resize_token_embeddings(49953, mean_resizing=False)
        PeftModel.from_pretrained(model, lora).merge_and_unload().save_pretrained(out)
    else:
        merge(base, loras=[lora], out=out, options=Options(shard_by_shard=way == "shard_by_shard"))
    told = {
        "way": way,
        "base_mb": sum(file.stat().st_size for file in base.glob("*.safetensors")) // 10**6,
        "wall_s": round(time.perf_counter() - begun, 1),
        "processor_s": round(time.process_time() - used, 1),
        "peak_mb": peak(),
        "imports_mb": before,
    }
    sys.stdout.write(json.dumps(told) + "\n")


def peak() -> int:
    """Return the highest resident memory of this process so far, in MB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024 // 10**6


if __name__ == "__main__":
    main()
