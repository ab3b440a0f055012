"""What a notebook shows of a library: HTML in which nothing from a file does anything."""

from html.parser import HTMLParser

import pytest

from ingest.library.report import DocumentStatus
from ingest.notebook import MOST_ROWS
from ingest.types import Added, Failed, Passage, Progress, Reason, Summary
from rag.notebook import Documents, Passages, ShownSync, shown
from rag.types import Answer, Citation, Unsupported

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>\"' $$\\def\\x{\\x\\x}$$ ![x](http://a.example/) \u202e倒"
)


class Seen(HTMLParser):
    """The elements of a piece of HTML, and its text."""

    def __init__(self, html):
        super().__init__()
        self.elements, self.text, self.open = [], "", []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def passage(text=HOSTILE):
    return Passage(1, HOSTILE, 3, 0, len(text), HOSTILE, text)


def answer(text, **values):
    return Answer(text, **values)


@pytest.mark.parametrize(
    "value",
    [
        passage(),
        Passages([passage()]),
        Documents([DocumentStatus(HOSTILE, "indexed", "text", "utf-8", 1, 9, 9, 1)]),
        Answer(HOSTILE, (Citation(1, HOSTILE, 2, 0, 3, HOSTILE, False),), passages=(passage(),), model=HOSTILE),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_comes_from_a_file_is_text_and_nothing_else(value):
    seen = Seen(value._repr_html_())
    assert not seen.open
    assert HOSTILE in seen.text
    harmless = {"div", "table", "thead", "tbody", "tr", "th", "td", "pre", "bdi", "mark", "small", "details", "summary"}
    assert {tag for tag, _ in seen.elements} <= harmless
    assert {name for _, attributes in seen.elements for name in attributes} <= {"class", "style", "title"}
    assert seen.elements[0] == ("div", {"class": "tex2jax_ignore mathjax_ignore"})


def test_what_nothing_bears_out_is_marked_where_it_stands():
    text = "押金三万元[1]。另付五百元。"
    parts = (Unsupported("sentence", "另付五百元。", 9, 15), Unsupported("number", "五百元", 11, 14))
    html = Answer(text, unsupported=parts)._repr_html_()
    assert "押金三万元[1]。<mark" in html and ">另付五百元。</mark>" in html
    assert Seen(html).text.startswith(text)


def test_of_thousands_of_documents_the_first_are_shown_and_the_others_counted():
    many = Documents(DocumentStatus(f"{n}.txt", "indexed", "text", None, 1, 1, 1, 1) for n in range(MOST_ROWS + 7))
    html = many._repr_html_()
    assert html.count("<tr>") == MOST_ROWS + 1 and "+ 7" in html


def test_passages_and_documents_are_still_lists():
    assert Passages([passage()]) == [passage()] and isinstance(Passages(), list)


def test_outside_of_a_notebook_the_events_of_a_sync_are_as_they_were():
    events = (event for event in [Summary()])
    assert shown(events, engine=object()) is events


def test_the_picture_of_a_sync_shows_how_far_it_is_and_then_what_became_of_it(monkeypatch):
    events = [
        Progress("read", 1, 3, "甲<b>.txt"),
        Added("甲.txt", 1, 2, 30, 0.1),
        Failed("坏.pdf", Reason.DAMAGED),
        Summary(added=1, failed=1),
    ]
    pictures = []
    run = ShownSync(event for event in events)
    monkeypatch.setattr(run, "_draw", lambda: pictures.append(run.picture()))
    assert list(run) == events
    assert 'value="1" max="3"' in pictures[0] and "甲&lt;b&gt;.txt" in pictures[0]
    assert "added 1" in pictures[-1] and "坏.pdf" in pictures[-1] and "damaged" in pictures[-1]
