"""What can go wrong between a question and its answer.

WendangError                 (of ingest.errors)
├─ BadQuestion               an empty question, or one that is too long
├─ UnusableModel             a model file that cannot answer: not found, not a GGUF, a base model …
├─ ModelFailed               the model gave up in the middle of an answer
└─ ContextTooSmall           template, question and answer leave no room in the model's context
"""

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


class ContextTooSmall(WendangError):
    """The question leaves no room for a passage; `values` has `needed` and `available`, in tokens."""

    code = "context_too_small"
