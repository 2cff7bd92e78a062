"""The table of what schools thought of visits, as plain values; answers of fewer than five schools are never shown alone."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import permutations
from typing import Any

from schools.core.intervals import wilson
from schools.core.periods import AcademicYear, Period
from schools.delivery.models import QUESTIONS, Opinion
from schools.reach.figures.declaration import DrillDown
from schools.reach.rows import percent
from schools.reach.sums_of_types import HadTypes, first_that_tells

ENOUGH = 5
"""Schools: what fewer than so many answered is not shown."""

MOST_TYPES = 8
"""So many session types are shown at most, because each sum and difference of them is held against the areas."""
DAYS_TO_ANSWER = 28
"""So many days after a school year its table is whole for whoever reads figures alone; later answers are not in it."""

TOTAL_CELL = "total"


def last_answers(year: AcademicYear) -> date:
    """Return the last day whose answers are in the table of the year of whoever reads figures alone; it is shown after it.

    A table that grew day by day would tell what the school said that came last.
    """
    return year.last_day + timedelta(days=DAYS_TO_ANSWER)


class FeedbackCut(StrEnum):
    """By what the rows are."""

    AREA = "area"
    TYPE = "type"


@dataclass(frozen=True)
class Asked:
    """One school, host or guest, that was asked what it thought of a visit that took place."""

    visit: int
    school: int
    session: int
    """The last session of the visit that took place."""
    day: date
    """Its day."""
    area: int | None
    """Its area, as it was frozen on it; None: it lay in none."""
    types: frozenset[int]
    """Of which types the sessions of the visit were."""
    answers: Mapping[str, str] | None = None
    """An opinion, or "", by question; None: it has not answered."""

    @property
    def key(self) -> tuple[int, int]:
        """Which one it is."""
        return self.visit, self.school

    def opinion(self, question: str) -> str:
        """Return what it answered; "" where it did not answer this question."""
        return self.answers.get(question, "") if self.answers else ""


@dataclass(frozen=True)
class Opinions:
    """How many schools answered one question in one way."""

    opinion: Opinion
    number: int


@dataclass(frozen=True)
class FeedbackRow:
    """The figures of one row; schools.reach.figures.feedback declares what each of them is."""

    place: str
    """The name of the area, or of the session type."""
    cell: str
    """The name of the row in questions about what is behind it; "total" for the total."""
    lines: tuple[Asked, ...]
    hidden: frozenset[str]
    """The questions whose answers are not shown here."""

    @property
    def asked(self) -> int:
        """How many schools were asked."""
        return len(self.lines)

    @property
    def answered(self) -> int:
        """How many of them answered anything."""
        return sum(line.answers is not None for line in self.lines)

    @property
    def answered_percent(self) -> Decimal | None:
        """The share of those asked that answered; None where nobody was asked."""
        return percent(self.answered, self.asked)

    def __getattr__(self, name: str) -> int | None:
        """Return the number of answers to a question, or of those that say yes, by the name of its figure; None: not shown."""
        question, _, part = name.rpartition("_")
        if question not in QUESTIONS or part not in {"answers", "yes"}:
            raise AttributeError(name)
        if question in self.hidden:
            return None
        given = [opinion for line in self.lines if (opinion := line.opinion(question))]
        return len(given) if part == "answers" else given.count(Opinion.YES)

    def share(self, question: str) -> Decimal | None:
        """Return the percentage of those who answered the question that said yes; None where it is not shown."""
        return percent(getattr(self, f"{question}_yes") or 0, getattr(self, f"{question}_answers"))

    def interval(self, question: str) -> tuple[Decimal, Decimal] | None:
        """Return between which percentages it lies for all schools, were those who answered drawn from them by lot."""
        number = getattr(self, f"{question}_answers")
        return wilson(getattr(self, f"{question}_yes"), number) if number else None


@dataclass(frozen=True)
class FeedbackTable:
    """A row for each area, or session type, of which any school was asked, and the total."""

    period: Period
    by: FeedbackCut
    rows: Sequence[FeedbackRow]
    total: FeedbackRow

    @property
    def by_cell(self) -> dict[str, FeedbackRow]:
        """The rows and the total by their cells."""
        return {row.cell: row for row in [*self.rows, self.total]}


@dataclass(frozen=True)
class FeedbackBehind:
    """What is behind the figures of one row."""

    row: FeedbackRow

    def lines(self, drill_down: DrillDown) -> Iterator[Any]:
        """Return the lines behind a figure: schools, or how many answered in which way, never which school did."""
        name, _, question = drill_down.question.partition(":")
        if name == "opinions":
            return self._opinions(question)
        return iter(line for line in self.row.lines if name == "asked" or line.answers is not None)

    def _opinions(self, question: str) -> Iterator[Opinions]:
        if question not in self.row.hidden:
            for opinion in Opinion:
                number = sum(line.opinion(question) == opinion for line in self.row.lines)
                if number:
                    yield Opinions(opinion, number)


def table_of(period: Period, by: FeedbackCut, schools: Sequence[Asked], names: Iterable[tuple[int | None, str]]) -> FeedbackTable:
    """Return the table of these schools; `names` are the areas or types in order. The total counts each once for a visit."""
    groups = {key: [line for line in schools if _is_in(line, by, key)] for key, _name in names}
    groups = {key: lines for key, lines in groups.items() if lines}
    hidden = {question: hidden_rows(schools, question) for question in QUESTIONS}

    called = dict(names)
    rows = [
        FeedbackRow(
            called[key], "none" if key is None else str(key), tuple(lines),
            frozenset(each for each in QUESTIONS if (by, key) in hidden[each]),
        )
        for key, lines in groups.items()
    ]  # fmt: skip
    return FeedbackTable(period, by, rows, total_of(schools))


def total_of(schools: Sequence[Asked]) -> FeedbackRow:
    """Return the row of all these schools together. What five or more answered is shown of them, whatever other rows say."""
    hidden = frozenset(each for each in QUESTIONS if number_of_schools(_who_answered(schools, each)) < ENOUGH)
    return FeedbackRow("Total", TOTAL_CELL, tuple(schools), hidden)


def _is_in(line: Asked, by: FeedbackCut, key: int | None) -> bool:
    return line.area == key if by is FeedbackCut.AREA else key in line.types


type _Row = tuple[FeedbackCut | None, int | str | None]
"""A row of either table: by what it is cut, and its area or type; THE_TOTAL is a row of both."""
type _Schools = frozenset[tuple[int, int]]
"""Who answered: of which visit, and which school."""

THE_TOTAL: _Row = (None, TOTAL_CELL)


def hidden_rows(schools: Sequence[Asked], question: str) -> set[_Row]:
    """Return the rows of both tables whose answers are not shown: whoever reads one reads the other, and may compare them."""
    everybody: defaultdict[_Row, list[Asked]] = defaultdict(list)
    for line in schools:
        for row in (THE_TOTAL, (FeedbackCut.AREA, line.area), *((FeedbackCut.TYPE, kind) for kind in line.types)):
            everybody[row].append(line)
    groups = {row: _who_answered(lines, question) for row, lines in {THE_TOTAL: [], **everybody}.items()}
    hidden: set[_Row] = set()
    before = None
    while hidden != before:
        before = set(hidden)
        for cut in FeedbackCut:
            of_cut = {row: people for row, people in groups.items() if row[0] in {cut, None} and row not in hidden - {THE_TOTAL}}
            hidden |= too_few(of_cut, total=THE_TOTAL, number_of=number_of_schools)
        shown = {row: people for row, people in groups.items() if row not in hidden}
        hidden |= set() if THE_TOTAL in hidden else _type_to_hide(shown)
    return hidden


def _type_to_hide(shown: Mapping[_Row, _Schools]) -> set[_Row]:
    """Return a type that, alone or with others, tells of few schools beside the areas; none where no type does.

    Whoever adds types up and subtracts others, each once or twice, counts each school so many times, and subtracts from that each
    area, and what the areas leave of the total, as often as they like. What is left must be of no school, or of enough.
    """
    types = sorted((row for row in shown if row[0] is FeedbackCut.TYPE), key=lambda row: (len(shown[row]), str(row)))
    if len(types) > MOST_TYPES:
        return {types[0]}
    first = first_that_tells(_types_by_area(shown, types), ENOUGH)
    return set() if first is None else {types[first]}


def _types_by_area(shown: Mapping[_Row, _Schools], types: Sequence[_Row]) -> list[Counter[HadTypes]]:
    """Return of each area, and of what the areas leave of the total, how many schools there are with the same types.

    A school counts once for each set of types that its visits had.
    """
    area_of = {answer: row for row, answers in shown.items() if row[0] is FeedbackCut.AREA for answer in answers}
    schools: set[tuple[_Row, HadTypes, int]] = set()
    for answer in shown[THE_TOTAL]:
        had = tuple(answer in shown[kind] for kind in types)
        schools.add((area_of.get(answer, THE_TOTAL), had, answer[1]))
    areas: defaultdict[_Row, Counter[HadTypes]] = defaultdict(Counter)
    for area, had, _school in schools:
        areas[area][had] += 1
    return list(areas.values())


def _who_answered(lines: Iterable[Asked], question: str) -> _Schools:
    return frozenset(line.key for line in lines if line.opinion(question))


def number_of_schools(answers: Collection[tuple[int, int]]) -> int:
    """Return how many schools gave these answers: one that answered about several visits is one school.

    By its number of then: a table that is shown must not change with what is linked later.
    """
    return len({school for _visit, school in answers})


def too_few[K: Hashable](
    groups: Mapping[K, frozenset[Any]], *, total: K, number_of: Callable[[frozenset[Any]], int] = len
) -> set[K]:
    """Return which groups, the total among them, are not shown, so that fewer than ENOUGH are never known by themselves.

    That is each group that is too small; the smallest of those that are shown, where they leave too few of the total; and one
    that lies in another which has too few more. Groups may overlap. `number_of` says how many a group is.
    """
    hidden = {key for key, people in groups.items() if number_of(people) < ENOUGH}
    if total in hidden:
        return set(groups)
    while (key := _next_to_hide(groups, hidden, total=total, number_of=number_of)) is not None:
        hidden.add(key)
    return hidden


def _next_to_hide[K: Hashable](
    groups: Mapping[K, frozenset[Any]], hidden: Collection[K], *, total: K, number_of: Callable[[frozenset[Any]], int]
) -> K | None:
    shown = {key: people for key, people in groups.items() if key not in hidden and key != total}
    if not shown:
        return None
    rest = groups[total] - frozenset[Any]().union(*shown.values())
    smallest = min(shown, key=lambda key: (len(shown[key]), str(key)))
    if 0 < number_of(rest) < ENOUGH:
        return smallest
    for inner, outer in permutations([*shown, total], 2):
        if inner != total and groups[inner] < groups[outer] and number_of(groups[outer] - groups[inner]) < ENOUGH:
            return inner
    return None
