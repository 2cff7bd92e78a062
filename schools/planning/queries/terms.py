"""Terms that ended lately, and what volunteers gave in them."""

from collections import defaultdict
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


@dataclass(frozen=True)
class Given:
    """What somebody gave in a term."""

    sessions: int
    schools: int
    seats: int
    """Pupils counted in these sessions; who came twice filled two seats."""


def terms_that_ended(*, on: date) -> list[tuple[str, Period]]:
    """Return each nation with its term that ended lately; nations without known terms have those of `term_of`. One query."""
    since = AcademicYear.of(on - ENDED_WITHIN).first_day
    known: defaultdict[str, list[tuple[date, date]]] = defaultdict(list)
    rows = Term.objects.around((since, on + HALF_TERM)).filter(authority=None)
    for nation, first_day, last_day in rows.order_by("first_day").values_list("nation", "first_day", "last_day"):
        known[nation].append((first_day, last_day))
    ended = []
    for nation in Nation.values:
        terms = _whole_terms(known[nation]) if known[nation] else [term_of(on - ENDED_WITHIN), term_of(on - ENDED_AFTER)]
        recent = [term for term in terms if on - ENDED_WITHIN < term.last_day <= on - ENDED_AFTER]
        ended += [(nation, term) for term in recent[-1:]]
    return ended


def _whole_terms(parts: list[tuple[date, date]]) -> list[Period]:
    """Return the terms of which these are the halves, in order; between two halves is a half-term holiday."""
    terms: list[Period] = []
    first = parts[0][0]
    for (_, last_day), (next_first, _) in pairwise([*parts, (date.max, date.max)]):
        if next_first - last_day > HALF_TERM:
            terms.append(Period(first, last_day, "term"))
            first = next_first
    return terms


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
