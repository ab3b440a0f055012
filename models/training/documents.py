"""Synthetic business documents: rules, contracts, notices, minutes, tables, as a library's passages of them."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.training.layouts import BEFORE_TABLE, LAYOUTS, STEP_FORMS, fillers
from models.training.patterns import Filled, Slot, parse, slot_names
from models.training.questions import varied
from models.training.templates import Column, Fact, Kind, Section, Steps, kinds
from models.training.words import Words, chinese

#: Slots that are the same all over one document.
_OF_DOCUMENT = ("年",)
#: What a passage is in characters: the product's.
_SHORTEST, _LONGEST = 150, 480


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with its answer; `about` names what it asks for, the same in all documents of a kind.

    `said` is the question in the words of somebody who has not read the document.
    """

    question: str
    answer: str
    about: str
    said: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A piece of a document that stays whole, and the questions that it answers."""

    text: str
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage, and the questions that it answers."""

    text: str
    asked: tuple[Asked, ...]


def library(
    rng: random.Random, *, documents: int, of: Sequence[Kind] | None = None
) -> tuple[list[Passage], list[Asked]]:
    """Return the passages of so many documents of different kinds, and questions that none of them answers.

    The latter are about what such a document could say but does not, or about another entity.
    """
    passages: list[Passage] = []
    missing: list[Asked] = []
    chosen = of or kinds()
    for kind in rng.sample(chosen, min(documents, len(chosen))):
        writer = _Writer(kind, rng)
        passages += writer.passages()
        missing += writer.missing
    return passages, missing


class _Writer:
    """One document."""

    def __init__(self, kind: Kind, rng: random.Random) -> None:
        self.kind, self.rng, self.words = kind, rng, Words(rng)
        self.missing: list[Asked] = []
        title = self.words.fill(parse(rng.choice(kind.titles)))
        self.title, self.common = title.text, {**{name: self.words.word(name) for name in _OF_DOCUMENT}, **title.words}
        self.layout, self.items = rng.choice(LAYOUTS), 0

    def passages(self) -> list[Passage]:
        """Return the document cut into passages; what its sections leave out is in `missing` afterwards."""
        made: list[Passage] = []
        number = 0
        for at, section in enumerate(self.kind.sections):
            if self.rng.random() < 0.1:
                continue
            number += 1
            stated = self._table(section, at) if section.columns else self._facts(section, at)
            title = self.words.fill(parse(self.rng.choice(section.titles)), known=self.common).text
            heading = self._heading(title, number)
            if number == 1 and self.rng.random() < 0.5:
                heading = f"{self.title}\n\n{heading}"
            made += _cut(heading, stated, glue=self.layout.glue if not section.columns else "\n")
        return list(_joined(made))

    def _heading(self, title: str, number: int) -> str:
        return self.layout.heading.format(title=title, n=number, chinese=chinese(number))

    def _facts(self, section: Section, at: int) -> list[Stated]:
        """State most of the section's facts, the ones about an entity for one to three of them; list the others."""
        numbered = [(f"{self.kind.titles[0]}-{at}-{i}", fact) for i, fact in enumerate(section.facts)]
        shared = {name for _, fact in numbered for name in _entities(fact) if name == Slot(name).kind}
        entities = [
            {name: self.words.word(name) for name in sorted(shared - self.common.keys()) if self.rng.random() < 0.7}
            for _ in range(self.rng.choice((1, 2, 2, 3, 4)))
        ]
        kept = self.rng.sample(numbered, max(1, round(len(numbered) * self.rng.uniform(0.6, 1))))
        order = [(about, fact, entities[0]) for about, fact in numbered if not _entities(fact)]
        for entity in entities:
            order += [(about, fact, entity) for about, fact in numbered if _entities(fact)]
        if self.rng.random() < 0.4:
            order.sort(key=lambda entry: entry[0])
        stated = []
        for about, fact, entity in order:
            made = self._stated(fact, about, entity)
            if (about, fact) in kept and (not _entities(fact) or self.rng.random() < 0.85):
                stated.append(made)
                if _entities(fact) and self.rng.random() < 0.3:
                    self.missing += self._stated(fact, about, {}).asked
            else:
                self.missing += made.asked
            if self.rng.random() < 0.06:
                stated.append(Stated(self.words.fill(parse(self.rng.choice(fillers()))).text))
        return [Stated(self._numbered(one.text, i, at), one.asked) for i, one in enumerate(stated, self.items + 1)]

    def _numbered(self, text: str, number: int, section: int) -> str:
        if self.layout.through:
            self.items += 1
        return self.layout.item.format(text=text, n=number, chinese=chinese(number), section=section + 1)

    def _stated(self, fact: Fact, about: str, entity: Mapping[str, str]) -> Stated:
        if fact.steps:
            return self._steps(fact, fact.steps, about)
        filled = self.words.fill(parse(self.rng.choice(fact.wordings)), known={**self.common, **entity})
        asked = []
        for _, target, texts in fact.questions:
            answer = _answer(filled, target)
            for text in texts:
                if answer and slot_names(parse(text)) <= filled.words.keys():
                    asked.append(self._asked(text, filled.words, answer, f"{about}-{target}"))
        return Stated(filled.text, tuple(asked))

    def _asked(self, text: str, words: Mapping[str, str], answer: str, about: str) -> Asked:
        plain = self.words.fill(parse(text), known=words).text
        said = self.words.fill(parse(varied(text, rng=self.rng)), known=words).text
        return Asked(plain, answer, about, said)

    def _steps(self, fact: Fact, rule: Steps, about: str) -> Stated:
        """State a rule by steps, such as days of leave by years of service."""
        lead, unit, numbers, kind = rule
        limits = sorted(self.rng.sample(numbers, self.rng.randint(2, 4)))
        values = [self.words.word(kind) for _ in limits]
        form = self.rng.choice(STEP_FORMS)
        amounts = [self.words.amount(limit, unit=unit) for limit in limits]
        steps = zip(amounts, amounts[1:], values, strict=False)
        parts = [form[0].format(low=low, high=high, value=value) for low, high, value in steps]
        text = lead + "；".join([*parts, form[1].format(low=amounts[-1], value=values[-1])]) + "。"
        asked = []
        for low, high, value in zip(limits, [*limits[1:], limits[-1] * 2], values, strict=True):
            number = self.rng.randint(low, max(low, high - 1))
            for _, _, texts in fact.questions:
                words = {"n": chinese(number) if self.rng.random() < 0.3 else str(number)}
                asked += [self._asked(text, words, value, f"{about}-{low}") for text in texts]
        return Stated(text, tuple(asked) if len(set(values)) == len(values) else ())

    # ── tables ──

    def _table(self, section: Section, at: int) -> list[Stated]:
        key, *others = section.columns
        columns = sorted(self.rng.sample(others, self.rng.randint(min(2, len(others)), len(others))), key=others.index)
        keys = list(dict.fromkeys(self.words.word(key.kind) for _ in range(self.rng.randint(2, 8))))
        rows = [[self.words.word(column.kind) for column in columns] for _ in keys]
        names = [key.name, *(column.name for column in columns)]
        labelled = self.rng.random() < 0.85
        stated = [Stated(" | ".join(names))]
        for word, row in zip(keys, rows, strict=True):
            cells = [f"{name}：{cell}" if labelled else cell for name, cell in zip(names, [word, *row], strict=True)]
            stated.append(Stated(" | ".join(cells), tuple(self._about_row(columns, word, row, rows, at))))
        self._not_in_table(others, columns, keys, rows, at)
        before = Stated(self.rng.choice(BEFORE_TABLE))
        return [before, *stated] if before.text and self.rng.random() < 0.5 else stated

    def _about_row(
        self, columns: Sequence[Column], key: str, row: Sequence[str], rows: Sequence[Sequence[str]], at: int
    ) -> Iterator[Asked]:
        for i, column in enumerate(columns):
            about = f"{self.kind.titles[0]}-{at}-{column.name}"
            for text in column.questions:
                yield self._asked(text, {"k": key}, row[i], about)
            if sum(other[i] == row[i] for other in rows) == 1:
                for text in column.back:
                    yield self._asked(text, {"v": row[i]}, key, about + "-back")

    def _not_in_table(
        self,
        others: Sequence[Column],
        columns: Sequence[Column],
        keys: Sequence[str],
        rows: Sequence[Sequence[str]],
        at: int,
    ) -> None:
        """List questions about columns that the table lacks, rows that it lacks, and values that it lacks."""
        key_kind = self.kind.sections[at].columns[0].kind
        for column in others:
            about = f"{self.kind.titles[0]}-{at}-{column.name}"
            key = self.rng.choice(keys) if column not in columns else self.words.word(key_kind)
            if column in columns and key in keys:
                continue
            self.missing += [self._asked(text, {"k": key}, "", about) for text in column.questions]
            value = self.words.word(column.kind)
            if column in columns and all(value not in row for row in rows):
                self.missing += [self._asked(text, {"v": value}, "", about + "-back") for text in column.back]


