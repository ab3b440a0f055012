"""A tokenizer as GGUF holds it: SentencePiece (LLaMA 1 and 2, their Chinese descendants) or Llama 3's byte pairs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import BadModelFiles
from models.vocabulary import sentencepiece_proto, special_ids
from models.weights import read_json

if TYPE_CHECKING:
    from gguf import GGUFWriter

# Kinds of tokens have the same numbers in SentencePiece and GGUF (gguf.TokenType).
_NORMAL, _CONTROL, _USER_DEFINED, _UNUSED = 1, 3, 4, 5
#: Padding is an ordinary piece in the tokenizer.model of both Chinese generations, and must never be read from text.
_PADDING = frozenset({"[PAD]", "<pad>"})
#: How Llama 3 splits text before it merges bytes; llama.cpp calls it "llama-bpe".
_LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


@dataclass(slots=True)
class GgufVocabulary:
    """The tokens in order, with their kinds (gguf.TokenType) and, for SentencePiece, their scores.

    `special` are ids by role (bos, eos, eot, unk, pad); `template` is the chat template's text, never run here.
    """

    model: str
    tokens: list[bytes]
    kinds: list[int]
    scores: list[float] = field(default_factory=list)
    merges: list[str] = field(default_factory=list)
    special: dict[str, int] = field(default_factory=dict)
    add_bos: bool = True
    add_eos: bool = False
    template: str | None = None

    def write(self, writer: "GGUFWriter") -> None:
        """Add the tokenizer's keys to a GGUF file."""
        writer.add_tokenizer_model(self.model)
        writer.add_tokenizer_pre("llama-bpe" if self.model == "gpt2" else "default")
        writer.add_token_list(self.tokens)
        if self.scores:
            writer.add_token_scores(self.scores)
        writer.add_token_types(self.kinds)
        if self.merges:
            writer.add_token_merges(self.merges)
        for role, number in self.special.items():
            getattr(writer, f"add_{role}_token_id")(number)
        writer.add_add_bos_token(self.add_bos)
        writer.add_add_eos_token(self.add_eos)
        if self.template:
            writer.add_chat_template(self.template)


def read_vocabulary(folder: Path) -> GgufVocabulary:
    """Return the tokenizer of a model's folder; `tokenizer.model` goes before `tokenizer.json`.

    Raises BadModelFiles where there is none, or one that llama.cpp would split otherwise.
    """
    if (folder / "tokenizer.model").is_file():
        made = _sentencepiece(folder)
    elif (folder / "tokenizer.json").is_file():
        made = _byte_pairs(folder)
    else:
        raise BadModelFiles(
            f"no tokenizer in {folder} (tokenizer.model or tokenizer.json): copy that of the model into it",
            path=str(folder),
            cause="no_tokenizer",
        )
    config = _json(folder / "tokenizer_config.json")
    made.add_bos = bool(config.get("add_bos_token", True))
    made.add_eos = bool(config.get("add_eos_token", False))
    made.template = _template(folder, config)
    return made


def _sentencepiece(folder: Path) -> GgufVocabulary:
    pieces = sentencepiece_proto(folder / "tokenizer.model").pieces
    made = GgufVocabulary(
        model="llama",
        tokens=[piece.piece.encode("utf-8") for piece in pieces],
        kinds=[_CONTROL if piece.piece in _PADDING else int(piece.type) for piece in pieces],
        scores=[float(piece.score) for piece in pieces],
    )
    for number, (text, control) in sorted(_added(folder).items()):
        if number < len(pieces):
            continue
        _fill_up(made, number)
        made.tokens.append(text.encode("utf-8"))
        made.kinds.append(_CONTROL if control or text in _PADDING else _USER_DEFINED)
        made.scores.append(0.0)
    made.special = {key.removesuffix("_token_id"): number for key, number in special_ids(folder).items()}
    unknown = [number for number, piece in enumerate(pieces) if piece.type == 2]
    if unknown:
        made.special["unk"] = unknown[0]
    padding = [number for number, text in enumerate(made.tokens) if text.decode("utf-8") in _PADDING]
    if padding:
        made.special.setdefault("pad", padding[0])
    return made


def _byte_pairs(folder: Path) -> GgufVocabulary:
    path = folder / "tokenizer.json"
    whole: dict[str, Any] = dict(read_json(path))
    model = whole.get("model") or {}
    if model.get("type") != "BPE" or _LLAMA3_SPLIT not in _patterns(whole.get("pre_tokenizer")):
        raise BadModelFiles(
            f"{path} splits text in a way that is not Llama 3's: add the tokenizer.model (SentencePiece) of the model",
            path=str(path),
            cause="pre_tokenizer",
        )
    texts: dict[int, tuple[str, int]] = {number: (text, _NORMAL) for text, number in model["vocab"].items()}
    for token in whole.get("added_tokens", []):
        texts[token["id"]] = (token["content"], _CONTROL if token.get("special") else _USER_DEFINED)
    made = GgufVocabulary(model="gpt2", tokens=[], kinds=[])
    for number, (text, kind) in sorted(texts.items()):
        _fill_up(made, number)
        made.tokens.append(text.encode("utf-8"))
        made.kinds.append(kind)
    made.merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model.get("merges", [])]
    numbers = {text: number for number, (text, _) in texts.items()}
    config = _json(folder / "tokenizer_config.json")
    for role, default in (("bos", "<|begin_of_text|>"), ("eos", "<|end_of_text|>"), ("pad", None)):
        named = _content(config.get(f"{role}_token")) or default
        if named in numbers:
            made.special[role] = numbers[named]
    if "<|eot_id|>" in numbers:
        made.special["eot"] = numbers["<|eot_id|>"]
    return made


def _fill_up(made: GgufVocabulary, number: int) -> None:
    """Put unused tokens in front of a number that leaves a hole behind it."""
    while len(made.tokens) < number:
        if made.model == "llama":
            made.scores.append(0.0)
        made.kinds.append(_UNUSED)
        made.tokens.append(f"<unused_{len(made.tokens)}>".encode())


def _added(folder: Path) -> dict[int, tuple[str, bool]]:
    """Return the tokens that transformers' files add: id → its text, and whether it is a control token."""
    added = {int(number): (text, True) for text, number in _json(folder / "added_tokens.json").items()}
    decoder = _json(folder / "tokenizer_config.json").get("added_tokens_decoder") or {}
    for number, token in decoder.items():
        added[int(number)] = (str(token["content"]), bool(token.get("special", False)))
    return added


def _patterns(pre_tokenizer: object) -> set[str]:
    """Return the regular expressions that a pre-tokenizer, or any inside of it, splits by."""
    if not isinstance(pre_tokenizer, Mapping):
        return set()
    pattern = pre_tokenizer.get("pattern")
    found = {str(pattern["Regex"])} if isinstance(pattern, Mapping) and "Regex" in pattern else set()
    for inner in pre_tokenizer.get("pretokenizers") or ():
        found |= _patterns(inner)
    return found


def _template(folder: Path, config: Mapping[str, Any]) -> str | None:
    path = folder / "chat_template.jinja"
    if path.is_file():
        return path.read_text("utf-8")
    template = config.get("chat_template")
    return template if isinstance(template, str) else None


def _content(token: object) -> str | None:
    """Return the text of a special token, which may be written as an object."""
    if isinstance(token, Mapping):
        token = token.get("content")
    return token if isinstance(token, str) else None


def _json(path: Path) -> dict[str, Any]:
    return dict(read_json(path)) if path.is_file() else {}
