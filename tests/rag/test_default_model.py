import json
from hashlib import sha256

import pytest

from rag import families, llms
from rag.answer import stream_answer
from rag.default_model import _ADAPTER, _checked_adapter, ensure_default_model, is_made
from rag.errors import UnusableModel
from rag.types import Done


@pytest.fixture(scope="module")
def path(models_dir):
    return ensure_default_model(models_dir)


def test_it_is_made_once(path, models_dir):
    made = path.stat().st_mtime_ns
    assert ensure_default_model(models_dir) == path
    assert path.stat().st_mtime_ns == made
    assert not list(models_dir.glob(".making*"))


def test_its_manifest_names_what_it_is_made_of(path):
    manifest = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert manifest["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert manifest["licence"] == "Gemma Terms of Use"


def test_its_family_is_told_from_the_file(path):
    assert families.detect(families.read_info(path)) == "reader"


def test_a_file_that_was_cut_does_not_count_as_made(path, tmp_path):
    cut = tmp_path / path.name
    cut.write_bytes(path.read_bytes()[:1000])
    cut.with_suffix(".json").write_bytes(path.with_suffix(".json").read_bytes())
    assert is_made(path)
    assert not is_made(cut)


def test_another_adapter_is_refused(monkeypatch, tmp_path):
    wrong = tmp_path / "reader"
    wrong.mkdir()
    (wrong / _ADAPTER).write_bytes(b"GGUF something else")
    (wrong / "manifest.json").write_text(json.dumps({"base": {"sha256": "x"}, "files": {_ADAPTER: "y"}}))
    monkeypatch.setattr("rag.default_model._reader", lambda: wrong)
    with pytest.raises(UnusableModel, match="reinstall"):
        _checked_adapter()


def test_it_reads_answers_cites_and_refuses(path, passage):
    model = llms.load("llama_cpp", model=str(path))
    given = [
        passage("员工手册第三章规定：入职满一年的员工每年享有十天带薪年假。年假须提前五个工作日申请。"),
        passage("报销制度：差旅费应在返回后三十日内报销，逾期不予受理。住宿费标准为每晚四百元。"),
    ]

    def answer(question):
        *_, done = stream_answer(question, given, model=model)
        assert isinstance(done, Done)
        return done.answer

    leave, hotel = answer("入职满一年的员工每年有几天年假？"), answer("住宿费标准是多少？")
    assert "十天" in leave.text
    assert leave.citations[0].quote.startswith("员工手册第三章规定")
    assert "四百元" in hotel.text
    assert (hotel.citations[0].n, hotel.citations[0].verified) == (2, True)
    assert answer("公司的注册地址在哪里？").refused
    model.close()
