"""Word files, slides and OpenDocument, read from their XML; the formats before 2007 through LibreOffice."""
