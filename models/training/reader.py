"""The data of the reader adapter as tokens, and what an adapter says to prepared prompts."""

import json
import random
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from models.errors import BadRecipe
from models.training.reader_data import REFUSAL, Example, from_questions, synthetic
from models.training.reader_probe import Marks, probe
from models.training.reader_train import Recipe
from models.training.rows import Rows
from models.training.templates import Kind, kinds

#: A share of the examples is in Traditional characters.
_TRADITIONAL = 0.15
_NEWLINE = "\n"

Tokenize = Callable[[str], list[int]]


def examples(
    questions: Sequence[Path], *, rounds: int, count: int, seed: int, of: Sequence[Kind] | None = None
) -> Iterator[Example]:
    """Yield `count` synthetic examples (`of` these kinds), and every question of the sets `rounds` times.

    Each round draws new contexts. Everything is in Simplified characters, a share of the synthetic examples and every
    sixth round in Traditional ones.
    """
    rng = random.Random(seed)
    scripts = _Scripts(rng)
    for number in range(rounds):
        for path in questions:
            keep = number % 6 == 5
            yield from from_questions(path, rng=rng, convert=None if keep else scripts.simplified)
    for example in synthetic(rng, count=count, of=of):
        changed = scripts.traditional(example) if rng.random() < _TRADITIONAL else example
        if changed.sound:
            yield changed


def kinds_but(left_out: Sequence[str]) -> tuple[list[Kind], list[Kind]]:
    """Return the kinds of synthetic documents to train on, and those that are left out, named by their first title."""
    known = {kind.titles[0]: kind for kind in kinds()}
    if unknown := set(left_out) - known.keys():
        listed = ", ".join(sorted(unknown))
        raise BadRecipe(
            f"there is no kind of document {listed}; there are {', '.join(sorted(known))}",
            cause="kinds",
            unknown=listed,
            known=", ".join(sorted(known)),
        )
    return [kind for title, kind in known.items() if title not in left_out], [known[title] for title in left_out]


class _Scripts:
    """Conversion between Simplified and the three ways to write Traditional characters."""

    def __init__(self, rng: random.Random) -> None:
        import opencc

        self._rng = rng
        self.simplified: Callable[[str], str] = opencc.OpenCC("t2s").convert
        self._traditional = [opencc.OpenCC(name).convert for name in ("s2t", "s2tw", "s2hk")]

    def traditional(self, example: Example) -> Example:
        """Return the example in Traditional characters, every fourth with its question left as it is."""
        keep = self._rng.random() < 0.25
        return example.converted(self._rng.choice(self._traditional), question=str if keep else None)


def tokenizer(base: Path) -> tuple[Tokenize, Marks, int]:
    """Return llama.cpp's tokenizer of a GGUF file, the marks of a reply, and the token that begins every prompt."""
    import llama_cpp

    llama = llama_cpp.Llama(str(base), vocab_only=True, verbose=False)

    def tokenize(text: str) -> list[int]:
        """Return the tokens of a text, without a beginning."""
        ids: list[int] = llama.tokenize(text.encode(), add_bos=False, special=False)
        return ids

    newline = tokenize(_NEWLINE)[0]
    return tokenize, Marks((llama.token_eos(), newline), tokenize(REFUSAL)[0]), llama.token_bos()


def tokenised(pairs: Iterable[tuple[str, str]], *, tokenize: Tokenize, begin: int, end: int) -> Rows:
    """Return prompts and replies as the product would read and end them: each tokenised on its own."""
    import numpy as np

    tokens = array("i")
    lengths, prompts = [], []
    for prompt, reply in pairs:
        asked = [begin, *tokenize(prompt)]
        ids = [*asked, *([*tokenize(reply), end] if reply else [])]
        tokens.extend(ids)
        lengths.append(len(ids))
        prompts.append(len(asked))
    starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
    return Rows(np.array(tokens, np.int32), starts, starts[:-1] + np.array(prompts, np.int64))


def prepare(folder: Path, *, base: Path, made: Iterable[Example], probes: Iterable[str] = ()) -> None:
    """Write what training needs into `folder`: tokens renumbered to those that occur, and the base cut down to them."""
    import numpy as np

    from models.training.gemma import cut_vocabulary

    tokenize, marks, begin = tokenizer(base)
    rows = tokenised(((e.prompt, e.reply) for e in made), tokenize=tokenize, begin=begin, end=marks.ends[0])
    asked = tokenised(((prompt, "") for prompt in probes), tokenize=tokenize, begin=begin, end=marks.ends[0])
    kept = np.unique(np.concatenate([rows.tokens, asked.tokens, [0, *marks.ends, marks.refusal]])).astype(np.int64)
    folder.mkdir(parents=True, exist_ok=True)
    for name, some in (("rows", rows), ("probes", asked)):
        Rows(np.searchsorted(kept, some.tokens).astype(np.int32), some.starts, some.replies).write(
            folder / f"{name}.npz"
        )
    np.save(folder / "vocabulary.npy", kept.astype(np.int32))
    ends = [int(np.searchsorted(kept, token)) for token in marks.ends]
    facts = {"ends": ends, "refusal": int(np.searchsorted(kept, marks.refusal)), "examples": len(rows)}
    (folder / "marks.json").write_text(json.dumps(facts) + "\n", "utf-8")
    cut_vocabulary(base, tokens=kept, out=folder / "base.gguf")


def answers(folder: Path, *, adapter: Path | None, recipe: Recipe | None = None) -> list[dict[str, Any]]:
    """Return what an adapter says to the prepared probes, in tokens of the whole vocabulary."""
    import numpy as np

    facts = json.loads((folder / "marks.json").read_text("utf-8"))
    vocabulary = np.load(folder / "vocabulary.npy")
    said = probe(
        folder / "base.gguf",
        Rows.read(folder / "probes.npz"),
        marks=Marks(tuple(facts["ends"]), facts["refusal"]),
        adapter=adapter,
        recipe=recipe,
    )
    records = [asdict(one) for one in said]
    for record in records:
        for key in ("reply", "instead"):
            if record[key] is not None:
                record[key] = [int(vocabulary[token]) for token in record[key]]
    return records
