"""A record of an older version is brought up to date, with all that is in it."""

import sqlite3

import pytest
from samples import BigramEmbedder, story, sync_all

from ingest.errors import LibraryDamaged
from ingest.library import report
from ingest.library.catalog import SCHEMA_VERSION, Catalog
from ingest.library.store import Library

# What version 2 has added.
ADDED = {
    "contents": ("read_with", "members"),
    "pages": ("left_out",),
    "documents": ("container", "read_with", "opened"),
}


def as_version_1(path):
    """Take out of a record what version 1 did not have."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP INDEX documents_of_container")
        for table, columns in ADDED.items():
            kept = [row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[1] not in columns]
            sql = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
            for line in (
                ",\n    read_with TEXT NOT NULL DEFAULT '', members INTEGER NOT NULL DEFAULT 0",
                ", left_out TEXT NOT NULL DEFAULT '{}'",
                "\n    container INTEGER REFERENCES documents ON DELETE CASCADE, read_with TEXT NOT NULL DEFAULT '',"
                " opened INTEGER,",
            ):
                sql = sql.replace(line, "")
            rows = connection.execute(f"SELECT {', '.join(kept)} FROM {table}").fetchall()
            connection.execute(f"DROP TABLE {table}")
            connection.execute(sql)
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(kept))})", rows)
        connection.execute("PRAGMA user_version = 1")
    connection.close()


@pytest.fixture
def old(tmp_path, folder):
    """A library of version 1, with a document that is whole and one that cannot be read."""
    (folder / "甲.txt").write_text(story(20), "utf-8")
    (folder / "空.txt").touch()
    library = Library(tmp_path / "old")
    sync_all(library, folder, BigramEmbedder())
    library.close()
    as_version_1(tmp_path / "old" / "catalog.sqlite3")
    return tmp_path / "old"


def test_a_record_of_version_1_keeps_everything(old, embedder):
    reader = Library(old, read_only=True)
    assert reader.catalog.number("PRAGMA user_version") == SCHEMA_VERSION
    [failed, whole] = sorted(report.documents_status(reader.catalog), key=lambda status: status.status)
    assert (failed.source, failed.status) == ("空.txt", "failed")
    assert (whole.source, whole.status, whole.read) == ("甲.txt", "indexed", len(story(20)))
    assert reader.keywords.search("备用电源", limit=3)
    assert reader.nearest(embedder.embed_question("备用电源"), limit=3)
    reader.close()


def test_a_record_of_version_1_is_read_again_and_nothing_is_embedded(old, folder, embedder):
    library = Library(old)
    *_, summary = sync_all(library, folder, embedder)
    assert (summary.updated, summary.failed, summary.embedded) == (1, 1, 0)
    *_, summary = sync_all(library, folder, embedder)
    assert (summary.unchanged, summary.updated) == (1, 0)
    library.close()


def test_what_is_inside_of_a_removed_document_goes_with_it_in_an_old_record_too(old):
    catalog = Catalog(old / "catalog.sqlite3")
    container = catalog.number("SELECT id FROM documents LIMIT 1")
    catalog.execute("UPDATE documents SET container = ? WHERE id != ?", container, container)
    catalog.execute("DELETE FROM documents WHERE id = ?", container)
    assert catalog.number("SELECT count(*) FROM documents") == 0
    catalog.close()


def test_a_record_of_a_newer_version_is_named(tmp_path):
    Catalog(tmp_path / "catalog.sqlite3").execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    with pytest.raises(LibraryDamaged, match="newer version"):
        Catalog(tmp_path / "catalog.sqlite3")