def _answer(filled: Filled, target: int | str) -> str:
    if isinstance(target, str):
        return filled.words.get(target, "")
    if target > len(filled.spans):
        return ""
    start, end = filled.spans[target - 1]
    return filled.text[start:end]


def _entities(fact: Fact) -> set[str]:
    """Return the slots that the questions name: what the fact is about."""
    return {
        name
        for _, _, texts in fact.questions
        for text in texts
        for name in (slot_names(parse(text)) if not fact.steps else ())
        if name not in _OF_DOCUMENT
    }


def _cut(heading: str, stated: Sequence[Stated], *, glue: str) -> Iterator[Passage]:
    """Yield the passages of a section: whole pieces up to the longest length, the heading with the first."""
    text = heading
    asked: list[Asked] = []
    between = "\n\n" if "\n\n" in glue else "\n"
    for one in stated:
        if len(text) + len(one.text) > _LONGEST and len(text) >= _SHORTEST:
            yield Passage(text, tuple(asked))
            text, asked, between = "", [], ""
        text += between + one.text if text else one.text
        between = glue
        asked += one.asked
    yield Passage(text, tuple(asked))


def _joined(passages: Sequence[Passage]) -> Iterator[Passage]:
    """Yield the passages, short ones together with the next."""
    before: Passage | None = None
    for passage in passages:
        if before and len(before.text) + len(passage.text) <= _LONGEST:
            passage = Passage(f"{before.text}\n\n{passage.text}", before.asked + passage.asked)
        elif before:
            yield before
        before = None
        if len(passage.text) < _SHORTEST:
            before = passage
        else:
            yield passage
    if before:
        yield before
