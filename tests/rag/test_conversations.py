import sqlite3
import threading

import pytest

from ingest.types import Passage
from rag import conversation_file
from rag.conversations import FILE, Conversations, Feedback, history_of
from rag.errors import ConversationsUnusable, NoConversation
from rag.export import as_markdown
from rag.types import Answer, Citation, Unsupported

CITED = Citation(n=1, source="合同/仓库.txt", page=3, start=10, end=16, quote="押金为两万元", verified=True)


@pytest.fixture
def kept(tmp_path):
    return Conversations(tmp_path / FILE)


def add(kept, question, answer="两万元[1]", *, number=None, citations=(CITED,), refused=False):
    given = Answer(answer, citations=citations, refused=refused, model="小模型")
    return kept.append(number, question=question, standalone=question, answer=given)


def test_nothing_is_written_before_the_first_turn(kept, tmp_path):
    assert kept.recent() == [] and kept.search("押金") == []
    assert list(tmp_path.iterdir()) == []


def test_a_conversation_is_named_after_its_first_question(kept):
    number = add(kept, "上海仓的押金\n是多少？")
    add(kept, "那重庆的呢？", number=number)
    [listed] = kept.recent()
    assert listed.name == "上海仓的押金 是多少？"
    assert listed.turns == 2


def test_a_turn_comes_back_as_it_was_told(kept):
    number = kept.append(
        None,
        question="它的押金呢？",
        standalone="上海仓的押金是多少？",
        answer=Answer("两万元[1]", citations=(CITED,), model="小模型"),
    )
    [turn] = Conversations(kept._path).turns(number)
    assert (turn.question, turn.standalone, turn.answer) == ("它的押金呢？", "上海仓的押金是多少？", "两万元[1]")
    assert turn.citations == (CITED,)
    assert not turn.refused
    assert turn.model == "小模型"
    assert history_of([turn]) == [("它的押金呢？", "两万元[1]")]


def test_the_one_that_changed_last_is_listed_first(kept):
    first, second = add(kept, "甲？"), add(kept, "乙？")
    assert [c.id for c in kept.recent()] == [second, first]
    assert [c.id for c in kept.recent(limit=1)] == [second]


def test_search_finds_questions_answers_and_names_in_either_script(kept):
    number = add(kept, "倉庫的押金是多少？", "ＴＷＯ萬元")
    add(kept, "年假有几天？", "五天")
    for text in ("仓库", "two万元", "押金"):
        assert [c.id for c in kept.search(text)] == [number]
    kept.rename(number, name="租賃")
    assert [c.id for c in kept.search("租赁")] == [number]
    assert kept.search("100%_") == []


def test_what_is_deleted_is_gone_from_the_file_too(kept, tmp_path):
    number = add(kept, "极其机密的问题？")
    kept.delete(number)
    assert kept.recent() == []
    assert "极其机密的问题".encode() not in (tmp_path / FILE).read_bytes()


@pytest.mark.parametrize("call", ["delete", "turns", "get"])
def test_an_unknown_number_is_named(kept, call):
    with pytest.raises(NoConversation, match="7"):
        getattr(kept, call)(7)
    add(kept, "甲？")
    with pytest.raises(NoConversation, match="7"):
        getattr(kept, call)(7)


