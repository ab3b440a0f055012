import pytest

from rag.citations import cite, complete_length, unsupported, without_markers

LEAVE = "休假制度。入职满一年的员工每年享有十天带薪年假。年假须提前五个工作日申请，由部门主管批准。"
TRAVEL = "差旅费应在返回后30日内报销。住宿费标准为每晚400元，超出部分自理。\n机票须在2024年3月1日前预订。"


@pytest.fixture
def given(passage):
    return [passage(LEAVE, start=1000, source="休假.txt"), passage(TRAVEL, start=50, source="差旅.pdf", page=2)]


def holds(citation, passages):
    """The promise of every citation: its quote stands at its offsets."""
    given = passages[citation.n - 1]
    return given.text[citation.start - given.start : citation.end - given.start] == citation.quote


def test_a_short_answer_is_quoted_with_its_sentence(given):
    text, (citation,) = cite("十天[1]", given)
    assert text == "十天[1]"
    assert citation.quote == "入职满一年的员工每年享有十天带薪年假。"
    assert (citation.n, citation.source, citation.verified) == (1, "休假.txt", True)
    assert citation.start == 1000 + LEAVE.index("入职")
    assert holds(citation, given)


@pytest.mark.parametrize(
    "answer",
    [
        "每年享有十天带薪年假【1】",
        "每年享有十天帶薪年假[1]",
        "每年享有 十天 带薪年假［１］",
        "每年享有十天带薪年假 [资料1]",
    ],
    ids=["other brackets", "Traditional", "spaces and width", "a word in the marker"],
)
def test_support_is_found_whatever_the_writing(given, answer):
    text, (citation,) = cite(answer, given)
    assert citation.verified
    assert text.endswith("[1]")
    assert holds(citation, given)


def test_a_paraphrase_is_located(given):
    _, (citation,) = cite("员工入职满一年后，每年享有十天的带薪年假。[1]", given)
    assert citation.verified
    assert citation.quote == "入职满一年的员工每年享有十天带薪年假。"


def test_each_sentence_has_its_own_support(given):
    text, citations = cite("年假须提前五个工作日申请[1]，住宿费标准为每晚400元[2]。", given)
    assert text == "年假须提前五个工作日申请[1]，住宿费标准为每晚400元[2]。"
    assert [c.n for c in citations] == [1, 2]
    assert citations[1].quote == "住宿费标准为每晚400元，超出部分自理。"
    assert citations[1].page == 2


def test_a_marker_on_the_wrong_passage_is_corrected(given):
    text, (citation,) = cite("住宿费标准为每晚400元[1]", given)
    assert text == "住宿费标准为每晚400元[2]"
    assert citation.source == "差旅.pdf"
    assert citation.verified


def test_a_marker_on_no_passage_is_corrected_or_dropped(given):
    assert cite("住宿费标准为每晚400元[9]。", given)[0] == "住宿费标准为每晚400元[2]。"
    text, citations = cite("公司在火星设有分部[9]。", given)
    assert text == "公司在火星设有分部。"
    assert citations == ()


def test_what_is_not_in_the_passage_is_called_unverified(given):
    text, (citation,) = cite("公司在火星设有分部[1]。", given)
    assert text == "公司在火星设有分部[1]。"
    assert not citation.verified
    assert citation.quote == "休假制度。"
    assert holds(citation, given)


@pytest.mark.parametrize(
    "wrong",
    [
        "差旅费应在返回后60日内报销[2]。",
        "差旅费应在返回后3日内报销[2]。",
        "机票须在2025年3月1日前预订[2]。",
        "入职满一年的员工每年享有二十天带薪年假[1]。",
        "住宿费标准为每晚4000元[2]。",
    ],
)
def test_a_wrong_number_is_never_verified(given, wrong):
    _, citations = cite(wrong, given)
    assert [c.verified for c in citations] == [False]


@pytest.mark.parametrize("answer", ["0日", "00元", "天年"])
def test_part_of_a_number_is_no_support(given, answer):
    _, (citation,) = cite(f"{answer}[2]", given)
    assert not citation.verified


def test_a_sentence_without_a_marker_gets_one_where_it_is_supported(given):
    text, citations = cite("年假须提前五个工作日申请。今天天气很好，适合出门走走。", given)
    assert text == "年假须提前五个工作日申请[1]。今天天气很好，适合出门走走。"
    assert len(citations) == 1


