"""Training: the data and the recipe of the reader adapter, from question sets and synthetic documents to GGUF."""

__all__: list[str] = []
