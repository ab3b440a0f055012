"""Reading needs no network and writes nothing outside of the home: shown in a namespace that has neither."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

ROOT = Path(__file__).parents[2]
SENTENCE = "冷库温度超过八摄氏度时，值班员应当在十五分钟内报告。"

# A namespace of its own for the network (not even loopback is up) and for mounts (the packages become read-only).
SCRIPT = """
set -e
for place in {packages} {root}/ingest {root}/rag {root}/ui; do
    mount --bind "$place" "$place" && mount -o remount,bind,ro "$place"
done
if touch {packages}/written 2>/dev/null; then echo "the packages can be written" >&2; exit 99; fi
exec "$@"
"""

COMMAND = ["unshare", "--user", "--map-root-user", "--net", "--mount"]


def can_unshare():
    return shutil.which("unshare") and not subprocess.run([*COMMAND, "true"], capture_output=True).returncode


def write_documents(folder):
    (folder / "文本.txt").write_text(SENTENCE, "gb18030")
    (folder / "说明.md").write_text(f"# 说明\n\n{SENTENCE}", "utf-8")
    (folder / "网页.html").write_text(f"<html><body><h1>规定</h1><p>{SENTENCE}</p></body></html>", "utf-8")
    (folder / "台账.csv").write_text(f"编号,要求\n1,{SENTENCE}\n", "utf-8")
    (folder / "记录.json").write_text(json.dumps([{"要求": SENTENCE}]), "utf-8")
    word = docx.Document()
    word.add_heading("规定", 1)
    word.add_paragraph(SENTENCE)
    word.save(str(folder / "规定.docx"))
    book = openpyxl.Workbook()
    book.active.append(["编号", "要求"])
    book.active.append([1, SENTENCE])
    book.save(folder / "台账.xlsx")
    slides = pptx.Presentation()
    slide = slides.slides.add_slide(slides.slide_layouts[1])
    slide.shapes.title.text = "规定"
    slide.placeholders[1].text = SENTENCE
    slides.save(str(folder / "宣讲.pptx"))
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(folder / "规定.pdf"))
    canvas.setFont("STSong-Light", 12)
    canvas.drawString(60, 700, SENTENCE)
    canvas.save()
    mail = EmailMessage()
    mail["Subject"] = "冷库规定"
    mail.set_content(SENTENCE)
    (folder / "邮件.eml").write_bytes(mail.as_bytes())
    with zipfile.ZipFile(folder / "归档.zip", "w") as archive:
        archive.writestr("内部.txt", SENTENCE)
    (folder / "富文本.rtf").write_bytes(
        rb"{\rtf1\ansi\ansicpg936 " + "".join(f"\\u{ord(c)}?" for c in SENTENCE).encode() + b"}"
    )


@pytest.mark.skipif(not can_unshare(), reason="namespaces need unshare and its permission")
def test_every_format_is_read_without_a_network_and_with_packages_that_cannot_be_written(tmp_path, models_dir):
    docs = tmp_path / "home" / "docs"
    docs.mkdir(parents=True)
    write_documents(docs)
    script = SCRIPT.format(packages=sysconfig.get_paths()["purelib"], root=ROOT)
    main = [sys.executable, "-c", "from ui.cli import main; main()"]
    env = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": "/nonexistent",
        "WENDANG_HOME": str(tmp_path / "home"),
        "WENDANG_MODELS_DIR": str(models_dir),
        "TMPDIR": str(tmp_path),
    }

    def run(*arguments):
        command = [*COMMAND, "bash", "-c", script, "bash", *main, *arguments, "--json"]
        return subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path, timeout=300)

    synced = run("sync")
    assert synced.returncode == 0, synced.stdout + synced.stderr
    status = json.loads(run("status").stdout)
    assert {document["source"] for document in status["documents"]} == {
        "归档.zip/内部.txt", *(path.name for path in docs.iterdir())
    }  # fmt: skip
    assert {document["status"] for document in status["documents"]} == {"indexed"}
    for document in status["documents"]:
        if document["source"] != "归档.zip":
            assert SENTENCE in json.loads(run("text", document["source"]).stdout)["text"].replace("\n", "")
