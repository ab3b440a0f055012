"""`wendang status`: what is in the library, how much of it, and what is missing."""

from typing import Any

import click

from ingest.library.report import DocumentStatus, PageStatus
from ingest.types import Gap
from rag import Engine
from ui.options import define, opened, print_json, tell_that_library_is_empty, wants_json
from ui.sources import one_named, source_argument
from ui.tables import table
from ui.text import gaps_text, one_line, t


@define("status")
@source_argument(required=False, help=t("argument.source"))
def command(source: str | None) -> int:
    """Print the library's documents, or one document's pages."""
    with opened(read_only=True) as library:
        record = document_record(library, one_named(library, source)) if source else library_record(library)
        if wants_json():
            print_json(record)
        elif source:
            _print_document(record)
        else:
            _print_library(record)
            if not record["documents"]:
                tell_that_library_is_empty(library)
    return 0


def library_record(library: Engine) -> dict[str, Any]:
    """Return the library as `status --json` prints it."""
    documents = library.status()
    return {
        "files": len(documents),
        "passages": sum(document.passages for document in documents),
        "pages": sum(document.pages for document in documents),
        "characters": {
            "read": sum(document.read for document in documents),
            "indexed": sum(document.indexed for document in documents),
        },
        "pending": sum(document.status == "pending" for document in documents),
        "embedder": {"name": library.embedder.name, "dimensions": library.embedder.dimensions},
        "model": _model(library),
        "documents": [_document(document) for document in documents],
    }


def _model(library: Engine) -> dict[str, str | None]:
    """Return the chosen model's name and family; a model that cannot be used has none, and is `doctor`'s business."""
    from rag.errors import UnusableModel
    from rag.language_model import describe

    try:
        return describe(library.settings)
    except UnusableModel:
        return {"name": library.settings.model, "family": None}


def document_record(library: Engine, source: str) -> dict[str, Any]:
    """Return one document as `status SOURCE --json` prints it: with one entry a page."""
    [document] = library.status(source)
    pages = library.text(source).pages if document.pages else ()
    return {**_document(document), "pages": [_page(page) for page in pages]}


def _document(document: DocumentStatus) -> dict[str, Any]:
    reason, remedy = gaps_text(document.gaps)
    return {
        "source": document.source,
        "status": document.status,
        "loader": document.loader,
        "encoding": document.encoding,
        "pages": document.pages,
        "characters": {"read": document.read, "indexed": document.indexed},
        "passages": document.passages,
        "reason": reason,
        "remedy": remedy,
        "gaps": [{"page": gap.page, "reason": gap.reason, "values": gap.values} for gap in document.gaps],
    }


def _page(page: PageStatus) -> dict[str, Any]:
    reason, remedy = gaps_text([Gap(gap.reason, None, gap.values) for gap in page.gaps])
    return {
        "page": page.page,
        "start": page.start,
        "end": page.end,
        "heading": page.heading,
        "characters": {"read": page.read, "indexed": page.indexed, "left_out": page.left_out},
        "reason": reason,
        "remedy": remedy,
    }


def _print_library(record: dict[str, Any]) -> None:
    click.echo(t("status.library", **record, read=record["characters"]["read"]))
    rows = [
        (
            document["source"],
            t(f"status.{document['status']}"),
            str(document["pages"]),
            f"{document['characters']['indexed']}/{document['characters']['read']}",
            document["encoding"] or "",
            t("reason_and_remedy", **document) if document["reason"] else "",
        )
        for document in record["documents"]
    ]
    if rows:
        table(t("status.columns").split("|"), rows)


def _print_document(record: dict[str, Any]) -> None:
    reason = t("reason_and_remedy", **record) if record["reason"] else ""
    click.echo(f"{one_line(record['source'])}  {t('status.' + record['status'])}  {reason}".rstrip())
    rows = [
        (
            str(page["page"] or ""),
            f"{page['characters']['indexed']}/{page['characters']['read']}",
            page["heading"] or "",
            page["reason"] or "",
        )
        for page in record["pages"]
    ]
    table(t("status.page_columns").split("|"), rows)
