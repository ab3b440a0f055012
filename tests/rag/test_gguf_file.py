import gguf

from rag.gguf_file import header_bytes, mapped, read_header


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
