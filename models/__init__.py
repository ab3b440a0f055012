"""Making and checking a language model: it stands alone, and knows nothing of libraries and questions."""
