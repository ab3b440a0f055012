"""A tokenizer extended with the pieces of another: how LLaMA's became the Chinese LLaMA's.

The rule of ymcui/Chinese-LLaMA-Alpaca's merge_tokenizers.py: every piece of the added model that the base does not have
goes to the end, in its order, as a normal piece with score 0. Chinese-Alpaca's has one more, `[PAD]`. From the real
inputs the files have the published hashes.
"""

from dataclasses import dataclass
from pathlib import Path

from models.checksums import known_as, sha256_of
from models.errors import WrongPart
from models.output_folder import OutputFolder
from models.shards import write_json
from models.vocabulary import NAMES, sentencepiece_proto, sentencepiece_splitter

PAD = "[PAD]"


@dataclass(frozen=True, slots=True)
class Extended:
    """What an extension gave: tokens of the base, of the added model, in both, and in the end; whose hash it is."""

    path: Path
    base: int
    given: int
    overlap: int
    total: int
    sha256: str
    published: str | None

    @property
    def added(self) -> int:
        """Return how many tokens are new."""
        return self.total - self.base


@dataclass(frozen=True, slots=True)
class Efficiency:
    """How many tokens a tokenizer makes of a text."""

    tokens: int
    characters: int

    @property
    def per_character(self) -> float:
        """Return the tokens of a character; 0 for an empty text."""
        return self.tokens / self.characters if self.characters else 0.0


def extend(base: Path, *, add: Path, out: Path, pad: bool = False) -> Extended:
    """Write `out`/tokenizer.model (and transformers' files): the base with the new pieces of `add`.

    `pad` appends `[PAD]`, as Chinese-Alpaca's has it. A folder stands for the tokenizer.model in it. Raises
    BadModelFiles, WrongPart where nothing is new, MissingPackage.
    """
    proto, more = (sentencepiece_proto(_file(path)) for path in (base, add))
    before, given = len(proto.pieces), len(more.pieces)
    known = {piece.piece for piece in proto.pieces}
    overlap = sum(piece.piece in known for piece in more.pieces)
    for name in [piece.piece for piece in more.pieces] + [PAD] * pad:
        if name not in known:
            known.add(name)
            proto.pieces.add(piece=name, score=0.0)
    if len(proto.pieces) == before:
        raise WrongPart(
            f"{add} has no piece that {base} lacks: are the two files exchanged, or is it extended already?",
            cause="nothing_new",
            add=str(add),
            base=str(base),
        )
    with OutputFolder(out) as folder:
        (folder / "tokenizer.model").write_bytes(proto.SerializeToString())
        write_settings(folder, pad=PAD if PAD in known else None)
    path = out / "tokenizer.model"
    sha256 = sha256_of(path)
    entry = known_as(sha256)
    return Extended(path, before, given, overlap, len(proto.pieces), sha256, entry.model if entry else None)


def write_settings(folder: Path, *, pad: str | None) -> None:
    """Write what transformers wants beside a LLaMA's tokenizer.model."""
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"} | ({"pad_token": pad} if pad else {})
    write_json(folder / "special_tokens_map.json", special)
    settings = {
        "tokenizer_class": "LlamaTokenizer",
        "add_bos_token": True,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "legacy": True,
    }
    write_json(folder / "tokenizer_config.json", settings | special)


def efficiency(path: Path, *, text: str) -> Efficiency:
    """Return how many tokens a SentencePiece model makes of a text. Raises BadModelFiles, MissingPackage."""
    return Efficiency(len(sentencepiece_splitter(_file(path)).encode(text)), len(text))


def whose(tokens: int) -> str | None:
    """Return whose vocabulary has so many tokens; None for an unknown size."""
    return NAMES.get(tokens)


def _file(path: Path) -> Path:
    return path / "tokenizer.model" if path.is_dir() else path
