"""How quick it is, beside the parts that do the work: the bare embedder, and a bare loop over llama.cpp.

Ratios tell more than seconds do: both sides run on the same machine, in the same minutes. 1 means that the
program adds nothing to what its parts cost.
"""

import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from evals.model_speed import generation_speed
from ingest.errors import BadSetting
from rag.engine import Engine
from rag.language_model import chosen_backend
from rag.settings import read_settings

#: Characters of a generated text, about a page of a book.
_LENGTH = 500

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
    the bare embedder; the other figures are those of `evals.model_speed.generation_speed`. Raises BadSetting for a
    model that llama.cpp does not run.
    """
    chosen = read_settings(home)
    backend = chosen_backend(chosen)
    if backend != "llama_cpp":
        raise BadSetting(
            f"speed is measured with the backend llama_cpp, not {backend}; choose a GGUF model",
            name="backend",
            value=backend,
            expected="llama_cpp",
        )
    with tempfile.TemporaryDirectory(prefix="wendang-speed-") as folder:
        used = chosen.model_copy(update={"home": Path(folder), "models_dir": chosen.models})
        with Engine(used) as engine:
            texts = list(generated_texts(files, seed=seed))
            return {**_sync_speed(engine, texts), **generation_speed(engine, texts)}


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


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
