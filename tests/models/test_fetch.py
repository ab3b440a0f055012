"""Getting models from a hub: over real sockets, from servers that break off, lie, refuse and redirect."""

import hashlib
import json
import os
import sys

import pytest
from filelock import FileLock
from hub_server import COMMIT, Hub, hub_server

from models import hubs
from models.errors import DownloadFailed, MissingPackage, NotEnoughRoom
from models.fetch import WORKPLACE, fetch
from models.recorded import RECORD
from models.wanted_files import Choice

GGUF = b"GGUF" + os.urandom(300_000)
NAME = "ggml-model-q4_k.gguf"


@pytest.fixture
def hub():
    with hub_server(Hub(files={NAME: GGUF})) as running:
        yield running


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr("models.hubs._access.CHUNK", 50_000)


@pytest.fixture
def models_dir(tmp_path):
    return tmp_path / "模型"


def get(hub, models_dir, *, place="huggingface", repository=None, token=None, timeout_s=10.0, progress=None, **choice):
    access = hubs.Access(hub.url, token=token, timeout_s=timeout_s)
    options = {"progress": progress} if progress else {}
    return fetch(
        repository or hub.name,
        hub=hubs.load(place),
        access=access,
        models_dir=models_dir,
        choice=Choice(**choice),
        **options,
    )


def cause(hub, models_dir, **asked):
    with pytest.raises(DownloadFailed) as failed:
        get(hub, models_dir, **asked)
    return failed.value.values["cause"]


def asked_ranges(hub):
    return [headers.get("Range") for path, headers in hub.requests if path.startswith("storage:")]


def parts(models_dir):
    return [path for path in (models_dir / WORKPLACE).rglob("*.part")]


def test_a_file_comes_whole_under_a_name_that_tells_the_model_and_is_recorded(hub, models_dir):
    told = []
    fetched = get(hub, models_dir, progress=lambda *done: told.append(done))
    assert fetched.path == models_dir / "tiny-q4_k.gguf"
    assert fetched.path.read_bytes() == GGUF
    assert fetched.revision == COMMIT
    assert told[-1] == ("download", len(GGUF), len(GGUF))
    record = json.loads((models_dir / RECORD).read_text("utf-8"))["files"]
    assert record["tiny-q4_k.gguf"]["sha256"] == hashlib.sha256(GGUF).hexdigest()
    assert record["tiny-q4_k.gguf"]["source"] == f"{hub.url}/hfl/tiny-gguf@{COMMIT}"
    assert not list((models_dir / WORKPLACE).glob("*@*"))


def test_what_is_there_and_right_is_not_asked_for_again(hub, models_dir):
    get(hub, models_dir)
    before = len(asked_ranges(hub))
    assert get(hub, models_dir).already
    assert len(asked_ranges(hub)) == before


def test_a_model_that_was_got_but_not_recorded_before_a_kill_is_known_again(hub, models_dir):
    get(hub, models_dir)
    (models_dir / RECORD).unlink()
    assert get(hub, models_dir).already


def test_a_file_of_that_name_which_is_another_is_not_overwritten(hub, models_dir):
    models_dir.mkdir()
    mine = models_dir / "tiny-q4_k.gguf"
    mine.write_bytes(b"GGUF mine")
    assert cause(hub, models_dir) == "exists"
    assert mine.read_bytes() == b"GGUF mine"


def test_a_cut_connection_is_gone_on_with(hub, models_dir):
    hub.cuts = [100_000]
    assert get(hub, models_dir).path.read_bytes() == GGUF
    first, second = asked_ranges(hub)
    assert first is None
    assert second.startswith("bytes=")


def test_a_server_that_falls_silent_in_the_middle_is_asked_again(hub, models_dir):
    hub.stalls = [100_000]
    assert get(hub, models_dir, timeout_s=0.3).path.read_bytes() == GGUF
    assert len(asked_ranges(hub)) == 2


def test_ctrl_c_leaves_a_part_that_the_next_call_goes_on_with(hub, models_dir):
    def stop(stage, done, total):
        if done > 100_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(hub, models_dir, progress=stop)
    (part,) = parts(models_dir)
    have = part.stat().st_size
    assert 0 < have < len(GGUF)
    assert get(hub, models_dir).path.read_bytes() == GGUF
    assert asked_ranges(hub)[-1] == f"bytes={have}-"


def test_a_server_without_ranges_sends_the_whole_file_again(hub, models_dir):
    hub.ranges = False
    hub.cuts = [100_000]
    assert get(hub, models_dir).path.read_bytes() == GGUF


def test_a_part_of_an_older_state_of_the_repository_is_never_mixed_in(hub, models_dir):
    def stop(stage, done, total):
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(hub, models_dir, progress=stop)
    newer = b"GGUF" + os.urandom(300_000)
    hub.files[NAME] = newer
    assert get(hub, models_dir).path.read_bytes() == newer
    assert asked_ranges(hub)[-1] is None


