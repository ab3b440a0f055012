"""A follow-up question, made to stand alone by what was asked before it."""

import re
from collections.abc import Sequence

# Words that point back at what was said: a question with one of them is about the question before.
_POINTS_BACK = re.compile(r"它|他们|她们|这个|那个|这些|那些|上述|前者|后者|這個|那個|這些|^那|^还有|呢[？?]?$")


def standalone(question: str, history: Sequence[tuple[str, str]]) -> str:
    """Return the question, with the one before it in front where it points back at that.

    `history` holds (question, answer) pairs, the latest last.
    """
    if history and _POINTS_BACK.search(question.strip()):
        return f"{history[-1][0].rstrip('？?。 ')}，{question}"
    return question