def test_a_word_or_two_without_a_marker_gets_none(given):
    assert cite("员工。", given) == ("员工。", ())


def test_of_several_places_the_one_that_was_asked_for_is_quoted(passage):
    given = [passage("甲部门有五人。乙部门也有五人。丙部门有六人。")]
    assert cite("五人[1]", given, question="乙部门有几人？")[1][0].quote == "乙部门也有五人。"
    assert cite("五人[1]", given, question="甲部门有几人？")[1][0].quote == "甲部门有五人。"


def test_several_numbers_in_one_marker_are_told_apart(given):
    text, citations = cite("每年享有十天带薪年假[1,2]。", given)
    assert text == "每年享有十天带薪年假[1]。"
    assert [c.n for c in citations] == [1]


def test_markers_behind_the_full_stop_stay_there(given):
    assert cite("每年享有十天带薪年假。[1]住宿费标准为每晚400元。[2]", given)[0] == (
        "每年享有十天带薪年假。[1]住宿费标准为每晚400元。[2]"
    )


def test_brackets_that_are_no_markers_are_left_alone(given):
    assert cite("参见[附件]与[2024年报]。", given) == ("参见[附件]与[2024年报]。", ())


@pytest.mark.parametrize("answer", ["", "[1]", "。", "[1][2]", "\n\n", "[999]", "】["])
def test_answers_without_words_do_no_harm(given, answer):
    text, citations = cite(answer, given)
    assert "[999]" not in text
    assert all(holds(citation, given) for citation in citations)


def test_an_answer_with_no_passages_has_no_citations():
    assert cite("十天[1]", []) == ("十天", ())


@pytest.mark.parametrize(("text", "shown"), [("十天[", 2), ("十天[1", 2), ("十天[1]", 5), ("见[附", 1), ("无", 1)])
def test_a_marker_is_shown_when_it_is_complete(text, shown):
    assert complete_length(text) == shown


def test_a_short_answer_with_the_wrong_marker_is_corrected(given):
    text, (citation,) = cite("400元[1]", given)
    assert text == "400元[2]"
    assert citation.verified


def test_the_items_of_a_list_are_sentences_without_their_numbers(given):
    text, citations = cite("规定如下：\n1. 年假须提前五个工作日申请。\n2. 住宿费标准为每晚四百元。", given)
    assert text == "规定如下：\n1. 年假须提前五个工作日申请[1]。\n2. 住宿费标准为每晚四百元[2]。"
    assert all(citation.verified for citation in citations)
    assert unsupported(text, given) == ()


def parts(answer, given):
    text, _ = cite(answer, given)
    found = unsupported(text, given)
    assert all(text[part.start : part.end] == part.text for part in found)
    return [(part.kind, part.text) for part in found]


@pytest.mark.parametrize(
    ("answer", "figures"),
    [
        ("差旅费应在返回后60日内报销[2]。", ["60日"]),
        ("机票须在2024年3月2日前预订[2]。", ["2024年3月2日"]),
        ("机票须在二〇二五年三月一日前预订，住宿费为每晚400元[2]。", ["二〇二五年三月一日"]),
        ("住宿费标准为每晚4万元[2]，每年享有十天带薪年假[1]。", ["4万元"]),
        ("十二天[1]", ["十二天"]),
        ("差旅费应在返回前三十日内报销[2]。", []),
    ],
)
def test_figures_that_no_cited_passage_has_are_named(given, answer, figures):
    found = parts(answer, given)
    assert found[0][0] == "sentence"
    assert [text for kind, text in found if kind == "number"] == figures


def test_a_sentence_without_support_is_named(given):
    assert parts("年假须提前五个工作日申请。公司在火星设有分部。", given) == [("sentence", "公司在火星设有分部")]


@pytest.mark.parametrize(
    "answer",
    ["", "十天[1]", "是的。", "规定如下：", "差旅费应在返回后三十日内报销[2]。", "机票须在2024-03-01前预订。"],
)
def test_what_is_borne_out_and_what_states_nothing_is_not_named(given, answer):
    assert parts(answer, given) == []


def test_markers_can_be_taken_out():
    assert without_markers("甲[1]，乙 [2][3]。") == "甲，乙。"
