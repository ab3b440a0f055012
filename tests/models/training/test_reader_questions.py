import random

from models.training.questions import varied


def test_words_change_and_slots_do_not():
    made = {varied("{费用}一次最多报多少钱", rng=random.Random(seed)) for seed in range(60)}
    assert len(made) > 20
    assert all("{费用}" in text for text in made)
