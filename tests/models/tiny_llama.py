"""LLaMA models of a few megabytes with random weights and the real vocabulary sizes, and LoRAs in the form of 2023.

    base = write_base(folder / "llama")
    first = write_lora(folder / "chinese-llama-plus-lora-7b", rows=49953)
    last = write_lora(folder / "chinese-alpaca-plus-lora-7b", rows=49954)

The tokenizers are made up of the same kinds of pieces as the real ones, in the same numbers: 32,000 of the base (a BPE
with bytes), 20,000 of the added one (a Unigram), 2,047 of them in both, so 49,953 together and 49,954 with `[PAD]`.
"""

import itertools
import json
import random
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import save_file
from sentencepiece import sentencepiece_model_pb2 as sp

PROJECTIONS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
UNKNOWN, CONTROL, BYTE = 2, 3, 6
OVERLAP, ADDED = 2047, 20000


@dataclass(frozen=True)
class Size:
    """The form of a model. K-quants need a `hidden` and an `inner` that 256 divides."""

    hidden: int = 64
    layers: int = 2
    heads: int = 4
    kv_heads: int = 4
    inner: int = 160

    def matrices(self):
        """Yield the name and shape (out, in) of each projection of each layer."""
        narrow = self.hidden * self.kv_heads // self.heads
        shapes = {
            "self_attn.q_proj": (self.hidden, self.hidden),
            "self_attn.k_proj": (narrow, self.hidden),
            "self_attn.v_proj": (narrow, self.hidden),
            "self_attn.o_proj": (self.hidden, self.hidden),
            "mlp.gate_proj": (self.inner, self.hidden),
            "mlp.up_proj": (self.inner, self.hidden),
            "mlp.down_proj": (self.hidden, self.inner),
        }
        for layer in range(self.layers):
            for name, shape in shapes.items():
                yield f"model.layers.{layer}.{name}", shape


TINY = Size()


@cache
def llama_sentencepiece() -> bytes:
    """Return a tokenizer.model of 32,000 pieces: a BPE with byte fallback, as LLaMA's."""
    proto = sp.ModelProto()
    proto.trainer_spec.model_type = sp.TrainerSpec.BPE
    proto.trainer_spec.byte_fallback = True
    proto.trainer_spec.vocab_size = 32000
    proto.normalizer_spec.name = "identity"
    proto.normalizer_spec.remove_extra_whitespaces = False
    proto.pieces.add(piece="<unk>", score=0, type=UNKNOWN)
    for name in ("<s>", "</s>"):
        proto.pieces.add(piece=name, score=0, type=CONTROL)
    for value in range(256):
        proto.pieces.add(piece=f"<0x{value:02X}>", score=0, type=BYTE)
    letters = string.ascii_lowercase
    words = itertools.chain(
        ("".join(pair) for pair in itertools.product(letters, repeat=2)),
        (f"▁{letter}" for letter in letters),
        ("".join(three) for three in itertools.product(letters, repeat=3)),
        ("▁" + "".join(three) for three in itertools.product(letters, repeat=3)),
    )
    characters = [
        "▁",
        *string.punctuation,
        *string.digits,
        *string.ascii_letters,
        *map(chr, range(0x4E00, 0x4E00 + 700)),
    ]
    for number, word in enumerate(itertools.islice(words, 32000 - len(proto.pieces) - len(characters))):
        proto.pieces.add(piece=word, score=-float(number))
    for number, character in enumerate(characters):
        proto.pieces.add(piece=character, score=-40000.0 - number)
    return proto.SerializeToString()


@cache
def chinese_sentencepiece() -> bytes:
    """Return a model of 20,000 pieces, a Unigram of Chinese characters and words; 2,047 are LLaMA's too."""
    base = sp.ModelProto.FromString(llama_sentencepiece())
    proto = sp.ModelProto()
    proto.trainer_spec.model_type = sp.TrainerSpec.UNIGRAM
    proto.normalizer_spec.name = "nmt_nfkc"
    shared = [piece.piece for piece in base.pieces[-OVERLAP + 3 :]]
    own = [chr(0x4E00 + 700 + number) for number in range(6000)]
    drawn = random.Random(3)
    words: dict[str, None] = {}
    while len(words) < ADDED - OVERLAP - len(own):
        words[chr(0x4E00 + drawn.randrange(1500)) + chr(0x4E00 + drawn.randrange(1500))] = None
    for name, kind in (("<unk>", UNKNOWN), ("<s>", CONTROL), ("</s>", CONTROL)):
        proto.pieces.add(piece=name, score=0, type=kind)
    mixed = [*shared, *own, *words]
    drawn.shuffle(mixed)
    for number, piece in enumerate(mixed):
        proto.pieces.add(piece=piece, score=-5.0 - number / 1000)
    return proto.SerializeToString()


@cache
def sentencepiece_of(rows: int) -> bytes:
    """Return a tokenizer.model of 32,000, 49,953 or 49,954 pieces; of any other number, numbered pieces fill it up."""
    proto = sp.ModelProto.FromString(llama_sentencepiece())
    known = {piece.piece for piece in proto.pieces}
    more = [piece.piece for piece in sp.ModelProto.FromString(chinese_sentencepiece()).pieces]
    extended = [name for name in more if name not in known]
    names = [] if rows == 32000 else [*extended, "[PAD]"][: rows - 32000]
    names += [f"[unused{number}]" for number in range(rows - 32000 - len(names))]
    for name in names:
        proto.pieces.add(piece=name, score=0)
    del proto.pieces[rows:]
    return proto.SerializeToString()


