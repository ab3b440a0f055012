from samples import sync_all

from ingest.library.keywords import terms


def found(library, query):
    ids = [id_ for id_, _ in library.keywords.search(query, limit=10)]
    return [library.catalog.row("SELECT text FROM passages WHERE id = ?", id_)["text"] for id_ in ids]


def test_terms_are_folded_words_and_bigrams():
    assert terms("預付款") == terms("预付款")
    assert {"付款", "预付"} <= set(terms("预付款"))


def test_the_right_text_comes_first_in_either_script(library, folder, embedder):
    (folder / "甲.txt").write_text("年休假按照工龄计算，满一年的员工有五天。", "utf-8")
    (folder / "乙.txt").write_text("差旅費用須於返回後十日內報銷。", "utf-8")
    sync_all(library, folder, embedder)
    assert found(library, "報銷差旅费")[0].startswith("差旅費用")
    assert found(library, "年休假")[0].startswith("年休假")


def test_the_best_match_comes_first_with_the_greatest_score(library, folder, embedder):
    for number in range(8):
        (folder / f"{number}.txt").write_text(f"第{number}号仓库的温度记录由质检组保管。", "utf-8")
    (folder / "末.txt").write_text("冷库温度记录仪每年校准一次，校准证书由质检组保管。", "utf-8")
    sync_all(library, folder, embedder)
    (best, first), (_, second), *_ = library.keywords.search("温度记录仪多久校准", limit=5)
    assert library.catalog.row("SELECT text FROM passages WHERE id = ?", best)["text"].startswith("冷库")
    assert first > 2 * second > 0


def test_a_file_is_found_by_its_name_and_after_a_rename_by_its_new_one(library, folder, embedder):
    (folder / "冷链手册.txt").write_text("箱体在出发前预冷两小时。", "utf-8")
    sync_all(library, folder, embedder)
    assert found(library, "冷链手册")
    (folder / "冷链手册.txt").rename(folder / "操作指南.txt")
    sync_all(library, folder, embedder)
    assert found(library, "操作指南") and not found(library, "冷链手册")


def test_search_syntax_in_a_query_is_plain_text(library, folder, embedder):
    (folder / "甲.txt").write_text("价格为每箱三百元。", "utf-8")
    sync_all(library, folder, embedder)
    for query in ['" OR "*', "NEAR(", "价格'; drop table keywords --", '"', "(" * 1000, "a:b -c ^d"]:
        library.keywords.search(query, limit=5)
    assert found(library, '"价格" AND')
