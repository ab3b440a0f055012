import io
import re
from html import unescape

import pytest
from docx import Document
from markdown_it import MarkdownIt

from rag.conversations import FILE, Conversations
from rag.export import as_docx, as_markdown
from rag.types import Answer, Citation

CITED = Citation(n=1, source="合同/仓库.txt", page=3, start=10, end=16, quote="押金为\n两万元", verified=True)


@pytest.fixture
def written(tmp_path):
    """Return what makes a Word file of one question and its answer, and opens it again."""

    def write(question, answer):
        kept = Conversations(tmp_path / FILE)
        given = Answer(answer, citations=(CITED,), model="小模型")
        number = kept.append(None, question=question, standalone=question, answer=given)
        made = as_docx(kept.get(number), kept.turns(number), place=lambda c: f"{c.source} 第{c.page}页")
        return Document(io.BytesIO(made))

    return write


def test_a_word_file_has_the_question_the_answer_and_the_quote(written):
    document = written("押金是多少？", "两万元[1]\n签约时付。")
    told = [(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs]
    assert told == [
        ("Heading 1", "押金是多少？"),
        ("Heading 2", "押金是多少？"),
        ("Normal", "两万元[1]\n签约时付。"),
        ("Quote", "[1] 合同/仓库.txt 第3页\n押金为 两万元"),
    ]


def test_what_xml_cannot_hold_becomes_a_mark(written):
    assert written("押金\x00？", "两\x1b万\ufffe元").paragraphs[2].text == "两\ufffd万\ufffd元"


@pytest.mark.parametrize("line", ["---", "===", "  ---", "~~~", "- 一", "+ 一", "```", "# 一", "> 一", "* 一"])
def test_no_line_of_an_answer_becomes_more_than_text_in_markdown(tmp_path, line):
    kept = Conversations(tmp_path / FILE)
    number = kept.append(None, question="租期？", standalone="租期？", answer=Answer(f"三年\n{line}\n完"))
    written = as_markdown(kept.get(number), kept.turns(number), place=lambda citation: citation.source)
    html = MarkdownIt("commonmark").render(written)
    assert "".join(re.findall("<(h[1-6]|pre|ul|ol|hr|blockquote)", html)) == "h1h2"
    assert line.strip() in unescape(html)
