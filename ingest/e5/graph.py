"""The ONNX graph of multilingual-e5-small: token ids in, one unit vector a text out.

A BERT encoder (Devlin et al. 2019, arXiv 1810.04805) with mean pooling (Wang et al. 2024, arXiv 2402.05672), computed
in 8-bit integers where the time goes. Three choices differ from what `onnxruntime.quantization` writes:

* Each token's activations are scaled by their own largest magnitude, not by the largest of the whole batch. A text's
  vector then does not depend on what it is embedded with, and one outlier does not coarsen all the others.
* Weights take 7 of the 8 bits: without the VNNI instructions, x86 adds pairs of products in 16 bits, which
  255 * 127 * 2 would overflow and 255 * 63 * 2 does not. The vectors are as good on older machines.
* The token embeddings stay in the 4 bits that they come in: exact, and half the size of 8.

There is no padding mask: all rows of one input have the same length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ingest.e5.weights import BLOCK, E5Weights

if TYPE_CHECKING:
    import numpy.typing as npt
    from onnx import ModelProto, NodeProto, TensorProto

INPUT = "ids"
OUTPUT = "vectors"
_CONTRIB = "com.microsoft"
_OPSET = 21
_IR_VERSION = 10
_WEIGHT_TOP = 63
_ACTIVATION_TOP = 127
_ACTIVATION_ZERO = 128


def build(weights: E5Weights) -> ModelProto:
    """Return the model: `ids` int64 (rows, tokens) → `vectors` float32 (rows, hidden), L2-normalised."""
    from onnx import TensorProto, helper

    writer = _Writer(weights)
    states = _embedded(writer)
    for layer in range(weights.layers):
        states = _encoder_layer(writer, states, prefix=f"l{layer}.")
    total = writer.add("ReduceSum", states, writer.constant("axis.tokens", np.array([1])), keepdims=0)
    writer.nodes.append(helper.make_node("LpNormalization", [total], [OUTPUT], axis=-1, p=2))
    graph = helper.make_graph(
        writer.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info(INPUT, TensorProto.INT64, ["rows", "tokens"])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["rows", weights.hidden])],
        writer.constants,
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="wendang")


class _Writer:
    """Nodes and constants of a graph in the making; every method returns the name of a value."""

    def __init__(self, weights: E5Weights) -> None:
        self.weights = weights
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.constant("axis.last", np.array([-1]))
        self.constant("activation.scale", np.float32(1 / _ACTIVATION_TOP))
        self.constant("activation.zero", np.uint8(_ACTIVATION_ZERO))
        self.constant("activation.least", np.float32(1e-9))

    def constant(self, name: str, value: npt.ArrayLike) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name))
        return name

    def add(self, operator: str, *inputs: str, domain: str = "", **attributes: object) -> str:
        return self.add_many(operator, *inputs, count=1, domain=domain, **attributes)[0]

    def add_many(self, operator: str, *inputs: str, count: int, domain: str = "", **attributes: object) -> list[str]:
        from onnx import helper

        outputs = [f"{operator}.{len(self.nodes)}.{number}" for number in range(count)]
        self.nodes.append(helper.make_node(operator, inputs, outputs, domain=domain, **attributes))
        return outputs

    def layer_norm(self, value: str, *, name: str) -> str:
        scale = self.constant(f"{name}.w", self.weights.vector(f"{name}.w"))
        bias = self.constant(f"{name}.b", self.weights.vector(f"{name}.b"))
        return self.add("LayerNormalization", value, scale, bias, axis=-1, epsilon=self.weights.epsilon)

    def linear(self, value: str, *, names: list[str], columns: int) -> str:
        """Multiply `value` by the matrices `names`, side by side, in 8-bit integers, and add their biases."""
        matrix = np.concatenate([self.weights.matrix(f"{name}.w", columns=columns) for name in names]).T
        scales = np.abs(matrix).max(axis=0) / _WEIGHT_TOP
        key = "+".join(names)
        quantised = self.constant(f"{key}.w", np.rint(matrix / scales).astype(np.int8))
        columns_scale = self.constant(f"{key}.scale", scales.astype(np.float32))
        columns_zero = self.constant(f"{key}.zero", np.zeros(len(scales), np.int8))
        bias = self.constant(f"{key}.b", np.concatenate([self.weights.vector(f"{name}.b") for name in names]))

        largest = self.add("ReduceMax", self.add("Abs", value), "axis.last", keepdims=1)
        largest = self.add("Max", largest, "activation.least")
        scaled = self.add("Div", value, largest)
        rounded = self.add("QuantizeLinear", scaled, "activation.scale", "activation.zero")
        operands = (rounded, quantised, "activation.scale", columns_scale, "activation.zero", columns_zero)
        product = self.add("MatMulIntegerToFloat", *operands, domain=_CONTRIB)
        return self.add("Add", self.add("Mul", product, largest), bias)


def _embedded(writer: _Writer) -> str:
    """Add token, position and type embeddings up and normalise them; all texts are of the first type."""
    from onnx import TensorProto

    weights = writer.weights
    writer.constants.append(_packed_embeddings(weights))
    _, scales = weights.blocks("emb.word", columns=weights.hidden)
    scale = writer.constant("tokens.scale", scales[: len(weights.pieces)])
    operands = ("tokens", INPUT, scale)
    axes = {"gather_axis": 0, "quantize_axis": 1, "block_size": BLOCK}
    half = writer.add("GatherBlockQuantized", *operands, domain=_CONTRIB, **axes)
    tokens = writer.add("Cast", half, to=TensorProto.FLOAT)

    table = weights.vector("emb.pos").reshape(-1, weights.hidden) + weights.vector("emb.type")[: weights.hidden]
    length = writer.add("Shape", INPUT, start=1, end=2)
    slice_from = writer.constant("position.first", np.array([0]))
    slice_axis = writer.constant("position.axis", np.array([0]))
    positions = writer.add("Slice", writer.constant("positions", table), slice_from, length, slice_axis)
    return writer.layer_norm(writer.add("Add", tokens, positions), name="emb.ln")


def _packed_embeddings(weights: E5Weights) -> TensorProto:
    """Return the token embeddings as signed 4-bit integers, two a byte, the first in the low half (ONNX's INT4)."""
    from onnx import TensorProto

    rows = len(weights.pieces)
    quantised, _ = weights.blocks("emb.word", columns=weights.hidden)
    halves = quantised[:rows].reshape(rows, weights.hidden).view(np.uint8) & 15
    packed = halves[:, 0::2] | (halves[:, 1::2] << 4)
    return TensorProto(
        name="tokens", data_type=TensorProto.INT4, dims=[rows, weights.hidden], raw_data=packed.tobytes()
    )


def _encoder_layer(writer: _Writer, states: str, *, prefix: str) -> str:
    """Write self-attention and feed-forward, each added to its input and normalised."""
    weights = writer.weights
    projected = writer.linear(states, names=[f"{prefix}{part}" for part in "qkv"], columns=weights.hidden)
    query, key, value = writer.add_many("Split", projected, count=3, axis=-1, num_outputs=3)
    attended = writer.add("MultiHeadAttention", query, key, value, domain=_CONTRIB, num_heads=weights.heads)
    mixed = writer.linear(attended, names=[f"{prefix}ao"], columns=weights.hidden)
    states = writer.layer_norm(writer.add("Add", states, mixed), name=f"{prefix}aln")

    inner = writer.add("Gelu", writer.linear(states, names=[f"{prefix}fi"], columns=weights.hidden))
    outer = writer.linear(inner, names=[f"{prefix}fo"], columns=weights.feed_forward)
    return writer.layer_norm(writer.add("Add", states, outer), name=f"{prefix}oln")
