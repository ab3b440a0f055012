"""`wendang sync` where it goes on: watching, folders that come and go, and files gone in masses."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from ingest.types import Polling, Summary
from rag import open_library
from ui.commands.sync import as_record

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-c", "from ui.cli import main; main()"]


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home" / "docs").mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def env(home, models_dir):
    env = {**os.environ, "WENDANG_HOME": str(home), "WENDANG_MODELS_DIR": str(models_dir), "PYTHONPATH": str(ROOT)}
    env.pop("WENDANG_LANG", None)
    return env


@pytest.fixture
def run(home, env):
    def call(*arguments):
        return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, env=env, cwd=home, timeout=120)

    return call


def sources(run):
    return [document["source"] for document in json.loads(run("status", "--json").stdout)["documents"]]


def test_a_watched_folder_is_followed_until_ctrl_c(home, env, run):
    (home / "docs" / "甲.txt").write_text("甲方为成都砚溪温控。", "utf-8")
    with subprocess.Popen(
        [*COMMAND, "sync", "--watch", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
    ) as process:
        events = (json.loads(line) for line in process.stdout)
        assert [next(events)["event"], next(events)["event"]] == ["added", "summary"]
        (home / "docs" / "乙.txt").write_text("乙方为重庆合川仓储。", "utf-8")
        assert (next(events)["source"], next(events)["event"]) == ("乙.txt", "summary")
        (home / "docs" / "甲.txt").rename(home / "docs" / "丙.txt")
        moved = next(events)
        assert (moved["event"], moved["from"], moved["source"]) == ("moved", "甲.txt", "丙.txt")
        next(events)
        # While one process watches, others ask.
        assert json.loads(run("search", "重庆合川", "--json").stdout)[0]["source"] == "乙.txt"
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert sources(run) == ["丙.txt", "乙.txt"]


def test_a_synced_folder_can_be_let_go_of_with_its_documents(home, run, tmp_path):
    other = tmp_path / "别处"
    other.mkdir()
    (other / "外来.txt").write_text("别处的文件。", "utf-8")
    (home / "docs" / "甲.txt").write_text("甲方为成都砚溪温控。", "utf-8")
    assert run("sync", str(home / "docs"), str(other)).returncode == 0
    assert sources(run) == ["外来.txt", "甲.txt"]
    assert run("remove", str(other)).returncode == 0
    assert run("sync").returncode == 0
    assert sources(run) == ["甲.txt"]
    assert (other / "外来.txt").exists()


def test_a_folder_around_a_synced_one_takes_that_along(home, run, tmp_path):
    inner = tmp_path / "档案" / "合同"
    inner.mkdir(parents=True)
    (inner / "采购.txt").write_text("付款期限三十日。", "utf-8")
    (tmp_path / "档案" / "总目.txt").write_text("档案总目。", "utf-8")
    run("sync", str(inner))
    (inner / "新增.txt").write_text("新增的合同。", "utf-8")
    run("sync", str(tmp_path / "档案"))
    assert sources(run) == ["总目.txt", "新增.txt", "采购.txt"]


def test_files_gone_in_masses_stay_until_that_is_confirmed(home, run):
    for number in range(6):
        (home / "docs" / f"{number}.txt").write_text(f"第{number}份文件。", "utf-8")
    run("sync")
    for path in (home / "docs").iterdir():
        path.unlink()
    done = run("sync")
    assert done.returncode == 1
    assert "--remove-many" in done.stderr
    assert "6" in done.stderr
    assert len(sources(run)) == 6
    assert run("sync", "--remove-many").returncode == 0
    assert sources(run) == []


def test_the_first_pass_of_a_watch_takes_the_options_of_a_sync(home, env, run):
    for number in range(6):
        (home / "docs" / f"{number}.txt").write_text(f"第{number}份文件。", "utf-8")
    run("sync")
    for path in (home / "docs").iterdir():
        path.unlink()
    with subprocess.Popen(
        [*COMMAND, "sync", "--watch", "--remove-many", "--json"], stdout=subprocess.PIPE, text=True, env=env
    ) as process:
        assert [json.loads(process.stdout.readline())["event"] for _ in range(6)] == ["removed"] * 6
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_files_gone_in_masses_are_told_while_watching(home, env, run):
    for number in range(6):
        (home / "docs" / f"{number}.txt").write_text(f"第{number}份文件。", "utf-8")
    run("sync")
    for path in (home / "docs").iterdir():
        path.unlink()
    with subprocess.Popen([*COMMAND, "sync", "--watch"], stderr=subprocess.PIPE, text=True, env=env) as process:
        assert any("--remove-many" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def test_a_folder_that_the_system_does_not_report_on_is_told_once(home, models_dir, monkeypatch):
    monkeypatch.setattr("ingest.watch.remote_file_system", lambda folder: "nfs4")
    with open_library(home, models_dir=models_dir) as library:
        stop = threading.Event()
        events = []
        for event in library.watch(stop=stop):
            events.append(event)
            if isinstance(event, Summary):
                stop.set()
    assert [event for event in events if isinstance(event, Polling)] == [Polling("nfs4")]
    assert as_record(Polling("nfs4")) == {"event": "polling", "cause": "nfs4"}


def test_of_two_new_folders_inside_each_other_each_file_is_listed_once(home, run, tmp_path):
    inner = tmp_path / "档案" / "合同"
    inner.mkdir(parents=True)
    (inner / "采购.txt").write_text("付款期限三十日。", "utf-8")
    assert run("sync", str(tmp_path / "档案"), str(inner)).returncode == 0
    assert sources(run) == ["采购.txt"]
    assert '"unchanged": 1' in run("sync", "--json").stdout.splitlines()[-1]


def test_limits_and_patterns_to_pass_over_are_settings(home, run):
    (home / "wendang.toml").write_text('ignore = ["草稿*"]\n[limits]\nfile_bytes = 1000\n', "utf-8")
    (home / "docs" / "草稿一.txt").write_text("还没写完。", "utf-8")
    (home / "docs" / "长.txt").write_text("很长。" * 1000, "utf-8")
    (home / "docs" / "短.txt").write_text("很短。", "utf-8")
    done = run("sync")
    assert done.returncode == 3
    assert "file_bytes" in done.stdout
    assert sources(run) == ["短.txt", "长.txt"]
    (home / "wendang.toml").write_text("[limits]\nfile_bytes = 0\n", "utf-8")
    refused = run("sync")
    assert refused.returncode == 1
    assert "limits.file_bytes" in refused.stderr
