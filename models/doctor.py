"""What the questions that users ask most come down to, as checks on a model's files: each finding is a cause.

A finding has a code and values; the texts for users, with the remedies, are those of `doctor.model_files.<code>`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.adapter import open_adapter
from models.catalog import Entry, find, recognise
from models.errors import BadModelFiles, MissingPackage, WorkshopError, WrongPart
from models.merge_checks import EMBEDDINGS, HEAD
from models.provenance import PROVENANCE
from models.recorded import changed
from models.verify import verify
from models.vocabulary import check_vocabulary, tokens_in
from models.weights import open_weights, read_json

#: Vocabularies of models that only continue texts.
_CONTINUING = {32000: "LLaMA", 49953: "Chinese-LLaMA"}
#: The vocabulary of the first generation's models that answer, which learned from examples of 512 tokens at most.
_FIRST_ALPACA, _FIRST_TUNED = 49954, 512
#: llama.cpp's numbers of the file types in less than four bits (gguf.LlamaFileType).
_COARSE = {
    10: "Q2_K", 11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S", 29: "IQ2_M", 31: "IQ1_M", 36: "TQ1_0",
    37: "TQ2_0",
}  # fmt: skip
_WIDTH_33B = 6656
_UTF8_CODE_PAGE = 65001


@dataclass(frozen=True, slots=True)
class Finding:
    """A cause: its code, whether the model is useless until it is mended, and what its text tells.

    `error` is told instead of a text where there is one.
    """

    code: str
    serious: bool = False
    values: Mapping[str, object] = field(default_factory=dict)
    error: WorkshopError | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model says about itself; `rows` are those of its embeddings, `file_type` is llama.cpp's number.

    `parts` is the provenance that our own merge writes.
    """

    name: str
    tokens: int
    rows: int
    context: int
    width: int = 0
    file_type: int | None = None
    has_template: bool = False
    parts: Mapping[str, Any] = field(default_factory=dict)


def examine(facts: Facts, *, context: int | None = None) -> Iterator[Finding]:
    """Yield what is wrong with a model, or may disappoint, from what it says about itself.

    `context` is the length that the user asks for, None for the model's own.
    """
    entry = recognise(facts.name)
    if facts.tokens and facts.rows:
        yield from _vocabulary(facts.rows, tokens=facts.tokens)
    yield from _base_model(facts, entry)
    yield from _missing_lora(facts.parts)
    yield from _window(facts, entry, asked=context)
    if facts.file_type in _COARSE:
        yield Finding("coarse", values={"type": _COARSE[facts.file_type]})
    elif entry and "terse" in entry.advice:
        yield Finding("terse", values={"better": entry.name.replace("plus", "pro")})
    if facts.width == _WIDTH_33B and re.search(r"(?<!\d)30b(?![a-z])", facts.name, re.IGNORECASE):
        yield Finding("named_30b")


