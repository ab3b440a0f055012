"""How much of the retrieval of stand-alone questions is kept where the same is asked as a follow-up.

The file is of Wendang's form; each question has besides what was said before it, and how it reads alone:
{"version": 1, "questions": [{"id": "1", "history": [["上海仓租了多大？", "2,400平方米[1]"]], "question": "押金呢？",
  "standalone": "上海仓的押金是多少？", "answers": ["…"], "source": "合同/上海仓.txt", "split": "held_out"}]}
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from evals.errors import BadQuestionFile
from evals.metrics import mrr_at, recall_at
from evals.questions import Question, read_questions
from evals.retrieval import answer_rank
from rag.engine import Engine

Turn = tuple[str, str]
#: Makes a question stand alone: the question, then the (question, answer) pairs before it.
Rewriter = Callable[[str, Sequence[Turn]], str]

_DEPTHS = (1, 5)
_TOP_K = 10


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question with the turns before it, and `standalone`, the same by hand; `split` is develop or held_out."""

    asked: Question
    history: tuple[Turn, ...]
    standalone: str
    split: str


@dataclass(frozen=True, slots=True)
class Compared:
    """The three ways to ask, and the rank at which each found the answer (None: not among the first ten)."""

    followup: FollowUp
    rewritten: str
    rank_as_asked: int | None
    rank_rewritten: int | None
    rank_by_hand: int | None


def has_history(path: Path) -> bool:
    """Tell whether a file of questions is a set of follow-ups. Raises BadQuestionFile."""
    read_questions(path)
    raw = json.loads(path.read_text("utf-8-sig"))
    return isinstance(raw, dict) and any("history" in asked for asked in raw.get("questions", ()))


def read_followups(path: Path) -> list[FollowUp]:
    """Return the follow-ups of a JSON file. Raises BadQuestionFile."""
    questions = read_questions(path).questions
    found = []
    for asked, raw in zip(questions, json.loads(path.read_text("utf-8-sig"))["questions"], strict=True):
        try:
            history = tuple((str(question), str(answer)) for question, answer in raw["history"])
            found.append(FollowUp(asked, history, str(raw["standalone"]), str(raw.get("split", "develop"))))
        except (KeyError, TypeError, ValueError) as exc:
            detail = f"question {asked.id}: {exc!r}"
            raise BadQuestionFile(
                f"{path} is not a set of follow-ups ({detail}); give each `history` and `standalone`",
                file=str(path),
                cause="form",
                detail=detail,
            ) from exc
    return found


def compare(engine: Engine, followups: Iterable[FollowUp], *, rewrite: Rewriter) -> list[Compared]:
    """Search for each follow-up as it was asked, as `rewrite` has it, and as written by hand."""
    compared = []
    for followup in followups:
        rewritten = rewrite(followup.asked.text, followup.history)
        ways = (followup.asked.text, rewritten, followup.standalone)
        ranks = [answer_rank(followup.asked, engine.search(text, top_k=_TOP_K)) for text in ways]
        compared.append(Compared(followup, rewritten, *ranks))
    return compared


def scores(compared: Sequence[Compared]) -> dict[str, int | float | None]:
    """Return what `eval retrieval --json` prints for a set of follow-ups.

    `kept@n` is the recall with rewriting over that of the questions written by hand; `held_out.kept@5` that of the
    questions on which no rule was made.
    """
    ways = {
        "as_asked": [one.rank_as_asked for one in compared],
        "rewritten": [one.rank_rewritten for one in compared],
        "by_hand": [one.rank_by_hand for one in compared],
    }
    splits = sorted({one.followup.split for one in compared})
    return {
        "questions": len(compared),
        **{f"{way}.recall@{depth}": recall_at(ranks, depth) for way, ranks in ways.items() for depth in _DEPTHS},
        **{f"{way}.mrr@{_TOP_K}": mrr_at(ranks, _TOP_K) for way, ranks in ways.items()},
        **{f"kept@{depth}": _kept(compared, depth=depth) for depth in _DEPTHS},
        **{f"{split}.kept@5": _kept([c for c in compared if c.followup.split == split], depth=5) for split in splits},
    }


def _kept(compared: Sequence[Compared], *, depth: int) -> float | None:
    """Return the recall of the rewritten questions over that of the hand-written; None where that is 0."""
    whole = recall_at([one.rank_by_hand for one in compared], depth)
    part = recall_at([one.rank_rewritten for one in compared], depth)
    return round(part / whole, 4) if whole and part is not None else None
