"""The weights of a model folder, on the device that is to run them."""

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting, MissingExtra
from rag.errors import UnusableModel
from rag.llms._memory import free_bytes, total_bytes
from rag.llms._model_folder import ModelFolder

if TYPE_CHECKING:
    import torch

_BYTES = {"float32": 4.0, "bfloat16": 2.0, "float16": 2.0, "8bit": 1.1, "4bit": 0.6}
_PLAIN_ATTENTION = {"full_attention", "sliding_attention"}


def open_model(
    folder: ModelFolder, *, n_ctx: int, device: str, dtype: str, quantization: str, threads: int | None
) -> Any:  # noqa: ANN401 - transformers has no types here
    """Return the transformers model of a folder. `threads` holds for all of torch in this process.

    Raises UnusableModel where it does not fit or is not whole, BadSetting for a device that is not there.
    """
    import torch

    if threads is not None:
        torch.set_num_threads(threads)
    place = _device(device)
    # The 8-bit kernels compute with float16 whatever they are given.
    numbers = "float16" if quantization == "8bit" else _dtype(dtype, device=place)
    _check_attention(folder)
    _check_room(folder, n_ctx=n_ctx, kind=numbers if quantization == "none" else quantization, device=place)
    try:
        model = _read(folder, dtype=getattr(torch, numbers), quantization=quantization, device=place)
    except (RuntimeError, ValueError, KeyError, OSError) as exc:
        raise UnusableModel(
            f"transformers cannot load {folder.path}: {exc}; check it with `wendang model verify`",
            model=folder.path.name,
            cause=str(exc),
            remedy="verify",
        ) from exc
    return model.eval()


def _read(folder: ModelFolder, *, dtype: "torch.dtype", quantization: str, device: str) -> Any:  # noqa: ANN401
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # results alone go to the terminal
    settings: dict[str, Any] = {}
    if quantization != "none":
        settings = {"quantization_config": _quantized(quantization, dtype=dtype), "device_map": {"": device}}
    model, report = AutoModelForCausalLM.from_pretrained(
        str(folder.path),
        dtype=dtype,
        local_files_only=True,
        trust_remote_code=False,
        use_safetensors=True,
        output_loading_info=True,
        **settings,
    )
    # transformers makes up at random what it does not find, and says so in a log.
    if report["missing_keys"]:
        raise ValueError(f"it lacks the weights {', '.join(sorted(report['missing_keys'])[:3])}")
    return model if quantization != "none" else model.to(device)


def _quantized(quantization: str, *, dtype: "torch.dtype") -> Any:  # noqa: ANN401
    for package in ("bitsandbytes", "accelerate"):
        if find_spec(package) is None:
            raise MissingExtra(what=f"quantization = {quantization!r}", package=package, extra="quantized")
    from transformers import BitsAndBytesConfig

    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True)
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def _device(asked: str) -> str:
    import torch

    there = torch.cuda.is_available()
    if asked == "cuda" and not there:
        raise BadSetting(
            "setting backend_options.device = 'cuda': torch finds no GPU; use cpu, or install torch for CUDA",
            name="backend_options.device",
            value=asked,
            expected="cpu",
        )
    return "cuda" if there and asked != "cpu" else "cpu"


def _dtype(asked: str, *, device: str) -> str:
    """Return the name of a dtype: what is asked, or bfloat16 where the device has instructions for it."""
    import torch

    if asked != "auto":
        return asked
    if device == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float16"
    able = torch.cpu.get_capabilities()
    return "bfloat16" if able.get("avx512_bf16") or able.get("amx_bf16") or able.get("bf16") else "float32"


def _check_attention(folder: ModelFolder) -> None:
    """Refuse models whose state is more than the keys and values of attention: it cannot be taken back."""
    text = {**folder.config, **(folder.config.get("text_config") or {})}
    others = set(text.get("layer_types") or []) - _PLAIN_ATTENTION
    if others:
        raise UnusableModel(
            f"the model folder {folder.path} has layers of the kinds {', '.join(sorted(others))}, which this backend "
            "cannot run; convert it to GGUF and use the llama_cpp backend",
            model=folder.path.name,
            cause="architecture",
            remedy="convert",
        )


def _check_room(folder: ModelFolder, *, n_ctx: int, kind: str, device: str) -> None:
    """Raise UnusableModel, with the figures, where weights and context are larger than the device's memory."""
    import torch

    total, free = (total_bytes(), free_bytes()) if device == "cpu" else torch.cuda.mem_get_info()[::-1]
    weights, context = folder.parameters * _BYTES[kind], _context_bytes(folder, n_ctx=n_ctx)
    if free is not None and weights + context > free:
        figures = {"weights_gb": weights, "context_gb": context, "total_gb": total or 0, "free_gb": free}
        rounded = {name: round(size / 1e9, 1) for name, size in figures.items()}
        raise UnusableModel(
            f"{folder.path.name} needs {rounded['weights_gb']} GB as {kind} and {rounded['context_gb']} GB for {n_ctx} "
            f"tokens of context; the {device} has {rounded['free_gb']} of {rounded['total_gb']} GB free: lower n_ctx, "
            "set quantization, or take a smaller model",
            model=folder.path.name,
            cause="memory",
            remedy="smaller",
            n_ctx=n_ctx,
            **rounded,
        )


def _context_bytes(folder: ModelFolder, *, n_ctx: int) -> int:
    """Return the size of keys and values for a whole context, two bytes a number."""
    text = {**folder.config, **(folder.config.get("text_config") or {})}
    heads = int(text.get("num_attention_heads") or 1)
    width = int(text.get("head_dim") or int(text.get("hidden_size") or 0) // heads)
    kept = int(text.get("num_key_value_heads") or heads)
    return 2 * 2 * int(text.get("num_hidden_layers") or 0) * kept * width * n_ctx
