"""RTF 1.9.1: tokens, encodings, and the text with its structure."""
