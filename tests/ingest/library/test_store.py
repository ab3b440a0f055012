import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from samples import BigramEmbedder, story, sync_all

from ingest import publish
from ingest.errors import LibraryBusy, LibraryDamaged, LibraryReadOnly
from ingest.library import report
from ingest.library.store import Library

ROOT = Path(__file__).parents[3]


def fill(folder, *, files=6):
    for number in range(files):
        (folder / f"{number}.txt").write_text(story(30, seed=number), "utf-8")


def assert_whole(library, embedder):
    """Every document is there in one whole version, found by its own words in both legs; the index has no more."""
    for document in report.documents_status(library.catalog):
        if document.status == "pending":
            continue
        assert document.status == "indexed" and document.read == document.indexed
        stored = report.stored_text(library.catalog, document.source)
        assert stored.text == "".join(page_text(library, document.source))
    assert library.vectors.agrees()
    assert not library.catalog.rows("SELECT 1 FROM children WHERE vector_key NOT IN (SELECT key FROM vectors)")
    ids = {row["id"] for row in library.catalog.rows("SELECT id FROM passages")}
    visible = {
        row["id"]
        for row in library.catalog.rows(
            "SELECT id FROM passages WHERE content_id IN (SELECT content_id FROM documents)"
        )
    }
    assert ids == visible, "nothing is left over"
    for row in library.catalog.rows("SELECT id, text FROM passages"):
        assert library.keywords.search(row["text"][:40], limit=3)
        [(child, score)] = library.vectors.nearest(embedder.embed_question(row["text"]), limit=1)
        assert child and score > 0


def page_text(library, source):
    return [
        row["text"]
        for row in library.catalog.rows(
            "SELECT pages.text FROM pages JOIN documents USING (content_id) WHERE source = ? ORDER BY number", source
        )
    ]


def test_a_second_owner_is_told_who_has_the_library(library):
    with pytest.raises(LibraryBusy, match="already open in this process") as busy:
        Library(library.folder)
    assert str(busy.value.values["owner"]).split()[0] == str(os.getpid())


def test_a_reader_sees_what_the_owner_writes_and_cannot_write(library, folder, embedder):
    reader = Library(library.folder, read_only=True)
    fill(folder)
    sync_all(library, folder, embedder)
    [(child, _), *_] = reader.nearest(embedder.embed_question("更换了三号传感器"), limit=5)
    assert child and reader.keywords.search("备用电源", limit=5)
    with pytest.raises(LibraryReadOnly):
        _ = reader.vectors
    reader.close()


def test_the_scan_and_the_index_agree(library, folder, embedder):
    fill(folder)
    sync_all(library, folder, embedder)
    question = embedder.embed_question("客服代表联系了承运方")
    reader = Library(library.folder, read_only=True)
    assert np.allclose(
        [score for _, score in library.nearest(question, limit=10)],
        [score for _, score in reader.nearest(question, limit=10)],
        atol=1e-4,
    )
    reader.close()


def test_a_reader_of_a_new_library_finds_nothing(tmp_path):
    reader = Library(tmp_path / "library", read_only=True)
    assert reader.keywords.search("传感器", limit=5) == []
    reader.close()


def test_another_thread_may_close_a_library(tmp_path):
    opened = Library(tmp_path / "library")
    closer = threading.Thread(target=opened.close)
    closer.start()
    closer.join()
    Library(tmp_path / "library").close()


@pytest.mark.parametrize("step", [60, 75, 90])
def test_killed_texts_that_are_read_again_keep_their_vectors(tmp_path, folder, step):
    """The vectors that a kill left with an unfinished content are not lost to the same content of the next pass."""
    fill(folder, files=2)
    home = tmp_path / "library"
    killed_sync(folder, home, step=step)
    library, embedder = Library(home), BigramEmbedder()
    sync_all(library, folder, embedder)
    assert_whole(library, embedder)
    library.close()


