"""A GGUF file in fewer bits, by llama.cpp's own function, in a child process: what aborts there ends nothing else."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import BadModelFiles
from models.gguf_output import publish, refuse_used
from models.output_folder import claimed
from models.packages import needed
from models.progress import Progress, silent
from models.room import check_disk, check_memory
from models.stored import damaged
from models.text_file import read_text

#: Types that llama.cpp makes of F32, F16 and BF16 files, by the names people use; the letters after K are sizes.
TYPES = (
    "f32", "f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q5_k_s", "q5_1", "q5_0", "q4_k_m", "q4_k_s", "q4_1", "q4_0",
    "q3_k_l", "q3_k_m", "q3_k_s", "q2_k", "q2_k_s", "iq4_nl", "iq4_xs", "iq3_m", "iq3_s", "iq3_xs", "iq3_xxs", "iq2_m",
    "iq2_s", "iq2_xs", "iq2_xxs", "iq1_m", "iq1_s",
)  # fmt: skip
_SHORT = {"q3_k": "q3_k_m", "q4_k": "q4_k_m", "q5_k": "q5_k_m"}
#: Types that are gibberish without an importance matrix; llama.cpp refuses some of them itself.
_NEED_IMPORTANCE = ("iq3_xxs", "iq2_s", "iq2_xs", "iq2_xxs", "iq1_m", "iq1_s", "q2_k_s")
#: llama.cpp's numbers of the file types that have not lost anything yet (gguf.LlamaFileType).
_WHOLE = {0: "f32", 1: "f16", 32: "bf16"}

# llama.cpp's line for each tensor; of a dry run, with the type that it would get.
_LINE = re.compile(r"\[\s*(\d+)/\s*(\d+)\]\s+(\S+)\s+-\s+\[([\d, ]+)\], type =\s*(\w+),.*?(?:\((\w+)\))?\s*$")


@dataclass(frozen=True, slots=True)
class Quantized:
    """What came out: `predicted` and real bytes, the bytes before, and how many tensors have which type."""

    path: Path
    predicted: int
    size: int
    before: int
    types: Mapping[str, int]


def quantize(
    file: Path, *, out: Path, kind: str, imatrix: Path | None = None, threads: int = 2, progress: Progress = silent
) -> Quantized:
    """Write a GGUF file in another type; `imatrix` is a text whose reading tells what matters in the model.

    Raises BadModelFiles (no GGUF, a LoRA, quantised already, an unknown type, llama.cpp gave up, another process
    writes the same file), NotEnoughRoom; then nothing is left of the file.
    """
    kind = usable_type(kind, imatrix=imatrix)
    text = read_text(imatrix) if imatrix else ""
    job = {"file": str(file.absolute()), "kind": kind, "threads": threads, "text": text}
    with claimed(out):
        refuse_used(out)
        return _write(job, file=file, out=out, progress=progress)


def _write(job: Mapping[str, Any], *, file: Path, out: Path, progress: Progress) -> Quantized:
    largest, header = _inspect(file)
    types: dict[str, int] = {}
    predicted = header
    for line in _tensor_lines(_run({**job, "dry": True}, file=file)):
        types[line.kind] = types.get(line.kind, 0) + 1
        predicted += line.size
    check_disk(out.parent, needed_bytes=predicted)
    check_memory(largest * 8, remedy="smaller")
    part = out.with_name(f"{out.name}.part")
    try:
        for message in _run({**job, "out": str(part.absolute()), "dry": False}, file=file):
            if "stage" in message:
                progress(message["stage"], message["done"], message["total"])
        size = part.stat().st_size
        if abs(size - predicted) > 0.02 * predicted + 2**20:
            raise damaged(part, detail=f"{size} bytes instead of {predicted}")
        publish(part, out)
    finally:
        part.unlink(missing_ok=True)
    return Quantized(out, predicted, size, file.stat().st_size, types)


def usable_type(name: str, *, imatrix: Path | None) -> str:
    """Return a type's name as it is written here. Raises BadModelFiles for an unknown one, or one that needs a text."""
    kind = known_type(name)
    if kind in _NEED_IMPORTANCE and imatrix is None:
        raise BadModelFiles(
            f"{kind} is of no use without an importance matrix: add --imatrix and a text file like what will be asked",
            kind=kind,
            cause="imatrix_needed",
        )
    return kind


