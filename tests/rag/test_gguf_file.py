import struct

import gguf
import pytest

from rag.errors import UnusableModel
from rag.gguf_file import _BLOCKS, header_bytes, mapped, read_header


def test_the_header_agrees_with_the_library(tiny_model):
    ours, theirs = read_header(tiny_model), gguf.GGUFReader(tiny_model)
    assert ours.values["general.name"] == "tiny"
    assert ours.lengths["tokenizer.ggml.tokens"] == len(theirs.fields["tokenizer.ggml.tokens"].data)
    assert [(t.name, list(t.shape), t.kind) for t in ours.tensors] == [
        (t.name, [int(n) for n in t.shape], int(t.tensor_type)) for t in theirs.tensors
    ]
    assert [ours.data + t.offset for t in ours.tensors] == [int(t.data_offset) for t in theirs.tensors]


def test_a_header_that_is_read_can_be_written_again(tiny_model):
    header = read_header(tiny_model)
    with mapped(tiny_model) as data:
        pairs = [data[start:end] for start, end in header.spans.values()]
        assert data[: header.data] == header_bytes(
            header.version, pairs=pairs, tensors=header.tensors, alignment=header.alignment
        )


def test_the_sizes_of_types_are_those_of_the_library():
    theirs = {int(kind): size for kind, size in gguf.GGML_QUANT_SIZES.items()}
    theirs[9] = (32, 36)  # Q8_1: the library's figure is that of its first form; no file has it
    assert theirs == _BLOCKS


@pytest.mark.parametrize("cut", [1, 100, 5000])
def test_a_file_that_lacks_its_end_says_how_long_it_should_be(tiny_model, tmp_path, cut):
    whole = tiny_model.read_bytes()
    path = tmp_path / "cut.gguf"
    path.write_bytes(whole[:-cut])
    with pytest.raises(UnusableModel) as caught:
        read_header(path)
    assert caught.value.values["cause"] == "incomplete"
    assert caught.value.values["found"] == len(whole) - cut
    assert caught.value.values["found"] < caught.value.values["expected"] <= len(whole)


@pytest.mark.parametrize("length", [4, 7, 12, 20, 24, 60, 300, 2000])
def test_a_header_that_is_cut_off_is_damage(tiny_model, tmp_path, length):
    path = tmp_path / "cut.gguf"
    path.write_bytes(tiny_model.read_bytes()[:length])
    with pytest.raises(UnusableModel) as caught:
        read_header(path)
    assert caught.value.values["cause"] == "damaged"


def head(version=3, tensors=0, pairs=0):
    return b"GGUF" + struct.pack("<IQQ", version, tensors, pairs)


def pair(key, kind, value):
    return struct.pack("<Q", len(key)) + key + struct.pack("<I", kind) + value


@pytest.mark.parametrize(
    "body",
    [
        head(tensors=2**40), head(pairs=2**62), head(tensors=2**64 - 1),
        head(pairs=1) + struct.pack("<Q", 2**63),
        head(pairs=1) + pair(b"general.alignment", 4, struct.pack("<I", 0)),
        head(pairs=1) + pair(b"x", 9, struct.pack("<IQ", 9, 1)),
        head(pairs=1) + pair(b"x", 77, b""),
        head(pairs=1) + pair(b"\xff\xfe", 4, struct.pack("<I", 0)),
        head(tensors=1) + struct.pack("<Q", 1) + b"t" + struct.pack("<I", 2**31),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_damage(tmp_path, body):
    path = tmp_path / "hostile.gguf"
    path.write_bytes(body + bytes(200))
    with pytest.raises(UnusableModel) as caught:
        read_header(path)
    assert caught.value.values["cause"] in {"damaged", "incomplete"}
