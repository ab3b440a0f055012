"""The reader adapter from its data to its file: `python -m models.training --help`.

`make` does it all: prepare, train, probe. The other steps are for working on the recipe.
"""

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from models.errors import WorkshopError
from models.training.reader import answers, examples, kinds_but, prepare
from models.training.reader_data import synthetic
from models.training.reader_make import Plan, make
from models.training.reader_train import Recipe, train
from models.training.rows import Rows

_STEPS = (
    ("make", "prepare, train and probe, in one go"),
    ("prepare", "make the data"),
    ("train", "train an adapter"),
    ("probe", "ask the probes"),
    ("held", "write examples of other kinds of documents, to set the refusal margin by"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one step of the recipe, and return the exit status."""
    given = _parser().parse_args(arguments)
    steps = {"make": _make, "prepare": _prepare, "train": _train, "probe": _probe, "held": _held}
    try:
        steps[given.step](given)
    except WorkshopError as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m models.training", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, about in _STEPS:
        step = steps.add_parser(name, help=about)
        step.add_argument("folder", type=Path, help="what the steps write and read")
    made, prepared, trained, probed, held = (steps.choices[name] for name, _ in _STEPS)
    for step in (made, prepared):
        step.add_argument("--base", type=Path, required=True, help="the base model, GGUF")
        step.add_argument("--questions", type=Path, nargs="*", default=[], help="question sets in SQuAD's form")
        step.add_argument("--rounds", type=int, default=Plan().rounds, help="how often each question is used")
        step.add_argument("--synthetic", type=int, default=Plan().synthetic, help="how many synthetic examples")
        step.add_argument("--leave-out", nargs="*", help="kinds of documents to keep for asking")
        step.add_argument("--seed", type=int, default=0)
    for step in (made, trained):
        step.add_argument("--start", type=Path, help="an adapter to go on from, GGUF")
        step.add_argument("--learning-rate", type=float, default=Recipe().learning_rate)
        step.add_argument("--epochs", type=int, default=Recipe().epochs)
        step.add_argument("--seconds", type=float, default=Recipe().seconds, help="end after so long")
        step.add_argument("--micro-tokens", type=int, default=Recipe().micro_tokens, help="tokens at once; by memory")
    made.add_argument("--held", type=int, default=Plan().held, help="how many questions to ask in the end")
    prepared.add_argument("--probes", type=Path, help="JSON lines with a prompt each")
    trained.add_argument("--out", type=Path, required=True, help="the adapter to write, GGUF")
    probed.add_argument("--adapter", type=Path)
    probed.add_argument("--out", type=Path, required=True, help="JSON lines")
    held.add_argument("--kinds", nargs="+", required=True, help="kinds of documents, by their first title")
    held.add_argument("--count", type=int, default=400)
    held.add_argument("--seed", type=int, default=999)
    return parser


def _make(given: argparse.Namespace) -> None:
    plan = Plan(
        questions=tuple(given.questions),
        rounds=given.rounds,
        synthetic=given.synthetic,
        held=given.held,
        left_out=tuple(given.leave_out) if given.leave_out is not None else None,
        start=given.start,
        seed=given.seed,
        recipe=_recipe(given),
    )
    adapter, scores = make(given.folder, base=given.base, plan=plan, on_step=_tell)
    _tell({"adapter": str(adapter), **asdict(scores)})


def _prepare(given: argparse.Namespace) -> None:
    used, _ = kinds_but(given.leave_out or [])
    made = examples(given.questions, rounds=given.rounds, count=given.synthetic, seed=given.seed, of=used)
    lines = given.probes.read_text("utf-8").splitlines() if given.probes else []
    prepare(given.folder, base=given.base, made=made, probes=(json.loads(line)["prompt"] for line in lines))


def _train(given: argparse.Namespace) -> None:
    rows = Rows.read(given.folder / "rows.npz")
    base = given.folder / "base.gguf"
    train(base, rows, out=given.out, start=given.start, recipe=_recipe(given), on_step=_tell)


def _probe(given: argparse.Namespace) -> None:
    with given.out.open("w", encoding="utf-8") as file:
        for record in answers(given.folder, adapter=given.adapter):
            file.write(json.dumps(record) + "\n")


def _held(given: argparse.Namespace) -> None:
    _, kept = kinds_but(given.kinds)
    given.folder.mkdir(parents=True, exist_ok=True)
    with (given.folder / "held.jsonl").open("w", encoding="utf-8") as file:
        for example in synthetic(random.Random(given.seed), count=given.count, of=kept):
            file.write(json.dumps({**asdict(example), "prompt": example.prompt}, ensure_ascii=False) + "\n")


def _recipe(given: argparse.Namespace) -> Recipe:
    return replace(
        Recipe(),
        learning_rate=given.learning_rate,
        epochs=given.epochs,
        seconds=given.seconds,
        micro_tokens=given.micro_tokens,
    )


def _tell(facts: dict[str, object] | dict[str, float]) -> None:
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
