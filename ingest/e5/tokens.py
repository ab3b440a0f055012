"""Text to token ids as multilingual-e5-small counts them: XLM-RoBERTa's unigram vocabulary.

Written here because of what a command has to wait for: the `tokenizers` and `sentencepiece` packages need 0.75 s and
0.55 s to index 250,000 pieces, which is longer than everything else that a search does; a dict needs 0.1 s. The ids
are the same (checked against both).
"""

import json
import unicodedata
from pathlib import Path

import numpy as np

from ingest.e5.weights import E5Weights

BEGIN, PAD, END, UNKNOWN = range(4)
FILES = ("pieces.txt", "scores.npy", "characters.json")
_SPACE = "▁"
_UNKNOWN_PENALTY = 10.0
"""How far below the least likely piece an unknown character is (sentencepiece's kUnkPenalty)."""


def write(weights: E5Weights, *, folder: Path) -> None:
    """Write what `E5Tokens` reads: the vocabulary and the character table, as three files in `folder`."""
    pieces, scores, characters = FILES
    (folder / pieces).write_bytes("\n".join(weights.pieces).encode())
    np.save(folder / scores, weights.scores)
    table = {chr(code): replacement for code, replacement in weights.characters.items()}
    (folder / characters).write_text(json.dumps(table), encoding="ascii")


class E5Tokens:
    """The tokenizer. Safe to use from several threads: nothing changes after loading."""

    def __init__(self, folder: Path) -> None:
        pieces, scores, characters = FILES
        names = (folder / pieces).read_bytes().decode().split("\n")
        self._scores: list[float] = np.load(folder / scores).tolist()
        self._ids = dict(zip(names, range(len(names)), strict=True))
        # A document that spells out "<s>" or "<mask>" is text: it never becomes a control token.
        for control in (*names[: UNKNOWN + 1], names[-1]):
            del self._ids[control]
        self._longest = max(map(len, names))
        self._unknown_score = min(self._scores[UNKNOWN + 1 : -1]) - _UNKNOWN_PENALTY
        table = json.loads((folder / characters).read_text(encoding="ascii"))
        self._characters: dict[int, str] = {ord(character): replacement for character, replacement in table.items()}

    def encode(self, text: str, *, limit: int | None = None) -> list[int]:
        """Return the token ids of `text`, without begin and end marks; the first `limit`, where given."""
        ids: list[int] = []
        for word in self._words(text):
            if limit is not None and len(ids) >= limit:
                break
            ids += self._segment(word)
        return ids[:limit]

    def _words(self, text: str) -> list[str]:
        """Normalise `text` and cut it at white space; each word has the mark of a space before it.

        Composed before the table, whose entries are single characters, and after it, because they may compose.
        """
        composed = unicodedata.normalize("NFC", text)
        replaced = unicodedata.normalize("NFC", composed.translate(self._characters))
        return [_SPACE + word for word in replaced.split()]

    def _segment(self, word: str) -> list[int]:
        """Return the most likely split of `word` into pieces (Kudo 2018, arXiv 1804.10959; Viterbi's algorithm)."""
        ids, scores, longest = self._ids, self._scores, self._longest
        size = len(word)
        best = [0.0] + [-float("inf")] * size
        piece_ids = [UNKNOWN] * (size + 1)
        starts = [0] * (size + 1)
        for start in range(size):
            so_far = best[start]
            if word[start] not in ids and so_far + self._unknown_score > best[start + 1]:
                best[start + 1], piece_ids[start + 1], starts[start + 1] = so_far + self._unknown_score, UNKNOWN, start
            for end in range(start + 1, min(start + longest, size) + 1):
                piece = ids.get(word[start:end])
                if piece is not None and so_far + scores[piece] > best[end]:
                    best[end], piece_ids[end], starts[end] = so_far + scores[piece], piece, start
        return _path(piece_ids, starts)


def _path(piece_ids: list[int], starts: list[int]) -> list[int]:
    """Follow the best split from its end; a run of unknown characters is one unknown token."""
    path: list[int] = []
    end = len(starts) - 1
    while end > 0:
        piece = piece_ids[end]
        if piece != UNKNOWN or not path or path[-1] != UNKNOWN:
            path.append(piece)
        end = starts[end]
    return path[::-1]
