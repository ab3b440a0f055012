import pytest
from samples import story, sync_all

from ingest.types import Passage
from rag.retrieve import Hit, collapse, fuse, leg_shares, rank


@pytest.fixture
def filled(library, folder, embedder):
    (folder / "制度").mkdir()
    (folder / "合同").mkdir()
    (folder / "制度" / "休假.txt").write_text("员工入职满一年，每年有五天带薪年休假。病假需要医院证明。", "utf-8")
    (folder / "合同" / "租赁.txt").write_text("押金為兩個月租金，租期屆滿後三十日內退還。", "utf-8")
    (folder / "日志.txt").write_text(story(100), "utf-8")
    sync_all(library, folder, embedder)
    return library


def search(library, query, **options):
    return rank(library, query, **options).passages


def passage(text, **changes):
    return Passage(
        **{"id": 1, "source": "甲", "page": None, "start": 0, "end": len(text), "heading": None} | changes, text=text
    )


@pytest.mark.parametrize("leg", ["hybrid", "dense", "keyword"])
def test_each_leg_finds_the_passage(filled, embedder, leg):
    found = search(filled, "年休假有几天", embedder=embedder, top_k=3, leg=leg)
    assert found[0].source == "制度/休假.txt"
    assert (found[0].dense_rank == 1) == (leg != "keyword")
    assert (found[0].keyword_rank == 1) == (leg != "dense")


def test_a_simplified_question_finds_a_traditional_text(filled, embedder):
    assert search(filled, "押金什么时候退还", embedder=embedder, top_k=1)[0].source == "合同/租赁.txt"


def test_passages_are_slices_of_the_stored_text(filled, embedder):
    from ingest.library.report import stored_text

    for found in search(filled, "巡检 备用电源", embedder=embedder, top_k=10):
        assert stored_text(filled.catalog, found.source).text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    ("pattern", "sources"), [("合同/*", {"合同/租赁.txt"}), ("休假.txt", {"制度/休假.txt"}), ("无/*", set())]
)
def test_a_search_can_be_narrowed_to_some_documents(filled, embedder, pattern, sources):
    found = search(filled, "押金和年休假", embedder=embedder, top_k=10, sources=[pattern])
    assert {p.source for p in found} == sources


def test_the_path_of_a_document_is_that_document_and_not_those_of_its_name(filled, folder, embedder):
    text = (folder / "制度" / "休假.txt").read_text("utf-8")
    (folder / "休假.txt").write_text("试用期员工没有年休假，请事假须经批准。", "utf-8")
    (folder / "旧").mkdir()
    (folder / "旧" / "休假.txt").write_text(text, "utf-8")
    sync_all(filled, folder, embedder)

    def found(*patterns):
        passages = search(filled, "年休假有几天", embedder=embedder, top_k=10, sources=patterns)
        return {source for passage in passages for source in (passage.source, *passage.also)}

    assert found("休假.txt") == {"休假.txt"}
    assert found("*休假.txt") == {"休假.txt", "制度/休假.txt", "旧/休假.txt"}
    assert found("制度/休假.txt") == {"制度/休假.txt"}
    assert found("休假.txt", "制度/*") == {"休假.txt", "制度/休假.txt"}


def test_copies_are_named_and_near_duplicates_collapse(filled, folder, embedder):
    (folder / "休假副本.txt").write_bytes((folder / "制度" / "休假.txt").read_bytes())
    (folder / "休假改.txt").write_text("员工入职满一年，每年有五天带薪年休假。病假需要醫院證明！", "utf-8")
    sync_all(filled, folder, embedder)
    found = search(filled, "年休假有几天", embedder=embedder, top_k=5)
    named = [p for p in found if "年休假" in p.text]
    assert len(named) == 1
    exact = search(filled, "年休假有几天", embedder=embedder, top_k=5, sources=["休假.txt", "休假副本.txt"])
    assert (exact[0].source, exact[0].also) == ("休假副本.txt", ("制度/休假.txt",))


def test_fusion_scales_each_leg_and_weighs_them():
    dense = [Hit(1, 0.9), Hit(2, 0.8), Hit(3, 0.7)]
    keyword = [Hit(2, 10.0), Hit(4, 5.0)]
    assert fuse(leg_shares(dense, keyword, weight=0.5)) == pytest.approx({2: 0.25 + 0.5, 1: 0.5, 4: 0.25, 3: 0.0})
    assert list(fuse(leg_shares(dense, keyword, weight=1.0)))[:3] == [1, 2, 3]


def test_collapse_keeps_the_first_of_two_that_say_the_same():
    first, other = passage("保修期自簽收之日起計算，共三十六個月。"), passage("押金两个月。", id=3)
    kept, repeats = collapse([first, passage("保修期自签收之日起计算，共三十六个月。", id=2), other], limit=5)
    assert (kept, repeats) == ([first, other], {2: 1})


def test_what_the_dense_leg_found_has_a_relevance_where_the_embedder_has_a_scale(filled, embedder, monkeypatch):
    assert search(filled, "年休假有几天", embedder=embedder, top_k=1)[0].relevance is None
    monkeypatch.setattr(type(embedder), "name", "multilingual-e5-small-int8-v1")
    found = search(filled, "年休假有几天", embedder=embedder, top_k=3)
    assert all((p.relevance is not None) == (p.dense_rank is not None) for p in found)
    assert search(filled, "年休假有几天", embedder=None, top_k=1)[0].relevance is None
