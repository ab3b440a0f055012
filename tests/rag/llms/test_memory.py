import pytest

from rag.errors import UnusableModel
from rag.gguf_file import Header, read_header
from rag.llms import _memory
from rag.llms._memory import check_memory, context_bytes

SEVEN_B = Header(
    values={
        "general.architecture": "llama",
        "llama.block_count": 32,
        "llama.embedding_length": 4096,
        "llama.attention.head_count": 32,
        "llama.attention.head_count_kv": 32,
    }
)


def test_four_thousand_tokens_of_a_7b_model_take_two_gigabytes():
    assert context_bytes(SEVEN_B, n_ctx=4096) == 2**31


def test_shared_heads_take_less():
    header = Header(values={**SEVEN_B.values, "llama.attention.head_count_kv": 8})
    assert context_bytes(header, n_ctx=4096) == 2**29


def test_a_model_that_fits_is_let_through(tiny_model):
    check_memory(read_header(tiny_model), tiny_model, n_ctx=512, gpu_layers=0)


@pytest.mark.parametrize(("total", "free"), [(6e9, 6e9), (64e9, 1e9)])
def test_what_does_not_fit_is_refused_with_the_figures(monkeypatch, tmp_path, total, free):
    path = tmp_path / "seven.gguf"
    with path.open("wb") as file:
        file.truncate(4_000_000_000)
    monkeypatch.setattr(_memory, "total_bytes", lambda: int(total))
    monkeypatch.setattr(_memory, "free_bytes", lambda: int(free))
    with pytest.raises(UnusableModel, match=r"4\.0 GB for its weights and 2\.3 GB for 4096 tokens") as caught:
        check_memory(SEVEN_B, path, n_ctx=4096, gpu_layers=0)
    assert caught.value.values["total_gb"] == total / 1e9
    check_memory(SEVEN_B, path, n_ctx=4096, gpu_layers=-1)  # the GPU's driver knows better


def test_a_machine_that_tells_nothing_refuses_nothing(monkeypatch, tiny_model):
    monkeypatch.setattr(_memory, "total_bytes", lambda: None)
    monkeypatch.setattr(_memory, "free_bytes", lambda: None)
    check_memory(SEVEN_B, tiny_model, n_ctx=4096, gpu_layers=0)
