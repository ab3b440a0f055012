import json

import pytest
from browsing import settle
from playwright.sync_api import expect

from evals.own_questions import QuestionSets
from evals.questions import Question, read_questions
from rag import open_library

FERRY = "青石渡口每天开六班船，末班船在傍晚七点离岸，票价两元。"


@pytest.fixture
def home(tmp_path, models_dir):
    made = tmp_path / "家"
    (made / "docs").mkdir(parents=True)
    (made / "docs" / "渡口.txt").write_text(FERRY, "utf-8")
    with open_library(made, models_dir=models_dir) as library:
        list(library.sync())
    return made


def test_a_question_is_written_with_its_passage_and_kept_as_a_file_for_the_command_line(visit, served, home):
    tab = visit(served(home).address + "/?view=quality")
    expect(tab.get_by_text("先准备一些问题")).to_be_visible()
    tab.get_by_label("名称").fill("渡口")
    tab.get_by_label("名称").press("Tab")
    tab.get_by_role("button", name="新建", exact=True).click()
    field = tab.get_by_label("问题", exact=True)
    field.fill("票价是多少？")
    field.press("Tab")
    tab.get_by_role("button", name="答案在第 1 段").click()
    answer = tab.get_by_role("textbox", name="应有的答案")
    answer.fill("两元")
    answer.press("Control+Enter")
    tab.get_by_role("button", name="保存这个问题").click()
    expect(tab.get_by_text("1 个有答案的问题，0 个资料里没有答案的问题")).to_be_visible()
    [kept] = read_questions(home / "questions" / "渡口.json").questions
    assert kept == Question("1", "票价是多少？", ("两元",), "渡口.txt")


def test_a_table_in_gbk_is_imported_and_what_does_not_fit_is_named(visit, served, home):
    tab = visit(served(home).address + "/?view=quality&part=questions")
    table = "问题,答案,文件\n票价是多少？,两元,渡口.txt\n谁修的渡口？,,\n几班船？,九班,渡口.txt\n".encode("gbk")
    tab.locator("input[type=file]").set_input_files({"name": "渡口问答.csv", "mimeType": "text/csv", "buffer": table})
    tab.get_by_role("button", name="导入", exact=True).click()
    expect(tab.get_by_text("2 个有答案的问题，1 个资料里没有答案的问题")).to_be_visible()
    expect(tab.get_by_text("“几班船？”：渡口.txt 里找不到应有的答案")).to_be_visible()
    with tab.expect_download() as exported:
        tab.get_by_role("button", name="导出 JSON").click()
    assert len(json.loads(exported.value.path().read_text("utf-8"))["questions"]) == 3


def test_two_settings_are_evaluated_and_compared_in_words(visit, served, home):
    asked = [
        Question("1", "青石渡口的票价是多少？", ("两元",), "渡口.txt"),
        Question("2", "<b>谁</b>修的？", ("没写",)),
    ]
    QuestionSets(home / "questions").write("渡口", asked)
    tab = visit(served(home).address + "/?view=quality")
    tab.get_by_text("回答（几分钟）").click()
    settle(tab)
    tab.get_by_text("比较两组设置").click()
    expect(tab.get_by_text("两组设置相同")).to_be_visible()
    tab.get_by_role("button", name="开始评测").click()
    tab.get_by_role("button", name="看结果").click()
    expect(tab.locator(".wd-tiles")).to_contain_text("前 5 段里找到")
    expect(tab.locator(".wd-tiles")).to_contain_text("1 / 2 题")
    expect(tab.get_by_text("每一题都一样")).to_be_visible()
    expect(tab.locator(".wd-failure b")).to_have_text("<b>谁</b>修的？")
    runs = (home / "evaluations" / "runs.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line)["name"] for line in runs] == ["渡口", "渡口"]


def test_an_evaluation_goes_on_elsewhere_and_can_be_stopped(visit, served, home):
    many = [Question(str(n), f"第{n}问：末班船几点离岸？", ("七点",), "渡口.txt") for n in range(200)]
    QuestionSets(home / "questions").write("多", many)
    server = served(home)
    tab = visit(server.address + "/?view=quality")
    tab.get_by_role("button", name="开始评测").click()
    expect(tab.get_by_role("button", name="停止评测")).to_be_visible()
    other = visit(server.address + "/?view=quality&part=questions")
    expect(other.get_by_text("正在评测“多”")).to_be_visible()
    tab.get_by_role("button", name="停止评测").click()
    expect(tab.get_by_text("的评测已停止")).to_be_visible()
    assert not (home / "evaluations").exists()