def write_tokenizer(folder: Path, *, rows: int) -> None:
    """Write the tokenizer of so many tokens, as a LoRA's package has it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(sentencepiece_of(rows))
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    (folder / "special_tokens_map.json").write_text(json.dumps(special))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "LlamaTokenizer", **special}))


def base_tensors(*, rows: int, size: Size = TINY, seed: int = 0) -> dict[str, torch.Tensor]:
    """Return random weights by Hugging Face's names, in half precision."""
    drawn = torch.Generator().manual_seed(seed)

    def matrix(*shape):
        return (torch.randn(*shape, generator=drawn) * 0.05).half()

    tensors = {"model.embed_tokens.weight": matrix(rows, size.hidden)}
    for name, shape in size.matrices():
        tensors[f"{name}.weight"] = matrix(*shape)
    for layer in range(size.layers):
        for name in ("input_layernorm", "post_attention_layernorm"):
            tensors[f"model.layers.{layer}.{name}.weight"] = 1 + matrix(size.hidden)
    return tensors | {"model.norm.weight": 1 + matrix(size.hidden), "lm_head.weight": matrix(rows, size.hidden)}


def config_of(*, rows: int, size: Size = TINY) -> dict[str, object]:
    """Return the config.json of a LLaMA of this size."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "hidden_size": size.hidden,
        "intermediate_size": size.inner,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.kv_heads,
        "max_position_embeddings": 2048,
        "rms_norm_eps": 1e-6,
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "vocab_size": rows,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }


def write_weights(
    folder: Path, tensors: dict[str, torch.Tensor], *, form: str = "safetensors", shards: int = 1
) -> None:
    """Write tensors as `safetensors` or `bin`, in so many files."""
    folder.mkdir(parents=True, exist_ok=True)
    stem, suffix = ("model", ".safetensors") if form == "safetensors" else ("pytorch_model", ".bin")
    names = list(tensors)
    weight_map = {}
    for number in range(shards):
        part = {
            name: tensors[name] for name in names[number * len(names) // shards : (number + 1) * len(names) // shards]
        }
        file = f"{stem}{suffix}" if shards == 1 else f"{stem}-{number + 1:05}-of-{shards:05}{suffix}"
        weight_map |= dict.fromkeys(part, file)
        if form == "safetensors":
            save_file(part, folder / file, metadata={"format": "pt"})
        else:
            torch.save(part, folder / file)
    if shards > 1:
        index = {"metadata": {"total_size": sum(t.nbytes for t in tensors.values())}, "weight_map": weight_map}
        (folder / f"{stem}{suffix}.index.json").write_text(json.dumps(index))


def write_base(
    folder: Path, *, rows: int = 32000, size: Size = TINY, form: str = "safetensors", shards: int = 1, seed: int = 0
) -> Path:
    """Write a base model with its tokenizer, configuration and weights."""
    write_weights(folder, base_tensors(rows=rows, size=size, seed=seed), form=form, shards=shards)
    (folder / "config.json").write_text(json.dumps(config_of(rows=rows, size=size)))
    (folder / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, "eos_token_id": 2}))
    write_tokenizer(folder, rows=rows)
    return folder


def write_lora(
    folder: Path, *, rows: int | None = None, size: Size = TINY, seed: int = 1, form: str = "bin", **config: object
) -> Path:
    """Write a LoRA of all projections; with `rows`, embeddings and head of so many rows, and their tokenizer.

    The configuration has the obsolete keys of 2023's packages; `config` overrides it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn = torch.Generator().manual_seed(seed)
    rank = int(config.get("r", 8))
    tensors = {}
    for name, (out, into) in size.matrices():
        tensors[f"base_model.model.{name}.lora_A.weight"] = torch.randn(rank, into, generator=drawn) * 0.1
        tensors[f"base_model.model.{name}.lora_B.weight"] = torch.randn(out, rank, generator=drawn) * 0.1
    if rows:
        for name in ("model.embed_tokens", "lm_head"):
            tensors[f"base_model.model.{name}.weight"] = (torch.randn(rows, size.hidden, generator=drawn) * 0.05).half()
        write_tokenizer(folder, rows=rows)
    described = {
        "base_model_name_or_path": "llama-7b-hf",
        "bias": "none",
        "enable_lora": None,
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": 32.0,
        "lora_dropout": 0.05,
        "merge_weights": False,
        "modules_to_save": ["embed_tokens", "lm_head"] if rows else None,
        "peft_type": "LORA",
        "r": rank,
        "target_modules": list(PROJECTIONS),
        "task_type": "CAUSAL_LM",
    }
    (folder / "adapter_config.json").write_text(json.dumps(described | config))
    if form == "safetensors":
        save_file(tensors, folder / "adapter_model.safetensors")
    else:
        torch.save(tensors, folder / "adapter_model.bin")
    return folder