def examine_folder(folder: Path, *, deep: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with a folder of model files; `deep` reads them whole, to compare their hashes."""
    yield from _told(_structure(folder))
    if deep:
        yield from _told(_hashes(folder))


def examine_record(model: Path, *, models_dir: Path) -> Iterator[Finding]:
    """Yield whether a model's files are not what they were at their first use."""
    try:
        names = changed(model, models_dir=models_dir)
    except BadModelFiles as exc:
        yield Finding("broken", error=exc)
        return
    if names:
        yield Finding("changed", values={"files": ", ".join(names)})


def examine_console(platform: str, *, code_page: int | None) -> Iterator[Finding]:
    """Yield whether the console of Windows garbles Chinese: its code page is not that of UTF-8."""
    if platform == "win32" and code_page not in (None, _UTF8_CODE_PAGE):
        yield Finding("code_page", values={"code_page": code_page})


def _told(findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield findings; files that cannot be opened are one, too."""
    try:
        yield from findings
    except MissingPackage as exc:
        yield Finding("not_opened", values={"package": exc.values["package"]})
    except (BadModelFiles, WrongPart) as exc:
        yield Finding("broken", serious=True, error=exc)


def _structure(folder: Path) -> Iterator[Finding]:
    if (folder / "adapter_config.json").is_file():
        yield from _lora(folder)
    elif any(folder.glob("consolidated.*.pth")):
        yield from _meta_parts(folder)
    elif (folder / "config.json").is_file():
        yield from _huggingface(folder)


def _vocabulary(rows: int, *, tokens: int) -> Iterator[Finding]:
    try:
        check_vocabulary(rows, tokens=tokens)
    except WrongPart as exc:
        yield Finding("mixed_tokenizer", serious=True, error=exc)


def _base_model(facts: Facts, entry: Entry | None) -> Iterator[Finding]:
    """Yield whether the model only continues texts."""
    if entry and entry.kind == "base":
        yield Finding("base_model", serious=True, values={"model": entry.name, "tokens": facts.rows})
    elif facts.rows in _CONTINUING and not facts.has_template:
        yield Finding("base_model", serious=True, values={"model": _CONTINUING[facts.rows], "tokens": facts.rows})


def _missing_lora(parts: Mapping[str, Any]) -> Iterator[Finding]:
    """Yield whether a LoRA was merged without the one that it needs before it: such a model speaks, but badly."""
    base = parts.get("base") or {}
    loras = [lora for lora in parts.get("loras") or [] if isinstance(lora, dict)]
    names = [*map(str, base.get("merged_before") or [])]
    names += [str(lora.get("published_as") or lora.get("name")) for lora in loras]
    merged = [entry.name for name in names if (entry := find(name))]
    if not merged:
        return
    last = find(merged[-1])
    missing = [name for name in last.loras if name not in merged] if last else []
    if missing:
        values = {"model": merged[-1], "missing": ", ".join(missing)}
        yield Finding("missing_lora", serious=True, values=values)


def _window(facts: Facts, entry: Entry | None, *, asked: int | None) -> Iterator[Finding]:
    """Yield whether the context is longer than the model was made for, or than it learned to use."""
    limit = min(facts.context, entry.context) if entry else facts.context
    if asked and asked > limit:
        yield Finding("long_context", values={"asked": asked, "context": limit})
        return
    tuned = entry.tuned if entry else _FIRST_TUNED if facts.rows == _FIRST_ALPACA else None
    used = asked or facts.context
    if tuned and facts.rows not in _CONTINUING and used > tuned:
        yield Finding("short_training", values={"context": used, "tuned": tuned})


def _lora(folder: Path) -> Iterator[Finding]:
    """Yield that a LoRA has to be merged, after those that its model needs before it."""
    tokens = tokens_in(folder)
    rows = open_adapter(folder).rows
    if rows and tokens is not None:
        yield from _vocabulary(rows, tokens=tokens)
    entry = recognise(folder.absolute().name) or find(folder.absolute().name)
    loras: Sequence[str] = entry.loras if entry else (folder.name,)
    yield Finding("not_merged", serious=True, values={"loras": " → ".join(loras)})


def _huggingface(folder: Path) -> Iterator[Finding]:
    config = read_json(folder / "config.json")
    rows, context = _number(config, "vocab_size"), _number(config, "max_position_embeddings")
    parts = read_json(folder / PROVENANCE) if (folder / PROVENANCE).is_file() else {}
    yield from examine(
        Facts(
            name=folder.absolute().name,
            tokens=tokens_in(folder) or 0,
            rows=rows,
            context=context or 2048,
            width=_number(config, "hidden_size"),
            has_template=_has_template(folder),
            parts=parts,
        )
    )


def _number(config: Mapping[str, Any], key: str) -> int:
    value = config.get(key)
    return value if isinstance(value, int) else 0


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file():
        return True
    config = folder / "tokenizer_config.json"
    return config.is_file() and bool(read_json(config).get("chat_template"))


def _meta_parts(folder: Path) -> Iterator[Finding]:
    """Yield whether Meta's parts lack a row: an odd vocabulary has to be split unevenly."""
    tensors = open_weights(folder).tensors
    rows, head = (tensors[name].shape[0] if name in tensors else 0 for name in (EMBEDDINGS, HEAD))
    if rows != head:
        yield Finding("odd_split", serious=True, values={"rows": rows, "head": head})
    place = folder if (folder / "tokenizer.model").is_file() else folder.parent
    tokens = tokens_in(place)
    if tokens is not None:
        yield from _vocabulary(rows, tokens=tokens)


def _hashes(folder: Path) -> Iterator[Finding]:
    report = verify(folder)
    wrong = [check.file for check in report.files if check.status == "mismatch"]
    if wrong:
        code = "hash_differs_torch" if "torch_version" in report.remarks else "hash_differs"
        yield Finding(code, values={"files": ", ".join(wrong), "model": report.model})
    if report.missing:
        yield Finding("incomplete", serious=True, values={"files": ", ".join(report.missing)})
