"""The words around an instruction, to the letter those that the models were tuned with, as tokens.

Prompt and answer are tokenised apart, as in the tuning of Chinese-Alpaca: a prompt ends with the blank behind
"### Response:", and an answer begins as a text does. What a user wrote never becomes a control token.
"""

import re

from models.errors import BadRecipe
from models.training.encoder import Encoder
from models.training.recipe import Template

_PREAMBLE = "Below is an instruction that describes a task. Write a response that appropriately completes the request."
_SYSTEM = "You are a helpful assistant. 你是一个乐于助人的助手。"
_ROLE = "<|start_header_id|>{role}<|end_header_id|>\n\n"

TEMPLATES: dict[Template, str] = {
    "alpaca": f"{_PREAMBLE}\n\n### Instruction:\n{{instruction}}\n\n### Response: ",
    "alpaca-2": f"[INST] <<SYS>>\n{_SYSTEM}\n<</SYS>>\n\n{{instruction}} [/INST]",
    "llama-3": "<|begin_of_text|>"
    f"{_ROLE.format(role='system')}{_SYSTEM}<|eot_id|>"
    f"{_ROLE.format(role='user')}{{instruction}}<|eot_id|>"
    f"{_ROLE.format(role='assistant')}",
}
#: Tokens of a vocabulary → the template of the models that have it; all others get the first generation's.
_BY_TOKENS: dict[int, Template] = {55296: "alpaca-2", 128256: "llama-3"}
_CONTROL = re.compile(r"(<\|\w+\|>)")
_SLOT = "{instruction}"


class Prompt:
    """A template as tokens, to be filled with what is asked; `end` is the token that closes an answer."""

    def __init__(self, encoder: Encoder, *, template: Template | None) -> None:
        self._encoder = encoder
        self.template: Template = template or _BY_TOKENS.get(encoder.count, "alpaca")
        self._parts = [part for part in _CONTROL.split(TEMPLATES[self.template]) if part]
        marked = any(_CONTROL.fullmatch(part) for part in self._parts)
        self.end = self._control("<|eot_id|>") if marked else encoder.end
        begins = _CONTROL.fullmatch(self._parts[0])
        self._begin = [] if begins or encoder.begin is None else [encoder.begin]
        for part in self._parts:
            if _CONTROL.fullmatch(part):
                self._control(part)

    def tokens(self, asked: str) -> list[int]:
        """Return the prompt of an instruction, its beginning included."""
        texts = [part.replace(_SLOT, asked) for part in self._parts if not _CONTROL.fullmatch(part)]
        encoded = iter(self._encoder.encode(texts))
        ids = list(self._begin)
        for part in self._parts:
            ids += [self._control(part)] if _CONTROL.fullmatch(part) else next(encoded)
        return ids

    def _control(self, token: str) -> int:
        number = self._encoder.control(token)
        if number is None:
            raise BadRecipe(
                f'template = "{self.template}" needs the control token {token}, which a vocabulary of '
                f"{self._encoder.count} tokens has not: take the template of your model's generation",
                setting="template",
                cause="template",
                template=self.template,
                token=token,
                tokens=self._encoder.count,
            )
        return number
