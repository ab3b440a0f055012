"""A SentencePiece model as a vocabulary: the same tokens as in the model's training."""

from pathlib import Path
from typing import Any

from ingest.errors import MissingExtra
from rag.errors import UnusableModel
from rag.llms._model_folder import read_json
from rag.llms._vocabulary import is_mark, piece_bytes, special_texts, split_at


def read_model(path: Path) -> Any | None:  # noqa: ANN401 - sentencepiece has no types
    """Return the pieces and settings of a SentencePiece file, None for a file of another kind.

    Raises MissingExtra without sentencepiece, UnusableModel for a file that cannot be opened.
    """
    try:
        import sentencepiece  # noqa: F401 - asked for first: its model of protobuf alone would not do
        from google.protobuf.message import DecodeError
        from sentencepiece.sentencepiece_model_pb2 import ModelProto
    except ImportError as exc:
        raise MissingExtra(what="a tokenizer.model", package="sentencepiece", extra="torch") from exc
    proto = ModelProto()
    try:
        proto.ParseFromString(path.read_bytes())
    except DecodeError:
        return None
    except OSError as exc:
        raise UnusableModel(
            f"cannot open the tokenizer {path}: {exc.strerror}; check the file", model=str(path.parent), cause="damaged"
        ) from exc
    return proto if len(proto.pieces) else None


class SentencePieceVocabulary:
    """The vocabulary of a `tokenizer.model`, with the tokens that the folder adds behind its pieces."""

    def __init__(self, proto: Any, *, folder: Path, template: str) -> None:  # noqa: ANN401 - sentencepiece has no types
        from sentencepiece import SentencePieceProcessor

        kinds = proto.SentencePiece.Type
        special = special_texts(folder)
        self.controls = _added_tokens(folder, behind=len(proto.pieces))
        for number, piece in enumerate(proto.pieces):
            chosen = piece.type == kinds.Value("USER_DEFINED") and is_mark(piece.piece, template=template)
            if piece.type != kinds.Value("UNKNOWN") and (chosen or piece.piece in special):
                # The models of Chinese-Alpaca and Gemma hold tokens that steer under the types of words; as control
                # pieces they can no longer be written.
                piece.type = kinds.Value("CONTROL")
            if piece.type in (kinds.Value("CONTROL"), kinds.Value("UNKNOWN")):
                self.controls[piece.piece] = number
        self._processor = SentencePieceProcessor(model_proto=proto.SerializeToString())
        self._pieces = [piece_bytes(piece.piece) for piece in proto.pieces]
        self._silent = set(self.controls.values())
        self.size = max([len(self._pieces), *(number + 1 for number in self._silent)])
        settings = read_json(folder / "tokenizer_config.json") or {}
        begins = settings.get("add_bos_token", True) is not False and self._processor.bos_id() >= 0
        self.begin = [self._processor.bos_id()] if begins else []

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text in which nothing is a control token."""
        ids: list[int] = self._processor.encode(text.encode("utf-8", "replace").decode())
        return ids

    def encode_template(self, text: str) -> list[int]:
        """Return the tokens of a piece of a template: its marks are control tokens."""
        ids: list[int] = []
        for part in split_at(text, self.controls):
            ids += [self.controls[part]] if part in self.controls else self.encode(part)
        return ids

    def piece(self, token: int) -> bytes:
        """Return the bytes that a token stands for; none for a control token."""
        return b"" if token in self._silent or token >= len(self._pieces) else self._pieces[token]


def _added_tokens(folder: Path, *, behind: int) -> dict[str, int]:
    """Return the tokens that the folder's settings call special, or add behind the pieces of the model."""
    found = {str(text): int(number) for text, number in (read_json(folder / "added_tokens.json") or {}).items()}
    listed = (read_json(folder / "tokenizer_config.json") or {}).get("added_tokens_decoder") or {}
    for number, entry in listed.items():
        if entry.get("special") or int(number) >= behind:
            found[str(entry["content"])] = int(number)
    return found
