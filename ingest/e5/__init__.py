"""multilingual-e5-small: its weights, its tokenizer, and its graph for a processor and for a GPU."""
