import random

import numpy as np
import pytest

from models.errors import BadRecipe, WrongPart
from models.training import lora
from models.training.gemma import cut_vocabulary, load_gemma
from models.training.reader import tokenised
from models.training.reader_probe import Marks, probe
from models.training.reader_train import Recipe, train
from models.training.rows import Rows

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

END, REFUSAL = 1, 5


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A random Gemma 3 of two layers with 40 tokens, cut down to 24 of them."""
    import gguf

    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("gemma") / "tiny.gguf"
    writer = gguf.GGUFWriter(path, "gemma3")
    sizes = {"embedding_length": 32, "feed_forward_length": 64, "block_count": 2, "context_length": 256}
    heads = {"attention.head_count": 2, "attention.head_count_kv": 1, "attention.key_length": 16}
    for name, number in {**sizes, **heads, "attention.sliding_window": 8}.items():
        writer.add_uint32(f"gemma3.{name}", number)
    writer.add_float32("gemma3.attention.layer_norm_rms_epsilon", 1e-6)
    writer.add_float32("gemma3.rope.freq_base", 1e6)
    shapes = {
        "attn_q": (32, 32), "attn_k": (16, 32), "attn_v": (16, 32), "attn_output": (32, 32), "ffn_gate": (64, 32),
        "ffn_up": (64, 32), "ffn_down": (32, 64),
    }  # fmt: skip
    norms = {"attn_norm": 32, "attn_q_norm": 16, "attn_k_norm": 16, "post_attention_norm": 32, "ffn_norm": 32}
    writer.add_tensor("token_embd.weight", rng.normal(size=(40, 32)).astype(np.float32) * 0.3)
    writer.add_tensor("output_norm.weight", np.ones(32, np.float32))
    for layer in range(2):
        for name, shape in shapes.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", rng.normal(size=shape).astype(np.float32) * 0.2)
        for name, size in {**norms, "post_ffw_norm": 32}.items():
            writer.add_tensor(f"blk.{layer}.{name}.weight", np.ones(size, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    cut = path.with_name("cut.gguf")
    cut_vocabulary(path, tokens=np.arange(24), out=cut)
    return cut


@pytest.fixture
def rows():
    """Prompts of random letters; the reply is the first of them."""
    rng = random.Random(0)
    pairs = []
    for _ in range(64):
        letter = rng.randint(6, 9)
        pairs.append((chr(letter) + "".join(chr(rng.randint(10, 20)) for _ in range(rng.randint(3, 14))), chr(letter)))
    return tokenised(pairs, tokenize=lambda text: list(map(ord, text)), begin=2, end=END)


def test_only_the_kept_tokens_have_embeddings(base):
    assert load_gemma(base).model.embed_tokens.weight.shape == (24, 32)


def test_rows_are_read_as_they_were_written(rows, tmp_path):
    rows.write(tmp_path / "rows.npz")
    again = Rows.read(tmp_path / "rows.npz")
    assert again.row(3).tolist() == rows.row(3).tolist()
    assert again.prompt(3).tolist() == rows.prompt(3).tolist()
    assert rows.row(3).tolist() == [*rows.prompt(3).tolist(), int(rows.prompt(3)[1]), END]


def test_a_new_adapter_changes_nothing_and_a_read_one_is_the_written_one(base, tmp_path):
    tokens = torch.arange(6).reshape(1, 6)
    plain, model = load_gemma(base), load_gemma(base)
    adapter = lora.attach(model, rank=2, alpha=4.0, dropout=0.0, seed=0)
    assert torch.equal(plain(tokens).logits, model(tokens).logits)
    for b in adapter.b.values():
        torch.nn.init.normal_(b, std=0.1)
    lora.write_adapter(adapter, tmp_path / "a.gguf")
    other = load_gemma(base)
    lora.read_adapter(tmp_path / "a.gguf", into=lora.attach(other, rank=2, alpha=4.0, dropout=0.0, seed=1))
    assert not torch.allclose(plain(tokens).logits, model(tokens).logits)
    assert torch.allclose(other(tokens).logits, model(tokens).logits, atol=2e-2)


def test_an_adapter_of_another_alpha_is_refused(base, tmp_path):
    model = load_gemma(base)
    lora.write_adapter(lora.attach(model, rank=2, alpha=4.0, dropout=0.0, seed=0), tmp_path / "a.gguf")
    other = lora.attach(load_gemma(base), rank=2, alpha=8.0, dropout=0.0, seed=0)
    with pytest.raises(WrongPart, match="alpha 4"):
        lora.read_adapter(tmp_path / "a.gguf", into=other)


def test_training_lowers_the_loss_and_the_probe_says_what_was_learned(base, rows, tmp_path):
    recipe = Recipe(rank=8, alpha=16.0, dropout=0.0, learning_rate=3e-2, batch=16, epochs=25, micro_tokens=128)
    log = []
    train(base, rows, out=tmp_path / "a.gguf", recipe=recipe, on_step=log.append)
    assert log[-1]["loss"] < log[0]["loss"] / 2
    said = probe(base, rows, marks=Marks((END,), REFUSAL), adapter=tmp_path / "a.gguf", recipe=recipe)
    right = sum(one.reply == [int(rows.prompt(row)[1])] for row, one in enumerate(said))
    assert right > 40


def test_a_refusal_comes_with_its_margin_and_what_would_be_said_instead(base, rows):
    said = probe(base, rows, marks=Marks((END,), REFUSAL))
    first = said[0].reply[0]
    again = probe(base, rows, marks=Marks((END,), first))
    assert again[0].margin is not None
    assert again[0].margin >= 0
    assert again[0].instead
    assert again[0].instead[0] != first


def test_a_training_that_was_stopped_goes_on_to_the_same_adapter(base, rows, tmp_path):
    recipe = Recipe(rank=2, alpha=4.0, dropout=0.1, batch=8, epochs=4, keep_every=3)

    def stop(facts):
        if facts["step"] == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(base, rows, out=tmp_path / "a.gguf", recipe=recipe, on_step=stop)
    assert not (tmp_path / "a.gguf").exists()
    with pytest.raises(BadRecipe, match="unfinished training with other settings"):
        train(base, rows, out=tmp_path / "a.gguf", recipe=Recipe(rank=2, alpha=4.0))
    log = []
    train(base, rows, out=tmp_path / "a.gguf", recipe=recipe, on_step=log.append)
    assert [facts["step"] for facts in log] == [20, 31]
    train(base, rows, out=tmp_path / "whole.gguf", recipe=recipe)
    assert (tmp_path / "a.gguf").read_bytes() == (tmp_path / "whole.gguf").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gguf", "a.log.json", "whole.gguf", "whole.log.json"]
