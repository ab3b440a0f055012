"""Archives that change their place, their kind and what is in them: in the end the library is as a new one would be."""

import io
import shutil
import zipfile

import pytest
from samples import BigramEmbedder, story

from ingest import sync as sync_module
from ingest.errors import Reason
from ingest.library import documents, report
from ingest.library.store import Library
from ingest.limits import Limits
from ingest.sync import Sync
from ingest.types import Added, Failed, Moved, Progress, Removed, Unchanged, Updated


def zipped(members):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def mail(body, attachments=None):
    parts = [f"Content-Type: text/plain; charset=utf-8\r\n\r\n{body}\r\n"]
    for name, text in (attachments or {}).items():
        parts.append(f'Content-Type: text/plain; charset=utf-8; name="{name}"\r\nContent-Disposition: attachment;'
                     f' filename="{name}"\r\n\r\n{text}\r\n')  # fmt: skip
    return (
        "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
        + "".join(f"--B\r\n{part}" for part in parts)
        + "--B--\r\n"
    ).encode()


def sync(library, folder, **options):
    events = Sync(library, embedder=BigramEmbedder(), **options).run([folder])
    return [event for event in events if not isinstance(event, Progress)]


def told(events, kind):
    return sorted(event.source for event in events if isinstance(event, kind))


def contents(library):
    found = {}
    for status in report.documents_status(library.catalog):
        text = report.stored_text(library.catalog, status.source).text if status.loader else None
        found[status.source] = (status.status, text, [gap.reason for gap in status.gaps])
    return found


def assert_as_new(library, folder, **options):
    """The library shows what a new one of the same folder shows, and holds nothing else."""
    fresh = Library(folder.parent / "fresh")
    sync(fresh, folder, **options)
    assert contents(library) == contents(fresh)
    fresh.close()
    shutil.rmtree(folder.parent / "fresh")
    number = library.catalog.number
    assert number("SELECT count(*) FROM contents WHERE id NOT IN (SELECT content_id FROM documents)") == 0
    assert number("SELECT count(*) FROM vectors WHERE key NOT IN (SELECT vector_key FROM children)") == 0
    assert library.vectors.agrees()
    assert not list(library.scratch.iterdir())
    again = sync(library, folder, **options)
    assert not [event for event in again[:-1] if not isinstance(event, Unchanged | Failed)], "nothing is left to do"


def test_an_archive_that_becomes_a_folder_of_the_same_files_keeps_their_documents(library, folder):
    members = {"甲.txt": "甲方为成都砚溪。", "内/乙.txt": "乙方为重庆合川。", "丙.zip": zipped({"丁.txt": "最里面。"})}
    (folder / "a.zip").write_bytes(zipped(members))
    sync(library, folder)
    (folder / "a.zip").unlink()
    for name, content in members.items():
        path = folder / "a.zip" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    events = sync(library, folder)
    assert told(events, Removed) == ["a.zip"]
    assert events[-1].embedded == 0
    assert_as_new(library, folder)


def test_a_folder_that_becomes_an_archive_of_the_same_files_keeps_their_documents(library, folder):
    (folder / "a.zip").mkdir()
    for name in "甲乙丙丁戊己":
        (folder / "a.zip" / f"{name}.txt").write_text(f"{name}方的说明。", "utf-8")
    sync(library, folder)
    shutil.rmtree(folder / "a.zip")
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "甲方的说明。", "乙.txt": "改过了。"}))
    events = sync(library, folder, remove_many=True)
    assert told(events, Updated) == ["a.zip/乙.txt"]
    assert_as_new(library, folder)


def test_an_archive_moved_to_where_a_folder_was_makes_room_for_its_files(library, folder):
    (folder / "b").mkdir()
    (folder / "b" / "甲.txt").write_text("原来的文件夹里的。", "utf-8")
    (folder / "a").write_bytes(zipped({"甲.txt": "压缩包里的。"}))
    sync(library, folder)
    shutil.rmtree(folder / "b")
    (folder / "a").rename(folder / "b")
    events = sync(library, folder)
    assert [event for event in events if isinstance(event, Moved)] == [Moved("b", "a")]
    assert_as_new(library, folder)


