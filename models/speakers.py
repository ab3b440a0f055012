"""A model to compare, be it a Hugging Face folder or a GGUF file: its tokens, its logits, what it would say."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from models.errors import BadModelFiles
from models.gguf_vocabulary import read_vocabulary
from models.packages import needed
from models.vocabulary import sentencepiece_splitter
from models.weights import open_weights

if TYPE_CHECKING:
    import numpy as np


class Speaker(Protocol):
    """A loaded model."""

    #: The texts of its tokens, in order, as its tokenizer stores them.
    tokens: list[bytes]

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without a beginning."""
        ...

    def logits(self, ids: Sequence[int]) -> "np.ndarray[Any, Any]":
        """Return what follows each token: float32 of shape (len(ids), vocabulary)."""
        ...

    def greedy(self, ids: Sequence[int], *, count: int) -> list[int]:
        """Return the `count` tokens that it finds likeliest one after the other."""
        ...


@contextmanager
def speaker(path: Path, *, context: int, threads: int) -> Iterator[Speaker]:
    """Load a model for the time of a `with` block. Raises BadModelFiles, MissingPackage."""
    if path.is_dir():
        yield _Folder(path)
        return
    if not path.exists():
        raise BadModelFiles(f"there is no model {path}: check the path", path=str(path), cause="not_found")
    loaded = _Gguf(path, context=context, threads=threads)
    try:
        yield loaded
    finally:
        loaded.close()


class _Gguf:
    """A GGUF file in stock llama-cpp-python."""

    def __init__(self, path: Path, *, context: int, threads: int) -> None:
        llama_cpp = needed("llama_cpp")
        try:
            self._model = llama_cpp.Llama(
                str(path), n_ctx=context, n_batch=context, n_threads=threads, logits_all=True, verbose=False
            )
        except ValueError as exc:
            raise BadModelFiles(
                f"llama.cpp cannot load {path}: it is no model, or damaged; convert it again",
                path=str(path),
                cause="not_loaded",
            ) from exc
        vocabulary = llama_cpp.llama_model_get_vocab(self._model.model)
        count = self._model.n_vocab()
        self.tokens = [llama_cpp.llama_vocab_get_text(vocabulary, number) for number in range(count)]

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without a beginning; control tokens in it stay text."""
        ids: list[int] = self._model.tokenize(text.encode("utf-8"), add_bos=False, special=False)
        return ids

    def logits(self, ids: Sequence[int]) -> "np.ndarray[Any, Any]":
        """Return the logits after each token, float32 of shape (tokens, vocabulary)."""
        self._model.reset()
        self._model.eval(list(ids))
        found: np.ndarray[Any, Any] = self._model.scores[: len(ids)].copy()
        return found

    def greedy(self, ids: Sequence[int], *, count: int) -> list[int]:
        """Return the `count` likeliest tokens that follow, one after the other, the end of text being no end."""
        self._model.reset()
        stream = self._model.generate(list(ids), temp=0.0, repeat_penalty=1.0)
        return [next(stream) for _ in range(count)]

    def close(self) -> None:
        """Free the model's memory."""
        self._model.close()


class _Folder:
    """A Hugging Face folder in plain transformers; in single precision where the memory suffices."""

    def __init__(self, folder: Path) -> None:
        torch, transformers = needed("torch"), needed("transformers")
        weights = open_weights(folder)
        vocabulary = read_vocabulary(folder)
        self.tokens = vocabulary.tokens
        self._split = _splitter(folder)
        # In half precision a model takes what its files take; twice that in single precision.
        free = int(needed("psutil").virtual_memory().available)
        kind = torch.float32 if weights.size * 2.2 < free else "auto"
        transformers.utils.logging.disable_progress_bar()
        self._model = transformers.AutoModelForCausalLM.from_pretrained(
            folder, dtype=kind, local_files_only=True, trust_remote_code=False
        ).eval()

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without a beginning; control tokens in it stay text."""
        return self._split(text)

    def logits(self, ids: Sequence[int]) -> "np.ndarray[Any, Any]":
        """Return the logits after each token, float32 of shape (tokens, vocabulary)."""
        torch = needed("torch")
        with torch.inference_mode():
            found: np.ndarray[Any, Any] = self._model(torch.tensor([list(ids)])).logits[0].float().numpy()
        return found

    def greedy(self, ids: Sequence[int], *, count: int) -> list[int]:
        """Return the `count` likeliest tokens that follow, one after the other, the end of text being no end."""
        torch = needed("torch")
        given = torch.tensor([list(ids)])
        made = self._model.generate(
            given,
            attention_mask=torch.ones_like(given),
            max_new_tokens=count,
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
        return [int(number) for number in made[0, len(ids) :]]


def _splitter(folder: Path) -> Callable[[str], list[int]]:
    """Return what splits a text into a folder's tokens."""
    # transformers 5 splits the Chinese vocabularies otherwise than SentencePiece, with which they were trained.
    if (folder / "tokenizer.model").is_file():
        processor = sentencepiece_splitter(folder / "tokenizer.model")
        return lambda text: list(processor.encode(text))
    tokenizer = needed("tokenizers").Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    return lambda text: list(tokenizer.encode(text, add_special_tokens=False).ids)
