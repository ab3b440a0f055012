import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from pydantic import Field

from ingest.errors import BadSetting
from rag import families
from rag.asking import FREE_TEXT, Asking, trait

PREAMBLE = "Below is an instruction that describes a task. Write a response that appropriately completes the request."
INSTRUCTED = f"{PREAMBLE}\n\n### Instruction:\n"


class Reading(GenericFakeChatModel):
    """A model with a context and a reading rate, of one token for each character, that keeps what it was asked with."""

    n_ctx: int = 4000
    reading_rate: float | None = None
    settings: list = Field(default_factory=list)

    def prompt_tokens(self, messages):
        return sum(len(message.text) for message in messages)

    def _generate(self, messages, stop=None, run_manager=None, **settings):
        self.settings.append({name: value for name, value in settings.items() if value is not None})
        return super()._generate(messages)


def model(**fields):
    return Reading(messages=iter([AIMessage("十天[1]")]), **fields)


def prompt(asking, messages):
    return "".join(segment.text for segment in families.load(asking.family_name).render(messages))


@pytest.fixture
def given(passage):
    return [passage("年假为十天。" * 20), passage("病假为五天。" * 20), passage("事假为两天。" * 20)]


def test_a_quick_model_reads_every_passage(given):
    assert Asking(model(reading_rate=1000.0), first_token_s=20).fitted("问", given) == given


def test_a_slow_model_reads_what_it_can_in_time(given):
    asking = Asking(model(reading_rate=19.0), first_token_s=20)
    kept = asking.fitted("几天？", given)
    assert 0 < len(kept) < 3
    assert kept[0] == given[0]


def test_without_a_rate_or_a_target_time_does_not_count(given):
    assert Asking(model(), first_token_s=20).fitted("问", given) == given
    assert Asking(model(reading_rate=1.0)).fitted("问", given) == given


@pytest.mark.parametrize("family", ["alpaca", "alpaca_spaced"])
def test_a_model_tuned_at_512_tokens_gets_a_prompt_of_that_size(given, family):
    asking = Asking(model(), family=family)
    kept = asking.fitted("几天？", given)
    assert kept[0] == given[0]
    assert asking.model.prompt_tokens(asking.question("几天？", kept)) < 512


def test_an_answer_in_detail_has_more_room(given):
    asking = Asking(model(), detail=True)
    list(asking.reply([HumanMessage("问")], given))
    assert asking.model.settings[0]["max_tokens"] == 2 * 512


def test_a_grounded_answer_leaves_the_choice_of_tokens_to_the_family(given):
    asking = Asking(model(), family="chatml")
    list(asking.reply([HumanMessage("问")], given))
    assert asking.model.settings == [{}]
    assert families.load("chatml").SAMPLING.temperature == 0


def test_free_text_has_the_recommended_settings(chat):
    assert FREE_TEXT == {"temperature": 0.2, "top_k": 40, "top_p": 0.9, "repeat_penalty": 1.1}
    told = [chat.invoke([HumanMessage("年假")], max_tokens=8, **FREE_TEXT).text for _ in range(2)]
    assert told[0] == told[1]


# ── Chinese-LLaMA-Alpaca's own words ──


@pytest.fixture
def two(passage):
    return [passage("甲文。"), passage("乙文。")]


def test_the_seeds_prompt_for_all_passages(two):
    asking = Asking(model(), family="alpaca", wording="seed")
    assert prompt(asking, asking.question("几天？", two)) == f"{INSTRUCTED}甲文。\n\n乙文。\n几天？\n\n### Response: "


def test_the_seeds_prompt_for_the_first_step(two):
    asking = Asking(model(), family="alpaca", wording="seed")
    assert prompt(asking, asking.question("几天？", two[:1], stepwise=True)) == (
        f"{INSTRUCTED}以下为背景知识：\n甲文。\n请根据以上背景知识, 回答这个问题：几天？。\n\n### Response: "
    )


@pytest.mark.parametrize(("wording", "line_ends"), [("seed", "\n\n\n"), ("seed_literal", "\n\\nn")])
def test_the_seeds_prompt_for_the_next_step_with_and_without_its_misprint(two, wording, line_ends):
    asking = Asking(model(), family="alpaca", wording=wording)
    assert prompt(asking, asking.improvement("几天？", "旧答", two[1:], first=2)) == (
        f"{INSTRUCTED}这是原始问题: 几天？\n已有的回答: 旧答\n"
        "现在还有一些文字，（如果有需要）你可以根据它们完善现有的回答。"
        f"\n\n乙文。{line_ends}请根据新的文段，进一步完善你的回答。\n\n### Response: "
    )


@pytest.mark.parametrize("options", [{"wording": "gpt"}, {"wording": "seed", "family": "reader"}])
def test_a_wording_that_does_not_fit_is_refused(options):
    with pytest.raises(BadSetting, match="wording"):
        Asking(model(), **options)


def test_the_next_question_about_the_same_passages_begins_like_the_last(two):
    asking = Asking(model(), family="chatml")
    one, other = (prompt(asking, asking.question(question, two)) for question in ("几天？", "谁批准？"))
    shared = next(at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    assert one.index("乙文。") < shared


def test_a_trait_comes_from_the_model_or_its_metadata():
    assert trait(model(metadata={"family": "gemma"}), "family") == "gemma"
    assert trait(model(), "n_ctx") == 4000
    assert trait(model(), "voice") is None
