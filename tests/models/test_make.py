"""The whole way: base, two LoRAs in order, F16, Q4_K_M, and a question answered with the result."""

import dataclasses
import json
import os
import random
import shutil
import string
import subprocess
import sys

import pytest
from tiny_llama import TINY, write_base, write_lora

from models.errors import BadModelFiles, WrongPart
from models.make import RECORD, Recipe, make
from models.merge import merge

WIDE = dataclasses.replace(TINY, hidden=256, inner=512)


def wendang(*arguments, home):
    command = [sys.executable, "-c", "from ui.cli import main; main()", *map(str, arguments), "--home", str(home)]
    environment = {**os.environ, "WENDANG_BACKEND_OPTIONS": json.dumps({"threads": 1})}
    environment.pop("WENDANG_MODELS_DIR", None)
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300, check=False)


def test_B7_D1_one_command_goes_from_base_and_two_loras_to_an_answer(tmp_path):
    base = write_base(tmp_path / "llama-7b-hf", size=WIDE)
    first = write_lora(tmp_path / "chinese-llama-plus-lora-7b", rows=49953, size=WIDE)
    last = write_lora(tmp_path / "chinese-alpaca-plus-lora-7b", rows=49954, size=WIDE, seed=2)
    home = tmp_path / "家"
    (home / "docs").mkdir(parents=True)
    (home / "docs" / "值班表.txt").write_text("周一由韩小川值班，周二由罗敏值班。\n", "utf-8")

    arguments = ["--base", base, "--lora", first, "--lora", last, "--out", tmp_path / "alpaca-plus", "--threads", "1"]
    made = wendang("model", "make", *arguments, "--json", home=home)

    assert made.returncode == 0, made.stderr
    merged, f16, small = json.loads(made.stdout)
    assert [step["step"] for step in (merged, f16, small)] == ["merged", "f16", "q4_k_m"]
    assert f16["error"]["kl_mean"] < 1e-4 and f16["error"]["same_top"] > 0.98
    assert small["error"]["kl_mean"] > f16["error"]["kl_mean"]
    assert small["bytes"] < f16["bytes"] / 2

    used = wendang("model", "use", small["path"], home=home)
    assert used.returncode == 0, used.stderr
    assert "alpaca" in used.stdout
    assert wendang("sync", home=home).returncode == 0
    answered = wendang("ask", "周一谁值班？", "--json", home=home)
    assert answered.returncode == 0, answered.stderr
    answer = json.loads(answered.stdout)
    assert answer["family"] == "alpaca" and answer["passages"][0]["source"] == "值班表.txt"


def test_B7_what_an_earlier_run_made_of_other_files_is_not_taken_for_this_one(tmp_path):
    base = write_base(tmp_path / "base", rows=512)
    first, second = (write_lora(tmp_path / name, seed=seed) for name, seed in (("one", 1), ("two", 2)))
    out = tmp_path / "made"
    merge(base, loras=[first], out=out / "merged")

    with pytest.raises(WrongPart, match="other files") as refused:
        make(base, loras=[second], out=out)
    assert refused.value.values["cause"] == "other_parts"
    steps = make(base, loras=[first], out=out, recipe=Recipe(kind="bf16", threads=1))
    assert [step.name for step in steps] == ["merged", "f16", "bf16"]


@pytest.fixture
def parts(tmp_path):
    base = write_base(tmp_path / "base", rows=512, size=WIDE)
    return {"base": base, "loras": [write_lora(tmp_path / "lora", size=WIDE)], "out": tmp_path / "做好的"}


def text_of(path, *, seed):
    drawn = random.Random(seed)
    path.write_text("".join(drawn.choices(string.ascii_lowercase + "   ", k=900)), "utf-8")
    return path


def test_B7_a_model_weighed_with_another_text_is_not_taken_for_this_one(parts, tmp_path):
    one, other = (text_of(tmp_path / f"{seed}.txt", seed=seed) for seed in (1, 2))
    made = make(**parts, recipe=Recipe(imatrix=one, threads=1))[-1].path
    before = made.read_bytes()
    with pytest.raises(WrongPart, match=r"-imatrix\.gguf was made in another way than this \(imatrix\)") as refused:
        make(**parts, recipe=Recipe(imatrix=other, threads=1))
    assert refused.value.values["cause"] == "other_recipe"
    assert made.read_bytes() == before
    one.rename(tmp_path / "renamed.txt")
    assert make(**parts, recipe=Recipe(imatrix=tmp_path / "renamed.txt", threads=1))[-1].path == made
    made.unlink()
    make(**parts, recipe=Recipe(imatrix=other, threads=1))
    assert made.read_bytes() != before


def test_B7_a_file_of_a_folder_that_was_merged_anew_is_not_taken_for_this_one(parts, tmp_path):
    make(**parts, recipe=Recipe(kind="bf16", threads=1))
    shutil.rmtree(parts["out"] / "merged")
    other = write_lora(tmp_path / "other", size=WIDE, seed=9)
    with pytest.raises(WrongPart, match=r"做好的-f16\.gguf was made in another way than this \(merged\)"):
        make(parts["base"], loras=[other], out=parts["out"], recipe=Recipe(kind="bf16", threads=1))


def test_B7_a_file_that_nobody_wrote_down_is_not_taken_for_this_one(parts):
    make(**parts, recipe=Recipe(kind="bf16", threads=1))
    (parts["out"] / RECORD).unlink()
    with pytest.raises(WrongPart, match="made in another way"):
        make(**parts, recipe=Recipe(kind="bf16", threads=1))


def test_B7_parts_that_do_not_fit_leave_nothing(parts, tmp_path):
    other = write_lora(tmp_path / "other", size=TINY)
    with pytest.raises(WrongPart):
        make(parts["base"], loras=[other], out=parts["out"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "lora", "other"]


def test_B7_a_type_that_needs_a_text_is_refused_before_anything_is_merged(parts):
    with pytest.raises(BadModelFiles, match="--imatrix"):
        make(**parts, recipe=Recipe(kind="iq2_xs"))
    assert not parts["out"].exists()


def test_B7_f16_is_made_and_compared_once(parts):
    steps = make(**parts, recipe=Recipe(kind="f16", threads=1))
    assert [step.name for step in steps] == ["merged", "f16"]
    assert steps[1].error.kl_mean < 1e-4
