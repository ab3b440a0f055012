import pytest

from evals import answers, retrieval
from evals.evaluation import Outcome, Step, evaluate, shares
from evals.history import History, compared
from evals.questions import Article, Question, QuestionSet
from ingest.errors import BadSetting
from rag import open_library
from rag.errors import UnusableModel
from rag.settings import changed

ASKED = QuestionSet(
    (
        Question("1", "青石渡口的票价是多少？", ("两元",), "渡口.txt"),
        Question("2", "青石渡口每天开几班船？", ("六班",), "别处.txt"),
        Question("3", "粮仓的负责人是谁？", ()),
    )
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory, models_dir):
    home = tmp_path_factory.mktemp("家")
    (home / "docs").mkdir()
    (home / "docs" / "渡口.txt").write_text("青石渡口每天开六班船，票价两元。", "utf-8")
    with open_library(home, models_dir=models_dir) as opened:
        list(opened.sync())
        yield opened


@pytest.fixture(scope="module")
def run(engine):
    return evaluate(engine, ASKED, name="渡口", settings={})


def test_the_figures_are_those_of_the_command_line(engine, run):
    found = retrieval.search_all(engine, ASKED.answerable, articles={})
    planned = answers.plan(ASKED, limit=300, seed=0)
    judged = [answers.judge(asked, engine.ask(asked.text)) for asked in (*planned.answerable, *planned.unanswerable)]
    assert run.scores == {"retrieval": retrieval.scores(found), "answers": answers.scores(judged, mode="stuff")}


def test_every_question_has_its_outcome(run):
    first, second, third = run.outcomes
    assert (first.rank, first.found, first.source) == (1, True, "渡口.txt")
    assert (second.rank, second.found) == (0, False)
    assert third.measures == {
        "found": None, "right": None, "cited": None, "answered": None, "refused": third.refused,
    }  # fmt: skip
    assert all(one.answer for one in run.outcomes)
    assert run.shares["found"] == 0.5 and set(run.shares) == {"found", "right", "cited", "answered", "refused"}


def test_the_settings_asked_for_are_used_and_kept(engine):
    run = evaluate(engine, ASKED, name="渡口", settings={"dense_weight": 0.0, "top_k": 1}, parts=["retrieval"])
    assert run.settings == {"top_k": 1, "mode": "stuff", "model": None, "dense_weight": 0.0}
    assert list(run.scores) == ["retrieval"] and run.outcomes[0].answer is None
    assert engine.settings.dense_weight == 0.5
    with pytest.raises(BadSetting, match="top_k"):
        evaluate(engine, ASKED, name="渡口", settings={"top_k": 0})


def test_what_is_told_of_the_progress_can_end_it(engine):
    class Enough(Exception):
        pass

    seen: list[Step] = []

    def tell(step):
        seen.append(step)
        if step.stage == "answers" and step.done == 1:
            raise Enough

    with pytest.raises(Enough):
        evaluate(engine, ASKED, name="渡口", settings={}, tell=tell)
    assert seen[0] == Step("retrieval", 0, 2) and Step("retrieval", 2, 2) in seen
    assert engine.ask("票价是多少？").text  # the model is free again


def test_questions_with_articles_are_asked_of_a_library_of_these(engine, models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    article = Article("0001.txt", ("县粮仓建于一九七一年，可以储存稻谷八百吨。",))
    given = QuestionSet((Question("1", "县粮仓能储存多少稻谷？", ("八百吨",), "0001.txt", 0),), {"0001.txt": article})
    stages = set()
    run = evaluate(
        engine, given, name="粮仓", settings={}, parts=["retrieval"], tell=lambda step: stages.add(step.stage)
    )
    assert run.outcomes[0].rank == 1 and stages == {"sync", "retrieval"}
    assert [document.source for document in engine.status()] == ["渡口.txt"]


def test_the_engine_of_other_settings_shares_its_model_and_leaves_it_open(engine):
    with engine.with_settings(top_k=2) as other:
        assert other.chat_model() is engine.chat_model() and other.embedder is engine.embedder
        assert len(other.search("渡口")) == 1
    assert engine.ask("票价是多少？").text


def test_the_engine_of_other_settings_loads_no_model_before_one_is_asked(engine, models_dir):
    home = engine.settings.home
    with (
        open_library(home, models_dir=models_dir, model="没有.gguf", read_only=True) as library,
        library.with_settings(top_k=2) as other,
    ):
        assert len(other.search("渡口")) == 1
        with pytest.raises(UnusableModel, match="没有"):
            other.chat_model()


def test_the_engine_of_other_settings_keeps_them_where_the_first_one_changes_its_own(engine, models_dir):
    home = engine.settings.home
    with (
        open_library(home, models_dir=models_dir, read_only=True) as library,
        library.with_settings(top_k=2) as other,
    ):
        library.reconfigure(changed(library.settings, model="没有.gguf"))
        assert other.chat_model().model_name
        assert library.settings.model == "没有.gguf" and other.settings.model is None


def test_runs_are_kept_with_their_outcomes_and_can_be_removed(run, tmp_path):
    history = History(tmp_path / "evaluations")
    assert history.runs() == []
    history.add(run)
    [kept] = History(tmp_path / "evaluations").runs()
    assert kept == run and kept.outcomes == ()
    assert history.whole(kept).outcomes == run.outcomes
    history.remove(kept)
    assert history.runs() == [] and [path.name for path in (tmp_path / "evaluations").iterdir()] == ["runs.jsonl"]


def test_a_line_that_a_kill_cut_off_hides_no_other_run(run, tmp_path):
    history = History(tmp_path)
    history.add(run)
    with (tmp_path / "runs.jsonl").open("a", encoding="utf-8") as index:
        index.write('{"id": "20260101", "na')
    history.add(run)
    assert history.runs() == [run, run]


def test_a_character_that_a_kill_cut_in_half_hides_no_other_run(run, tmp_path):
    history = History(tmp_path)
    with (tmp_path / "runs.jsonl").open("wb") as index:
        index.write('{"id": "20260101", "name": "渡'.encode()[:-1])
    history.add(run)
    assert history.runs() == [run]


def test_line_ends_of_other_kinds_in_a_text_do_not_end_a_record(run, tmp_path):
    from dataclasses import replace

    odd = "渡口\u2028一天\x85六班\x0b"
    kept = replace(run, name=odd, outcomes=(outcome("1", right=True, question=odd),))
    history = History(tmp_path)
    history.add(kept)
    [listed] = history.runs()
    assert listed.name == odd and history.whole(listed).outcomes == kept.outcomes
    history.remove(listed)
    assert history.runs() == []


def outcome(id_, *, right, question="？"):
    return Outcome(id=id_, question=question, expected=("甲",), answer="乙", refused=False, right=right, cited=right)


def test_two_runs_are_compared_on_the_questions_that_both_were_asked(run):
    from dataclasses import replace

    first = replace(run, outcomes=(outcome("1", right=False), outcome("2", right=True), outcome("3", right=True)))
    second = replace(
        run, outcomes=(outcome("1", right=True), outcome("2", right=True), outcome("3", right=False, question="改过"))
    )
    found = compared(first, second, measure="right")
    assert (found.count, found.gained, found.lost) == (2, 1, 0)
    assert compared(first, second, measure="found") is None
    assert shares(first.outcomes) == {"right": 0.6667, "cited": 0.6667, "answered": 1.0}