def test_threads_that_write_at_once_lose_nothing(kept):
    def write(name):
        mine = Conversations(kept._path)
        number = None
        for n in range(10):
            number = add(mine, f"{name}{n}？", number=number)

    threads = [threading.Thread(target=write, args=(name,)) for name in "甲乙丙丁"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [c.turns for c in kept.recent()] == [10] * 4


def test_half_a_character_from_a_broken_terminal_is_stored_as_a_mark(kept):
    [turn] = kept.turns(add(kept, "押金\udcff？"))
    assert turn.question == "押金?？"


def test_a_file_of_a_newer_version_is_not_touched(kept, tmp_path):
    add(kept, "甲？")
    with sqlite3.connect(tmp_path / FILE) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    for call in (kept.recent, lambda: add(kept, "乙？")):
        with pytest.raises(ConversationsUnusable, match="newer"):
            call()


def test_a_file_that_is_no_database_is_named(kept, tmp_path):
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(ConversationsUnusable, match=FILE):
        kept.recent()


def test_markdown_has_every_turn_and_source_and_no_markup_of_the_documents(kept):
    number = add(kept, "# 押金<img src=x>？", "两万元[1]\n- 见合同")
    text = as_markdown(kept.get(number), kept.turns(number), place=lambda c: f"{c.source} 第{c.page}页")
    assert text.startswith("# \\# 押金\\<img src=x\\>？\n\n## \\# 押金")
    assert "两万元\\[1\\]" in text
    assert "> \\[1\\] 合同/仓库.txt 第3页\n>\n> 押金为两万元" in text
    assert "<img" not in text.replace("\\<img", "")


def test_a_turn_is_there_before_its_answer_and_partial_until_it_is_finished(kept):
    number, turn = kept.begin(None, question="押金是多少？")
    [begun] = kept.turns(number)
    assert (begun.question, begun.answer, begun.partial) == ("押金是多少？", "", True)
    assert history_of([begun]) == []
    kept.finish(turn, standalone="上海仓的押金是多少？", answer=Answer("两万", model="小模型"), partial=True)
    assert kept.turns(number)[0].partial
    kept.finish(turn, standalone="上海仓的押金是多少？", answer=Answer("两万元[1]", citations=(CITED,)))
    [done] = kept.turns(number)
    assert (done.standalone, done.answer, done.partial) == ("上海仓的押金是多少？", "两万元[1]", False)
    assert [c.id for c in kept.search("两万元")] == [number]


def test_what_was_read_left_out_and_not_borne_out_comes_back(kept):
    passage = Passage(7, "合同/仓库.txt", 3, 0, 6, "第四条", "押金为两万元", score=0.5, also=("副本.txt",))
    weak = Unsupported("number", "九千", 2, 4)
    given = Answer("另交九千", passages=(passage,), unsupported=(weak,), dropped=2, timings={"total_s": 1.5})
    [turn] = kept.turns(kept.append(None, question="问", standalone="问", answer=given))
    assert (turn.passages, turn.unsupported, turn.dropped, turn.seconds) == ((passage,), (weak,), 2, 1.5)


def test_an_opinion_is_kept_with_its_reason_changed_and_taken_back(kept):
    number = add(kept, "甲？")
    [turn] = kept.turns(number)
    assert turn.feedback is None
    for opinion in (Feedback(True), Feedback(False, "漏了付款日"), None):
        kept.rate(turn.id, feedback=opinion)
        assert kept.turns(number)[0].feedback == opinion


def test_a_turn_that_was_deleted_meanwhile_stays_deleted(kept):
    number, turn = kept.begin(None, question="甲？")
    kept.delete(number)
    kept.finish(turn, standalone="甲？", answer=Answer("乙"))
    kept.rate(turn, feedback=Feedback(True))
    assert kept.recent() == [] and kept.search("乙") == []


def test_a_file_of_the_first_version_is_read_and_written(tmp_path):
    with sqlite3.connect(tmp_path / FILE) as db:
        for statement in conversation_file._SCHEMA:
            db.execute(statement)
        db.execute("PRAGMA user_version = 1")
        db.execute("INSERT INTO conversations VALUES (1, '旧', '2026-01-01', '2026-01-01')")
        db.execute("INSERT INTO turns VALUES (1, 1, '问', '问', '答', '[]', 0, '小模型', '2026-01-01', '问答')")
    db.close()
    kept = Conversations(tmp_path / FILE)
    [turn] = kept.turns(1)
    assert (turn.answer, turn.passages, turn.partial, turn.feedback) == ("答", (), False, None)
    kept.rate(turn.id, feedback=Feedback(True))
    assert kept.turns(1)[0].feedback == Feedback(True)
