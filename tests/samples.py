"""What tests make their libraries from: a quick embedder, made-up texts, and one pass of a sync."""

import random
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from ingest.embedders import Embedder
from ingest.library.store import Library
from ingest.normalize import fold
from ingest.sync import Sync
from ingest.types import Progress, SyncEvent

SUBJECTS = ["仓库主管", "质检组", "客服代表", "运维工程师", "财务专员", "采购员"]
ACTIONS = ["核对了温度记录", "提交了月度报表", "更换了三号传感器", "联系了承运方", "整理了归档合同", "检查了备用电源"]
ENDINGS = ["没有发现异常。", "并在系统里登记。", "结果比上周好一些！", "随后通知了值班经理。"]


def story(sentences: int, *, seed: int = 7, paragraph: int = 6) -> str:
    chosen = random.Random(seed)
    lines = []
    for number in range(sentences):
        day = chosen.randint(1, 28)
        who, what, end = chosen.choice(SUBJECTS), chosen.choice(ACTIONS), chosen.choice(ENDINGS)
        lines.append(f"{day}日第{number}次巡检时，{who}{what}，用时{chosen.randint(5, 90)}分钟，{end}")
    return "\n\n".join("".join(lines[i : i + paragraph]) for i in range(0, len(lines), paragraph))


class BigramEmbedder:
    """Folded character bigrams, hashed into 256 dimensions: deterministic, and near texts have near vectors."""

    name = "bigrams-256"
    dimensions = 256

    def __init__(self) -> None:
        self.embedded: list[str] = []

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.embedded += texts
        return np.array([self.embed_question(text) for text in texts], dtype=np.float32).reshape(len(texts), 256)

    def embed_question(self, text: str) -> np.ndarray:
        vector = np.full(256, 1e-3, dtype=np.float32)
        folded = fold(text)
        for i in range(len(folded) - 1):
            vector[blake2b(folded[i : i + 2].encode(), digest_size=1).digest()[0]] += 1
        return vector / np.linalg.norm(vector)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in self.embed_passages(texts)]

    def embed_query(self, text: str) -> list[float]:
        return list(map(float, self.embed_question(text)))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text) for text in texts]


def sync_all(library: Library, folder: Path, embedder: Embedder, *, force: bool = False) -> list[SyncEvent]:
    """Return all events of one pass but those of progress; the last is the summary."""
    events = Sync(library, embedder=embedder, force=force).run([folder])
    return [event for event in events if not isinstance(event, Progress)]
