import random

from models.training.documents import library
from models.training.patterns import Span, parse, slot_names
from models.training.templates import kinds
from models.training.words import Words


def facts():
    return [(kind, fact) for kind in kinds() for section in kind.sections for fact in section.facts]


def test_every_question_asks_for_an_answer_that_its_fact_has():
    for _, fact in facts():
        spans = {sum(isinstance(part, Span) for part in parse(wording)) for wording in fact.wordings}
        assert len(spans) == 1, fact.wordings
        for _, target, _ in fact.questions:
            assert not isinstance(target, int) or fact.steps or target <= min(spans), fact.wordings


def test_every_question_names_only_what_its_fact_or_document_names():
    for kind, fact in facts():
        known = {name for text in (*fact.wordings, *kind.titles) for name in slot_names(parse(text))}
        for _, _, texts in fact.questions:
            for text in texts:
                assert fact.steps or slot_names(parse(text)) <= known, text


def test_every_kind_of_word_exists():
    words = Words(random.Random(0))
    for _, fact in facts():
        for wording in fact.wordings:
            words.fill(parse(wording))
    for kind in kinds():
        for section in kind.sections:
            for column in section.columns:
                assert words.word(column.kind)


def test_answers_are_slices_of_their_passages():
    passages, missing = library(random.Random(3), documents=6)
    assert all(asked.answer and asked.answer in passage.text for passage in passages for asked in passage.asked)
    assert all(len(passage.text) < 700 for passage in passages)
    assert missing


def test_a_library_is_the_same_for_the_same_seed():
    assert library(random.Random(3), documents=3) == library(random.Random(3), documents=3)


def test_a_table_is_written_as_the_product_writes_one():
    table = next(kind for kind in kinds() if any(section.columns for section in kind.sections))
    texts = [passage.text for seed in range(6) for passage in library(random.Random(seed), documents=1, of=[table])[0]]
    assert any(" | " in text and "：" in text for text in texts)