def damage_chroma(path, kind):
    files = sorted(file for file in path.rglob("*") if file.is_file())
    segment = [file for file in files if file.suffix in {".bin", ".pickle"}]
    if kind == "gone":
        shutil.rmtree(path)
    elif kind == "segments gone":
        for file in segment:
            file.unlink()
    elif kind == "segments empty":
        for file in segment:
            file.write_bytes(b"")
    elif kind == "database empty":
        (path / "chroma.sqlite3").write_bytes(b"")
    elif kind == "database garbage":
        (path / "chroma.sqlite3").write_bytes(os.urandom(5000))
    elif kind == "database cut":
        data = (path / "chroma.sqlite3").read_bytes()
        (path / "chroma.sqlite3").write_bytes(data[: len(data) // 2])


@pytest.mark.parametrize(
    "kind", ["gone", "segments gone", "segments empty", "database empty", "database garbage", "database cut"]
)
def test_a_damaged_vector_index_is_rebuilt_from_the_record(tmp_path, folder, embedder, kind):
    fill(folder)
    library = Library(tmp_path / "library")
    sync_all(library, folder, embedder)
    library.close()
    [chroma] = (tmp_path / "library").glob("chroma-*")
    damage_chroma(chroma, kind)
    embedder.embedded.clear()
    library = Library(tmp_path / "library")
    assert_whole(library, embedder)
    assert embedder.embedded == []
    library.close()


def test_a_damaged_record_is_named(tmp_path):
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "catalog.sqlite3").write_bytes(os.urandom(5000))
    with pytest.raises(LibraryDamaged, match=r"catalog\.sqlite3"):
        Library(tmp_path / "library")


def test_what_a_killed_process_had_unpacked_goes_at_the_next_opening(tmp_path):
    Library(tmp_path / "library").close()
    left = tmp_path / "library" / "scratch" / "killed" / "0"
    left.mkdir(parents=True)
    (left / "0001.txt").write_text("解压到一半。", "utf-8")
    Library(tmp_path / "library", read_only=True).close()
    assert left.exists(), "a reader leaves the owner's files alone"
    Library(tmp_path / "library").close()
    assert not left.exists()


def test_vectors_kept_for_a_content_that_never_came_go_at_the_end_of_the_next_pass(library, folder, monkeypatch):
    monkeypatch.setattr(publish, "_KEEP", 32)
    (folder / "甲.txt").write_text(story(1500), "utf-8")

    class Failing(BigramEmbedder):
        def embed_passages(self, texts):
            if len(self.embedded) > 64:
                raise OSError("no memory on the device")
            return super().embed_passages(texts)

    with pytest.raises(OSError, match="device"):
        sync_all(library, folder, Failing())
    kept = library.catalog.number("SELECT count(*) FROM vectors")
    assert kept >= 64
    (folder / "甲.txt").write_text("改成了别的内容。", "utf-8")
    sync_all(library, folder, BigramEmbedder())
    assert library.catalog.number("SELECT count(*) FROM vectors") == 1


def test_repair_makes_both_indexes_anew(library, folder, embedder):
    fill(folder)
    sync_all(library, folder, embedder)
    library.catalog.execute("DROP TABLE keyword_terms")
    library.catalog.execute("DROP TABLE keywords")
    embedder.embedded.clear()
    library.rebuild()
    assert_whole(library, embedder)
    assert embedder.embedded == []


KILLED_SYNC = """
import itertools, os, signal, sys
from pathlib import Path
sys.path[:0] = [{tests!r}]
from samples import BigramEmbedder
from ingest import publish, sync
from ingest.library.catalog import Catalog
from ingest.library.store import Library
from ingest.library.vectors import ChromaVectors

steps = itertools.count()
def counted(function):
    def call(*args, **kwargs):
        if next(steps) == {step}:
            os.kill(os.getpid(), signal.SIGKILL)
        result = function(*args, **kwargs)
        if next(steps) == {step}:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

for owner, name in [(Catalog, "execute"), (Catalog, "execute_many"), (ChromaVectors, "add"), (ChromaVectors, "remove")]:
    setattr(owner, name, counted(getattr(owner, name)))
publish._GROUP_TEXTS = 8
library = Library(Path({library!r}))
for event in sync.Sync(library, embedder=BigramEmbedder()).run([Path({folder!r})]):
    pass
library.close()
"""


def killed_sync(folder, library, *, step):
    code = KILLED_SYNC.format(tests=str(ROOT / "tests"), folder=str(folder), library=str(library), step=step)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    return done.returncode


@pytest.mark.parametrize("step", [3, 11, 29, 41, 67, 90, 131, 190])
def test_a_sync_killed_at_any_step_leaves_a_library_that_the_next_one_finishes(tmp_path, folder, step):
    fill(folder)
    home = tmp_path / "library"
    assert killed_sync(folder, home, step=-1) == 0
    (folder / "0.txt").write_text(story(40, seed=100), "utf-8")
    (folder / "1.txt").unlink()
    (folder / "2.txt").rename(folder / "改名.txt")
    (folder / "新.txt").write_text(story(20, seed=101), "utf-8")
    assert killed_sync(folder, home, step=step) in (-signal.SIGKILL, 0)
    library, embedder = Library(home), BigramEmbedder()
    sync_all(library, folder, embedder)
    assert_whole(library, embedder)
    assert {d.source for d in report.documents_status(library.catalog)} == {f.name for f in folder.iterdir()}
    library.close()
