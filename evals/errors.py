"""What can go wrong in an evaluation.

WendangError                 (of ingest.errors)
├─ BadQuestionFile           a file of questions that cannot be used
├─ BadChoiceSet              multiple choice questions that cannot be used
├─ BadPromptSet              a file of prompts by category that cannot be used
└─ KeptAnswersDiffer         answers kept of an evaluation that was another one
"""

from ingest.errors import WendangError


class BadQuestionFile(WendangError):
    """A file of questions that cannot be used; `values` has `file`, `cause` and `detail`."""

    code = "bad_question_file"


class BadChoiceSet(WendangError):
    """A folder or file of choice questions that cannot be used; `values` has `file`, `cause`, `detail` and `row`."""

    code = "bad_choice_set"


class BadPromptSet(WendangError):
    """A file of prompts by category that cannot be used; `values` has `file`, `cause` and `detail`."""

    code = "bad_prompt_set"


class KeptAnswersDiffer(WendangError):
    """Answers were kept with other settings, or cannot be kept; `values` has `file`, `cause` and `detail`."""

    code = "kept_answers_differ"
