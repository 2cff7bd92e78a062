"""Terms that ended lately, and what volunteers gave in them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from django.db.models import Count, F, QuerySet, Sum
from django.db.models.functions import Coalesce

from schools.core.nations import Nation
from schools.core.periods import AcademicYear, Period
from schools.directory.models import Term
from schools.planning.queries.candidates import term_of
from schools.visits.models import Cover, CoverState, SessionStage
from schools.volunteers.models import Volunteer

HALF_TERM = timedelta(days=12)
"""Schools that open again within so many days had a half-term holiday, and the term goes on."""
ENDED_AFTER, ENDED_WITHIN = timedelta(days=4), timedelta(days=11)
"""A term counts as ended some days after its last: by then its last outcomes are reported. After some more it is long ago."""
SAME_TERM = timedelta(days=45)
"""Terms that end within so many days of one another are the same one of the year, in whichever nation; the next ends later."""


@dataclass(frozen=True)
class Given:
    """What somebody gave in a term."""

    sessions: int
    schools: int
    seats: int
    """Pupils counted in these sessions; who came twice filled two seats."""

    def __add__(self, other: "Given") -> "Given":
        """Return both together: no school is in two nations."""
        return Given(self.sessions + other.sessions, self.schools + other.schools, self.seats + other.seats)


@dataclass(frozen=True)
class InTerm:
    """What somebody gave in a term at the schools of all nations, and the term of each nation in which they gave it."""

    given: Given
    terms: tuple[tuple[str, Period], ...]

    @property
    def last_day(self) -> date:
        """The last day of the last of these terms."""
        return max(term.last_day for _, term in self.terms)


NOTHING = InTerm(Given(0, 0, 0), ())


def terms_that_ended(terms: Mapping[str, list[Period]], *, on: date) -> list[tuple[str, Period]]:
    """Return each nation with that of its terms that ended lately."""
    recent = {nation: [term for term in theirs if _is_lately(term.last_day, on=on)] for nation, theirs in terms.items()}
    return [(nation, theirs[-1]) for nation, theirs in recent.items() if theirs]


def _is_lately(last_day: date, *, on: date) -> bool:
    return on - ENDED_WITHIN < last_day <= on - ENDED_AFTER


def terms_around(*, on: date) -> dict[str, list[Period]]:
    """Return the terms of this academic year of each nation, in order, until the one that goes on or begins soon.

    Nations without known terms have those of `term_of`. One query.
    """
    since = AcademicYear.of(on - ENDED_WITHIN).first_day
    known: defaultdict[str, list[tuple[date, date]]] = defaultdict(list)
    rows = Term.objects.around((since, on + SAME_TERM)).filter(authority=None)
    for nation, first_day, last_day in rows.order_by("first_day").values_list("nation", "first_day", "last_day"):
        known[nation].append((first_day, last_day))
    by_rule = list(dict.fromkeys(map(term_of, (on - SAME_TERM, on - ENDED_WITHIN, on - ENDED_AFTER, on))))
    return {nation: _whole_terms(known[nation]) if known[nation] else by_rule for nation in Nation.values}


def _whole_terms(parts: list[tuple[date, date]]) -> list[Period]:
    """Return the terms of which these are the halves, in order; between two halves is a half-term holiday."""
    terms: list[Period] = []
    first = parts[0][0]
    for (_, last_day), (next_first, _) in pairwise([*parts, (date.max, date.max)]):
        if next_first - last_day > HALF_TERM:
            terms.append(Period(first, last_day, "term"))
            first = next_first
    return terms


def given_lately(people: QuerySet[Volunteer], *, on: date) -> dict[int, InTerm]:
    """Return what these people gave in the term that ended lately, at the schools of all nations, by their ids.

    Who gave time in several nations, which end the term on different days, is in it once the last of theirs has ended: before
    that it would be a part. One query, and where a term has ended one for each nation.
    """
    parts: dict[int, InTerm] = {}
    for nation, term in _of_one_time(terms_around(on=on), on=on):
        for person, given in given_in(term, nation, people).items():
            before = parts.get(person, NOTHING)
            parts[person] = InTerm(before.given + given, (*before.terms, (nation, term)))
    return {person: part for person, part in parts.items() if _is_lately(part.last_day, on=on)}


def _of_one_time(terms: Mapping[str, list[Period]], *, on: date) -> Iterator[tuple[str, Period]]:
    """Yield the term of each nation, over or not, that is the same one of the year as any that ended lately."""
    ended = [term.last_day for _, term in terms_that_ended(terms, on=on)]
    for nation, theirs in terms.items():
        same = [term for term in theirs if any(abs(term.last_day - day) <= SAME_TERM for day in ended)]
        yield from ((nation, term) for term in same[-1:])


def given_in(term: Period, nation: str, people: QuerySet[Volunteer]) -> dict[int, Given]:
    """Return what these people gave at the nation’s schools in the term, by their ids; one query."""
    there = Cover.objects.filter(
        state=CoverState.ATTENDED,
        session__stage=SessionStage.DELIVERED,
        session__day__range=(term.first_day, term.last_day),
        session__visit__school__nation=nation,
        volunteer__in=people.order_by().values("pk"),
    )
    school = Coalesce(F("session__visit__school__chain"), F("session__visit__school"))
    rows = there.order_by().values("volunteer").annotate(
        sessions=Count("session", distinct=True), schools=Count(school, distinct=True), seats=Sum("session__headcounts__pupils")
    )  # fmt: skip
    return {row["volunteer"]: Given(row["sessions"], row["schools"], row["seats"] or 0) for row in rows}
