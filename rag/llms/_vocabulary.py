"""Texts as the tokens of a model folder, and back.

SentencePiece where the folder has its model: transformers 5 rebuilds such a vocabulary as merge ranks, which cannot
tell equal scores apart, and every piece that Chinese-LLaMA and Chinese-Alpaca added has the score 0.

Control tokens are read only where the prompt's family put them: for all other text they do not exist.
"""

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

from rag.errors import UnusableModel
from rag.llms._model_folder import read_json

_NAMED = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
_LISTED = ("additional_special_tokens", "extra_special_tokens")
_SPACE = "▁"
_BYTE = re.compile(r"<0x([0-9A-F]{2})>")


class Vocabulary(Protocol):
    """Tokens of one model. `size` counts them, `begin` are those before every text, `controls` maps marks to ids."""

    size: int
    begin: list[int]
    controls: dict[str, int]

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text in which nothing is a control token."""

    def encode_template(self, text: str) -> list[int]:
        """Return the tokens of a piece of a template: its marks are control tokens."""

    def piece(self, token: int) -> bytes:
        """Return the bytes that a token stands for; none for a control token."""


def open_vocabulary(folder: Path, *, template: str) -> Vocabulary:
    """Return the vocabulary of a model folder. Raises UnusableModel where it has none.

    `template` holds the marks of the prompt's family; what of the vocabulary stands there is a control token too,
    whether the folder calls it one or not.
    """
    if (folder / "tokenizer.model").is_file():
        from rag.llms._sentencepiece import SentencePieceVocabulary, read_model

        proto = read_model(folder / "tokenizer.model")
        # Llama 3 and others call a list of another kind tokenizer.model, and have a tokenizer.json beside it.
        if proto is not None:
            return SentencePieceVocabulary(proto, folder=folder, template=template)
    if (folder / "tokenizer.json").is_file():
        return JsonVocabulary(folder, template=template)
    raise UnusableModel(
        f"the model folder {folder} has no tokenizer (tokenizer.model or tokenizer.json); copy it from where the "
        "model came from",
        model=str(folder),
        cause="no_tokenizer",
        remedy="fetch_again",
    )


class JsonVocabulary:
    """The vocabulary of a `tokenizer.json`, for models that have no SentencePiece model."""

    def __init__(self, folder: Path, *, template: str) -> None:
        from tokenizers import Tokenizer

        described = read_json(folder / "tokenizer.json") or {}
        added = described.get("added_tokens") or []
        special = special_texts(folder) | {entry["content"] for entry in added if entry.get("special")}
        try:
            self._template: Any = Tokenizer.from_str(json.dumps(described))
            known = self._template.get_vocab(with_added_tokens=True)
            special |= {text for text in known if is_mark(text, template=template)}
            self.controls = {text: known[text] for text in special if text in known}
            self._text: Any = Tokenizer.from_str(json.dumps(_without(described, controls=self.controls)))
        # The library raises plain Exceptions of its own making for a file that it cannot read.
        except Exception as exc:
            raise UnusableModel(
                f"the tokenizer {folder / 'tokenizer.json'} is damaged ({exc}); fetch it again",
                model=str(folder),
                cause="damaged",
                remedy="fetch_again",
            ) from exc
        self.size = max(known.values()) + 1
        self.begin = self._beginning()
        self._silent = set(self.controls.values())
        self._bytes = _byte_letters() if "ByteLevel" in json.dumps(described.get("decoder")) else None

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text in which nothing is a control token."""
        ids: list[int] = self._text.encode(_encodable(text), add_special_tokens=False).ids
        return ids

    def encode_template(self, text: str) -> list[int]:
        """Return the tokens of a piece of a template: its marks are control tokens."""
        ids: list[int] = self._template.encode(_encodable(text), add_special_tokens=False).ids
        return ids

    def piece(self, token: int) -> bytes:
        """Return the bytes that a token stands for; none for a control token."""
        text = None if token in self._silent else self._template.id_to_token(token)
        if text is None:
            return b""
        if self._bytes is not None and all(letter in self._bytes for letter in text):
            return bytes(self._bytes[letter] for letter in text)
        return piece_bytes(text)

    def _beginning(self) -> list[int]:
        """Return what the tokenizer puts before a text of its own accord."""
        whole = self._template.encode("a").ids
        plain = self._template.encode("a", add_special_tokens=False).ids
        at = next((at for at in range(len(whole)) if whole[at : at + len(plain)] == plain), 0)
        beginning: list[int] = whole[:at]
        return beginning


