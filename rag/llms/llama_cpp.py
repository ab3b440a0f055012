"""A GGUF model by llama.cpp, in a child process: an abort there costs one answer, not the program."""

from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from ingest.errors import BadSetting
from rag import families
from rag.errors import UnusableModel
from rag.families import ModelInfo
from rag.gguf_file import read_header
from rag.llms._answer_options import AnswerOptions, context
from rag.llms._llama_process import ModelProcess
from rag.llms._memory import check_memory
from rag.llms._speed_notes import WITHIN_S, Notes

if TYPE_CHECKING:
    from rag.llms._llama_chat import LlamaCppChat


class Options(AnswerOptions):
    """How to run a model; what is None is chosen to fit the model and the machine."""

    gpu_layers: int = Field(default=0, ge=-1, le=10_000, description="layers to put on a GPU; -1 is all")
    prompt_lookup: bool | None = Field(
        default=None, description="propose what followed the same words before; default: where it makes writing quicker"
    )
    speeds: Path | None = Field(
        default=None, description="folder for what is measured: threads, rates; default: nothing is measured"
    )


def load(model: str, *, family: str | None = None, options: Options | None = None) -> "LlamaCppChat":
    """Return the GGUF file `model`, ready to answer. Raises UnusableModel for one that cannot, BadSetting.

    The prompt family is told from the file, unless `family` names it.
    """
    path, chosen = Path(model), options or Options()
    if find_spec("llama_cpp") is None:
        raise UnusableModel(
            f"{path.name} needs llama-cpp-python, which is not installed: pip install llama-cpp-python",
            model=path.name,
            cause="missing_package",
            remedy="install",
        )
    with ExitStack() as undo:
        process = ModelProcess(path)
        undo.callback(process.close)
        header = read_header(path)
        info = families.info_of(header, path=path)
        n_ctx = context(chosen.n_ctx, longest=info.context_length, model=info.name)
        check_memory(header, path, n_ctx=n_ctx, gpu_layers=chosen.gpu_layers)
        notes = Notes(path, folder=chosen.speeds, threads=chosen.threads)
        process.begin(
            n_ctx=n_ctx,
            gpu_layers=chosen.gpu_layers,
            threads=notes.speed.read_threads,
            recheck=lambda: _check_unchanged(info, path),
        )
        # While the child reads the model: LangChain takes as long to import.
        from rag.llms._llama_chat import LlamaCppChat

        name = family or families.detect(info)
        _check_gpu(chosen.gpu_layers, has_gpu=process.facts["gpu"])
        notes.settle(lambda counts: process.measure(counts, within=WITHIN_S))
        undo.pop_all()
    return LlamaCppChat(
        model_name=info.name if name == "reader" else path.stem,
        family=name,
        n_ctx=n_ctx,
        options=chosen,
        process=process,
        notes=notes,
    )


def _check_gpu(asked: int, *, has_gpu: bool) -> None:
    """Refuse layers for a GPU that llama.cpp cannot use: it would pass over them in silence."""
    if asked and not has_gpu:
        expected = (
            "0: this llama.cpp has no GPU (install llama-cpp-python with CMAKE_ARGS=-DGGML_CUDA=on, or your kind)"
        )
        raise BadSetting(
            f"setting backend_options.gpu_layers = {asked}: expected {expected}",
            name="backend_options.gpu_layers",
            value=asked,
            expected=expected,
        )


def _check_unchanged(info: ModelInfo, path: Path) -> None:
    """Refuse a file that has become another kind of model while it was in use."""
    found = families.read_info(path)
    if found != info:
        raise UnusableModel(
            f"{path} was replaced by another model ({found.name}) while it was in use; open the library again",
            model=path.name,
            cause="replaced",
            remedy="reopen",
        )
