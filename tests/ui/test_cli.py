"""The program as users run it: real processes, the real embedder and the real default model."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAIN = "from ui.cli import main; main()"

LEAVE = (
    "第一章 休假\n\n员工工作满一年不满十年的，每年享有五天带薪年休假；满十年的享有十天。\n\n"
    "年休假须提前三个工作日申请。"
)
BUS = ROOT / "data" / "docs" / "通知" / "食堂与班车调整通知.txt"
RENT = "租賃合同\n\n押金為兩個月租金，共計新台幣六萬元，租期屆滿後三十日內無息退還。"

# Every attempt to open a connection is an error: what is asked of the program needs none.
NO_NETWORK = """
import socket
def refuse(*args, **kwargs):
    raise SystemExit(f"a connection was attempted: {args[1:]}")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    made = tmp_path_factory.mktemp("home 资料")
    (made / "docs" / "合同").mkdir(parents=True)
    (made / "docs" / "休假.txt").write_text(LEAVE, "gb18030")
    (made / "docs" / "合同" / "租賃.txt").write_text(RENT, "big5hkscs")
    shutil.copy(BUS, made / "docs" / "班车.txt")
    return made


@pytest.fixture(scope="module")
def run(home, models_dir, tmp_path_factory):
    blocked = tmp_path_factory.mktemp("blocked")
    (blocked / "sitecustomize.py").write_text(NO_NETWORK)
    env = {**os.environ, "WENDANG_HOME": str(home), "WENDANG_MODELS_DIR": str(models_dir)}
    env |= {"PYTHONPATH": f"{blocked}:{ROOT}", "LANGSMITH_TRACING": "true", "COLUMNS": "200"}
    env.pop("WENDANG_LANG", None)

    def call(*arguments, **changes):
        command = [sys.executable, "-W", "error::ResourceWarning", "-c", MAIN, *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=env | changes, cwd=home, timeout=300)

    return call


@pytest.fixture(scope="module")
def synced(run):
    done = run("sync", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_sync_prints_one_json_object_a_line_and_the_summary_last(synced):
    assert [event["event"] for event in synced] == ["added"] * 3 + ["summary"]
    assert {event.get("source") for event in synced[:3]} == {"休假.txt", "合同/租賃.txt", "班车.txt"}
    assert set(synced[0]) == {"event", "source", "pages", "passages", "characters", "seconds"}
    counted = {
        "added",
        "updated",
        "moved",
        "removed",
        "unchanged",
        "failed",
        "held",
        "embedded",
        "reused",
        "characters",
        "seconds",
    }
    assert set(synced[-1]) == {"event", *counted}


def test_search_prints_passages_that_are_slices_of_the_stored_text(run, synced):
    [first, *_] = json.loads(run("search", "押金什么时候退还", "--json").stdout)
    wanted = {"rank", "source", "page", "start", "end", "heading", "text", "score", "dense_rank", "keyword_rank"}
    assert wanted <= set(first) and first["source"] == "合同/租賃.txt"
    stored = json.loads(run("text", "合同/租賃.txt", "--json").stdout)
    assert stored["text"][first["start"] : first["end"]] == first["text"]
    assert stored["encoding"].startswith("big5") and stored["pages"][0]["page"] is None


def test_ask_cites_the_exact_place(run, synced):
    record = json.loads(run("ask", "锦城湖线班车早上几点发车？", "--json").stdout)
    assert not record["refused"] and "7:35" in record["answer"]
    [citation, *_] = record["citations"]
    assert citation["source"] == "班车.txt" and citation["verified"]
    stored = json.loads(run("--json", "text", "班车.txt").stdout)["text"]
    assert stored[citation["start"] : citation["end"]] == citation["quote"]
    assert {"prompt_tokens", "completion_tokens"} <= set(record["usage"])
    assert {"retrieve_s", "first_token_s", "total_s"} <= set(record["timings"])


def test_ask_streams_the_answer_and_lists_its_sources(run, synced):
    done = run("ask", "锦城湖线班车早上几点发车？")
    assert done.returncode == 0 and "7:35[" in done.stdout and "班车.txt" in done.stdout


def test_status_counts_everything_that_was_read(run, synced):
    record = json.loads(run("status", "--json").stdout)
    assert record["files"] == 3 and record["pending"] == 0 and record["embedder"]["dimensions"] == 384
    assert (
        record["characters"]["read"]
        == record["characters"]["indexed"]
        == len(LEAVE) + len(RENT) + len(BUS.read_text("utf-8"))
    )
    assert {d["encoding"] for d in record["documents"]} == {"gb18030", "big5hkscs", "utf-8"}
    assert record["model"]["family"] == "reader"
    one = json.loads(run("status", "休假.txt", "--json").stdout)
    assert one["status"] == "indexed" and len(one["pages"]) == 1


def test_bad_files_are_listed_with_exit_status_3(run, home, models_dir, tmp_path, synced):
    (tmp_path / "坏的").mkdir()
    (tmp_path / "坏的" / "空.pdf").touch()
    (tmp_path / "坏的" / "假.txt").write_bytes(os.urandom(3000))
    done = run(
        "--home", str(tmp_path / "新家"), "sync", str(tmp_path / "坏的"), "--json", WENDANG_MODELS_DIR=str(models_dir)
    )
    assert done.returncode == 3
    failed = [json.loads(line) for line in done.stdout.splitlines()[:-1]]
    assert {event["source"] for event in failed} == {"空.pdf", "假.txt"}
    assert all(event["reason"] and event["remedy"] for event in failed)


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["text", "没有.txt"], 1, "没有.txt"),
        (["remove", "没有.txt"], 1, "没有.txt"),
        (["ask", "  "], 1, "问题"),
        (["search", "问" * 5000], 1, "5000"),
        (["ask", "年假", "--model", "无此模型"], 1, "无此模型"),
        (["sync", "没有这个文件夹"], 1, "没有这个文件夹"),
        (["summarize", "没有.txt"], 1, "没有.txt"),
        (["不存在的命令"], 2, "不存在的命令"),
        (["search"], 2, "QUERY"),
        (["search", "年假", "--top-k", "0"], 2, "--top-k"),
    ],
)
def test_a_mistake_is_one_line_on_stderr(run, synced, arguments, status, said):
    done = run(*arguments)
    assert done.returncode == status and said in done.stderr and "Traceback" not in done.stderr
    assert done.stdout == "" and (status == 2 or len(done.stderr.strip().splitlines()) == 1)


