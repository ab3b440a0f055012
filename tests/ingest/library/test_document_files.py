"""From a document back to the file it was read from."""

import glob
import zipfile

import pytest
from samples import sync_all

from ingest.errors import NotInLibrary
from ingest.library import documents, report


def test_a_document_leads_to_its_file_and_one_inside_of_an_archive_to_the_archive(library, folder, embedder):
    (folder / "制度").mkdir()
    (folder / "制度" / "休假.txt").write_text("年假十天。", "utf-8")
    with zipfile.ZipFile(folder / "归档.zip", "w") as packed:
        packed.writestr("内/合同.txt", "押金两万元。")
    sync_all(library, folder, embedder)
    assert documents.file_of(library.catalog, "制度/休假.txt") == folder / "制度" / "休假.txt"
    [inner] = [source for source in documents.sources(library.catalog) if source.endswith("合同.txt")]
    assert documents.file_of(library.catalog, inner) == folder / "归档.zip"
    assert documents.is_inside(library.catalog, inner)
    assert not documents.is_inside(library.catalog, "制度/休假.txt")


SHELF = ["a.txt", "b/a.txt", "b/c.txt", "[2025]a.txt", "2a.txt", "b/[2025]a.txt", "*.txt", "b/d?.txt"]


@pytest.mark.parametrize(
    ("patterns", "found"),
    [
        (["a.txt"], ["a.txt"]),
        (["c.txt"], ["b/c.txt"]),
        (["b/a.txt"], ["b/a.txt"]),
        (["?.txt"], ["a.txt", "b/a.txt", "b/c.txt", "*.txt"]),
        (["b/*"], ["b/a.txt", "b/c.txt", "b/[2025]a.txt", "b/d?.txt"]),
        (["[2025]a.txt"], ["[2025]a.txt"]),
        (["[[]2025]a.txt"], ["[2025]a.txt"]),
        (["[0-9]a.txt"], ["2a.txt"]),
        (["[*].txt"], ["*.txt"]),
        (["*.txt"], ["*.txt"]),
        (["d[?].txt"], ["b/d?.txt"]),
        (["c.txt", "a.txt", "a.txt"], ["a.txt", "b/c.txt"]),
        (["A.txt"], []),
        ([], []),
    ],
)
def test_a_pattern_chooses_the_document_of_that_path_or_all_that_match_it(patterns, found):
    assert documents.chosen(SHELF, patterns) == found


def test_a_path_as_the_page_quotes_it_chooses_that_document_alone():
    assert [documents.chosen(SHELF, [glob.escape(source)]) for source in SHELF] == [[source] for source in SHELF]


def test_a_document_that_is_not_there_is_named(library):
    with pytest.raises(NotInLibrary, match="没有"):
        documents.file_of(library.catalog, "没有.txt")


def test_sources_leave_out_what_was_forgotten_and_what_could_not_be_read(library, folder, embedder):
    (folder / "好.txt").write_text("年假十天。", "utf-8")
    (folder / "旧.txt").write_text("年假五天。", "utf-8")
    (folder / "坏.pdf").write_bytes(b"%PDF-1.7 cut")
    sync_all(library, folder, embedder)
    documents.forget(library.catalog, "旧.txt")
    assert documents.sources(library.catalog) == ["好.txt"]


def test_headings_come_in_the_order_of_the_document(library, folder, embedder):
    text = "# 手册\n\n## 乙章\n\n" + "乙的内容很长。" * 40 + "\n\n## 甲章\n\n" + "甲的内容很长。" * 40
    (folder / "手册.md").write_text(text, "utf-8")
    sync_all(library, folder, embedder)
    found = report.headings(library.catalog, "手册.md")
    assert [path.split(" > ")[-1] for path in found][-2:] == ["乙章", "甲章"]
