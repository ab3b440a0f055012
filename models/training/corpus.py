"""A training's data as tokens on disk, made once for the same files, tokenizer, template and length.

    corpus = prepare(recipe, encoder=open_encoder(folder))
    corpus.rows.row(0), corpus.rows.labels(0)

Pre-training: texts one behind the other, cut into blocks of the same length. Tuning: a prompt and its answer an
example, of which only the answer is to be foretold.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from models.checksums import sha256_of
from models.errors import BadModelFiles, BadTrainingData
from models.output_folder import OutputFolder
from models.progress import Progress, silent, summed
from models.training.encoder import Encoder
from models.training.instructions import TEMPLATES, Prompt
from models.training.recipe import Recipe
from models.training.records import INSTRUCTIONS, TEXTS, Bad, Instruction, data_files, instructions, texts
from models.training.rows import Rows, write_mapped
from models.weights import read_json

#: Raised with every change to what is written, so that nothing old is read.
_VERSION = 1
_TOGETHER = 512
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Corpus:
    """Tokenised data: its rows, the records they came from, and what became of the others.

    `bad` records cannot be read, `too_long` ones leave no room for an answer; both are left out. `cut` answers end at
    the longest length. `key` tells this data from any other; `named` are the first that were left out.
    """

    rows: Rows
    records: int
    bad: int
    too_long: int
    cut: int
    named: tuple[str, ...]
    key: str
    folder: Path


def prepare(recipe: Recipe, *, encoder: Encoder, progress: Progress = silent) -> Corpus:
    """Return the data of a recipe, from the cache where nothing that it is made of has changed.

    Raises BadTrainingData: records that cannot be used are named with their lines, all data being read first.
    """
    files = data_files(recipe.data, suffixes=TEXTS if recipe.kind == "pretrain" else INSTRUCTIONS)
    prompt = Prompt(encoder, template=recipe.template) if recipe.kind == "tune" else None
    key = _key(recipe, files=files, encoder=encoder, prompt=prompt, progress=progress)
    folder = recipe.cache_folder / key[:32]
    if not (folder / "facts.json").is_file():
        reading = _Reading(files, encoder, recipe.block, progress)
        # Somebody else may have made it meanwhile.
        with suppress(FileExistsError), OutputFolder(folder) as made:
            _make(made, recipe, reading=reading, prompt=prompt)
    facts = read_json(folder / "facts.json")
    return Corpus(
        Rows.mapped(folder),
        facts["records"],
        facts["bad"],
        facts["too_long"],
        facts["cut"],
        tuple(facts["named"]),
        key,
        folder,
    )


def _key(recipe: Recipe, *, files: Sequence[Path], encoder: Encoder, prompt: Prompt | None, progress: Progress) -> str:
    told = summed(progress, stage="hash", total=sum(file.stat().st_size for file in files))
    made_of = [
        _VERSION, recipe.kind, recipe.block, recipe.skip_bad, recipe.end_of_text if prompt is None else None,
        TEMPLATES[prompt.template] if prompt else None, encoder.sha256, encoder.count, encoder.begin, encoder.end,
        [(file.suffix.lower(), sha256_of(file, told=told)) for file in files],
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(made_of).encode()).hexdigest()


class _Reading:
    """Data files on the way to tokens, and what is wrong with them."""

    def __init__(self, files: Sequence[Path], encoder: Encoder, block: int, progress: Progress) -> None:
        self.files, self.encoder, self.block = files, encoder, block
        self.records = self.bad = self.too_long = self.cut = 0
        self.left_over = 0
        self.named: list[str] = []
        self._progress = progress
        self._total = sum(file.stat().st_size for file in files)

    def refuse(self, bad: Bad) -> None:
        """Note a record that cannot be used."""
        self.bad += 1
        self._name(bad)

    def refuse_length(self, bad: Bad) -> None:
        """Note a record whose prompt leaves no room for an answer."""
        self.too_long += 1
        self._name(bad)

    def _name(self, bad: Bad) -> None:
        if len(self.named) < _NAMED:
            self.named.append(str(bad))

    def each(self, number: int) -> None:
        """Note a record that was used, of a file."""
        self.records += 1
        if self.records % _TOGETHER == 0:
            self._progress("tokenize", sum(file.stat().st_size for file in self.files[:number]), self._total)


def _make(folder: Path, recipe: Recipe, *, reading: _Reading, prompt: Prompt | None) -> None:
    made = _blocks(reading, end_of_text=recipe.end_of_text) if prompt is None else _examples(reading, prompt)
    count = write_mapped(folder, made)
    if reading.bad and not recipe.skip_bad:
        raise _bad_records(reading)
    if count == 0:
        raise _nothing(reading, recipe)
    facts = {key: getattr(reading, key) for key in ("records", "bad", "too_long", "cut", "named")}
    (folder / "facts.json").write_text(json.dumps(facts, ensure_ascii=False), "utf-8")


def _blocks(reading: _Reading, *, end_of_text: bool) -> Iterator[tuple[list[int], int]]:
    """Yield blocks of the same length; what is left at the end is less than one and is left out."""
    begin = [] if reading.encoder.begin is None else [reading.encoder.begin]
    end = [reading.encoder.end] if end_of_text else []
    waiting: list[int] = []
    for ids in _encoded(reading):
        waiting += [*begin, *ids, *end]
        whole = len(waiting) // reading.block * reading.block
        for at in range(0, whole, reading.block):
            yield waiting[at : at + reading.block], 0
        del waiting[:whole]
    reading.left_over = len(waiting)


def _encoded(reading: _Reading) -> Iterator[list[int]]:
    """Yield the tokens of each text, encoding several at once."""
    waiting: list[str] = []
    for number, file in enumerate(reading.files):
        for found in texts(file, refuse=reading.refuse):
            waiting.append(found.text)
            reading.each(number)
            if len(waiting) == _TOGETHER:
                yield from reading.encoder.encode(waiting)
                waiting = []
    yield from reading.encoder.encode(waiting)


def _examples(reading: _Reading, prompt: Prompt) -> Iterator[tuple[list[int], int]]:
    """Yield prompt and answer of each instruction, an answer that is too long without its end."""
    for number, file in enumerate(reading.files):
        for found in instructions(file, refuse=reading.refuse):
            asked = prompt.tokens(found.asked)
            if len(asked) >= reading.block:
                reading.refuse_length(_too_long(file, found, len(asked), block=reading.block))
                continue
            reading.each(number)
            ids = [*asked, *reading.encoder.encode([found.output])[0], prompt.end]
            reading.cut += len(ids) > reading.block
            yield ids[: reading.block], len(asked)


def _too_long(file: Path, found: Instruction, tokens: int, *, block: int) -> Bad:
    return Bad(file, found.line, f"the prompt alone has {tokens} of {block} tokens")


def _bad_records(reading: _Reading) -> BadTrainingData:
    listed = "; ".join(reading.named) + (" …" if reading.bad + reading.too_long > len(reading.named) else "")
    return BadTrainingData(
        f"{reading.bad} records cannot be trained on ({listed}): correct them, or leave them out with skip_bad = true",
        cause="records",
        count=reading.bad,
        records=listed,
    )


def _nothing(reading: _Reading, recipe: Recipe) -> BadTrainingData | BadModelFiles:
    return BadTrainingData(
        f"the data gives no example of {recipe.block} tokens ({reading.records} records, {reading.left_over} tokens, "
        f"{reading.bad} bad, {reading.too_long} too long): give more text, or change block",
        cause="nothing",
        block=recipe.block,
        records=reading.records,
        tokens=reading.left_over,
        bad=reading.bad,
        too_long=reading.too_long,
    )