@pytest.mark.parametrize("name", ["a.zip", "a.eml"])
def test_a_file_in_the_place_of_an_archive_takes_the_archive_s_files_away(library, folder, name):
    data = zipped({"甲.txt": "旧的。"}) if name == "a.zip" else mail("body", {"甲.txt": "旧的。"})
    (folder / name).write_bytes(data)
    sync(library, folder)
    (folder / name).write_bytes(mail("没有附件了。"))
    assert told(sync(library, folder), Removed) == [f"{name}/甲.txt"]
    assert_as_new(library, folder)
    (folder / name).write_bytes(data)
    sync(library, folder)
    assert_as_new(library, folder)


def test_an_archive_replaced_by_a_known_file_loses_its_files_without_being_read(library, folder):
    (folder / "a.eml").write_bytes(mail("body", {"甲.txt": "旧的。"}))
    (folder / "b.eml").write_bytes(mail("没有附件。"))
    sync(library, folder)
    (folder / "a.eml").write_bytes((folder / "b.eml").read_bytes())
    assert told(sync(library, folder), Removed) == ["a.eml/甲.txt"]
    assert_as_new(library, folder)


def test_an_archive_inside_that_is_gone_is_removed_with_all_that_is_in_it(library, folder):
    (folder / "a.zip").write_bytes(zipped({"b.zip": zipped({"c.txt": "深处。"}), "d.txt": "还在。"}))
    sync(library, folder)
    (folder / "a.zip").write_bytes(zipped({"d.txt": "还在。"}))
    assert told(sync(library, folder), Removed) == ["a.zip/b.zip", "a.zip/b.zip/c.txt"]
    assert_as_new(library, folder)


def test_an_archive_with_an_archive_and_a_folder_of_one_name_shows_what_is_in_both(library, folder):
    inner = zipped({"x.txt": "内层压缩包里的。"})
    (folder / "a.zip").write_bytes(zipped({"b.zip": inner, "b.zip/x.txt": "同名文件夹里的。"}))
    sync(library, folder)
    texts = {text for _, text, _ in contents(library).values()}
    assert {"内层压缩包里的。", "同名文件夹里的。"} <= texts
    assert_as_new(library, folder)
    (folder / "a.zip").write_bytes(zipped({"b.zip/x.txt": "同名文件夹里的。"}))
    sync(library, folder)
    assert_as_new(library, folder)


def test_members_of_one_name_are_all_there(library, folder):
    data = io.BytesIO()
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(data, "w") as archive:
        for content in ("第一份。", "第二份。"):
            archive.writestr("甲.txt", content)
        archive.writestr("甲 (2).txt", "第三份。")
    (folder / "a.zip").write_bytes(data.getvalue())
    sync(library, folder)
    assert {"第一份。", "第二份。", "第三份。"} <= {text for _, text, _ in contents(library).values()}
    assert_as_new(library, folder)


def test_equal_long_files_in_many_places_are_one_content(library, folder):
    long = story(900)
    for name in ("甲.txt", "乙.txt"):
        (folder / name).write_text(long, "utf-8")
    (folder / "a.zip").write_bytes(zipped({"丙.txt": long, "其它.txt": story(300, seed=2)}))
    (folder / "b.zip").write_bytes(zipped({"丁.txt": long, "其它.txt": story(300, seed=2), "戊.txt": "不同的。"}))
    (folder / "c.zip").write_bytes((folder / "b.zip").read_bytes())
    for force in (False, True):
        events = sync(library, folder, force=force)
        assert len({*told(events, Added), *told(events, Updated)}) == 13
        assert library.catalog.number("SELECT count(*) FROM contents WHERE kind = '.txt'") == 3
        assert_as_new(library, folder)


def test_an_archive_moved_and_changed_embeds_only_what_is_new(library, folder):
    long = story(40)
    (folder / "a.zip").write_bytes(zipped({"长.txt": long, "短.txt": "旧的。"}))
    sync(library, folder)
    (folder / "a.zip").unlink()
    (folder / "b.zip").write_bytes(zipped({"长.txt": long, "短.txt": "新的。"}))
    assert sync(library, folder)[-1].embedded == 1
    assert_as_new(library, folder)


