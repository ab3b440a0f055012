"""Real servers: one that answers from three documents with the default model, one with a model that never ends."""

import gguf
import pytest
import tiny_gguf
from api_server import ApiServer

from rag import open_library

#: Of the model that never ends: one thread is quickest for so small a one, also where other processes are at work.
ENDLESS = '{"n_ctx": 32768, "threads": 1}'
CHATML = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
DOCUMENTS = {
    "制度/年假.md": "# 年假\n\n工作满一年的员工，每年有五天年假，当年十二月底之前休完。\n",
    "制度/报销.txt": "出差住宿费每晚不超过四百二十元，凭发票报销，回来后十个工作日内提交。\n",
    "冷库.md": "# 冷库\n\n进入冷库必须穿防寒服，一次停留不超过三十分钟。\n",
}


@pytest.fixture(scope="session")
def reader_home(tmp_path_factory, models_dir):
    """A home with three documents, synced; the session's server owns it."""
    home = tmp_path_factory.mktemp("api") / "资料库"
    for name, text in DOCUMENTS.items():
        path = home / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    with open_library(home, models_dir=models_dir) as library:
        list(library.sync())
        library.chat_model()  # made once here
    return home


@pytest.fixture(scope="session")
def reader(reader_home, models_dir):
    """The server of that home, with the default model."""
    server = ApiServer(reader_home, models=models_dir).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory):
    """A model of a few kilobytes that goes on, at temperature 0, as long as it is let."""
    path = tmp_path_factory.mktemp("endless") / "endless.gguf"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiny_gguf, "CONTEXT", 32768)
        tiny_gguf.write_tiny_model(path, name="endless", template=CHATML)
    [output] = [one for one in gguf.GGUFReader(path, "r+").tensors if one.name == "output.weight"]
    output.data[: len(tiny_gguf.CONTROL)] = 0  # what ends a text is never the likeliest
    output.data.flush()
    return path


@pytest.fixture
def endless(tmp_path, models_dir, endless_model):
    """Return what starts a server with that model, for one test."""
    started = []

    def start(*options, home=None, **settings):
        chosen = {"WENDANG_MODEL": str(endless_model), "WENDANG_BACKEND_OPTIONS": ENDLESS}
        server = ApiServer(home or tmp_path / "家", models=models_dir, options=options, **{**chosen, **settings})
        started.append(server.start())
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def quick(tmp_path_factory, models_dir, endless_model):
    """A server with that model for the tests of a module that leave it as it is."""
    settings = {"WENDANG_MODEL": str(endless_model), "WENDANG_BACKEND_OPTIONS": '{"threads": 1}'}
    server = ApiServer(tmp_path_factory.mktemp("quick") / "家", models=models_dir, **settings)
    yield server.start()
    server.stop()