def test_wrong_bytes_are_refused_and_not_kept(hub, models_dir):
    hub.lies[NAME] = b"GGUF" + os.urandom(300_000)
    assert cause(hub, models_dir) == "wrong_hash"
    assert not parts(models_dir)
    assert not list(models_dir.glob("*.gguf"))
    hub.lies.clear()
    assert get(hub, models_dir).path.read_bytes() == GGUF


def test_a_small_file_is_checked_by_the_hash_that_git_has(hub, models_dir):
    hub.files = {"model.safetensors": os.urandom(5000)}
    hub.small = {"config.json": b'{"a": 1}'}
    hub.lies["config.json"] = b'{"b": 1}'
    assert cause(hub, models_dir) == "wrong_hash"


def test_a_file_longer_than_announced_is_stopped(hub, models_dir):
    hub.lies[NAME] = GGUF * 3
    assert cause(hub, models_dir) == "too_long"


def test_a_file_shorter_than_announced_can_be_gone_on_with(hub, models_dir):
    hub.lies[NAME] = GGUF[:1000]
    assert cause(hub, models_dir) == "cut_short"
    hub.lies.clear()
    assert get(hub, models_dir).path.read_bytes() == GGUF
    assert asked_ranges(hub)[-1] == "bytes=1000-"


def test_a_missing_repository_says_so(hub, models_dir):
    assert cause(hub, models_dir, repository="hfl/no-such") == "not_found"


@pytest.mark.parametrize(
    ("refusal", "expected"),
    [
        ((401, "GatedRepo"), "gated"),
        ((401, "RepoNotFound"), "not_found"),
        ((401, "Invalid credentials in Authorization header"), "unauthorized"),
        ((403, ""), "forbidden"),
        ((404, "RevisionNotFound"), "not_found"),
        ((429, ""), "too_many"),
        ((500, ""), "server"),
        ((418, ""), "http"),
    ],
)
def test_a_refusal_has_its_cause(hub, models_dir, refusal, expected):
    hub.refusal = refusal
    assert cause(hub, models_dir) == expected


@pytest.mark.parametrize("gates_files", [False, True])
def test_a_gated_repository_names_the_terms_and_the_token(hub, models_dir, gates_files):
    hub.token, hub.gates_files = "hf_right", gates_files
    with pytest.raises(DownloadFailed, match=f"{hub.url}/hfl/tiny-gguf, and set HF_TOKEN"):
        get(hub, models_dir)
    assert get(hub, models_dir, token="hf_right").path.exists()


def test_the_token_does_not_go_to_the_foreign_storage(hub, models_dir):
    hub.token = "hf_right"
    get(hub, models_dir, token="hf_right")
    by_place = {path.startswith("storage:"): headers.get("Authorization") for path, headers in hub.requests}
    assert by_place == {False: "Bearer hf_right", True: None}


def test_a_token_never_travels_unencrypted():
    with pytest.raises(DownloadFailed, match="unencrypted"):
        hubs.Access("http://mirror.example", token="hf_secret")
    assert "hf_secret" not in repr(hubs.Access("https://mirror.example", token="hf_secret"))


@pytest.mark.parametrize("endpoint", ["file:///etc", "ftp://mirror.example", "mirror.example", ""])
def test_an_endpoint_that_is_no_address_is_refused(endpoint):
    with pytest.raises(DownloadFailed) as failed:
        hubs.Access(endpoint)
    assert failed.value.values["cause"] == "endpoint"


def test_a_silent_hub_is_given_up(hub, models_dir):
    hub.silent = True
    assert cause(hub, models_dir, timeout_s=0.2) == "timeout"


def test_a_hub_that_is_not_there_is_named(hub, models_dir):
    hub.url = "http://127.0.0.1:9"
    assert cause(hub, models_dir) == "unreachable"


@pytest.mark.parametrize("page", [b"<html>log in</html>", b"[]", b'{"id": "a/b"}', b'{"id": 1, "siblings": [1]}'])
def test_a_page_that_is_no_listing_is_told_from_a_hub(hub, models_dir, page):
    hub.page = page
    assert cause(hub, models_dir) == "not_a_hub"


def test_an_old_name_is_followed_to_the_new_one(hub, models_dir):
    hub.renamed = {"ziqingyang/tiny-gguf": "hfl/tiny-gguf"}
    assert get(hub, models_dir, repository="ziqingyang/tiny-gguf").repository == "hfl/tiny-gguf"


@pytest.mark.parametrize(
    "name",
    [
        "../outside.gguf",
        "/etc/x.gguf",
        "a/../../x.gguf",
        "C:\\x.gguf",
        "a\\b.gguf",
        "a\nb.gguf",
        "./x.gguf",
        "c:x.gguf",
    ],
)
def test_a_name_that_leads_out_of_the_folder_is_refused(hub, models_dir, name):
    hub.files = {name: GGUF}
    assert cause(hub, models_dir) == "unsafe_name"
    assert not (models_dir / WORKPLACE).exists()


