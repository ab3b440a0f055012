"""How quick it is, beside the parts that do the work: the bare embedder, and a bare loop over llama.cpp.

Ratios tell more than seconds do: both sides run on the same machine, in the same process and minutes. 1 means that the
program adds nothing to what its parts cost.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import BadSetting
from rag import families
from rag.engine import Engine
from rag.settings import read_settings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_core.messages.ai import UsageMetadata

    from rag.llms.llama_cpp import LlamaCppChat

#: Characters of a generated text, about a page of a book.
_LENGTH = 500
#: Prompts that the language model is timed with.
_PROMPTS = 5

# The words of the generated texts.
_WHO = (
    "档案室", "采购部", "第三小组", "林场", "研究所", "地方志办公室", "维修队", "出版社", "水文站", "博物馆",
    "合作社", "实验中学", "船厂", "气象台", "基金会",
)  # fmt: skip
_WHEN = (
    "去年冬天", "六月初", "汛期之前", "验收当天", "搬迁以后", "展览期间", "合同到期时", "第二个季度",
    "一九八七年", "周末", "试运行阶段",
)  # fmt: skip
_DID = (
    "登记", "修订", "核对", "汇总", "检验", "公布", "移交", "抽查", "整理", "重新计算", "翻译", "封存", "报废",
    "补发",
)  # fmt: skip
_WHAT = (
    "借阅记录", "设备清单", "观测数据", "会议纪要", "图纸", "报销凭证", "木材样本", "旧照片", "水位曲线",
    "读者来信", "手稿", "安全规程", "库存台账",
)  # fmt: skip
_HOW = (
    "逐页", "按编号", "由两人一起", "在主管签字后", "依照新的标准", "分三批", "用了十一天", "未经通知便",
    "比原计划提前",
)  # fmt: skip
_THEN = (
    "发现{n}处需要更正", "共计{n}份", "误差不超过千分之{n}", "其中{n}件无法辨认", "费用为{n}元",
    "保存期限定为{n}年", "另有{n}人参加",
)  # fmt: skip


def measure_speed(*, home: Path, files: int, seed: int) -> dict[str, Any]:
    """Return the speed of sync and of generation under the settings of `home`, and the most memory used, in MB.

    `files` generated texts are synced into a temporary library. `sync_ratio` is texts a second of sync over those of
    the bare embedder; `generation_ratio` is tokens a second (prompt and answer) of the engine's model over those of a
    bare loop with the same context settings. Raises BadSetting for a model that does not run in this process.
    """
    chosen = read_settings(home)
    if chosen.backend != "llama_cpp":
        raise BadSetting(
            f"speed is measured with the backend llama_cpp, not {chosen.backend}; change the setting",
            name="backend",
            value=chosen.backend,
            expected="llama_cpp",
        )
    with tempfile.TemporaryDirectory(prefix="wendang-speed-") as folder:
        used = chosen.model_copy(update={"home": Path(folder), "models_dir": chosen.models})
        with Engine(used) as engine:
            texts = list(generated_texts(files, seed=seed))
            return {**_sync_speed(engine, texts), **_generation_speed(engine, texts), "peak_mb": _peak_mb()}


def generated_texts(count: int, *, seed: int) -> Iterator[str]:
    """Yield `count` different texts of some 500 characters in ordinary sentences, the same for the same seed."""
    draw = random.Random(seed)
    for _ in range(count):
        text = ""
        while len(text) < _LENGTH:
            text += _sentence(draw) + ("\n\n" if draw.random() < 0.15 else "")
        yield text


def _sentence(draw: random.Random) -> str:
    who, when, did, what, how = (draw.choice(words) for words in (_WHO, _WHEN, _DID, _WHAT, _HOW))
    then = draw.choice(_THEN).format(n=draw.randint(2, 998))
    return draw.choice((f"{when}，{who}{how}{did}了{what}，{then}。", f"{who}的{what}{when}{how}{did}，{then}。"))


def _sync_speed(engine: Engine, texts: Sequence[str]) -> dict[str, Any]:
    """Time a sync of the texts, between the two halves of the bare embedding of exactly what sync embeds."""
    paths = [engine.settings.documents / f"{number:04d}.txt" for number, _ in enumerate(texts)]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    embedder = engine.embedder
    embedder.embed_passages(texts[:8])  # the first texts are slow
    embedded = _embedded_texts(paths, embedder=embedder.name)
    half = len(embedded) // 2
    bare = _seconds(lambda: embedder.embed_passages(embedded[:half]))
    synced = _seconds(lambda: list(engine.sync()))
    bare += _seconds(lambda: embedder.embed_passages(embedded[half:]))
    return {
        "files": len(texts),
        "characters": sum(map(len, texts)),
        "texts": len(embedded),
        "sync_texts_per_s": round(len(embedded) / synced, 2),
        "embedder_texts_per_s": round(len(embedded) / bare, 2),
        "sync_ratio": round(bare / synced, 3),
    }


def _embedded_texts(paths: Sequence[Path], *, embedder: str) -> list[str]:
    """Return what a sync of text files gives to the embedder, each different text once."""
    from ingest import loaders
    from ingest.library.contents import assemble

    texts: dict[bytes, str] = {}
    for path in paths:
        pages = [(page.page_content, page.metadata) for page in loaders.load(path)]
        content = assemble(pages, sha256=b"", kind=path.suffix, embedder=embedder, title=path.stem)
        texts.update((child.vector_key, child.embedded_text) for part in content.children for child in part)
    return list(texts.values())


def _generation_speed(engine: Engine, texts: Sequence[str]) -> dict[str, Any]:
    """Time the same prompts through the engine's model and through llama.cpp alone, turn by turn."""
    from rag.llms.llama_cpp import LlamaCppChat

    model = engine.chat_model()
    assert isinstance(model, LlamaCppChat), "checked by the backend's name"
    prompts = [_prompt(engine, model, about=text) for text in texts[: _PROMPTS + 1]]
    _engine_run(model, prompts.pop(0))  # the first touch reads the file into memory
    engine_s = bare_s = 0.0
    read = made = bare_tokens = 0
    for prompt in prompts:
        usage, seconds = _engine_run(model, prompt)
        engine_s += seconds
        read += usage["input_tokens"]
        made += usage["output_tokens"]
        ids = model.get_token_ids("\n".join(message.text for message in prompt))
        bare_s += _bare_run(model.llama, ids, answer=usage["output_tokens"])
        bare_tokens += len(ids) + usage["output_tokens"]
    ours, bare = (read + made) / engine_s, bare_tokens / bare_s
    return {
        "model": model.model_name,
        "prompt_tokens": read,
        "answer_tokens": made,
        "engine_tokens_per_s": round(ours, 2),
        "llama_cpp_tokens_per_s": round(bare, 2),
        "generation_ratio": round(ours / bare, 3),
    }


