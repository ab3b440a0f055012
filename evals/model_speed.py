"""How quick the engine's language model is, beside a bare loop over llama.cpp with the same file and settings."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import families
from rag.engine import Engine
from rag.language_model import model_path

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from rag.llms._llama_chat import LlamaCppChat

#: Prompts that the model is timed with.
_PROMPTS = 5
#: What is asked a second time of the same passages.
_SECOND = "这件事是由谁做的？"


@dataclass(frozen=True, slots=True)
class _Timed:
    """One answer: its tokens, and the seconds until the first and until the last one."""

    prompt: int
    answer: int
    first_s: float
    total_s: float


def generation_speed(engine: Engine, texts: Sequence[str]) -> dict[str, Any]:
    """Time the same prompts, about some texts of the library, through the engine's model and llama.cpp alone.

    `generation_ratio` is tokens a second (prompt and answer) over those of the bare loop; `first_token_ratio` the bare
    loop's seconds until the first token over ours. `second_question_ratio` is how much sooner another question about
    the same passages gets its first token. `peak_mb` is the memory of this process and the model's.
    """
    from langchain_core.messages import HumanMessage

    from rag.llms._llama_chat import LlamaCppChat

    model = engine.chat_model()
    assert isinstance(model, LlamaCppChat), "checked by the backend's name"
    _answered(model, _prompt(engine, model, about=texts[0]))  # the first touch reads the file into memory
    figures: dict[str, Any] = {"model": model.model_name, "peak_mb": _peak_mb(model.process.pid)}
    path = model_path(engine.settings.model, models_dir=engine.settings.models)
    ours, bare, seconds = [], [], []
    with _bare_llama(path, model) as alone:
        for text in texts[1 : _PROMPTS + 1] or texts:
            prompt = _prompt(engine, model, about=text)
            _answered(model, [HumanMessage("。")])  # so that nothing of an earlier prompt is made use of
            timed = _answered(model, prompt)
            ours.append(timed)
            bare.append(alone(model.get_token_ids("\n".join(message.text for message in prompt)), timed.answer))
            seconds.append(_answered(model, _prompt(engine, model, about=text, question=_SECOND)))
    return figures | _compared(ours, bare, seconds)


def _compared(ours: list[_Timed], bare: list[_Timed], seconds: list[_Timed]) -> dict[str, Any]:
    def rate(runs: list[_Timed]) -> float:
        return sum(run.prompt + run.answer for run in runs) / sum(run.total_s for run in runs)

    def first(runs: list[_Timed]) -> float:
        return sum(run.first_s for run in runs) / len(runs)

    return {
        "prompt_tokens": sum(run.prompt for run in ours),
        "answer_tokens": sum(run.answer for run in ours),
        "engine_tokens_per_s": round(rate(ours), 2),
        "llama_cpp_tokens_per_s": round(rate(bare), 2),
        "generation_ratio": round(rate(ours) / rate(bare), 3),
        "first_token_s": round(first(ours), 3),
        "first_token_ratio": round(first(bare) / first(ours), 3),
        "second_question_ratio": round(first(ours) / first(seconds), 3),
    }


def _prompt(engine: Engine, model: "LlamaCppChat", *, about: str, question: str | None = None) -> "list[BaseMessage]":
    """Return the prompt of a question about a text; `question` asks something else of the same passages."""
    asked = about.partition("，")[0] + "后来怎么样？"
    return families.load(model.family).grounded(question or asked, engine.search(asked))


def _answered(model: "LlamaCppChat", prompt: "list[BaseMessage]") -> _Timed:
    started, chunks = time.perf_counter(), model.stream(prompt)
    last = next(chunks)
    first = time.perf_counter() - started
    for chunk in chunks:
        last = chunk
    total = time.perf_counter() - started
    assert last.usage_metadata, "the model's last chunk has it"
    return _Timed(last.usage_metadata["input_tokens"], last.usage_metadata["output_tokens"], first, total)


@contextmanager
def _bare_llama(path: Path, model: "LlamaCppChat") -> Iterator[Any]:
    """Yield a function from tokens, and a number of tokens to make of them, to how long llama.cpp alone takes."""
    import llama_cpp

    from rag.llms._llama_model import PIECE

    weights = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
    given = llama_cpp.llama_context_default_params()
    given.n_ctx, given.n_batch, given.n_ubatch = model.n_ctx, PIECE, PIECE
    given.n_threads, given.n_threads_batch = model.notes.speed.write_threads, model.notes.speed.read_threads
    given.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(weights, given)
    sampler = llama_cpp.llama_sampler_init_greedy()

    def decode(tokens: Sequence[int]) -> None:
        piece = (llama_cpp.llama_token * len(tokens))(*tokens)
        failed = llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(piece, len(tokens)))
        assert failed == 0, "the engine's model has just answered with the same context"

    def timed(tokens: Sequence[int], answer: int) -> _Timed:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
        started = time.perf_counter()
        for start in range(0, len(tokens), PIECE):
            decode(tokens[start : start + PIECE])
        token = llama_cpp.llama_sampler_sample(sampler, context, -1)
        first = time.perf_counter() - started
        for _ in range(answer):
            decode([token])
            token = llama_cpp.llama_sampler_sample(sampler, context, -1)
        return _Timed(len(tokens), answer, first, time.perf_counter() - started)

    try:
        yield timed
    finally:
        llama_cpp.llama_sampler_free(sampler)
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(weights)


def _peak_mb(child: int | None) -> float | None:
    """Return the most memory that this process and the model's have held, in MB; None where nobody tells."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    own = peak / (1e6 if sys.platform == "darwin" else 1e3)  # macOS counts bytes, others KiB
    try:
        lines = Path(f"/proc/{child}/status").read_text("utf-8").splitlines()
    except OSError:
        return None
    return round(own + next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM:")), 1)
