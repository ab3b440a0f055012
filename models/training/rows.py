"""Tokenised examples: all tokens in one array, where each example begins, and where its reply does."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: The label of a token that is not to be foretold.
IGNORED = -100


@dataclass(frozen=True, slots=True)
class Rows:
    """Tokens of all examples, one after the other; `starts` has one more entry than there are examples.

    `replies` is where in `tokens` each example's reply begins, which alone is to be foretold.
    """

    tokens: "npt.NDArray[np.int32]"
    starts: "npt.NDArray[np.int64]"
    replies: "npt.NDArray[np.int64]"

    @classmethod
    def read(cls, path: Path) -> "Rows":
        """Read what `write` wrote."""
        import numpy as np

        with np.load(path) as data:
            tokens, lengths, prompts = data["tokens"], data["lengths"].astype(np.int64), data["prompts"]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        return cls(tokens.astype(np.int32), starts, starts[:-1] + prompts)

    @classmethod
    def mapped(cls, folder: Path) -> "Rows":
        """Return what `write_mapped` wrote, read from the disk as it is used."""
        import numpy as np

        starts, replies = np.load(folder / "starts.npy"), np.load(folder / "replies.npy")
        return cls(np.memmap(folder / "tokens.bin", np.int32, "r"), starts, replies)

    def write(self, path: Path) -> None:
        """Write the rows, compressed."""
        import numpy as np

        lengths, prompts = np.diff(self.starts).astype(np.int32), (self.replies - self.starts[:-1]).astype(np.int32)
        np.savez_compressed(path, tokens=self.tokens, lengths=lengths, prompts=prompts)

    def __len__(self) -> int:
        return len(self.replies)

    def length(self, row: int) -> int:
        """Return how many tokens an example has."""
        return int(self.starts[row + 1] - self.starts[row])

    def row(self, row: int) -> "npt.NDArray[np.int32]":
        """Return the tokens of an example."""
        return self.tokens[self.starts[row] : self.starts[row + 1]]

    def prompt(self, row: int) -> "npt.NDArray[np.int32]":
        """Return the tokens of an example's prompt."""
        return self.tokens[self.starts[row] : self.replies[row]]

    def labels(self, row: int) -> "npt.NDArray[np.int32]":
        """Return what is to be foretold of an example: its reply's tokens, and IGNORED for its prompt's."""
        labels = self.row(row).copy()
        labels[: self.replies[row] - self.starts[row]] = IGNORED
        return labels


def write_mapped(folder: Path, examples: Iterable[tuple[list[int], int]]) -> int:
    """Write examples (tokens, and how many of them are the prompt's) for `Rows.mapped`; return how many they are."""
    from array import array

    import numpy as np

    starts, replies = array("q", [0]), array("q")
    with (folder / "tokens.bin").open("wb") as file:
        for tokens, prompt in examples:
            file.write(np.array(tokens, np.int32).tobytes())
            replies.append(starts[-1] + prompt)
            starts.append(starts[-1] + len(tokens))
    np.save(folder / "starts.npy", np.array(starts, np.int64))
    np.save(folder / "replies.npy", np.array(replies, np.int64))
    return len(replies)
