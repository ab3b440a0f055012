"""`wendang doctor` on homes that work, and on homes where something does not."""

import json
import sys

import pytest

from ingest.library.store import Library
from rag import doctor, open_library
from rag.doctor import Finding, examine
from ui.cli import main
from ui.commands.doctor import as_record
from ui.text import TEXTS


@pytest.fixture
def home(tmp_path, models_dir, monkeypatch):
    monkeypatch.setenv("WENDANG_MODELS_DIR", str(models_dir))
    return tmp_path / "home"


def found(home) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(home)}


def run(capsys, monkeypatch, *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["wendang", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0), capsys.readouterr().out


def test_a_home_that_works_has_only_good_findings(home, capsys, monkeypatch):
    with open_library(home) as library:
        (home / "docs" / "a.txt").write_text("考勤办法\n\n上班时间为九点。\n", "utf-8")
        list(library.sync())
    status, shown = run(capsys, monkeypatch, "doctor", "--home", str(home), "--json")
    records = {record["name"]: record for record in json.loads(shown)}
    assert status == 0
    assert all(record["ok"] for record in records.values())
    assert set(records) >= {"python", "packages", "disk", "threads", "embedder", "model", "library", "index"}
    assert records["documents"]["detail"] == "1 个，全部收录"
    assert records["index"]["detail"] == "与记录一致，1 个向量"


def test_a_document_that_cannot_be_read_is_a_note_and_no_fault(home, capsys, monkeypatch):
    with open_library(home) as library:
        (home / "docs" / "坏.pdf").write_bytes(b"%PDF-1.7 cut")
        list(library.sync())
    status, shown = run(capsys, monkeypatch, "doctor", "--home", str(home))
    assert status == 0
    assert "注意  文件  1 个，其中失败 1" in shown
    assert "wendang status" in shown


def test_a_model_that_is_not_there_is_broken_and_has_a_remedy(home, capsys, monkeypatch):
    home.mkdir()
    (home / "wendang.toml").write_text('model = "没有这个"\n', "utf-8")
    status, shown = run(capsys, monkeypatch, "doctor", "--home", str(home))
    assert status == 1
    assert "有问题  语言模型  找不到模型 没有这个" in shown
    assert "wendang model use" in shown


def test_a_bad_setting_ends_the_examination_with_its_name(home):
    home.mkdir()
    (home / "wendang.toml").write_text("top_k = 0\n", "utf-8")
    findings = found(home)
    assert not findings["settings"].ok
    assert "library" not in findings
    assert "top_k" in as_record(findings["settings"])["detail"]


def test_a_library_in_use_names_its_owner_and_is_still_read(home):
    owner = Library(home / "library")
    findings = found(home)
    owner.close()
    assert findings["library"].state == "busy"
    assert findings["documents"].state == "none"
    assert "index" not in findings


def test_a_record_that_is_no_database_is_broken(home):
    (home / "library").mkdir(parents=True)
    (home / "library" / "catalog.sqlite3").write_bytes(b"not a database, whatever it is called")
    assert not found(home)["library"].ok


def test_an_embedder_that_does_not_exist_is_broken(home, monkeypatch):
    monkeypatch.setenv("WENDANG_EMBEDDER", "没有")
    assert not found(home)["embedder"].ok


def test_a_model_on_a_server_is_not_asked(home, monkeypatch):
    monkeypatch.setenv("WENDANG_BACKEND", "openai")
    monkeypatch.setenv("WENDANG_MODEL", "qwen")
    assert found(home)["model"].state == "elsewhere"


def test_FAQ_more_threads_than_cores_are_noted(home, monkeypatch):
    monkeypatch.setenv("WENDANG_BACKEND_OPTIONS", '{"threads": 9999}')
    assert found(home)["threads"].state == "many"


def test_a_full_disk_is_broken(home, monkeypatch):
    monkeypatch.setattr(doctor, "_DISK_GB", 1e12)
    assert not found(home)["disk"].ok


def test_a_missing_package_is_named(home, monkeypatch):
    monkeypatch.setattr(doctor, "_DISTRIBUTION", "no-such-distribution")
    assert found(home)["packages"].state == "unknown"
    monkeypatch.setattr(doctor, "_DISTRIBUTION", "pytest")
    assert found(home)["packages"].ok
    monkeypatch.setattr(doctor.metadata, "requires", lambda name: ["no-such-package>=1", "never; extra == 'dev'"])
    assert found(home)["packages"].values == {"missing": "no-such-package>=1"}


def test_every_finding_that_is_not_good_has_a_remedy():
    broken = [key for key in TEXTS if key.startswith("doctor.") and key.endswith((".missing", ".low", ".differs"))]
    assert broken
    assert all(f"{key}.remedy" in TEXTS for key in broken)
