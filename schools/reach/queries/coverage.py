"""Where the schools of an area are; which were visited in their cycle, which are due again, and which never were visited."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import QuerySet

from schools.core.batched_queries import all_of
from schools.core.periods import AcademicYear
from schools.core.snapshot import snapshot
from schools.directory.models import Area, School, Site
from schools.directory.sites import sites_among
from schools.reach.filters import EVERYTHING
from schools.reach.places import Scope
from schools.reach.queries.kin import CHUNK, stored_kin
from schools.reach.queries.standing_facts import standing_facts, types_for_cycle
from schools.reach.queries.tables import scope_of
from schools.reach.rows import Cut
from schools.visits.models import Headcount, Session, SessionStage

ON_A_MAP = ("easting", "northing", "authority_id", "address")
"""What a map needs of a school."""

type Place = tuple[int, int, int | None, str]
"""Where a school or a site of it is, and what the map says of it: ON_A_MAP."""


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
    is_further: bool = False
    """Whether the school is on the map at another place already: then this is one of its sites, and it counts there."""


@dataclass(frozen=True)
class Coverage:
    """The schools with a known location, at each of their places, and how many are in each state, with or without one."""

    dots: list[SchoolDot]
    states: dict[State, int]

    @property
    def schools(self) -> int:
        """The number of schools in area, each counted once."""
        return sum(self.states.values())

    @property
    def without_place(self) -> int:
        """The number of schools that are on no map."""
        return self.schools - len(self.dots) + self.further_places

    @property
    def further_places(self) -> int:
        """The number of dots that are further places of schools."""
        return sum(dot.is_further for dot in self.dots)


def coverage(year: AcademicYear, *, as_of: date, areas: QuerySet[Area] | None = None) -> Coverage:
    """Return the schools in area at the year's end (or on `as_of`, if earlier) by state; the number of queries is constant."""
    with snapshot():
        scope = scope_of(year.period, by=Cut.NATION, within=None, filters=EVERYTHING, as_of=as_of, areas=areas)
        standing = standing_facts(scope)
        ever = _ever_visited(scope, until=year.last_day)
        by_chain = dict(zip(standing.chains, standing.schools.tolist(), strict=True))
        # Of two entries of a chain that stand in areas of different cycles it is enough that one is in its own, as in the table.
        visited = {chain for chain, in_cycle in zip(standing.chains, standing.in_cycle.tolist(), strict=True) if in_cycle}
        places = _places_of(set(by_chain.values()))
    states = dict.fromkeys(State, 0)
    dots = []
    for chain, school in by_chain.items():
        state = State.VISITED if chain in visited else State.DUE if chain in ever else State.NEVER
        states[state] += 1
        for number, (easting, northing, authority, address) in enumerate(places.get(school, ())):
            dots.append(SchoolDot(easting, northing, state, authority, address, is_further=number > 0))
    return Coverage(dots, states)


def _places_of(schools: Collection[int]) -> dict[int, list[Place]]:
    """Return the known places of these schools, by their ids: the register's address first, then each site in use."""
    further = _sites_in_use(schools)
    places: dict[int, list[Place]] = {}
    # Those without a place are read too: few are, and a site of theirs may have one.
    for pk, east, north, authority, address in School.objects.order_by().values_list("pk", *ON_A_MAP).iterator(CHUNK):
        own = [(east, north, authority, address)] if east is not None and north is not None else []
        places[pk] = [*own, *((*place, authority, "") for place in further.get(pk, ()))]
    return places


def _sites_in_use(schools: Collection[int]) -> dict[int, list[tuple[int, int]]]:
    """Return easting and northing of each site in use with a known place, by the ids of those of the schools that have any."""
    known = Site.objects.filter(active=True, easting__isnull=False).select_related("school")
    sites = list(known.only("easting", "northing", "school__lineage", "school__chain"))
    if not sites:
        return {}
    lineages = {site.school.lineage or site.school_id for site in sites}
    kin = stored_kin(schools)
    of_school = ((school, *kin.get(school, (school, school))) for school in schools)
    may_have = [School(pk=pk, lineage=lineage, chain=chain) for pk, lineage, chain in of_school if lineage in lineages]
    return {
        school: [(site.easting, site.northing) for site in own if site.easting is not None and site.northing is not None]
        for school, own in sites_among(sites, may_have).items()
    }


def _ever_visited(scope: Scope, *, until: date) -> set[int]:
    """Return the chains that had, or were guests in, a session that counts for the cycle, on any day up to this.

    Whoever was in its cycle once is among them for ever: the condition is that of `in_cycle`, without its first day.
    """
    for_cycle = types_for_cycle(scope)
    seated = Headcount.objects.filter(session__stage=SessionStage.DELIVERED, session__day__lte=until, session__type__in=for_cycle)
    held = Session.objects.delivered().filter(type__in=for_cycle, day__lte=until)
    of_counts = seated.order_by().values_list("school_id").distinct()
    rows: Any = all_of((of_counts, held.order_by().values_list("visit__school_id").distinct()))
    schools = {school for (school,) in rows}
    kin = stored_kin(schools)
    return {kin.get(school, (school, school))[1] for school in schools}
