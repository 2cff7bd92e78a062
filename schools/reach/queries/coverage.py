"""Where the schools of an area are; which were visited in their cycle, which are due again, and which never were visited."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet

from schools.core.batched_queries import all_of
from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.directory.models import Area, School
from schools.programme.models import Audience, Channel
from schools.reach.filters import EVERYTHING
from schools.reach.places import Scope
from schools.reach.queries.kin import CHUNK, stored_kin
from schools.reach.queries.standing_facts import standing_facts
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut
from schools.visits.models import Headcount, Session, SessionStage

ON_A_MAP, NOWHERE = ("easting", "northing", "authority_id", "address"), (None, None, None, "")
"""What a map needs of a school, and what stands for it where its place is not known."""


class State(models.TextChoices):
    """Whether and when a school was visited."""

    VISITED = "visited", "Visited in the cycle"
    DUE = "due", "Visited before, due again"
    NEVER = "never", "Never visited"


@dataclass(frozen=True)
class SchoolDot:
    """A school on the national grid, in metres, and what its register says of it for the ground of a map."""

    easting: int
    northing: int
    state: State
    authority: int | None = None
    """The id of its authority; None: not known."""
    address: str = ""


@dataclass(frozen=True)
class Coverage:
    """The schools with a known location, and the number of schools in each state, with or without a location."""

    dots: list[SchoolDot]
    states: dict[State, int]

    @property
    def schools(self) -> int:
        """The number of schools in area, each counted once."""
        return sum(self.states.values())

    @property
    def without_place(self) -> int:
        """The number of schools that are on no map."""
        return self.schools - len(self.dots)


def coverage(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> Coverage:
    """Return the schools in area at the year's end (or on `as_of`, if earlier) by state; the number of queries is constant."""
    with snapshot():
        scope = scope_of(year.period, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        standing = standing_facts(scope)
        ever = _ever_visited(scope, until=year.last_day)
        places = {pk: place for pk, *place in School.objects.exclude(easting=None).values_list("pk", *ON_A_MAP).iterator(CHUNK)}
    states = dict.fromkeys(State, 0)
    dots = []
    by_chain = {
        chain: (school, in_cycle)
        for chain, school, in_cycle in zip(standing.chains, standing.schools.tolist(), standing.in_cycle.tolist(), strict=True)
    }
    for chain, (school, in_cycle) in by_chain.items():
        state = State.VISITED if in_cycle else State.DUE if chain in ever else State.NEVER
        states[state] += 1
        easting, northing, authority, address = places.get(school, NOWHERE)
        if easting is not None and northing is not None:
            dots.append(SchoolDot(easting, northing, state, authority, address))
    return Coverage(dots, states)


def _ever_visited(scope: Scope, *, until: date) -> set[int]:
    """Return the chains with a delivered in-person session for pupils, up to the day."""
    in_person = [kind.pk for kind in scope.types if (kind.audience, kind.channel) == (Audience.PUPILS, Channel.IN_PERSON)]
    counts = Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__day__lte=until, session__type__in=in_person)
    held = Session.objects.delivered().filter(type__in=in_person, day__lte=until)
    bare = held.filter(~Exists(Headcount.objects.filter(session=OuterRef("pk"))))
    of_counts = counts.order_by().values_list("school_id").distinct()
    rows: Any = all_of((of_counts, bare.order_by().values_list("visit__school_id").distinct()))
    schools = {school for (school,) in rows}
    kin = stored_kin(schools)
    return {kin.get(school, (school, school))[1] for school in schools}
