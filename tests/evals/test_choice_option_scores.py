"""How likely each letter is: the same whether prompts are read together or alone, and as llama.cpp itself says."""

import numpy as np
import pytest
from langchain_core.messages import HumanMessage
from tiny_gguf import write_tiny_model

from rag import families, llms
from rag.errors import ContextTooSmall, ModelFailed
from rag.llms._option_scores import common_length, log_shares, spellings

PROMPTS = [[HumanMessage("年假天" * 20 + "问" * n + "答")] for n in range(1, 20)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.gguf")


@pytest.fixture(scope="module")
def model(path):
    opened = llms.load("llama_cpp", model=str(path), family=families.RAW, threads=1)
    yield opened
    opened.close()


def test_prompts_read_together_have_the_scores_of_those_read_alone(model):
    together = dict(model.option_scores(PROMPTS, options="ABCD"))
    alone = dict(model.option_scores(PROMPTS, options="ABCD", alone=True))
    assert sorted(together) == sorted(alone) == list(range(19))
    assert np.allclose([together[n] for n in range(19)], [alone[n] for n in range(19)], atol=1e-4)
    assert len({tuple(np.round(logs, 3)) for logs in together.values()}) > 10, "prompts must not all score the same"


def test_scores_are_those_of_llama_cpp_alone(model, path):
    import llama_cpp

    plain = llama_cpp.Llama(str(path), n_ctx=512, logits_all=True, n_threads=1)
    text = PROMPTS[3][0].text
    tokens = plain.tokenize(text.encode(), add_bos=True, special=False)
    plain.eval(tokens)
    logits = np.asarray(plain.scores[len(tokens) - 1], dtype=np.float64)
    shares = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
    letters = [plain.tokenize(letter.encode(), add_bos=False)[-1] for letter in "ABCD"]
    plain.close()
    assert np.allclose(dict(model.option_scores(PROMPTS, options="ABCD"))[3], shares[letters], atol=1e-3)


def test_one_prompt_and_none_are_scored_too(model):
    assert len(list(model.option_scores(PROMPTS[:1], options="AB"))) == 1
    assert list(model.option_scores([], options="AB")) == []


def test_the_next_answer_is_that_of_a_model_that_scored_nothing(model, path):
    before = model.invoke("年假有几天", max_tokens=8).text
    list(model.option_scores(PROMPTS, options="ABCD"))
    assert model.invoke("年假有几天", max_tokens=8).text == before


def test_a_prompt_that_is_too_long_is_refused_before_any_is_read(model):
    with pytest.raises(ContextTooSmall):
        next(model.option_scores([*PROMPTS, [HumanMessage("年" * 600)]], options="AB"))


def test_an_option_that_is_no_token_is_refused(model):
    with pytest.raises(ModelFailed, match="no token for 'AB'"):
        list(model.option_scores(PROMPTS[:2], options=["AB"]))


def test_scoring_can_be_left_and_the_model_answers_on(model):
    scored = model.option_scores(PROMPTS, options="ABCD")
    next(scored)
    scored.close()
    assert len(list(model.option_scores(PROMPTS[:3], options="ABCD"))) == 3


def test_a_letter_counts_with_and_without_the_blank_that_its_tokenizer_has_before_it():
    pieces = {1: b"A", 2: b" A", 3: b"\n", 4: "：".encode(), 5: "（A".encode()}
    encoded = {"A": [2], " A": [2], "\nA": [3, 1], "：A": [4, 1], "（A": [5]}
    assert spellings("A", encode=encoded.__getitem__, piece=pieces.__getitem__) == [2, 1]
    logits = np.log(np.array([0.1, 0.2, 0.3, 0.4], dtype=np.float32))
    assert np.allclose(np.exp(log_shares(logits, [[1, 2], [0]])), [0.5, 0.1])


def test_what_prompts_share_leaves_each_a_token():
    assert common_length([[1, 2, 3], [1, 2, 3]]) == 2
    assert common_length([[1, 2, 3, 4], [1, 2, 5], [1, 2]]) == 1
    assert common_length([[7], [1, 2]]) == 0
