"""What can go wrong between a question and its answer.

WendangError                 (of ingest.errors)
├─ BadQuestion               an empty question, or one that is too long
├─ UnusableModel             a model file that cannot answer: not found, not a GGUF, a base model …
├─ ModelFailed               the model gave up in the middle of an answer
├─ ContextTooSmall           template, question and answer leave no room in the model's context
├─ NoConversation            no conversation has this number
└─ ConversationsUnusable     the file of conversations cannot be opened
"""

from typing import Self

from ingest.errors import WendangError


class BadQuestion(WendangError):
    """A question that cannot be asked; `values` has `length` and `limit`."""

    code = "bad_question"


class UnusableModel(WendangError):
    """A model that cannot answer questions; `values` has `model`, `cause` and `remedy`."""

    code = "unusable_model"


class ModelFailed(WendangError):
    """The model stopped with an error; `values` has `model` and `cause`."""

    code = "model_failed"

    @classmethod
    def closed(cls, model: str) -> Self:
        """Return the error of a model that was let go before its answer was complete, or is asked after that."""
        return cls(f"the model {model} is closed; load it again", model=model, cause="closed")


class ContextTooSmall(WendangError):
    """The question leaves no room for a passage; `values` has `needed` and `available`, in tokens."""

    code = "context_too_small"


class NoConversation(WendangError):
    """There is no conversation of this number; `values` has `number`."""

    code = "no_conversation"


class ConversationsUnusable(WendangError):
    """The file of conversations cannot be opened; `values` has `path` and `detail`."""

    code = "conversations_unusable"
