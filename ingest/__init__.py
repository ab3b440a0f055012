"""From files to searchable passages: scan, load, chunk, embed, and keep a library equal to its folders."""