def test_an_archive_that_was_forgotten_comes_back_whole_when_it_changes(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "没有变。", "乙.txt": "旧的。"}))
    sync(library, folder)
    with library.catalog.transaction():
        documents.forget(library.catalog, "a.zip")
    assert told(sync(library, folder, force=True), Added) == []
    assert contents(library) == {}
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "没有变。", "乙.txt": "新的。"}))
    sync(library, folder)
    assert_as_new(library, folder)


def test_a_forgotten_file_of_an_archive_stays_away_until_it_changes(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "没有变。", "乙.txt": "旧的。"}))
    sync(library, folder)
    with library.catalog.transaction():
        documents.forget(library.catalog, "a.zip/甲.txt")
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "没有变。", "乙.txt": "新的。"}))
    sync(library, folder)
    assert sorted(contents(library)) == ["a.zip", "a.zip/乙.txt"]
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "变了。", "乙.txt": "新的。"}))
    sync(library, folder)
    assert_as_new(library, folder)


def test_another_embedder_embeds_what_is_inside_of_archives_too(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": story(20), "b.zip": zipped({"乙.txt": story(9, seed=2)})}))
    sync(library, folder)
    other = BigramEmbedder()
    other.name = "another-256"
    *_, summary = Sync(library, embedder=other).run([folder])
    assert summary.embedded == len(other.embedded) > 3
    assert {status for status, *_ in contents(library).values()} == {"indexed"}


def test_force_reads_archives_again_and_embeds_nothing_new(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": story(20), "b.zip": zipped({"乙.txt": story(9, seed=2)})}))
    sync(library, folder)
    summary = sync(library, folder, force=True)[-1]
    assert (summary.updated, summary.embedded) == (4, 0)
    assert_as_new(library, folder)


def test_a_higher_limit_reads_what_a_lower_one_refused(library, folder):
    low = Limits(text_bytes=3000, depth=1, members=2)
    (folder / "长.txt").write_text(story(200), "utf-8")
    (folder / "a.zip").write_bytes(zipped({"b.zip": zipped({"c.txt": "深处。"}), "d.txt": "丁。", "e.txt": "戊。"}))
    sync(library, folder, limits=low)
    assert contents(library)["长.txt"][0] == "partial"
    assert contents(library)["a.zip/b.zip"] == ("partial", "", [Reason.NESTED_TOO_DEEPLY])
    assert [event.reason for event in sync(library, folder, limits=low) if isinstance(event, Failed)]
    sync(library, folder)
    assert_as_new(library, folder)
    sync(library, folder, limits=low)
    assert contents(library)["长.txt"][0] == "indexed", "what was read stays"


def test_an_archive_too_deep_in_one_place_is_opened_in_another(library, folder):
    inner = zipped({"底.txt": "最里面。"})
    (folder / "a.zip").write_bytes(zipped({"b.zip": zipped({"c.zip": inner})}))
    (folder / "c.zip").write_bytes(inner)
    sync(library, folder, limits=Limits(depth=2))
    found = contents(library)
    assert (found["c.zip"][0], found["c.zip/底.txt"][0]) == ("indexed", "indexed")
    assert found["a.zip/b.zip/c.zip"][2] == [Reason.NESTED_TOO_DEEPLY]
    assert_as_new(library, folder, limits=Limits(depth=2))


def test_an_archive_that_cannot_be_read_any_more_keeps_the_files_it_had(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "还在。"}))
    sync(library, folder)
    (folder / "a.zip").write_bytes(b"PK\x03\x04 cut")
    assert told(sync(library, folder), Failed) == ["a.zip"]
    assert contents(library)["a.zip/甲.txt"][:2] == ("indexed", "还在。")
    (folder / "a.zip").write_bytes(zipped({"乙.txt": "新的。"}))
    sync(library, folder)
    assert_as_new(library, folder)


def test_what_is_missing_of_a_touched_file_is_told_again(library, folder):
    path = folder / "混合.txt"
    path.write_bytes("付款期限三十日。".encode() * 20 + b"\xff\x80" + "质保期两年。".encode() * 20)
    assert told(sync(library, folder), Failed) == ["混合.txt"]
    path.touch()
    assert told(sync(library, folder), Failed) == ["混合.txt"]
    (folder / "副本.txt").write_bytes(path.read_bytes())
    assert told(sync(library, folder), Failed) == ["副本.txt", "混合.txt"]


