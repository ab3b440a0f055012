"""Tables as stored text: rows that name their values; which row is the header; cells as their users see them."""

from ingest.tables.rows import table_text

__all__ = ["table_text"]
