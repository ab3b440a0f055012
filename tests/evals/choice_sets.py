"""Sets of choice questions in the forms of C-Eval and CMMLU, with questions of our own."""

import csv
from pathlib import Path

from evals.choice_subjects import SUBJECTS

#: C-Eval's 52 subjects stand first in each category of our table: 20, 10, 11 and 11.
CEVAL = [
    key
    for category, count in (("stem", 20), ("social_science", 10), ("humanities", 11), ("other", 11))
    for key in [key for key, (_, its) in SUBJECTS.items() if its == category][:count]
]
COLUMNS = ["id", "question", "A", "B", "C", "D", "answer", "explanation"]


def rows(subject: str, count: int, *, answers: str = "ABCD") -> list[list[str]]:
    """Questions whose answers go through `answers`."""
    return [
        [
            str(n),
            f"仓库{subject}里第{n}排有几箱货，\n按“登记表”算？",
            f"{n}箱",
            f"{n + 1}箱，另有一箱空的",
            f"{n + 2}箱",
            f"{n + 3}箱",
            answers[n % len(answers)] if answers else "",
            f"登记表写着{n}",
        ]
        for n in range(count)
    ]


def write_csv(path: Path, table: list[list[str]], *, encoding: str = "utf-8", columns: list[str] = COLUMNS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file).writerows([columns, *table])
    return path


def write_ceval(folder: Path, *, subjects: list[str] = CEVAL, count: int = 4) -> Path:
    """Write dev (five examples), val and a test without answers, for each subject."""
    for place, subject in enumerate(subjects):
        write_csv(folder / "dev" / f"{subject}_dev.csv", rows(subject, 5))
        write_csv(folder / "val" / f"{subject}_val.csv", rows(subject, count + place % 3))
        unanswered = [row[:6] for row in rows(subject, count)]
        write_csv(folder / "test" / f"{subject}_test.csv", unanswered, columns=COLUMNS[:6])
    return folder