def _prompt(engine: Engine, model: "LlamaCppChat", *, about: str) -> "list[BaseMessage]":
    question = about.partition("，")[0] + "后来怎么样？"
    return families.load(model.family).grounded(question, engine.search(question))


def _engine_run(model: "LlamaCppChat", prompt: "list[BaseMessage]") -> tuple["UsageMetadata", float]:
    """Return the usage and the seconds of one answer; nothing of an earlier prompt is made use of."""
    model.llama.reset()
    started = time.perf_counter()
    last = list(model.stream(prompt))[-1]
    assert last.usage_metadata is not None, "the model's last chunk has it"
    return last.usage_metadata, time.perf_counter() - started


def _bare_run(llama: Any, tokens: Sequence[int], *, answer: int) -> float:  # noqa: ANN401 - llama_cpp has no types
    """Return the seconds that llama.cpp alone takes to read the tokens and make `answer` more, greedily."""
    import llama_cpp

    context = llama_cpp.llama_init_from_model(llama.model, llama.context_params)
    sampler = llama_cpp.llama_sampler_init_greedy()
    try:
        started = time.perf_counter()
        for start in range(0, len(tokens), llama.n_batch):
            _decode(context, tokens[start : start + llama.n_batch])
        for _ in range(answer):
            _decode(context, [llama_cpp.llama_sampler_sample(sampler, context, -1)])
        return time.perf_counter() - started
    finally:
        llama_cpp.llama_sampler_free(sampler)
        llama_cpp.llama_free(context)


def _decode(context: Any, tokens: Sequence[int]) -> None:  # noqa: ANN401
    import llama_cpp

    piece = (llama_cpp.llama_token * len(tokens))(*tokens)
    failed = llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(piece, len(tokens)))
    assert failed == 0, "the engine's model has just answered with the same context"


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak_mb() -> float | None:
    """Return the most memory that this process has held, in MB; None where the system does not tell."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1e6 if sys.platform == "darwin" else 1e3), 1)  # macOS counts bytes, others KiB
