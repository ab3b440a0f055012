"""Text as the tokens that a model was, and will be, trained on.

transformers 5 splits the extended vocabularies otherwise than SentencePiece (all new pieces have one score, and its
ranking of them differs): about a fifth of Chinese text gets other tokens. So SentencePiece itself is asked, wherever a
folder has a tokenizer.model; a tokenizer.json is for vocabularies that have none (Llama 3).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models.checksums import sha256_of
from models.packages import needed
from models.vocabulary import sentencepiece_proto, special_ids, tokens_in
from models.weights import missing, read_json


class Encoder(Protocol):
    """A tokenizer: `count` tokens, `begin` in front of a text (None: nothing), `end` behind it, `pad` beside it."""

    count: int
    begin: int | None
    end: int
    pad: int
    sha256: str

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of texts, none of them a control token, whatever the texts say."""
        ...

    def control(self, token: str) -> int | None:
        """Return the number of a control token; None where there is none."""
        ...


def open_encoder(folder: Path) -> Encoder:
    """Return the tokenizer of a folder. Raises BadModelFiles, MissingPackage."""
    count = tokens_in(folder)
    if (folder / "tokenizer.model").is_file():
        return _open_pieces(folder, count or 0)
    if (folder / "tokenizer.json").is_file():
        return _open_json(folder, count or 0)
    raise missing(folder, ["tokenizer.model"])


@dataclass(slots=True)
class _Pieces:
    """A SentencePiece model."""

    processor: Any
    count: int
    begin: int | None
    end: int
    pad: int
    sha256: str

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text, without beginning and end; control tokens in it stay text."""
        found: list[list[int]] = self.processor.encode(list(texts))
        return found

    def control(self, token: str) -> int | None:
        """Return the number of a control token; None where the vocabulary has none of this name."""
        number = int(self.processor.piece_to_id(token))
        return number if self.processor.is_control(number) else None


def _open_pieces(folder: Path, count: int) -> _Pieces:
    path = folder / "tokenizer.model"
    sentencepiece_proto(path)
    processor = needed("sentencepiece").SentencePieceProcessor(model_file=str(path))
    known = special_ids(folder)
    if "eos_token_id" not in known:
        raise missing(folder, ["</s> (in tokenizer.model)"])
    end = known["eos_token_id"]
    # Nothing is learned from padding, so the end does as well where a vocabulary has none.
    pad = known.get("pad_token_id", end)
    return _Pieces(processor, count, known.get("bos_token_id"), end, pad, sha256_of(path))


@dataclass(slots=True)
class _Json:
    """A tokenizer.json."""

    tokenizer: Any
    count: int
    begin: int | None
    end: int
    pad: int
    sha256: str

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the tokens of each text, without beginning and end; control tokens in it stay text."""
        return [list(made.ids) for made in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]

    def control(self, token: str) -> int | None:
        """Return the number of a control token; None where the vocabulary has none of this name."""
        number = self.tokenizer.token_to_id(token)
        return None if number is None else int(number)


def _open_json(folder: Path, count: int) -> _Json:
    path = folder / "tokenizer.json"
    tokenizer = needed("tokenizers").Tokenizer.from_file(str(path))
    # A text that says "<|eot_id|>" means the letters.
    tokenizer.encode_special_tokens = True
    named = read_json(folder / "tokenizer_config.json")
    ids = [_number(tokenizer, named.get(key)) for key in ("bos_token", "eos_token", "pad_token")]
    begin, end, pad = ids
    if end is None:
        raise missing(folder, ["eos_token (in tokenizer_config.json)"])
    return _Json(tokenizer, count, begin, end, end if pad is None else pad, sha256_of(path))


def _number(tokenizer: Any, named: object) -> int | None:  # noqa: ANN401 - of tokenizers, which has no types here
    text = named.get("content") if isinstance(named, dict) else named
    number = tokenizer.token_to_id(text) if isinstance(text, str) else None
    return None if number is None else int(number)