def test_of_two_equal_new_files_one_may_vanish(library, folder, monkeypatch):
    for name in ("甲", "乙", "丙"):
        (folder / f"{name}.txt").write_text("同样的内容。", "utf-8")
    events = Sync(library, embedder=BigramEmbedder()).run([folder])
    original = sync_module.ReadAhead.read

    def read(reader, tasks):
        tasks = list(tasks)
        if tasks[0].name == "丙.txt":
            tasks[0].path.unlink()
        return original(reader, tasks)

    monkeypatch.setattr(sync_module.ReadAhead, "read", read)
    events = list(events)
    assert [(e.source, e.reason) for e in events if isinstance(e, Failed)] == [("丙.txt", Reason.VANISHED)]
    assert told(events, Added) == ["乙.txt", "甲.txt"]


def test_a_pass_that_ends_at_any_event_is_made_good_by_the_next(tmp_path, folder):
    inner = zipped({"深.txt": story(5, seed=3)})
    (folder / "a.zip").write_bytes(zipped({"甲.txt": story(9), "乙.zip": inner}))
    (folder / "b.eml").write_bytes(mail("正文。" * 30, {"丙.txt": story(4, seed=4)}))
    (folder / "c.txt").write_text("单独的。", "utf-8")
    first = Library(tmp_path / "first")
    total = len(list(Sync(first, embedder=BigramEmbedder()).run([folder])))
    first.close()
    for moment in range(1, total, 3):
        library = Library(tmp_path / f"library-{moment}")
        events = Sync(library, embedder=BigramEmbedder(), jobs=moment % 4 + 1).run([folder])
        for _ in range(moment):
            next(events)
        events.close()
        (folder / "d.zip").write_bytes((folder / "a.zip").read_bytes())
        sync(library, folder)
        (folder / "d.zip").unlink()
        sync(library, folder)
        assert_as_new(library, folder)
        library.close()


def test_an_archive_whose_copy_was_known_is_opened_though_the_pass_was_cut_off(library, folder):
    data = zipped({"甲.txt": "甲方为成都砚溪。"})
    (folder / "a.zip").write_bytes(data)
    sync(library, folder)
    (folder / "b.zip").write_bytes(data)
    events = Sync(library, embedder=BigramEmbedder()).run([folder])
    for event in events:
        if isinstance(event, Added):
            break
    events.close()
    sync(library, folder)
    assert_as_new(library, folder)


def test_an_archive_that_is_renamed_after_a_pass_was_cut_off_is_opened(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": story(60), "乙.txt": story(60, seed=2)}))
    (folder / "b.txt").write_text(story(200, seed=5), "utf-8")
    events = Sync(library, embedder=BigramEmbedder()).run([folder])
    for event in events:
        if isinstance(event, Added):
            break
    events.close()
    (folder / "a.zip").rename(folder / "c.zip")
    sync(library, folder)
    assert_as_new(library, folder)


def test_an_embedder_that_fails_leaves_a_library_that_the_next_pass_finishes(library, folder):
    (folder / "a.zip").write_bytes(zipped({"甲.txt": story(60), "b.zip": zipped({"乙.txt": story(900, seed=2)})}))

    class Failing(BigramEmbedder):
        def embed_passages(self, texts):
            if len(self.embedded) > 100:
                raise OSError("no memory on the device")
            return super().embed_passages(texts)

    with pytest.raises(OSError, match="device"):
        list(Sync(library, embedder=Failing()).run([folder]))
    sync(library, folder)
    assert_as_new(library, folder)


def test_a_file_moved_to_another_synced_folder_keeps_its_name(library, folder, tmp_path):
    other = tmp_path / "归档"
    other.mkdir()
    (folder / "a.zip").write_bytes(zipped({"甲.txt": "甲方为成都砚溪。"}))
    list(Sync(library, embedder=BigramEmbedder()).run([folder, other]))
    (folder / "a.zip").rename(other / "a.zip")
    list(Sync(library, embedder=BigramEmbedder()).run([folder, other]))
    assert sorted(contents(library)) == ["a.zip", "a.zip/甲.txt"]
