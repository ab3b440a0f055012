"""PDF: text by position, made into lines, paragraphs, tables and headings; the layout of OFD and of scans too."""
