"""The reader in one go: question sets and synthetic documents → data → adapter → what it says of documents never seen.

    make(folder, base=Path("gemma-3-270m-q4_k_m.gguf"), plan=Plan(questions=(Path("cmrc.json"),)))

Kinds of documents that are left out of the training give the questions that the adapter is then asked.
"""

import hashlib
import json
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from models.checksums import sha256_of
from models.output_folder import OutputFolder
from models.training.reader import answers, examples, kinds_but, prepare
from models.training.reader_data import REFUSAL, Example, synthetic
from models.training.reader_train import Recipe, train
from models.training.rows import Rows
from models.training.templates import kinds

_CITED = re.compile(r"\[(\d+)\]")
#: A share of the kinds of documents is kept for asking.
_LEFT_OUT = 0.1

Decode = Callable[[Sequence[int]], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the reader is made of; `left_out` are kinds of documents by their first title (None: a tenth, drawn)."""

    questions: tuple[Path, ...] = ()
    rounds: int = 3
    synthetic: int = 50000
    held: int = 400
    left_out: tuple[str, ...] | None = None
    start: Path | None = None
    seed: int = 0
    recipe: Recipe = field(default_factory=Recipe)


@dataclass(frozen=True, slots=True)
class Scores:
    """What an adapter says to questions about kinds of documents that it has not seen; shares from 0 to 1.

    `exact` and `cited`, of the questions with an answer: the answer to the letter, the right passage named.
    """

    answerable: int
    unanswerable: int
    exact: float
    cited: float
    refused_wrongly: float
    refused_rightly: float


def make(
    folder: Path, *, base: Path, plan: Plan, on_step: Callable[[dict[str, float]], None] = lambda facts: None
) -> tuple[Path, Scores]:
    """Make the reader in a folder, and return the adapter (GGUF) and its scores, which lie beside it.

    What an earlier run with the same plan has finished is used again.
    """
    left_out = drawn_kinds(plan.seed) if plan.left_out is None else plan.left_out
    used, kept = kinds_but(left_out)
    held = list(synthetic(random.Random(plan.seed + 1), count=plan.held, of=kept))
    out = folder / f"reader-{_key(base, plan)}.gguf"
    data = folder / f"data-{_key(base, plan, training=False)}"
    if not data.is_dir():
        made = examples(plan.questions, rounds=plan.rounds, count=plan.synthetic, seed=plan.seed, of=used)
        with OutputFolder(data) as unfinished:
            prepare(unfinished, base=base, made=made, probes=(example.prompt for example in held))
    if not out.is_file():
        train(data / "base.gguf", Rows.read(data / "rows.npz"), out=out, start=plan.start, recipe=plan.recipe,
              on_step=on_step)  # fmt: skip
    decode = _decoder(base)
    said = [decode(record["reply"]) for record in answers(data, adapter=out, recipe=plan.recipe)]
    scores = score(said, held)
    facts = {"left_out": left_out, "scores": asdict(scores), "plan": asdict(plan), "base": base.name}
    out.with_suffix(".json").write_text(json.dumps(facts, ensure_ascii=False, default=str, indent=1) + "\n", "utf-8")
    return out, scores


def drawn_kinds(seed: int) -> tuple[str, ...]:
    """Return a tenth of the kinds of documents, drawn by the seed."""
    titles = [kind.titles[0] for kind in kinds()]
    return tuple(random.Random(seed).sample(titles, max(1, round(len(titles) * _LEFT_OUT))))


def score(said: Sequence[str], asked: Sequence[Example]) -> Scores:
    """Return the scores of replies to examples."""
    pairs = list(zip(said, asked, strict=True))
    with_answer = [(reply, example) for reply, example in pairs if example.gold is not None]
    without = [reply for reply, example in pairs if example.gold is None]
    refusal = REFUSAL.rstrip("。")

    def share(hits: Sequence[bool]) -> float:
        """Return the share that is true, 0 of none."""
        return sum(hits) / len(hits) if hits else 0.0

    return Scores(
        answerable=len(with_answer),
        unanswerable=len(without),
        exact=share([_CITED.sub("", reply).strip() == example.answer for reply, example in with_answer]),
        cited=share([_cited(reply) == example.gold for reply, example in with_answer]),
        refused_wrongly=share([reply.startswith(refusal) for reply, _ in with_answer]),
        refused_rightly=share([reply.startswith(refusal) for reply in without]),
    )


def _cited(reply: str) -> int | None:
    match = _CITED.search(reply)
    return int(match[1]) - 1 if match else None


def _decoder(base: Path) -> Decode:
    import llama_cpp

    llama = llama_cpp.Llama(str(base), vocab_only=True, verbose=False)

    def decode(tokens: Sequence[int]) -> str:
        """Return the text of tokens, broken characters replaced."""
        text: bytes = llama.detokenize(list(tokens))
        return text.decode("utf-8", "replace")

    return decode


def _key(base: Path, plan: Plan, *, training: bool = True) -> str:
    """Return what tells this reader, or its data, from any other."""
    made_of = {key: value for key, value in asdict(plan).items() if key not in ("questions", "recipe", "start")}
    if training:
        made_of |= {"recipe": asdict(plan.recipe), "start": sha256_of(plan.start) if plan.start else None}
    made_of["files"] = [sha256_of(path) for path in (base, *plan.questions)]
    return hashlib.sha256(json.dumps(made_of, ensure_ascii=False).encode()).hexdigest()[:12]
