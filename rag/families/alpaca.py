"""Chinese-Alpaca, first generation: the instruction template of its training, trailing space included.

Training tokenised prompt and answer apart, so the prompt ends with the space after "### Response:". The template holds
no control token; it is tokenised in one piece with what the user wrote, as in training.
"""

from collections.abc import Sequence

from langchain_core.messages import BaseMessage

from rag.families._registry import ModelInfo, Sampling, Segment
from rag.families._turns import grounded, refined, system_of, turns_of, unlike

__all__ = ["NAME", "PROMPT_TOKENS", "SAMPLING", "STOP", "grounded", "matches", "refined", "render", "rendered"]

NAME = "alpaca"
STOP = ("### Instruction:", "### Response:")
SAMPLING = Sampling(max_tokens=400)
#: The models were tuned on at most 512 tokens, prompt and answer; a longer prompt is read worse.
PROMPT_TOKENS = 400

_VOCABULARY = 49954
_PREAMBLE = "Below is an instruction that describes a task. Write a response that appropriately completes the request."


def matches(info: ModelInfo) -> bool:
    """Tell the family by its vocabulary, which no other model has."""
    return info.vocabulary_size == _VOCABULARY


def render(messages: Sequence[BaseMessage]) -> list[Segment]:
    """Return preamble, instructions and responses in one piece. The models know no system text: it leads the first."""
    return rendered(messages, behind_instruction="\n", behind_response=" ")


def rendered(messages: Sequence[BaseMessage], *, behind_instruction: str, behind_response: str) -> list[Segment]:
    """Return the prompt with these blanks behind the two headings."""
    system = unlike(STOP, system_of(messages))
    lead = f"{system}\n" if system else ""
    parts = [f"{_PREAMBLE}\n\n"]
    for answered, said in turns_of(messages):
        text = unlike(STOP, said)
        if answered:
            parts.append(f"### Response:{behind_response}{text}\n\n")
        else:
            parts.append(f"### Instruction:{behind_instruction}{lead}{text}\n\n")
            lead = ""
    return [Segment(f"{''.join(parts)}### Response:{behind_response}")]
