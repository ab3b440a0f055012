from ingest.types import Passage
from rag.conversations import Turn
from rag.types import Citation, Unsupported
from ui.views.targets import parts_of, targets_of


def passage(n, text):
    return Passage(n, f"{n}.txt", None, 0, len(text), "第一章", text)


def cited(n, quote, *, verified=True):
    return Citation(n, f"{n}.txt", None, 0, len(quote), quote, verified)


def turn(answer, *, citations=(), passages=(), unsupported=()):
    return Turn(
        1, "问", "问", answer, tuple(citations), False, "小模型", "", passages=passages, unsupported=tuple(unsupported)
    )


def test_citations_come_first_and_passages_that_are_not_cited_follow():
    found = targets_of(
        turn("甲。[2]", citations=[cited(2, "乙")], passages=(passage(1, "甲"), passage(2, "乙"), passage(3, "丙")))
    )
    assert [(one.n, one.kind, one.heading) for one in found] == [
        (2, "verified", "第一章"),
        (1, "passage", "第一章"),
        (3, "passage", "第一章"),
    ]


def test_a_citation_whose_passage_was_not_kept_can_be_opened():
    [target] = targets_of(turn("甲[3]", citations=[cited(3, "甲", verified=False)]))
    assert (target.kind, target.heading, target.quote) == ("unverified", None, "甲")


def test_the_parts_are_the_answer_with_its_markers_apart():
    text = "押金两万元[1]。租期五年[2]。"
    parts = parts_of(turn(text, citations=[cited(1, "押金两万元"), cited(2, "租期五年")]))
    assert "".join(part.text for part in parts) == text
    assert [(part.text, part.target) for part in parts if part.target is not None] == [("[1]", 0), ("[2]", 1)]


def test_of_two_spans_of_one_passage_each_marker_opens_that_of_its_own_sentence():
    spans = [cited(1, "押金为两万元，签约时付"), cited(1, "租期自四月起，共五年")]
    text = "租期共五年[1]。押金为两万元[1]。租期自四月起[1]。"
    assert [part.target for part in parts_of(turn(text, citations=spans)) if part.target is not None] == [1, 0, 1]


def test_a_number_in_brackets_that_cites_nothing_stays_text():
    assert all(part.target is None for part in parts_of(turn("见附件[7]。", citations=[cited(1, "附件")])))


def test_what_is_not_borne_out_is_marked_and_its_figures_apart():
    text = "押金两万元[1]。还要交九千元。"
    weak = [Unsupported("sentence", "还要交九千元", 9, 15), Unsupported("number", "九千元", 12, 15)]
    assert text[9:15] == "还要交九千元"
    parts = parts_of(turn(text, citations=[cited(1, "押金两万元")], unsupported=weak))
    assert [part.text for part in parts if part.is_unsupported] == ["还要交", "九千元"]
    assert [part.text for part in parts if part.is_made_up] == ["九千元"]


def test_an_empty_answer_has_no_parts():
    assert parts_of(turn("")) == []
