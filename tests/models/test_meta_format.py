"""Meta's form (rows B1 and B5): read and written, in parts, with an odd vocabulary."""

import json
import zipfile

import pytest
import torch
from tiny_llama import Size, base_tensors, config_of, write_base, write_lora, write_tokenizer, write_weights
from transformers import AutoModelForCausalLM

from models.errors import BadModelFiles
from models.merge import Options, merge
from models.meta_format import open_meta, to_halves, to_pairs
from models.meta_writing import share
from models.weights import open_weights

ODD = 217


@pytest.fixture
def odd(tmp_path):
    """A base with an odd vocabulary and no tokenizer."""
    folder = tmp_path / "odd"
    write_weights(folder, base_tensors(rows=ODD))
    (folder / "config.json").write_text(json.dumps(config_of(rows=ODD)))
    return folder


def read_all(folder):
    weights = open_weights(folder)
    return {name: weights.read(name) for name in weights.tensors}


def equal(left, right):
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


def converted(folder, out, **options):
    return merge(folder, loras=[], out=out, options=Options(**options)).folder


@pytest.mark.parametrize("parts", [1, 2, 4])
def test_B5_there_and_back_gives_the_same_tensors_with_the_last_row(odd, tmp_path, parts):
    meta = converted(odd, tmp_path / "meta", format="pth", parts=parts)
    assert sorted(path.name for path in meta.glob("*.pth")) == [f"consolidated.{n:02}.pth" for n in range(parts)]
    back = converted(meta, tmp_path / "back")
    assert equal(read_all(back), base_tensors(rows=ODD))


def test_B5_an_odd_vocabulary_splits_unevenly_and_loses_no_row(odd, tmp_path):
    meta = converted(odd, tmp_path / "meta", format="pth", parts=2)
    heads = [torch.load(meta / f"consolidated.0{n}.pth", weights_only=True)["output.weight"] for n in range(2)]
    assert [head.shape[0] for head in heads] == [108, 109]
    assert torch.equal(torch.cat(heads), base_tensors(rows=ODD)["lm_head.weight"])
    assert [share(49953, part=part, parts=2) for part in range(2)] == [(0, 24976), (24976, 49953)]


def test_B5_torch_and_zip_tools_open_the_parts(odd, tmp_path):
    meta = converted(odd, tmp_path / "meta", format="pth")
    file = meta / "consolidated.00.pth"
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
    for mapped in (False, True):
        loaded = torch.load(file, weights_only=True, mmap=mapped)
        assert loaded["layers.1.attention_norm.weight"].shape == (64,)
        assert torch.equal(loaded["norm.weight"], base_tensors(rows=ODD)["model.norm.weight"])


def test_B5_the_rotary_order_is_meta_s():
    """Meta pairs neighbouring rows of a head, Hugging Face the first half with the second."""
    rows = torch.arange(8).float().unsqueeze(1)
    assert to_pairs(rows, heads=1).flatten().tolist() == [0, 4, 1, 5, 2, 6, 3, 7]
    assert to_pairs(rows, heads=2).flatten().tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    assert torch.equal(to_halves(to_pairs(rows, heads=2), heads=2), rows)


def test_B5_grouped_heads_survive(tmp_path):
    size = Size(kv_heads=2)
    base = write_base(tmp_path / "base", size=size)
    meta = converted(base, tmp_path / "meta", format="pth", parts=2)
    assert json.loads((meta / "params.json").read_text())["n_kv_heads"] == 2
    assert equal(read_all(converted(meta, tmp_path / "back")), base_tensors(rows=32000, size=size))


def test_B5_params_are_those_of_meta_s_code(odd, tmp_path):
    params = json.loads((converted(odd, tmp_path / "meta", format="pth") / "params.json").read_text())
    natural = int(params["ffn_dim_multiplier"] * int(2 * 4 * params["dim"] / 3))
    assert params["multiple_of"] * -(-natural // params["multiple_of"]) == 160
    assert (params["dim"], params["n_heads"], params["n_layers"], params["vocab_size"]) == (64, 4, 2, -1)


def test_B5_the_same_weights_give_the_same_file(odd, tmp_path):
    once, again = (converted(odd, tmp_path / name, format="pth") for name in ("one", "two"))
    assert (once / "consolidated.00.pth").read_bytes() == (again / "consolidated.00.pth").read_bytes()


def test_B1_a_base_of_meta_s_is_merged_as_the_one_of_hugging_face(tmp_path):
    base = write_base(tmp_path / "base")
    lora = write_lora(tmp_path / "alpaca", rows=49954)
    meta = converted(base, tmp_path / "llama" / "7B", format="pth", parts=2)
    (meta / "tokenizer.model").replace(meta.parent / "tokenizer.model")
    made = merge(meta, loras=[lora], out=tmp_path / "from meta", options=Options(shard_by_shard=True))
    expected = merge(base, loras=[lora], out=tmp_path / "from hf")
    assert equal(read_all(made.folder), read_all(expected.folder))
    _, told = AutoModelForCausalLM.from_pretrained(made.folder, output_loading_info=True)
    assert not any(told.values())
    config, wanted = (json.loads((path / "config.json").read_text()) for path in (made.folder, base))
    assert {key: config[key] for key in wanted if key != "vocab_size"} == {
        key: value for key, value in wanted.items() if key != "vocab_size"
    }
    again = converted(meta, tmp_path / "plain")
    assert (again / "tokenizer.model").is_file()
    assert (again / "tokenizer_config.json").is_file()


def test_B5_a_merge_can_be_written_in_meta_s_form(tmp_path):
    base, lora = write_base(tmp_path / "base"), write_lora(tmp_path / "alpaca", rows=49954)
    meta = merge(base, loras=[lora], out=tmp_path / "meta", options=Options(format="pth", parts=2)).folder
    expected = merge(base, loras=[lora], out=tmp_path / "hf").folder
    assert equal(read_all(meta), read_all(expected))
    assert sorted(path.name for path in meta.iterdir()) == [
        "consolidated.00.pth",
        "consolidated.01.pth",
        "params.json",
        "provenance.json",
        "tokenizer.model",
    ]


def test_B5_a_missing_part_is_told(odd, tmp_path):
    meta = converted(odd, tmp_path / "meta", format="pth", parts=2)
    (meta / "consolidated.01.pth").rename(tmp_path / "kept")
    with pytest.raises(BadModelFiles) as caught:
        open_meta(meta)
    assert caught.value.values["cause"] == "parts"
    (meta / "consolidated.00.pth").unlink()
    (tmp_path / "kept").rename(meta / "consolidated.01.pth")
    with pytest.raises(BadModelFiles) as caught:
        open_meta(meta)
    assert (caught.value.values["cause"], caught.value.values["files"]) == ("missing_files", "consolidated.00.pth")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"rope_scaling": {"type": "linear", "factor": 4.0}}, "rotary"),
        ({"num_attention_heads": 4}, "3 parts"),
    ],
)
def test_B5_what_meta_s_form_cannot_hold_is_refused(odd, tmp_path, change, told):
    config = json.loads((odd / "config.json").read_text())
    (odd / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(BadModelFiles) as caught:
        converted(odd, tmp_path / "meta", format="pth", parts=3)
    assert caught.value.values["cause"] == "not_in_meta"
    assert told in str(caught.value)


def test_a_tokenizer_of_another_size_is_refused(odd, tmp_path):
    write_tokenizer(odd, rows=32000)
    with pytest.raises(Exception, match="217"):
        converted(odd, tmp_path / "meta", format="pth")
