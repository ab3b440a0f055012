"""No template at all: the model goes on with the text. For a look at base models (`wendang model show --raw`).

Not among `families.names()`, and it answers no question.
"""

from collections.abc import Sequence
from typing import NoReturn

from langchain_core.messages import BaseMessage

from ingest.types import Passage
from rag.errors import UnusableModel
from rag.families._registry import RAW, ModelInfo, Sampling, Segment

NAME = RAW
STOP = ()
SAMPLING = Sampling(max_tokens=128)


def matches(info: ModelInfo) -> bool:
    """Return False: this is how a model is used, not what it is."""
    return False


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return the texts as they are, one behind the other."""
    return [Segment("".join(message.text for message in messages))]


def grounded(question: str, passages: Sequence[Passage], *, first: int = 1, detail: bool = False) -> NoReturn:
    """Raise UnusableModel: a text that is gone on with is no answer."""
    raise UnusableModel(
        "a model without a prompt family continues texts and cannot answer; use an Alpaca or another chat model",
        model=NAME,
        cause="base_model",
        remedy="use_chat_model",
    )


def refined(question: str, answer: str, passages: Sequence[Passage], *, first: int, detail: bool = False) -> None:
    """Return None: there is no answer to better."""
