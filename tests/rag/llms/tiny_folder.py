"""A LLaMA of a few hundred kilobytes as a model folder, with random weights and a vocabulary merged as Chinese-LLaMA's.

The vocabulary is made here: a SentencePiece BPE model of English text with byte fallback (the base), and behind it
Chinese words and characters, each with the score 0. `[PAD]` follows as a word, as in Chinese-Alpaca.
"""

import io
import json
import random
from pathlib import Path

import gguf
import numpy as np

WIDTH, HEADS, KEPT_HEADS, LAYERS, INNER, CONTEXT = 64, 4, 2, 2, 128, 512

# Words whose ends begin others (合同·同意·意见): where two readings are possible, the order of merging decides.
_CHAIN = """
合同 同意 意见 见面 面积 积压 压力 力量 量具 具体 体检 检查 查询 询问 问题 题目 目的 的士 士气 气温 温度 度假
假期 期满 满意 意外 外出 出差 差旅 旅费 费用 用品 品质 质量 量产 产假 年假 假日 日期 期间 间接 接收 收到 到期
期限 限制 制度 度量 员工 工作 作业 业务 务必 必须 须知 知道 道路 路线 线上 上班 班次 次日 日报 报表 表示 示意
公司 司机 机会 会议 议题 财务 务实 实际 际遇 保证 证件 件数 数据 据此 此后 后果 果断 断电 电费 押金 金额 额外
外部 部门 门卫 卫生 生产 产品 品种 种类 类别 别人 人事 事项 项目 目标 标准 准时 时间 安全 全部 部分 分期 期末
末尾 杰出 出的 的话 应当 当日 日后 可以 以前 前往 往来 来年 年度 不得 得到 到场 场所 所有 有效 效果 申请 请假
提交 交付 付款 款项
"""
_WORDS = _CHAIN.split()
_LETTERS = list("的了和在是与或由对从年月日天个")
_ENGLISH = (
    "The office opens at nine. Send the report to the manager before Friday. A new employee has ten days of leave. "
    "Keep all receipts; the finance department pays within 30 days. Please read the manual first."
)


def chinese_lines(count: int, *, seed: int = 7) -> list[str]:
    """Return that many lines in which words run into each other, with figures, letters and rare characters."""
    chance = random.Random(seed)
    lines = []
    for number in range(count):
        text = ""
        for _ in range(chance.randint(5, 12)):
            follow = [word[1:] for word in _WORDS if text.endswith(word[0])]
            text += chance.choice(follow if follow and chance.random() < 0.5 else _WORDS + _LETTERS)
        lines.append(
            text + chance.choice(["", "，", " OA系统 ", f"共{number}份", "\t一、"]) + chance.choice("。；？龘𠮷😀")
        )
    return lines


def merged_proto():
    """Return the merged SentencePiece model: base, Chinese pieces with score 0, `[PAD]`."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([_ENGLISH] * 3 + ["年 月 日 的 一"]),
        model_writer=trained,
        model_type="bpe",
        vocab_size=340,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
    )
    merged = sentencepiece_model_pb2.ModelProto.FromString(trained.getvalue())
    known = {piece.piece for piece in merged.pieces}
    words = [*_WORDS, *sorted({*"".join(_WORDS), *_LETTERS})]
    random.Random(1).shuffle(words)
    for text in [*words, "[PAD]"]:
        if text not in known:
            merged.pieces.add(piece=text, score=0.0)
    return merged


def write_folder(folder: Path, proto) -> Path:
    """Write the model as transformers does, its tokenizer as Chinese-Alpaca has it."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    folder.mkdir(parents=True)
    torch.manual_seed(3)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(proto.pieces),
            hidden_size=WIDTH,
            intermediate_size=INNER,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            num_key_value_heads=KEPT_HEADS,
            max_position_embeddings=CONTEXT,
            initializer_range=0.3,
            rms_norm_eps=1e-6,
            pad_token_id=len(proto.pieces) - 1,
        )
    )
    with torch.no_grad():
        for layer in model.model.layers:
            # llama.cpp keeps what attention read as 16-bit numbers; less weight on it, and both say the same.
            layer.self_attn.o_proj.weight *= 0.05
    model.save_pretrained(folder)
    (folder / "tokenizer.model").write_bytes(proto.SerializeToString())
    settings = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "[PAD]"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), "utf-8")
    return folder


def write_gguf(path: Path, *, folder: Path, proto) -> Path:
    """Write the folder's model as a GGUF file of 32-bit numbers."""
    from safetensors.numpy import load_file

    weights = load_file(folder / "model.safetensors")
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KEPT_HEADS)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_tokenizer_model("llama")
    writer.add_token_list([piece.piece for piece in proto.pieces])
    writer.add_token_scores([piece.score for piece in proto.pieces])
    # SentencePiece and GGUF number the kinds alike; [PAD] is a control token whatever the model says.
    writer.add_token_types([3 if piece.piece == "[PAD]" else piece.type for piece in proto.pieces])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    for name, values in weights.items():
        writer.add_tensor(_gguf_name(name), _in_pairs(name, values.astype(np.float32)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _gguf_name(name: str) -> str:
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, LAYERS)
    found = names.get_name(name, try_suffixes=(".weight",))
    assert found is not None, name
    return found


def _in_pairs(name: str, values: np.ndarray) -> np.ndarray:
    """Return the rows of queries and keys in llama.cpp's order: it turns neighbours, transformers halves."""
    heads = {"q_proj": HEADS, "k_proj": KEPT_HEADS}.get(name.split(".")[-2])
    if heads is None:
        return values
    rows, columns = values.shape
    return values.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)
