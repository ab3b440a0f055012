"""Making and checking a language model. Not built yet: merging, converting, quantising and training come here."""
