"""How much each input column of each matrix matters: the mean square of what flows into it while a text is read.

llama.cpp's quantisation weighs its rounding errors by it ("importance matrix"; ggml-org/llama.cpp, tools/imatrix). The
binding has no function for it, so the products are watched through the context's evaluation callback. This runs in the
child process of `models.quantize`.
"""

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np

from models.errors import BadModelFiles

#: Tokens read at a time, as llama.cpp's own tool does; fewer than this of a product's rows say little.
CHUNK = 512
_FEWEST_ROWS = 16
#: A text must fill at least so many tokens.
_FEWEST_TOKENS = 128


class _Tensor(ctypes.Structure):
    """The head of `struct ggml_tensor` (ggml.h)."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("buffer", ctypes.c_void_p),
        ("ne", ctypes.c_int64 * 4),
        ("nb", ctypes.c_size_t * 4),
        ("op", ctypes.c_int),
        ("op_params", ctypes.c_int32 * 16),
        ("flags", ctypes.c_int32),
        ("src", ctypes.c_void_p * 10),
        ("view_src", ctypes.c_void_p),
        ("view_offs", ctypes.c_size_t),
        ("data", ctypes.c_void_p),
        ("name", ctypes.c_char * 64),
    )


_F32 = 0


class _Sums:
    """The sums of squares so far, by the name of the matrix; each with the number of rows that they are of."""

    def __init__(self, ggml: ctypes.CDLL) -> None:
        self.squares: dict[str, np.ndarray[Any, Any]] = {}
        self.rows: dict[str, int] = {}
        self._ggml = ggml
        for name in ("ggml_get_name", "ggml_op_desc"):
            getattr(ggml, name).argtypes, getattr(ggml, name).restype = (ctypes.c_void_p,), ctypes.c_char_p
        ggml.ggml_backend_tensor_get.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)
        ggml.ggml_backend_tensor_get.restype = None

    def watch(self, pointer: int, ask: bool, _: object) -> bool:
        """Say whether a result is wanted, and then take what flowed in (llama.cpp calls this)."""
        if self._ggml.ggml_op_desc(pointer) != b"MUL_MAT":
            return not ask
        product = _Tensor.from_address(pointer)
        weight = self._weight(product.src[0])
        if not weight:
            return not ask
        flowing = _Tensor.from_address(product.src[1])
        if ask or flowing.type != _F32 or flowing.ne[1] < _FEWEST_ROWS:
            return True
        columns, rows = flowing.ne[0], flowing.ne[1] * flowing.ne[2] * flowing.ne[3]
        values = np.empty((rows, columns), np.float32)
        self._ggml.ggml_backend_tensor_get(product.src[1], values.ctypes.data, 0, values.nbytes)
        total = np.square(values, dtype=np.float64).sum(axis=0)
        self.squares[weight] = self.squares[weight] + total if weight in self.squares else total
        self.rows[weight] = self.rows.get(weight, 0) + rows
        return True

    def _weight(self, pointer: int) -> str:
        """Return the name of a block's matrix; the empty string for any other tensor."""
        name: bytes = self._ggml.ggml_get_name(pointer)
        if _Tensor.from_address(pointer).name != name:
            raise BadModelFiles(
                "this llama.cpp lays its tensors out in a way that is not known here: quantise without --imatrix, or "
                "install the version of llama-cpp-python that wendang asks for",
                cause="imatrix_unknown_layout",
            )
        text = name.decode("utf-8", "replace")
        return text if text.startswith("blk.") and text.endswith(".weight") else ""


def importance(path: str, *, text: str, threads: int, told: Callable[[int, int], None]) -> dict[str, Any]:
    """Return the mean square input of each matrix, an array of float32 of its columns, by its name in the GGUF file.

    `told` gets the tokens read and all of them. Raises BadModelFiles for a text that is too short.
    """
    import llama_cpp
    from llama_cpp._ggml import libggml

    sums = _Sums(libggml)
    failure: list[BadModelFiles] = []

    def watch(pointer: int, ask: bool, data: object) -> bool:
        """Hand llama.cpp's call on, and keep the error that ends the reading."""
        try:
            return sums.watch(pointer, ask, data)
        except BadModelFiles as exc:  # an exception cannot pass through llama.cpp: it stops, and it is raised below
            failure.append(exc)
            return False

    model = llama_cpp.Llama(path, vocab_only=True, verbose=False)
    tokens = model.tokenize(text.encode("utf-8"), add_bos=False, special=False)
    first = model.token_bos()
    model.close()
    if len(tokens) < _FEWEST_TOKENS:
        raise BadModelFiles(
            f"the text for the importance matrix has {len(tokens)} tokens: give one of at least {_FEWEST_TOKENS}, "
            "better of some ten thousand",
            cause="imatrix_text",
            tokens=len(tokens),
            least=_FEWEST_TOKENS,
        )
    callback = llama_cpp.llama_cpp.ggml_backend_sched_eval_callback(watch)
    try:
        _read_all(path, tokens, first=first, threads=threads, callback=callback, told=told)
    finally:
        if failure:
            raise failure[0]
    return {name: (total / sums.rows[name]).astype(np.float32) for name, total in sums.squares.items()}


def _read_all(
    path: str, tokens: list[int], *, first: int, threads: int, callback: object, told: Callable[[int, int], None]
) -> None:
    """Let the model read the tokens, a chunk after the other, each from its beginning."""
    import llama_cpp.llama_cpp as api

    loading = api.llama_model_default_params()
    model = api.llama_model_load_from_file(path.encode(), loading)
    options = api.llama_context_default_params()
    options.n_ctx = options.n_batch = options.n_ubatch = CHUNK
    options.n_threads = options.n_threads_batch = threads
    options.cb_eval = callback
    context = api.llama_init_from_model(model, options)
    if not model or not context:
        raise BadModelFiles(f"llama.cpp cannot load {path}: check the file", path=path, cause="not_loaded")
    try:
        step = CHUNK - 1
        for begin in range(0, len(tokens), step):
            part = [first, *tokens[begin : begin + step]]
            api.llama_memory_clear(api.llama_get_memory(context), True)
            kept = (api.llama_token * len(part))(*part)  # the batch only points at it
            wanted = (ctypes.c_int8 * len(part))(*[1] * len(part))  # or the last block would see the last token only
            batch = api.llama_batch_get_one(kept, len(part))
            batch.logits = wanted
            if api.llama_decode(context, batch):
                raise BadModelFiles(
                    f"llama.cpp cannot read a text with {path}: check the file", path=path, cause="not_read"
                )
            told(min(begin + step, len(tokens)), len(tokens))
    finally:
        api.llama_free(context)
        api.llama_model_free(model)
