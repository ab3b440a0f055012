"""The catalogue of models as users see it: what fits this machine, and what suits questions on documents."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ui.text import t

if TYPE_CHECKING:
    from models.catalog import Entry

#: What a question with its passages and the answer takes; a model with less runs with all that it has.
_CONTEXT = 4096
_GB = 1e9


def catalogue_records(*, installed: set[str]) -> list[dict[str, Any]]:
    """Return a record of each model of the catalogue, those first that suit documents best."""
    from models.catalog import SUITS, catalog
    from models.memory import machine_memory

    memory = machine_memory()
    ordered = sorted(catalog(), key=lambda entry: -SUITS.index(entry.documents))
    return [as_record(entry, memory=memory, installed=entry.name in installed) for entry in ordered]


def as_record(entry: "Entry", *, memory: int | None, installed: bool) -> dict[str, Any]:
    """Return a model as JSON has it: sizes and memory in bytes by type; `fits` is the finest type for this machine.

    `fits` is null where none does, or where the memory of the machine is not known (`memory` is null then).
    """
    from models.memory import SIZED, best_type, file_size, needed_memory

    context = min(entry.context, _CONTEXT)
    return {
        "name": entry.name,
        "installed": installed,
        "chosen": False,
        "reason": None,
        "kind": entry.kind,
        "family": entry.family,
        "size": entry.size,
        "base": entry.base,
        "loras": list(entry.loras),
        "vocabulary": entry.vocabulary,
        "context": entry.context,
        "tuned": entry.tuned,
        "documents": entry.documents,
        "longbench": dict(entry.longbench),
        "repositories": dict(entry.repositories),
        "lora_gb": entry.lora_gb,
        "file_bytes": {kind: file_size(entry.shape, kind=kind) for kind in SIZED},
        "memory_bytes": {kind: needed_memory(entry.shape, kind=kind, context=context) for kind in SIZED},
        "machine_bytes": memory,
        "fits": best_type(entry.shape, context=context, memory=memory) if memory else None,
        "licence": t(f"licence.{entry.licence}"),
        "advice": [t(f"advice.{code}") for code in entry.advice],
    }


def rows(records: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a table under `catalog.columns`."""
    for record in records:
        yield (
            record["name"],
            f"{record['file_bytes']['q4_k_m'] / _GB:.1f}",
            f"{record['memory_bytes']['q4_k_m'] / _GB:.1f}",
            _fits(record),
            t(f"suits.{record['documents']}"),
            t("between").join(record["advice"]),
        )


def lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield what is known of one model, a line for each fact."""
    longbench = record["longbench"]
    facts = {
        "name": record["name"],
        "kind": t(f"catalog.kind.{record['kind']}"),
        "documents": t(f"suits.{record['documents']}"),
        "advice": t("between").join(record["advice"]) or None,
        "longbench": ", ".join(f"{t(f'catalog.longbench.{key}')} {longbench[key]}" for key in longbench) or None,
        "base": record["base"],
        "loras": " → ".join(record["loras"]) or None,
        "vocabulary": record["vocabulary"],
        "context": record["context"],
        "tuned": record["tuned"],
        "family": record["family"],
        "sizes": ", ".join(f"{kind} {size / _GB:.1f}" for kind, size in record["file_bytes"].items()),
        "memory": f"q4_k_m {record['memory_bytes']['q4_k_m'] / _GB:.1f}",
        "fits": _fits(record),
        "repositories": ", ".join(record["repositories"].values()),
        "licence": record["licence"],
    }
    for key, value in facts.items():
        if value is not None:
            yield f"{t(f'catalog.{key}')}: {value}"


def _fits(record: dict[str, Any]) -> str:
    if record["machine_bytes"] is None:
        return t("catalog.memory_unknown")
    return record["fits"] or t("catalog.too_large")
