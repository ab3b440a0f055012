"""What an examination came to: every score is a share between 0 and 1."""

from collections.abc import Iterable, Mapping, Sequence
from math import sqrt
from typing import Any

from evals.choice import Answered
from evals.choice_files import ChoiceSet, Subject
from evals.choice_subjects import CATEGORIES
from evals.uncertainty import share

#: Standard deviations within which 95 % of a normal distribution lie.
_Z = 1.96


def scores(given: ChoiceSet, answers: Sequence[Answered]) -> dict[str, Any]:
    """Return what `eval choice --json` prints of the answers, settings aside.

    accuracy: the share of right answers among the questions whose answer is known; an unanswered one is wrong. `low`
    to `high` is its interval for 95 of 100 such samples (Wilson). average: the mean over the subjects, each counting
    the same, with the interval of the questions drawn in each. None stands for the share of nothing.
    """
    by_subject = {
        one.key: [answer for answer in answers if answer.question.subject == one.key] for one in given.subjects
    }
    asked = [one for one in given.subjects if by_subject[one.key]]
    return {
        **_part(answers),
        "average": _average([by_subject[one.key] for one in asked]),
        "categories": {
            name: {**_part(_joined(part, by_subject)), "average": _average([by_subject[one.key] for one in part])}
            for name in CATEGORIES
            if (part := [one for one in asked if one.category == name])
        },
        "subjects": {
            one.key: {
                "name": one.name,
                "category": one.category,
                "shots": by_subject[one.key][0].shots,
                **_part(by_subject[one.key]),
            }
            for one in asked
        },
    }


def submission(answers: Iterable[Answered]) -> dict[str, dict[str, str]]:
    """Return the answers in the form that C-Eval takes: subject → id → letter, empty where there is none."""
    found: dict[str, dict[str, str]] = {}
    for answer in answers:
        found.setdefault(answer.question.subject, {})[answer.question.id] = answer.letter or ""
    return found


def _part(answers: Sequence[Answered]) -> dict[str, Any]:
    known = share([bool(one.right) for one in answers if one.right is not None])
    return {
        "questions": len(answers),
        "scored": known.count if known else 0,
        "correct": known.good if known else 0,
        "unanswered": sum(one.letter is None for one in answers),
        "accuracy": known.value if known else None,
        "low": known.low if known else None,
        "high": known.high if known else None,
    }


def _average(subjects: Sequence[Sequence[Answered]]) -> dict[str, float] | None:
    """Return the mean of the subjects' shares; its error is that of independent samples, two right and two wrong added.

    Without these (Agresti & Coull, The American Statistician 52, 1998) a subject of five right answers would be sure.
    """
    found = [known for one in subjects if (known := share([bool(a.right) for a in one if a.right is not None]))]
    if not found:
        return None
    mean = sum(one.value for one in found) / len(found)
    rates = [((one.good + 2) / (one.count + 4), one.count + 4) for one in found]
    half = _Z * sqrt(sum(rate * (1 - rate) / count for rate, count in rates)) / len(found)
    return {"accuracy": mean, "low": max(0.0, mean - half), "high": min(1.0, mean + half)}


def _joined(part: Iterable[Subject], by_subject: Mapping[str, list[Answered]]) -> list[Answered]:
    return [answer for one in part for answer in by_subject[one.key]]
