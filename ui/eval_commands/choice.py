"""`wendang eval choice`: how a language model does in C-Eval or CMMLU."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ui.eval_options import limit_option, seed_option
from ui.options import define, home, model_option, print_json, wants_json
from ui.text import error_text, t

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from evals.choice import Answered, Exam
    from evals.choice_files import ChoiceSet

#: Questions that are asked a second time, one by one, where the speed is to be compared.
_TIMED = 40


@define("choice")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@limit_option
@seed_option
@click.option("--shots", type=click.IntRange(0, 100), default=5, show_default=True, help=t("option.shots"))
@click.option("--subject", "subjects", multiple=True, metavar="NAME", help=t("option.subject"))
@click.option("--split", type=click.Choice(["val", "test", "dev"]), help=t("option.split"))
@click.option("--mode", type=click.Choice(["constrained", "free"]), help=t("option.choice_mode"))
@click.option("--cot", is_flag=True, help=t("option.cot"))
@click.option("--template/--no-template", default=True, help=t("option.template"))
@click.option("--wording", type=click.Choice(["own", "seed"]), default="own", help=t("option.wording"))
@model_option
@click.option(
    "--submission", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=t("option.submission")
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=t("option.choice_out"))
@click.option("--compare-speed", is_flag=True, help=t("option.compare_speed"))
def command(
    folder: Path,
    limit: int | None,
    seed: int,
    subjects: tuple[str, ...],
    split: str | None,
    **asked: Any,  # noqa: ANN401
) -> int:
    """Put the questions to the model, and print the scores; files that cannot be used are told on stderr."""
    from evals.choice import Exam
    from evals.choice_files import drawn, read_choice

    exam = Exam(
        mode=asked["mode"] or ("free" if asked["cot"] else "constrained"),
        **{name: asked[name] for name in ("shots", "cot", "template", "wording")},
    )
    if asked["compare_speed"] and exam.mode == "free":
        raise click.UsageError(t("choice.speed_of_letters"))
    given = drawn(read_choice(folder, split=split, subjects=subjects), limit=limit, seed=seed)
    for failed in given.failed:
        click.echo(error_text(failed), err=True)
    with ExitStack() as stack:
        model = stack.enter_context(_model(asked["model"], exam))
        record = {"model": _name(model), "split": given.split, **asdict(exam)}
        answers = _Answers(stack, given, record, out=asked["out"])
        complete = answers.collect(model, exam)
        speed = _speed(model, given, exam, answers.found) if asked["compare_speed"] and complete else None
    if asked["submission"]:
        _write_submission(asked["submission"], answers.found, split=given.split)
    _show(given, answers.found, {**record, "limit": limit, "seed": seed, "complete": complete, **answers.pace()}, speed)
    if not complete:
        click.echo(t("choice.go_on" if asked["out"] else "choice.not_kept", file=str(asked["out"])), err=True)
        return 130
    return 3 if given.failed else 0


class _Answers:
    """The answers so far: those kept of an earlier run, and those of this one."""

    def __init__(self, stack: ExitStack, given: "ChoiceSet", record: dict[str, Any], *, out: Path | None) -> None:
        from evals.choice_kept import KeptAnswers

        self._given = given
        self._kept = stack.enter_context(KeptAnswers(out, settings=record)) if out else None
        self.found: list[Answered] = []
        self._asked, self._seconds = 0, 0.0

    def collect(self, model: "BaseChatModel", exam: "Exam") -> bool:
        """Ask what is not known yet; False where Ctrl-C ended it."""
        from time import perf_counter

        started = perf_counter()
        try:
            for answered in self._tracked(self._new(model, exam)):
                self._asked += 1
                self.found.append(answered)
                if self._kept:
                    self._kept.add(answered)
        except KeyboardInterrupt:
            return False
        finally:
            self._seconds = perf_counter() - started
        return True

    def pace(self) -> dict[str, float | int | None]:
        """Return how many questions were asked in this run, and how many in a second."""
        rate = round(self._asked / self._seconds, 3) if self._asked else None
        return {"asked": self._asked, "seconds": round(self._seconds, 1), "questions_per_s": rate}

    def _new(self, model: "BaseChatModel", exam: "Exam") -> "Iterator[Answered]":
        from dataclasses import replace

        from evals.choice import answer_subject, answerer_of, fits_into

        answerer, fits = answerer_of(model, exam=exam), fits_into(model, exam=exam)
        open_questions = []
        for subject in self._given.subjects:
            known = {one: self._kept.of(one) if self._kept else None for one in subject.questions}
            self.found += [answered for answered in known.values() if answered]
            left = tuple(one for one in subject.questions if not known[one])
            open_questions.append(replace(subject, questions=left))
        for subject in open_questions:
            if subject.questions:
                yield from answer_subject(subject, exam=exam, answerer=answerer, fits=fits)

    def _tracked(self, answers: "Iterator[Answered]") -> "Iterator[Answered]":
        from rich.console import Console
        from rich.progress import track

        console = Console(stderr=True)
        yield from track(
            answers,
            t("progress.choice"),
            total=self._given.size,
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )


def _model(name: str | None, exam: "Exam") -> Any:  # noqa: ANN401 - a context manager of a model
    """Return a context manager of the model that the settings choose, or `name`, with or without its template."""
    from contextlib import closing, nullcontext

    from ingest.errors import BadSetting
    from rag import families
    from rag.language_model import asks_server, load_model
    from rag.settings import read_settings

    chosen = read_settings(home())
    server = asks_server(chosen)
    if server and not exam.template:
        expected = "--template: a server puts its own around what it is sent"
        raise BadSetting(f"template = False: expected {expected}", name="template", value=False, expected=expected)
    family = chosen.family if exam.template else families.RAW
    model = load_model(
        name or chosen.model,
        models_dir=chosen.models,
        backend=chosen.backend,
        family=family,
        options=chosen.backend_options,
    )
    return nullcontext(model) if server else closing(model)


def _name(model: "BaseChatModel") -> str | None:
    name = getattr(model, "model_name", None)
    return None if name is None else str(name)


def _speed(model: Any, given: "ChoiceSet", exam: "Exam", answers: "Sequence[Answered]") -> dict[str, Any]:  # noqa: ANN401
    """Return how much quicker the questions of the largest subject are together than one by one."""
    from evals.choice import compare_speed, prompt

    subject = max(given.subjects, key=lambda one: len(one.questions))
    answered = [one for one in answers if one.question.subject == subject.key and one.logs][:_TIMED]
    timed = [prompt(subject, one.question, exam=exam, shots=one.shots) for one in answered]
    return {"subject": subject.key, **compare_speed(model, timed)}


def _write_submission(file: Path, answers: "Sequence[Answered]", *, split: str) -> None:
    from evals.choice_scores import submission

    written = file.with_name(f".{file.name}.part")
    written.write_text(json.dumps(submission(answers), ensure_ascii=False, indent=1) + "\n", "utf-8")
    written.replace(file)
    if split != "test":
        click.echo(t("choice.not_test", file=str(file), split=split), err=True)


def _show(
    given: "ChoiceSet", answers: "Sequence[Answered]", record: dict[str, Any], speed: dict[str, Any] | None
) -> None:
    from evals.choice_scores import scores

    found = scores(given, answers)
    if wants_json():
        failed = [{"file": one.values["file"], "reason": str(one)} for one in given.failed]
        print_json({**record, **found, "failed": failed, **({"speed": speed} if speed else {})})
        return
    from ui.tables import table

    rows = [_row(f"  {one['name']} ({key})", one) for key, one in found["subjects"].items()]
    rows += [_row(t(f"choice.{name}"), one) for name, one in found["categories"].items()]
    rows.append(_row(t("choice.all"), found))
    table(t("choice.columns").split("|"), rows)
    if average := found["average"]:
        click.echo(t("choice.average", **{name: _percent(value) for name, value in average.items()}))
    settings = ", ".join(f"{name} {record[name]}" for name in ("model", "mode", "shots", "cot", "template", "wording"))
    click.echo(t("choice.asked", settings=settings, rate=record["questions_per_s"] or "–"))
    if speed:
        click.echo(t("choice.speed", **speed))


def _row(name: str, part: dict[str, Any]) -> list[str]:
    interval = "–" if part["accuracy"] is None else f"{_percent(part['low'])}–{_percent(part['high'])}"
    return [name, str(part["questions"]), _percent(part["accuracy"]), interval, str(part["unanswered"])]


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
