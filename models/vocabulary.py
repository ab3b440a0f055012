"""The vocabularies of LLaMA's Chinese descendants, and which of them fit which weights.

A LLaMA has 32,000 tokens, Chinese-LLaMA 49,953, Chinese-Alpaca 49,954 (one more, `[PAD]`), the second generation
55,296, Llama 3 128,256. A tokenizer with weights of another size gives gibberish, or no answer at all.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from models.errors import BadModelFiles, WrongPart
from models.packages import needed
from models.weights import read_json

if TYPE_CHECKING:
    from types import ModuleType

#: Tokens → whose vocabulary it is.
NAMES = {
    32000: "LLaMA",
    49953: "Chinese-LLaMA",
    49954: "Chinese-Alpaca",
    55296: "Chinese-LLaMA-2 / Chinese-Alpaca-2",
    128256: "Llama 3",
}
#: What belongs to a tokenizer, as transformers names it.
FILES = (
    "tokenizer.model",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
)

#: (rows of the model, tokens of the tokenizer) that pre-training may begin with besides equal ones: it adds the rows.
_GROWING = {(32000, 49953), (32000, 55296)}

Purpose = Literal["run", "pretrain", "tune"]


def sentencepiece_proto(path: Path) -> Any:  # noqa: ANN401 - a message of sentencepiece, which has no types
    """Return the contents of a SentencePiece model. Raises BadModelFiles, MissingPackage."""
    message = _messages().ModelProto()
    try:
        message.ParseFromString(path.read_bytes())
    except FileNotFoundError as exc:
        raise BadModelFiles(
            f"there is no tokenizer {path}: check the path", path=str(path), cause="no_tokenizer"
        ) from exc
    except (needed("google.protobuf.message").DecodeError, IsADirectoryError) as exc:
        raise _not_sentencepiece(path) from exc
    if not message.pieces or not message.HasField("trainer_spec"):
        raise _not_sentencepiece(path)
    return message


def sentencepiece_splitter(path: Path) -> Any:  # noqa: ANN401 - sentencepiece has no types
    """Return the SentencePieceProcessor of a model. Raises BadModelFiles, MissingPackage."""
    sentencepiece_proto(path)
    try:
        return needed("sentencepiece").SentencePieceProcessor(model_file=str(path))
    except RuntimeError as exc:  # the parts of the model contradict each other
        raise _not_sentencepiece(path) from exc


def tokens_in(folder: Path) -> int | None:
    """Return how many tokens the tokenizer of a folder has, added ones included; None where it has no tokenizer.

    Raises BadModelFiles for a damaged one.
    """
    last = -1
    if (folder / "tokenizer.model").is_file():
        last = len(sentencepiece_proto(folder / "tokenizer.model").pieces) - 1
    elif (folder / "tokenizer.json").is_file():
        whole: dict[str, Any] = dict(read_json(folder / "tokenizer.json"))
        ids = list((whole.get("model") or {}).get("vocab", {}).values())
        ids += [token["id"] for token in whole.get("added_tokens", [])]
        last = max(ids, default=-1)
    else:
        return None
    if (folder / "added_tokens.json").is_file():
        last = max(last, *(int(str(number)) for number in read_json(folder / "added_tokens.json").values()), -1)
    if (folder / "tokenizer_config.json").is_file():
        added: dict[str, Any] = dict(read_json(folder / "tokenizer_config.json")).get("added_tokens_decoder") or {}
        last = max([last, *map(int, added)])
    return last + 1


def check_vocabulary(rows: int, *, tokens: int, purpose: Purpose = "run") -> None:
    """Refuse a tokenizer that does not fit a model with `rows` rows of embeddings.

    To run or to merge, both have to be equal; pre-training may also begin with an extended tokenizer on the original
    LLaMA; tuning never changes the vocabulary. Raises WrongPart, naming both sizes and the remedy.
    """
    if rows == tokens or (purpose == "pretrain" and (rows, tokens) in _GROWING):
        return
    cause, remedy = _remedy(rows, tokens)
    raise WrongPart(
        f"the model has {rows} tokens ({NAMES.get(rows, 'unknown')}), the tokenizer {tokens} "
        f"({NAMES.get(tokens, 'unknown')}): {remedy}",
        cause=cause,
        rows=rows,
        tokens=tokens,
        rows_name=NAMES.get(rows, "?"),
        tokens_name=NAMES.get(tokens, "?"),
    )


def special_ids(folder: Path) -> dict[str, int]:
    """Return `bos_token_id`, `eos_token_id` and, where the vocabulary has one, `pad_token_id` of a SentencePiece model.

    The first generation pads with `[PAD]`, the second with `<pad>`; both are ordinary pieces of the file. Empty where
    the folder has no SentencePiece model.
    """
    path = folder / "tokenizer.model"
    if not path.is_file():
        return {}
    pieces = {piece.piece: number for number, piece in enumerate(sentencepiece_proto(path).pieces)}
    wanted = {"bos_token_id": ("<s>",), "eos_token_id": ("</s>",), "pad_token_id": ("[PAD]", "<pad>")}
    return {key: pieces[name] for key, names in wanted.items() for name in names if name in pieces}


def _remedy(rows: int, tokens: int) -> tuple[str, str]:
    """Return the cause of the error, and what to do."""
    if {rows, tokens} == {49953, 49954}:
        return (
            "vocabularies_mixed",
            "never mix LLaMA's and Alpaca's tokenizer; take the tokenizer.model that came with these weights",
        )
    if rows == 32000:
        return (
            "not_extended",
            "these weights are not extended; merge the LoRA that belongs to the tokenizer first, or take LLaMA's own",
        )
    return "vocabulary", "take the tokenizer.model that was released with these weights"


def _messages() -> "ModuleType":
    needed("sentencepiece")
    return needed("sentencepiece.sentencepiece_model_pb2")


def _not_sentencepiece(path: Path) -> BadModelFiles:
    return BadModelFiles(
        f"{path} is not a SentencePiece model: name the tokenizer.model itself, or get it again",
        path=str(path),
        cause="not_sentencepiece",
    )