def test_a_bad_setting_names_itself_and_what_is_expected(run, home, synced):
    (home / "wendang.toml").write_text("top_k = 0\n", "utf-8")
    try:
        done = run("search", "年假")
    finally:
        (home / "wendang.toml").unlink()
    assert done.returncode == 1 and "top_k" in done.stderr


def test_an_empty_library_says_what_to_do(run, tmp_path):
    drop_folder = str(tmp_path / "空" / "docs")
    for arguments in (["search", "年假"], ["status"], ["sync"]):
        done = run("--home", str(tmp_path / "空"), *arguments)
        assert done.returncode == 0 and "wendang sync" in done.stderr and drop_folder in done.stderr


def test_english_is_an_option_away(run, synced):
    assert "questions" not in run("--help").stdout
    assert "Usage" in run("--lang", "en", "--help").stdout
    assert "the library has no document" in run("text", "x", "--lang", "en").stderr


def test_help_imports_nothing_heavy(run):
    code = (
        "import sys; sys.argv=['wendang','--help']\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "finally:\n"
        "    heavy = {'pydantic', 'numpy', 'langchain_core', 'chromadb', 'torch', 'streamlit', 'llama_cpp', 'rich'}\n"
        "    print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip().endswith("[]")


def test_search_imports_no_torch_and_no_chroma(run, synced, home, models_dir):
    code = (
        f"import sys; sys.argv=['wendang','search','年假','--home',{str(home)!r}]\n"
        "from ui.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'torch', 'chromadb', 'streamlit', 'transformers', 'unstructured'} & set(sys.modules)))"
    )
    env = {**os.environ, "WENDANG_MODELS_DIR": str(models_dir)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=env)
    assert done.stdout.strip().endswith("[]") and "休假.txt" in done.stdout


def test_a_pipe_that_closes_early_is_quiet(run, synced, home, models_dir):
    env = {**os.environ, "WENDANG_HOME": str(home), "WENDANG_MODELS_DIR": str(models_dir), "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -c '{MAIN}' text 休假.txt | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, env=env)
    assert done.returncode == 0 and done.stderr == ""


@pytest.mark.parametrize("closed", ["<&- >&-", "2>&-"])
def test_a_standard_stream_that_is_closed_is_no_error(run, synced, home, models_dir, closed):
    env = {**os.environ, "WENDANG_HOME": str(home), "WENDANG_MODELS_DIR": str(models_dir), "PYTHONPATH": str(ROOT)}
    command = f"{sys.executable} -c '{MAIN}' text 休假.txt {closed}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=env)
    assert done.returncode == 0 and done.stderr == ""


def test_the_version_is_told(run):
    done = run("--version")
    assert done.returncode == 0 and done.stdout.startswith("wendang ")


def test_what_goes_wrong_with_a_folder_is_said_in_the_readers_language(run, synced):
    said = {language: run("sync", "没有这个", "--lang", language).stderr for language in ("zh", "en")}
    assert "不是文件夹" in said["zh"] and "folder" not in said["zh"]
    assert "is not a folder" in said["en"]