def special_texts(folder: Path) -> set[str]:
    """Return the tokens that the folder's settings call special."""
    found: set[str] = set()
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        settings = read_json(folder / name) or {}
        listed = [entry for key in _LISTED for entry in _entries(settings.get(key))]
        found.update(_text(entry) for entry in [*(settings.get(key) for key in _NAMED), *listed])
        added = settings.get("added_tokens_decoder") or {}
        found.update(_text(entry) for entry in added.values() if entry.get("special"))
    return found - {""}


def is_mark(text: str, *, template: str) -> bool:
    """Whether a token is one of the marks of a template: `<|im_end|>` is, the word "user" is not."""
    return len(text) > 2 and text[0] in "<[" and text[-1] in ">]" and text in template


def split_at(text: str, marks: Iterable[str]) -> list[str]:
    """Return the text in pieces, each mark a piece of its own."""
    longest_first = sorted(marks, key=len, reverse=True)
    if not longest_first:
        return [text]
    return [part for part in re.split(f"({'|'.join(map(re.escape, longest_first))})", text) if part]


def piece_bytes(text: str) -> bytes:
    """Return the bytes of a piece as SentencePiece writes it: a byte by its number, a space as a low line."""
    if byte := _BYTE.fullmatch(text):
        return bytes([int(byte[1], 16)])
    return text.replace(_SPACE, " ").encode()


def _entries(value: object) -> Sequence[object]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _text(entry: object) -> str:
    if isinstance(entry, dict):
        entry = entry.get("content")
    return entry if isinstance(entry, str) else ""


def _without(described: dict[str, Any], *, controls: dict[str, int]) -> dict[str, Any]:
    """Return a tokenizer's description in which no text can be written that becomes one of the controls.

    Their entries stay, under names that contain a byte no cleaned text has, so that all other numbers stay too.
    """
    hidden = {text: f"\0{number}" for text, number in controls.items()}
    model = dict(described["model"])
    if model.get("type", "BPE") != "BPE":
        raise ValueError(f"its kind is {model['type']}, and only BPE can be read")
    model["vocab"] = {hidden.get(text, text): number for text, number in model["vocab"].items()}
    model["merges"] = [merge for merge in model["merges"] if not _makes(merge, controls)]
    if model.get("unk_token") in hidden:
        model["unk_token"] = hidden[model["unk_token"]]
    added = [entry for entry in described.get("added_tokens") or [] if entry["content"] not in controls]
    return {**described, "model": model, "added_tokens": added, "post_processor": None}


def _makes(merge: str | list[str], controls: dict[str, int]) -> bool:
    parts = merge.split(" ") if isinstance(merge, str) else merge
    return "".join(parts) in controls or any(part in controls for part in parts)


def _byte_letters() -> dict[str, int]:
    """Return the byte of each letter of a byte-level vocabulary.

    Bytes that print stand for themselves, the others for the letters from U+0100 on, in order (GPT-2's rule).
    """
    printing = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printing]
    return {chr(byte): byte for byte in printing} | {chr(0x100 + at): byte for at, byte in enumerate(others)}


def _encodable(text: str) -> str:
    """Return `text` without lone surrogates, which the Rust tokenizers refuse."""
    return text.encode("utf-8", "replace").decode()
