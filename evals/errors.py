"""What can go wrong in an evaluation.

WendangError                 (of ingest.errors)
└─ BadQuestionFile           a file of questions that cannot be used
"""

from ingest.errors import WendangError


class BadQuestionFile(WendangError):
    """A file of questions that cannot be used; `values` has `file`, `cause` and `detail`."""

    code = "bad_question_file"
