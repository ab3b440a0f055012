"""Question sets as tables that Excel and WPS read and write: a question a row.

Columns are known by their headings, in Chinese or English, in any order; others are passed over. Several answers to one
question stand in one cell, each on a line of its own or, in a cell of one line, between bars; or in several columns.
Format: RFC 4180.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from evals.errors import BadQuestionFile
from evals.questions import Question
from ingest.decode import clean, decode

#: The headings of what is written.
HEADINGS = ("编号", "问题", "答案", "文件", "页码")
_DELIMITERS = (",", "\t", ";", "，", "；")
_BARS = re.compile(r"[|｜]")
_NUMBERED = re.compile(r"\d+$")
# What spreadsheets take for a formula, but for plain negative numbers.
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.]+%?$)")
_NAMES = {
    "id": ("编号", "序号", "id", "no"),
    "question": ("问题", "题目", "提问", "question", "query"),
    "answers": ("答案", "标准答案", "期望答案", "正确答案", "回答", "answer", "answers", "expected"),
    "source": ("文件", "来源", "出处", "文档", "source", "file", "document"),
    "page": ("页码", "页", "page"),
}


def read_table(content: bytes, *, path: Path) -> list[Question]:
    """Return the questions of a table: UTF-8, GBK or what else Excel saves; `path` only names it.

    A row without an answer is a question that the documents do not answer. Raises BadQuestionFile, naming the row.
    """
    rows = list(_rows(content, path=path))
    questions = [_question(cells, number=n, path=path) for n, cells in rows if any(cells.values())]
    if not questions:
        raise _bad(path, "empty", detail="no question in it")
    return questions


def write_table(questions: Sequence[Question]) -> bytes:
    """Return questions as a table that a double click opens rightly in Excel: UTF-8 with a mark at its beginning."""
    written = io.StringIO()
    table = csv.writer(written)
    table.writerow(HEADINGS)
    for question in questions:
        page = "" if question.page is None else str(question.page)
        cells = (question.id, question.text, _joined(question.answers), question.source or "", page)
        table.writerow([_safe(cell) for cell in cells])
    return written.getvalue().encode("utf-8-sig")


def _rows(content: bytes, *, path: Path) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Yield the number of each row and its cells by what they are."""
    decoded = decode(content)
    text = clean(decoded.text)
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        records = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error as exc:
        raise _bad(path, "table", detail=str(exc)) from exc
    names = [_column(heading) for heading in (records[0] if records else ())]
    if decoded.doubtful or not {"question", "answers"} <= set(names):
        raise _bad(path, "columns", detail=first[:60])
    for number, record in enumerate(records[1:], 2):
        cells: dict[str, list[str]] = {name: [] for name in _NAMES}
        for name, cell in zip(names, record, strict=False):
            if name and cell.strip():
                cells[name].append(_plain(cell))
        yield number, cells


def _column(heading: str) -> str | None:
    said = _NUMBERED.sub("", "".join(heading.split()).lower().strip("\ufeff:：（）()"))
    return next((name for name, known in _NAMES.items() if said in known), None)


def _question(cells: dict[str, list[str]], *, number: int, path: Path) -> Question:
    if not cells["question"]:
        raise _bad(path, "row", detail="no question", row=number)
    page = cells["page"][0].strip() if cells["page"] else ""
    if page and not (page.isdecimal() and int(page)):
        raise _bad(path, "row", detail=f"page {page!r}", row=number)
    answers = [part.strip() for cell in cells["answers"] for part in _parted(cell)]
    return Question(
        id=cells["id"][0].strip() if cells["id"] else str(number - 1),
        text=cells["question"][0].strip(),
        answers=tuple(dict.fromkeys(filter(None, answers))),
        source=cells["source"][0].strip() if cells["source"] else None,
        page=int(page) if page else None,
    )


def _joined(answers: Sequence[str]) -> str:
    """Return answers as one cell; a line end behind a single one with a bar says that it is one (`_parted`)."""
    joined = "\n".join(answers)
    return f"{joined}\n" if len(answers) == 1 and _BARS.search(joined) else joined


def _parted(cell: str) -> list[str]:
    return cell.split("\n") if "\n" in cell else _BARS.split(cell)


def _safe(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula; `_plain` undoes it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


def _bad(path: Path, cause: str, *, detail: str, row: int | None = None) -> BadQuestionFile:
    where = f" in row {row}" if row else ""
    return BadQuestionFile(
        f"{path} is not a table of questions ({detail}{where}); name its columns question, answers, source, page",
        file=str(path),
        cause=cause,
        detail=detail,
        row=row,
    )
