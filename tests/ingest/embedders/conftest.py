import pytest

from ingest import embedders


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def e5(models_dir):
    return embedders.load("e5_onnx", models_dir=models_dir, threads=2)


@pytest.fixture(scope="session")
def tiny_model(models_dir):
    """A sentence-transformers folder with random weights, made here, for as much as can be tested without a hub."""
    pytest.importorskip("sentence_transformers", reason="needs the extra: torch")
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    torch.manual_seed(0)
    vocabulary = {
        piece: number for number, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", *"年假有几天十五query: passage"])
    }
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A", special_tokens=[("[CLS]", 2)])
    folder = models_dir / "tiny"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=64
    ).save_pretrained(folder)
    sizes = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=64, max_position_embeddings=64, **sizes)).save_pretrained(folder)
    transformer = Transformer(str(folder))
    SentenceTransformer(modules=[transformer, Pooling(32)]).save(str(folder))
    return folder


@pytest.fixture
def options(request):
    """What a backend cannot be loaded without, by its name."""
    return {"sentence_transformers": lambda: {"model": str(request.getfixturevalue("tiny_model"))}}
