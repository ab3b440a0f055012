"""The offline default: a small model trained to read numbered passages and answer with a span, or refuse.

The prompt is the one of its training, word for word; nothing else works as well. It holds no control token, and the
answer ends with its line. The model does not chat, and knows no second, longer way to answer.
"""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage, HumanMessage

from ingest.types import Passage
from rag.families._registry import ModelInfo, Sampling, Segment
from rag.prompts import numbered

NAME = "reader"
STOP = ("\n",)
# How the margin was chosen: rag.refusal.
SAMPLING = Sampling(max_tokens=160, refusal_margin=2.0)

_PROMPT = (
    "请只根据下面的资料回答问题，并标注所依据资料的编号。资料中没有答案时，回答“资料中没有相关内容”。\n\n"
    "问题：{question}\n\n资料：\n{passages}\n\n问题：{question}\n回答："
)


def matches(info: ModelInfo) -> bool:
    """Tell the family by the name that `rag.default_model` writes into the file."""
    return info.name.startswith("wendang-reader")


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return the last thing that was said: each question to this model stands alone."""
    return [Segment(messages[-1].text if messages else "")]


def grounded(question: str, passages: Sequence[Passage], *, first: int = 1, detail: bool = False) -> list[BaseMessage]:
    """Return the prompt of the training as one message; `detail` changes nothing."""
    # A text with braces of its own is safe here: format() does not look into what it puts in.
    return [HumanMessage(_PROMPT.format(question=question, passages=numbered(passages, first=first)))]


def refined(
    question: str, answer: str, passages: Sequence[Passage], *, first: int, detail: bool = False
) -> list[BaseMessage] | None:
    """Return None: the model was not trained to better an answer."""
    return None
