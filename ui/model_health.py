"""What `wendang doctor` finds in the model files of a home: the checks are of models/doctor.py."""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting, WendangError
from rag.doctor import Finding
from rag.settings import Settings, read_settings
from ui.model_files import found_models, is_chosen

if TYPE_CHECKING:
    from models.doctor import Facts
    from models.doctor import Finding as Cause

_NAME = "model_files"


def examine_models(home: Path, *, deep: bool = False) -> Iterator[Finding]:
    """Yield what is found in each model of the home, LoRAs and models in Meta's form among them.

    Only what the chosen model has makes the doctor say "broken". `deep` reads the files of folders whole.
    """
    try:
        settings = read_settings(home)
    except BadSetting:
        return  # told by the rest of the doctor
    ready = found_models(settings)
    paths = [*ready, *(folder for folder in _materials(settings.models) if folder not in ready)]
    found = [_finding(cause, name="") for cause in _console()]
    for path in paths:
        chosen = is_chosen(path, settings)
        found += [_finding(cause, name=path.name, chosen=chosen) for cause in _causes(path, settings, deep=deep)]
    yield from found
    if paths and not found:
        yield Finding(_NAME, values={"count": len(paths)})


def serious_findings(path: Path, settings: Settings) -> list[Finding]:
    """Return what makes a model useless, or nearly so, for questions; nothing is read whole."""
    causes = _causes(path, settings, deep=False)
    return [_finding(cause, name=path.name, chosen=True) for cause in causes if cause.serious]


def _materials(models: Path) -> Iterator[Path]:
    """Yield the folders that models are made of: they cannot answer, but what is wrong with them will be with those."""
    for folder in sorted(models.glob("*/")):
        if (folder / "adapter_config.json").is_file() or any(folder.glob("consolidated.*.pth")):
            yield folder


def _finding(cause: "Cause", *, name: str, chosen: bool = False) -> Finding:
    values = {**cause.values, "name": cause.values.get("model"), "model": name}
    return Finding(_NAME, cause.code, ok=not (chosen and cause.serious), values=values, error=cause.error)


def _causes(path: Path, settings: Settings, *, deep: bool) -> "Iterator[Cause]":
    from models.doctor import examine, examine_folder, examine_record

    if path.is_dir():
        yield from examine_folder(path, deep=deep)
    elif facts := _facts(path):
        asked = settings.backend_options.get("n_ctx") if is_chosen(path, settings) else None
        yield from examine(facts, context=asked if isinstance(asked, int) else None)
    yield from examine_record(path, models_dir=settings.models)


def _facts(path: Path) -> "Facts | None":
    """Return what a GGUF file says about itself; None for one that the list of models names as unusable."""
    from models.doctor import Facts
    from rag.gguf_file import read_header

    try:
        header = read_header(path)
    except WendangError:
        return None
    values = header.values
    kind = str(values.get("general.architecture", ""))
    embeddings = next((tensor for tensor in header.tensors if tensor.name == "token_embd.weight"), None)
    stated = values.get("general.file_type")
    return Facts(
        name=f"{values.get('general.name', '')} {path.stem}".strip(),
        tokens=header.lengths.get("tokenizer.ggml.tokens", 0),
        rows=embeddings.shape[-1] if embeddings else header.lengths.get("tokenizer.ggml.tokens", 0),
        context=int(values.get(f"{kind}.context_length", 2048)),
        width=int(values.get(f"{kind}.embedding_length", 0)),
        file_type=int(stated) if isinstance(stated, int) else None,
        has_template="tokenizer.chat_template" in values,
        parts=_parts(values),
    )


def _parts(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provenance that our own conversion wrote into a file, empty where there is none."""
    try:
        kept = json.loads(str(values.get("wendang.provenance", "{}")))
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def _console() -> "Iterator[Cause]":
    from models.doctor import examine_console

    code_page = None
    if sys.platform == "win32":
        import ctypes

        code_page = ctypes.windll.kernel32.GetConsoleOutputCP()
    yield from examine_console(sys.platform, code_page=code_page)
