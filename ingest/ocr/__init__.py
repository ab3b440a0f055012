"""Text of pictures: recognised, put in reading order, laid out as a page, and kept."""

from ingest.ocr.recognise import available, picture_page, picture_text

__all__ = ["available", "picture_page", "picture_text"]
