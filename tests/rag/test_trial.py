"""A first look at a model: asked, or going on with a text."""

import pytest
from tiny_gguf import write_tiny_model

from ingest.types import Passage
from rag import families, llms
from rag.errors import UnusableModel
from rag.prompts import TRIAL_BEGINNING, TRIAL_PASSAGE, TRIAL_QUESTION, TRIAL_READING
from rag.trial import Trial, try_model
from rag.types import Delta


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A model with the vocabulary of LLaMA, which answers nothing."""
    return write_tiny_model(tmp_path_factory.mktemp("base") / "llama.gguf", vocabulary=32000)


def tried(path, *, text="", **options):
    model = llms.load("llama_cpp", model=str(path), threads=1, **options)
    *pieces, trial = try_model(model, text=text)
    model.close()
    assert all(isinstance(piece, Delta) for piece in pieces) and isinstance(trial, Trial)
    assert "".join(piece.text for piece in pieces) == trial.text
    return trial


def test_a_chat_model_is_asked_in_its_template_and_timed(tiny_model):
    trial = tried(tiny_model)
    assert (trial.prompt, trial.raw) == (TRIAL_QUESTION, False)
    assert 0 < trial.completion_tokens <= 128
    assert 0 < trial.first_token_s <= trial.total_s
    assert trial.read_tokens_per_s > 0 and trial.written_tokens_per_s > 0
    assert tried(tiny_model).text == trial.text


def test_a_model_that_only_reads_is_asked_about_a_passage(tiny_model):
    trial = tried(tiny_model, family="reader")
    assert trial.prompt == TRIAL_READING
    assert trial.prompt_tokens > len(TRIAL_PASSAGE)


def test_a_base_model_is_refused_as_a_chat_model(base):
    with pytest.raises(UnusableModel) as caught:
        llms.load("llama_cpp", model=str(base), threads=1)
    assert caught.value.values["cause"] == "base_model"


def test_a_base_model_goes_on_with_a_text_as_it_stands(base):
    model = llms.load("llama_cpp", model=str(base), threads=1, family=families.RAW)
    tokens = len(model.get_token_ids("年假</s>"))
    model.close()
    trial = tried(base, text="年假</s>", family=families.RAW)
    assert (trial.prompt, trial.raw) == ("年假</s>", True)
    assert trial.prompt_tokens == tokens + 1  # and the token that begins a text
    assert trial.completion_tokens


def test_without_a_text_of_the_users_a_base_model_gets_one_of_ours(base):
    assert tried(base, family=families.RAW).prompt == TRIAL_BEGINNING


def test_what_is_gone_on_with_is_no_answer():
    raw = families.load(families.RAW)
    with pytest.raises(UnusableModel, match="chat model"):
        raw.grounded("几天？", [Passage(1, "a", None, 0, 1, None, "甲")])
    assert raw.refined("几天？", "十天", [], first=1) is None
    assert not raw.matches(families.ModelInfo("x", "llama", 32000))


def test_closing_a_trial_stops_the_model(tiny_model):
    model = llms.load("llama_cpp", model=str(tiny_model), threads=1, queue_timeout=5)
    events = try_model(model)
    next(events)
    events.close()
    assert model.requests == 0
    model.close()
