"""What every backend keeps to; a new file of ingest/embedders is tested by being there."""

import inspect
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module

import numpy as np
import pytest
from pydantic import BaseModel

from ingest import embedders
from ingest.errors import BadSetting, MissingExtra

NAMES = embedders.names()
BACKENDS = {name: import_module(f"ingest.embedders.{name}") for name in NAMES}
OPTIONAL = [name for name, backend in BACKENDS.items() if hasattr(backend, "EXTRA")]
ODD_TEXTS = [
    "",
    " ",
    "\n",
    "\0",
    "北京\0上海",
    "\ud800",
    "a\udfffb",
    "<s></s><mask>",
    "\ufdfa" * 50,
    "😀" * 50,
    "\u200b",
]


@pytest.fixture
def embedder(request, name, options, models_dir):
    package = getattr(BACKENDS[name], "PACKAGE", None)
    if package:
        pytest.importorskip(package, reason=f"needs the extra: {BACKENDS[name].EXTRA}")
    return embedders.load(name, models_dir=models_dir, **options.get(name, dict)())


@pytest.mark.parametrize("name", NAMES)
def test_backend_refuses_options_that_it_does_not_know(name, tmp_path):
    with pytest.raises(BadSetting, match=r"embedder_options\.colour"):
        embedders.load(name, models_dir=tmp_path, colour="red", **({"model": "x"} if name in OPTIONAL else {}))


@pytest.mark.parametrize("name", NAMES)
def test_backend_file_has_options_and_load(name):
    assert issubclass(BACKENDS[name].Options, BaseModel)
    assert list(inspect.signature(BACKENDS[name].load).parameters) == ["options", "models_dir"]


@pytest.mark.parametrize("name", OPTIONAL)
def test_missing_package_is_named_with_its_extra(name, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, BACKENDS[name].PACKAGE, None)
    with pytest.raises(MissingExtra, match=rf"\[{BACKENDS[name].EXTRA}\]"):
        embedders.load(name, models_dir=tmp_path, model="any")


@pytest.mark.parametrize("name", NAMES)
def test_vectors_are_unit_rows_in_the_order_of_the_texts(embedder):
    texts = ["年假十天", "年假十五天，须提前申请", "年"]
    rows = embedder.embed_passages(texts)
    assert rows.shape == (3, embedder.dimensions)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(3), abs=1e-5)
    assert embedder.embed_passages(texts[::-1])[::-1] == pytest.approx(rows, abs=1e-5)
    assert embedder.embed_question("年假").shape == (embedder.dimensions,)


@pytest.mark.parametrize("name", NAMES)
def test_no_texts_give_no_rows(embedder):
    assert embedder.embed_passages([]).shape == (0, embedder.dimensions)
    assert embedder.embed_documents([]) == []
    assert embedder.count_tokens([]) == []


@pytest.mark.parametrize("name", NAMES)
def test_odd_texts_have_vectors_and_token_counts(embedder):
    rows = embedder.embed_passages(ODD_TEXTS)
    assert np.isfinite(rows).all()
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(len(ODD_TEXTS)), abs=1e-5)
    assert np.isfinite([embedder.embed_question(text) for text in ODD_TEXTS]).all()
    assert embedder.count_tokens(ODD_TEXTS)[0] == 0


@pytest.mark.parametrize("name", NAMES)
def test_langchain_names_give_the_same_vectors_as_lists(embedder):
    documents = embedder.embed_documents(["年假十天", "年假"])
    assert isinstance(documents[0][0], float)
    assert np.array(documents) == pytest.approx(embedder.embed_passages(["年假十天", "年假"]), abs=1e-6)
    assert embedder.embed_query("年假") == pytest.approx(embedder.embed_question("年假"), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_several_threads_get_the_vectors_of_one(embedder):
    texts = [f"年假{number}天" for number in range(12)]
    alone = [embedder.embed_question(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(embedder.embed_question, texts))
    assert np.array(together) == pytest.approx(np.array(alone), abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_name_is_the_same_when_loaded_again(embedder, name, options, models_dir):
    again = embedders.load(name, models_dir=models_dir, **options.get(name, dict)())
    assert again.name == embedder.name
