import pytest

from evals.choice_letters import chosen_letter

ANIMALS = ("水牛", "山羊", "家兔", "山羊和家兔")


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        # conclusions
        ("所以答案是B。", "B"),
        ("答案：C", "C"),
        ("答案:（D）", "D"),
        ("正确答案应为 A，因为它最轻。", "A"),
        ("综上所述，故选D。", "D"),
        ("应该选择B", "B"),
        ("本题选Ｃ。", "C"),
        ("The answer is (B).", "B"),
        ("Answer: **D**", "D"),
        (r"因此 \boxed{C}", "C"),
        ("先看A，答案似乎是A。但条件二不成立，所以答案是C。", "C"),
        ("答案是B，A错误。", "B"),
        ("选项A错误，故选B", "B"),
        # judgements
        ("B是正确的", "B"),
        ("选项D正确。", "D"),
        ("正确的是A", "A"),
        ("A选项错误，C选项正确。", "C"),
        # the beginning
        ("B", "B"),
        ("b", "B"),
        ("（C）", "C"),
        ("D. 家兔和山羊", "D"),
        ("A，水牛的体型最大。", "A"),
        ("**B**\n\n因为山羊会爬坡。", "B"),
        # one letter alone
        ("我认为是 C", "C"),
        ("应当是D项", "D"),
        ("答案不是A，而是B", "B"),
        # the words of one option
        ("是水牛", "A"),
        ("山羊和家兔都可以", "D"),
        ("家兔。", "C"),
    ],
)
def test_f1_an_answer_in_words_names_its_option(said, letter):
    assert chosen_letter(said, options=ANIMALS) == letter


@pytest.mark.parametrize(
    "said",
    [
        "",
        "不知道。",
        "答案是A和B",
        "答案：AC",
        "选A或者D",
        "A正确，B也正确。",
        "答案不是A",
        "A不正确",
        "DNA和维生素A都与此有关",
        "A型血",
        "A. 水牛\nB. 山羊\nC. 家兔\nD. 山羊和家兔",
        "水牛或者家兔",
        "E",
    ],
)
def test_f1_what_names_none_or_several_is_unanswered(said):
    assert chosen_letter(said, options=ANIMALS) is None


def test_a_number_inside_of_another_is_not_the_option():
    assert chosen_letter("一共113个", options=("13", "3", "113", "1")) == "C"
    assert chosen_letter("一共2.5米", options=("2", "5", "7", "9")) is None


def test_the_first_conclusion_counts_where_a_model_went_on_to_another_question():
    said = "所以答案是A。\n\n下一题……\n所以答案是D。"
    assert chosen_letter(said, options=ANIMALS, first=True) == "A"
    assert chosen_letter(said, options=ANIMALS) == "D"
