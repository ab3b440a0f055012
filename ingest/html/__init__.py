"""HTML as blocks, for pages, mails, saved pages and books alike."""
