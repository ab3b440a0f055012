"""The library on disk: the record (SQLite), the keyword index inside it, and the vector index beside it."""
