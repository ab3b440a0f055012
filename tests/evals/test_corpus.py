import pytest

from evals.corpus import library_of
from evals.questions import Article, Question
from evals.retrieval import scores, search_all
from ingest.errors import BadSetting
from ingest.types import Summary

TEXTS = (
    "渔村的灯塔高三十一米，由石匠周守正用了四年时间砌成，塔顶的透镜从汉堡运来。",
    "磨坊每周三和周六开工，村民把麦子送到河边，按斤收取两分钱的加工费。",
    "小学的钟声来自一艘退役的轮船，船名叫作海燕号，一九六三年拆解后铜钟送到了学校。",
    "茶园在村北的山坡上，清明前采摘的嫩芽用竹匾晾晒，再由三位老师傅轮流炒制。",
)
ARTICLES = {
    "0001.txt": Article("0001.txt", TEXTS[:2]),
    "0002.txt": Article("0002.txt", TEXTS[2:3]),
    "0003.txt": Article("0003.txt", TEXTS[3:]),
}
QUESTIONS = [
    Question("1", "灯塔是谁砌成的？", ("周守正",), "0001.txt", 0),
    Question("2", "小學的鐘來自哪艘船？", ("海燕号",), "0002.txt", 0),
    Question("3", "谁来炒茶？", ("三位老师傅",), "0003.txt", 0),
]


@pytest.fixture
def home(tmp_path, models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    return tmp_path / "home"


def test_a_search_of_the_articles_finds_what_is_asked(home):
    with library_of(ARTICLES.values(), home=home) as engine:
        found = scores(search_all(engine, QUESTIONS, articles=ARTICLES))
        folder = engine.settings.home
    assert found["questions"] == 3 and found["recall@1"] == found["answer_in_2000_chars"] == 1
    assert not folder.exists() and not home.exists()


def test_a_kept_library_follows_the_articles_and_embeds_only_new_ones(home, tmp_path):
    events = []
    for articles in (ARTICLES.values(), list(ARTICLES.values())[:2]):
        with library_of(articles, home=home, keep=tmp_path / "kept", on_event=events.append) as engine:
            assert len(engine.status()) == len(articles)
    first, second = (event for event in events if isinstance(event, Summary))
    assert (first.added, second.added, second.removed, second.embedded) == (3, 0, 1, 0)


def test_a_folder_of_the_users_is_never_taken(home, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "0001.txt").write_text("自己的文件", "utf-8")
    with (
        pytest.raises(BadSetting, match="mine"),
        library_of(ARTICLES.values(), home=home, keep=tmp_path / "mine"),
    ):
        pass
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["0001.txt"]


def test_the_settings_of_the_home_are_used(home):
    home.mkdir()
    (home / "wendang.toml").write_text("dense_weight = 0.25\n", "utf-8")
    with library_of(ARTICLES.values(), home=home, top_k=2) as engine:
        assert (engine.settings.dense_weight, engine.settings.top_k) == (0.25, 2)
        assert len(engine.search("灯塔")) == 2
