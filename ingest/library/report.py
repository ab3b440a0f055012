"""What the library holds: every document with its coverage, and its stored text."""

import json
import os
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.errors import NotInLibrary, Reason
from ingest.library.catalog import Catalog
from ingest.scan import size_and_time
from ingest.types import Gap, Passage


@dataclass(frozen=True, slots=True)
class PageStatus:
    """A page: its number (None where the format has none), its span in the stored text, and its coverage.

    `read` and `indexed` count characters; `left_out` those that are no content (running headers, …), by what they are.
    `heading` is the path of headings at its start; `gaps` tell what of the page is missing, and why.
    """

    page: int | None
    start: int
    end: int
    heading: str | None
    read: int
    indexed: int
    left_out: dict[str, int]
    gaps: tuple[Gap, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentStatus:
    """A document: what was read and indexed of it, in characters, and why anything is missing.

    A document whose newest version failed may still show its last good one; its only gap is then why it failed.
    `folder` is the synced folder that its source is relative to. `size` (bytes) and `modified` (seconds since 1970) are
    its file's when it was last looked at, None where that is not known.
    """

    source: str
    status: Literal["indexed", "partial", "failed", "pending"]
    loader: str | None
    encoding: str | None
    pages: int
    read: int
    indexed: int
    passages: int
    gaps: tuple[Gap, ...] = ()
    folder: str = ""
    size: int | None = None
    modified: float | None = None


@dataclass(frozen=True, slots=True)
class StoredText:
    """The text of a document as citations count it: `text` is that of its pages, or of the one asked for."""

    source: str
    text: str
    pages: tuple[PageStatus, ...]
    encoding: str | None
    loader: str


def documents_status(catalog: Catalog, source: str | None = None) -> list[DocumentStatus]:
    """Return every document (or the one named) in the order of their sources; NotInLibrary where it is not there."""
    rows = catalog.rows(
        "SELECT documents.*, folders.path AS folder, loader, encoding, characters, indexed,"
        " (SELECT count(*) FROM pages WHERE pages.content_id = contents.id) AS pages,"
        " (SELECT count(*) FROM passages WHERE passages.content_id = contents.id) AS passages"
        " FROM documents JOIN folders ON folders.id = folder_id"
        " LEFT JOIN contents ON contents.id = documents.content_id WHERE NOT forgotten AND (? IS NULL OR source = ?)"
        " ORDER BY source",
        source,
        source,
    )
    if source is not None and not rows:
        raise _unknown(source)
    gaps = _gaps(catalog)
    return [_status(row, gaps.get(row["content_id"], [])) for row in rows]


def _status(row: sqlite3.Row, gaps: Sequence[Gap]) -> DocumentStatus:
    """Return a document by its row; `gaps` are those of its content."""
    state: Literal["indexed", "partial", "failed", "pending"] = "indexed"
    if row["reason"]:
        state, gaps = "failed", [Gap(Reason(row["reason"]), None, json.loads(row["details"]))]
    elif row["content_id"] is None:
        state = "pending"
    elif gaps or row["indexed"] < row["characters"]:
        state = "partial"
    file = size_and_time(row["stat"])
    return DocumentStatus(
        source=row["source"],
        status=state,
        loader=row["loader"],
        encoding=row["encoding"],
        pages=row["pages"],
        read=row["characters"] or 0,
        indexed=row["indexed"] or 0,
        passages=row["passages"],
        gaps=tuple(gaps),
        folder=os.fsdecode(row["folder"]),
        size=file[0] if file else None,
        modified=file[1] if file else None,
    )


def document_passages(catalog: Catalog, source: str) -> list[Passage]:
    """Return the passages of a document, in the order of its text; none where there is no such document."""
    rows = catalog.rows(
        "SELECT passages.* FROM passages JOIN documents USING (content_id) WHERE source = ? ORDER BY start", source
    )
    return [
        Passage(row["id"], source, row["page"], row["start"], row["end"], row["heading"], row["text"]) for row in rows
    ]


def page_at(catalog: Catalog, passage: Passage, *, offset: int) -> int | None:
    """Return the page that has a character of a passage, which may go on over several; None where a format has none."""
    if passage.page is None:
        return None
    row = catalog.row(
        "SELECT max(number) AS page FROM pages JOIN passages USING (content_id)"
        " WHERE passages.id = ? AND pages.start <= ?",
        passage.id,
        offset,
    )
    return passage.page if row is None or row["page"] is None else int(row["page"])


def stored_text(catalog: Catalog, source: str, *, page: int | None = None) -> StoredText:
    """Return a document's stored text, or one page of it; NotInLibrary where there is no such document or page."""
    content = catalog.row(
        "SELECT contents.* FROM contents JOIN documents ON content_id = contents.id WHERE source = ?", source
    )
    if content is None:
        raise _unknown(source)
    gaps = _gaps(catalog).get(content["id"], [])
    rows = catalog.rows("SELECT * FROM pages WHERE content_id = ? ORDER BY number", content["id"])
    pages = tuple(
        PageStatus(
            page=row["number"] if content["paged"] else None,
            start=row["start"],
            end=row["end"],
            heading=row["heading"],
            read=row["end"] - row["start"],
            indexed=row["indexed"],
            left_out=json.loads(row["left_out"]),
            gaps=tuple(gap for gap in gaps if gap.page == row["number"] or not content["paged"]),
        )
        for row in rows
    )
    if page is not None and not (content["paged"] and 1 <= page <= len(pages)):
        raise NotInLibrary(
            f"{source!r} has no page {page}; it has {len(pages) if content['paged'] else 'no pages'}",
            source=f"{source} ({page})",
        )
    chosen: Sequence[int] = range(len(rows)) if page is None else [page - 1]
    text = "".join(rows[i]["text"] for i in chosen)
    return StoredText(source, text, tuple(pages[i] for i in chosen), content["encoding"], content["loader"])


def headings(catalog: Catalog, source: str) -> list[str]:
    """Return the headings that passages of a document stand under, outermost first, joined by " > "; in their order."""
    rows = catalog.rows(
        "SELECT heading FROM passages JOIN documents USING (content_id) WHERE source = ? AND heading IS NOT NULL"
        " GROUP BY heading ORDER BY min(start)",
        source,
    )
    return [row["heading"] for row in rows]


def _gaps(catalog: Catalog) -> dict[int, list[Gap]]:
    found: dict[int, list[Gap]] = {}
    for row in catalog.rows("SELECT * FROM gaps ORDER BY rowid"):
        gap = Gap(Reason(row["reason"]), row["page"], json.loads(row["details"]))
        found.setdefault(row["content_id"], []).append(gap)
    return found


def _unknown(source: str) -> NotInLibrary:
    return NotInLibrary(f"the library has no document {source!r}; `wendang status` lists them", source=source)
