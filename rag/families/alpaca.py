"""Chinese-Alpaca, first generation: the instruction template of its training, trailing space included.

Training tokenised prompt and answer apart, so the prompt ends with the space after "### Response:". The template holds
no control token; it is tokenised in one piece with what the user wrote, as in training.
"""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Sampling, Segment
from rag.families._turns import grounded, refined, system_of, turns_of

__all__ = ["NAME", "SAMPLING", "STOP", "grounded", "matches", "refined", "render"]

NAME = "alpaca"
STOP = ("### Instruction:", "### Response:")
SAMPLING = Sampling(max_tokens=400)

_VOCABULARY = 49954
_PREAMBLE = "Below is an instruction that describes a task. Write a response that appropriately completes the request."


def matches(info: ModelInfo) -> bool:
    """Tell the family by its vocabulary, which no other model has."""
    return info.vocabulary_size == _VOCABULARY


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return preamble, instructions and responses in one piece. The models know no system text: it leads the first."""
    system = system_of(messages)
    lead = f"{system}\n" if system else ""
    parts = [f"{_PREAMBLE}\n\n"]
    for answered, text in turns_of(messages):
        parts.append(f"### Response: {text}\n\n" if answered else f"### Instruction:\n{lead}{text}\n\n")
        lead = lead if answered else ""
    return [Segment("".join(parts) + "### Response: ")]
