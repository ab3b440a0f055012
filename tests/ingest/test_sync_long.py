"""A long file can be asked about while the rest of it is being read, and is whole in the end."""

import itertools

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from samples import BigramEmbedder, story

from ingest import sync
from ingest.errors import Reason
from ingest.library import report
from ingest.library.store import Library
from ingest.limits import Limits
from ingest.sync import Sync
from ingest.types import Added, Failed, Progress, Summary

PAGES = 70


@pytest.fixture(scope="module")
def long_pdf(tmp_path_factory):
    path = tmp_path_factory.mktemp("long") / "年度巡检记录.pdf"
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path), pagesize=A4)
    for page in range(PAGES):
        canvas.setFont("STSong-Light", 10)
        text = story(28, seed=page).replace("\n", "")
        for line, start in enumerate(range(0, len(text), 48)):
            canvas.drawString(60, 780 - 16 * line, text[start : start + 48])
        canvas.showPage()
    canvas.save()
    return path


@pytest.fixture
def library(tmp_path):
    opened = Library(tmp_path / "library")
    yield opened
    opened.close()


def status(library):
    return report.documents_status(library.catalog)


def test_the_beginning_can_be_searched_before_the_end_is_read(library, long_pdf):
    events = Sync(library, embedder=BigramEmbedder()).run([long_pdf.parent])
    pages_read = 0
    for event in events:
        if isinstance(event, Progress) and event.stage == "page":
            pages_read = event.done
            if status(library)[0].passages:
                break
    [beginning] = status(library)
    assert pages_read < PAGES
    assert beginning.status == "partial"
    assert [gap.reason for gap in beginning.gaps] == [Reason.STILL_READING]
    assert library.keywords.search("巡检", limit=5)

    rest = list(events)
    [whole] = status(library)
    assert (whole.status, whole.pages, whole.gaps) == ("indexed", PAGES, ())
    assert whole.read > beginning.read
    assert [event.source for event in rest if isinstance(event, Added)] == ["年度巡检记录.pdf"]
    assert rest[-1].reused < rest[-1].embedded, "what the beginning embedded counts once"


def test_the_beginning_grows_while_the_rest_is_read(library, long_pdf, monkeypatch):
    monkeypatch.setattr(sync, "_BEGINNING", 10_000)
    sizes = []
    for event in Sync(library, embedder=BigramEmbedder()).run([long_pdf.parent]):
        if isinstance(event, Progress) and event.stage == "page" and (found := status(library)):
            sizes.append(found[0].read)
    beginnings = sorted({size for size in sizes if size})
    assert len(beginnings) >= 2
    assert sizes == sorted(sizes)


def test_a_beginning_whose_file_breaks_before_the_next_pass_is_shown_no_more(library, long_pdf, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    path = docs / long_pdf.name
    path.write_bytes(long_pdf.read_bytes())
    events = Sync(library, embedder=BigramEmbedder()).run([docs])
    list(itertools.takewhile(lambda _: not status(library)[0:1] or not status(library)[0].passages, events))
    events.close()
    path.write_bytes(b"%PDF-1.7 cut")
    list(Sync(library, embedder=BigramEmbedder()).run([docs]))
    [failed] = status(library)
    assert (failed.status, failed.read) == ("failed", 0)


def test_a_renamed_beginning_is_read_to_its_end_in_the_same_pass(library, long_pdf, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "旧.pdf").write_bytes(long_pdf.read_bytes())
    events = Sync(library, embedder=BigramEmbedder()).run([docs])
    list(itertools.takewhile(lambda _: not status(library)[0:1] or not status(library)[0].passages, events))
    events.close()
    (docs / "旧.pdf").rename(docs / "新.pdf")
    list(Sync(library, embedder=BigramEmbedder()).run([docs]))
    [whole] = status(library)
    assert (whole.source, whole.status, whole.pages) == ("新.pdf", "indexed", PAGES)


def test_a_pass_that_ends_in_the_middle_is_made_good_by_the_next(library, long_pdf):
    embedder = BigramEmbedder()
    events = Sync(library, embedder=embedder).run([long_pdf.parent])
    list(itertools.takewhile(lambda _: not status(library)[0:1] or not status(library)[0].passages, events))
    events.close()
    early = len(embedder.embedded)
    assert early
    *_, summary = Sync(library, embedder=embedder).run([long_pdf.parent])
    assert isinstance(summary, Summary)
    [whole] = status(library)
    assert (whole.status, whole.pages) == ("indexed", PAGES)
    assert len(embedder.embedded) < early + len(set(embedder.embedded)), "what was embedded is not embedded again"


def test_what_was_read_before_a_file_broke_off_is_kept_with_the_reason(library, long_pdf):
    events = list(Sync(library, embedder=BigramEmbedder(), limits=Limits(text_bytes=30_000)).run([long_pdf.parent]))
    [failure] = [event for event in events if isinstance(event, Failed)]
    assert (failure.reason, failure.partial) == (Reason.TOO_LARGE, True)
    [kept] = status(library)
    assert kept.status == "partial"
    assert 0 < kept.pages < PAGES
    assert kept.gaps[0].page == kept.pages + 1
