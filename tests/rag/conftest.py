from collections.abc import Callable
from pathlib import Path

import pytest
from tiny_gguf import write_tiny_model

from ingest.types import Passage
from rag import llms

CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny-chat.gguf", template=CHATML)


@pytest.fixture(scope="session")
def chat(tiny_model: Path):
    model = llms.load("llama_cpp", model=str(tiny_model), threads=1, max_tokens=24, queue_timeout=0.2)
    yield model
    model.close()


@pytest.fixture
def passage() -> Callable[..., Passage]:
    def make(text: str, *, start: int = 0, source: str = "手册.txt", page: int | None = None) -> Passage:
        return Passage(id=start, source=source, page=page, start=start, end=start + len(text), heading=None, text=text)

    return make
