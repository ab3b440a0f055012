"""What the families of general chat models share: reading a conversation, and asking for grounded answers."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from ingest.types import Passage
from rag.prompts import SYSTEM, improvement, instruction


def system_of(messages: Sequence[BaseMessage]) -> str:
    """Return the system texts of a conversation, joined; empty where there is none."""
    return "\n".join(message.text for message in messages if isinstance(message, SystemMessage))


def turns_of(messages: Sequence[BaseMessage]) -> list[tuple[bool, str]]:
    """Return the turns in order, each as (spoken by the model?, text without outer blanks)."""
    return [(isinstance(m, AIMessage), m.text.strip()) for m in messages if not isinstance(m, SystemMessage)]


def unlike(marks: Sequence[str], text: str) -> str:
    """Return `text` with the marks of a template written full-width, so that nobody's words can be taken for one."""
    for mark in marks:
        text = text.replace(mark, chr(ord(mark[0]) + 0xFEE0) + mark[1:])
    return text


def grounded(question: str, passages: Sequence[Passage], *, first: int = 1, detail: bool = False) -> list[BaseMessage]:
    """Return the messages that ask a chat model to answer from numbered passages, or to refuse."""
    asked = instruction(question, passages, first=first, detail=detail)
    return [SystemMessage(SYSTEM), HumanMessage(asked)]


def refined(
    question: str, answer: str, passages: Sequence[Passage], *, first: int, detail: bool = False
) -> list[BaseMessage] | None:
    """Return the messages that ask a chat model to better an answer with further passages."""
    asked = improvement(question, answer, passages, first=first, detail=detail)
    return [SystemMessage(SYSTEM), HumanMessage(asked)]