def known_type(name: str) -> str:
    """Return a type's name as it is written here. Raises BadModelFiles for an unknown one."""
    plain = name.lower().replace("-", "_")
    plain = _SHORT.get(plain, plain)
    if plain not in TYPES:
        raise BadModelFiles(
            f"there is no type {name}: use one of {', '.join(TYPES)}", kind=name, known=", ".join(TYPES), cause="type"
        )
    return plain


@dataclass(frozen=True, slots=True)
class _Line:
    """A tensor as llama.cpp will write it: its type, and its bytes."""

    kind: str
    size: int


def _tensor_lines(messages: Iterator[Mapping[str, Any]]) -> Iterator[_Line]:
    """Yield what a dry run says of each tensor."""
    gguf = needed("gguf")
    sizes = {kind.name.lower(): pair for kind, pair in gguf.GGML_QUANT_SIZES.items()}
    for message in messages:
        if found := _LINE.search(message.get("log", "")):
            kind = (found[6] or found[5]).lower()
            per_block, block_bytes = sizes[kind]
            count = 1
            for length in found[4].split(","):
                count *= int(length)
            yield _Line(kind, -(-(count // per_block * block_bytes) // 32) * 32)


def _inspect(file: Path) -> tuple[int, int]:
    """Return the numbers of a file's largest tensor, and the bytes before its data. Raises BadModelFiles."""
    gguf = needed("gguf")
    if not file.is_file():
        raise BadModelFiles(f"there is no file {file}: check the path", path=str(file), cause="not_found")
    try:
        reader = gguf.GGUFReader(file)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError) as exc:
        raise BadModelFiles(
            f"{file} is no GGUF file, or a damaged one: convert the model's folder with `wendang model convert`",
            path=str(file),
            cause="not_gguf",
            detail=str(exc),
        ) from exc
    if _value(reader, "general.type") == "adapter":
        raise BadModelFiles(
            f"{file} is a LoRA, which is not quantised: merge it first (`wendang model merge`)",
            path=str(file),
            cause="is_lora",
        )
    stated = _value(reader, "general.file_type")
    if stated not in _WHOLE or not reader.tensors:
        raise BadModelFiles(
            f"{file} is quantised already, and twice loses more than once: start from the F16 file "
            "(`wendang model convert`)",
            path=str(file),
            cause="quantized_already",
        )
    return max(int(tensor.n_elements) for tensor in reader.tensors), int(reader.data_offset)


def _value(reader: Any, key: str) -> Any:  # noqa: ANN401 - gguf has no types
    field = reader.get_field(key)
    return field.contents() if field else None


def _run(job: Mapping[str, Any], *, file: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the messages of a child that does the job. Raises BadModelFiles where it fails."""
    with _child() as child:
        assert child.stdin is not None and child.stdout is not None, "both are pipes"
        child.stdin.write(json.dumps(job))
        child.stdin.close()
        log: list[str] = []
        for line in child.stdout:
            message = json.loads(line)
            if "error" in message:
                raise BadModelFiles(message["error"], **message["values"])
            log = [*log[-20:], message.get("log", "")]
            yield message
        status = child.wait()
    if status:
        told = [line for line in log if "error" in line.lower() or "fail" in line.lower()]
        detail = told[-1] if told else f"status {status}"
        raise BadModelFiles(
            f"llama.cpp gave up on {file} ({detail}): check the file, or choose another type",
            path=str(file),
            cause="llama_cpp",
            detail=detail,
        )


@contextmanager
def _child() -> Iterator[subprocess.Popen[str]]:
    """Start the child; however the work ends, it does not outlive it."""
    command: Sequence[str] = (sys.executable, "-m", "models.quantize_child")
    root = str(Path(__file__).resolve().parent.parent)
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()