@pytest.mark.parametrize("name", ["hfl/..", "../x", "hfl/.downloads", "x", "hfl/a\x00b"])
def test_a_hub_cannot_name_the_folder_itself(hub, models_dir, name):
    asked = hub.name
    hub.page = json.dumps({**hub.listing(), "id": name}).encode()
    assert cause(hub, models_dir, repository=asked) in ("unsafe_name", "not_a_hub")
    assert not models_dir.exists()


def test_a_models_folder_that_cannot_be_made_is_named(hub, tmp_path):
    (tmp_path / "file").write_text("")
    assert cause(hub, tmp_path / "file" / "models") == "not_written"


def test_a_missing_package_names_the_extra(hub, models_dir, monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingPackage, match=r"\[workshop\]"):
        get(hub, models_dir)


def test_pickles_are_only_got_when_they_are_asked_for(hub, models_dir):
    hub.name = "hfl/chinese-alpaca-lora-7b"
    hub.files = {"adapter_model.bin": os.urandom(2000), "tokenizer.model": b"\x0a" * 900}
    hub.small = {"adapter_config.json": b"{}", "train.py": b"boom", ".gitattributes": b"x", "runs/a.json": b"{}"}
    assert cause(hub, models_dir) == "only_pickles"
    folder = get(hub, models_dir, pickles=True).path
    assert folder.name == "chinese-alpaca-lora-7b"
    assert sorted(path.name for path in folder.iterdir()) == [
        "adapter_config.json",
        "adapter_model.bin",
        "tokenizer.model",
    ]


def test_safetensors_come_without_the_pickles_beside_them(hub, models_dir):
    hub.files = {"model.safetensors": os.urandom(2000), "pytorch_model.bin": os.urandom(2000)}
    hub.small = {"config.json": b"{}", "LICENSE": b"terms"}
    names = sorted(path.name for path in get(hub, models_dir).path.iterdir())
    assert names == ["LICENSE", "config.json", "model.safetensors"]


def test_the_type_asked_for_is_taken_and_the_better_of_two(hub, models_dir):
    hub.files |= {"ggml-model-q4_k-im.gguf": GGUF[::-1], "ggml-model-q8_0.gguf": GGUF, "ggml-model-q4_0.gguf": GGUF}
    assert get(hub, models_dir).path.name == "tiny-q4_k-im.gguf"
    assert get(hub, models_dir, kind="q8_0").path.name == "tiny-q8_0.gguf"
    assert cause(hub, models_dir, kind="q6_k") == "no_such_file"
    assert get(hub, models_dir, file="ggml-model-q4_0.gguf").path.name == "tiny-q4_0.gguf"


def test_a_folder_of_several_files_goes_on_after_a_kill_with_those_that_are_missing(hub, models_dir):
    hub.files = {"model.safetensors": os.urandom(200_000)}
    hub.small = {"config.json": b"{}"}

    def stop(stage, done, total):
        if done > 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        get(hub, models_dir, progress=stop)
    assert not (models_dir / "tiny").exists()
    asked = len([path for path, _ in hub.requests if "config.json" in path])
    assert sorted(path.name for path in get(hub, models_dir).path.iterdir()) == ["config.json", "model.safetensors"]
    assert len([path for path, _ in hub.requests if "config.json" in path]) == asked


def test_a_full_disk_is_told_before_anything_is_asked_for(hub, models_dir, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Usage", (), {"free": 1000})())
    with pytest.raises(NotEnoughRoom):
        get(hub, models_dir)
    assert not asked_ranges(hub)


def test_two_downloads_of_one_model_do_not_meet(hub, models_dir):
    (models_dir / WORKPLACE).mkdir(parents=True)
    with FileLock(models_dir / WORKPLACE / "tiny-q4_k.gguf.lock"):
        assert cause(hub, models_dir) == "busy"


def test_modelscope_is_asked_in_its_own_form(hub, models_dir):
    hub.name = "ChineseAlpacaGroup/chinese-alpaca-2-7b-gguf"
    hub.cuts = [100_000]
    fetched = get(hub, models_dir, place="modelscope")
    assert fetched.path.name == "chinese-alpaca-2-7b-q4_k.gguf"
    assert fetched.path.read_bytes() == GGUF
    assert "/repo?Revision=master&FilePath=ggml-model-q4_k.gguf" in hub.requests[-1][0]
    assert hub.requests[-1][1]["Range"].startswith("bytes=")


def test_the_offline_switch_is_lifted_for_the_download_alone(hub, models_dir, monkeypatch):
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    get(hub, models_dir)
    assert constants.HF_HUB_OFFLINE is True
