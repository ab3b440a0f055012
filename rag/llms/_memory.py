"""How much memory a model will take, told before it is loaded: what comes too late is killed by the system."""

import os
from pathlib import Path

from rag.errors import UnusableModel
from rag.gguf_file import Header

#: Bytes of one number in the context's memory (16 bits), and of everything else that a context needs.
_NUMBER, _OTHER = 2, 200_000_000


def check_memory(header: Header, path: Path, *, n_ctx: int, gpu_layers: int) -> None:
    """Raise UnusableModel, with the figures, for a model that cannot run in this machine's memory.

    The weights are mapped from the file, so they may push out what can be read again; the context may not. With layers
    on a GPU, only the GPU's driver knows what fits.
    """
    if gpu_layers:
        return
    weights, context = path.stat().st_size - header.data, context_bytes(header, n_ctx=n_ctx) + _OTHER
    total, free = total_bytes(), free_bytes()
    if (total and weights + context > total) or (free and context > free):
        raise UnusableModel(
            f"{path.name} needs {_gb(weights)} GB for its weights and {_gb(context)} GB for {n_ctx} tokens of context; "
            f"this machine has {_gb(total)} GB, {_gb(free)} GB of it free: lower n_ctx, or take a smaller model",
            model=path.name,
            cause="memory",
            weights_gb=_gb(weights),
            context_gb=_gb(context),
            total_gb=_gb(total),
            free_gb=_gb(free),
            n_ctx=n_ctx,
            remedy="smaller",
        )


def context_bytes(header: Header, *, n_ctx: int) -> int:
    """Return the bytes of the keys and values that `n_ctx` tokens leave in all layers."""
    kind = header.values.get("general.architecture")

    def number(name: str, default: int) -> int:
        return int(header.values.get(f"{kind}.{name}", default))

    heads = max(number("attention.head_count", 1), 1)
    width = number("embedding_length", 0) // heads
    pairs = number("attention.head_count_kv", heads)
    each = number("attention.key_length", width) + number("attention.value_length", width)
    return n_ctx * number("block_count", 0) * pairs * each * _NUMBER


def total_bytes() -> int | None:
    """Return the memory of this machine, or what its container may take; None where the system does not tell."""
    installed = _meminfo("MemTotal")
    if installed is None and hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        installed = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _number("/sys/fs/cgroup/memory.max")
    return min(installed, limit) if installed and limit else installed


def free_bytes() -> int | None:
    """Return the memory that can be had now, what can be read again from disk included; None where nobody tells."""
    return _meminfo("MemAvailable")


def _meminfo(name: str) -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), None)


def _number(path: str) -> int | None:
    try:
        return int(Path(path).read_text("ascii"))
    except (OSError, ValueError):  # no container, or no limit ("max")
        return None


def _gb(size: int | None) -> float | str:
    return "?" if size is None else round(size / 1e9, 1)
