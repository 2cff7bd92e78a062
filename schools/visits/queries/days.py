"""Queries about visit days: what a volunteer accepts, and what needs people."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.db.models import BigIntegerField, DateField, Exists, OuterRef, QuerySet

from schools.accounts.models import User
from schools.core.batched_queries import Given, GivenIds
from schools.core.prepared import Prepared
from schools.core.words import long_day, random_reference
from schools.directory.models import Area, Whereabouts
from schools.directory.responsible import (
    Place,
    Responsible,
    coordinators_by_place,
    responsible_by_place,
    responsible_for_school,
    whom_to_ask,
)
from schools.visits.models import BOOKED_STAGES, Cover, CoverState, Session, SessionQuerySet, SessionStage, Visit
from schools.visits.queries.school_alarms import alarms_called_off
from schools.volunteers.models import Volunteer

LOOK_AHEAD = timedelta(days=183)
"""How far ahead open sessions are shown to volunteers: half a year."""


@dataclass(frozen=True)
class VisitDay:
    """The sessions of one visit on one day: what a volunteer accepts as a whole."""

    visit: Visit
    day: date

    def sessions(self) -> SessionQuerySet:
        """Return its scheduled sessions, in order of time."""
        return Session.objects.scheduled().filter(visit=self.visit, day=self.day).select_related("type", "visit__school", "site")

    def __str__(self) -> str:
        return f"{self.visit.school}, {long_day(self.day)}"


@dataclass(frozen=True)
class OpenDay(VisitDay):
    """A visit day with the sessions that the volunteer may take."""

    open_sessions: tuple[Session, ...]

    @property
    def where(self) -> Whereabouts:
        """Where people go on that day: all of its sessions are at one place (rule 33)."""
        return self.open_sessions[0].where if self.open_sessions else self.visit.school

    def __str__(self) -> str:
        return f"{self.where}, {long_day(self.day)}"


def new_reference() -> str:
    """Return a reference that no visit has yet, short enough to say on the phone: V and six letters or digits."""
    while True:
        reference = random_reference("V")
        if not Visit.objects.filter(reference=reference).exists():
            return reference


def bookings_of(school_ids: Iterable[int], *, on: date) -> QuerySet[Visit]:
    """Return the schools' visits with a scheduled session on the day or later."""
    return Visit.objects.to_come(on=on).filter(school__in=school_ids)


_LAPSED = Prepared(
    lambda: (
        Cover.objects.filter(session__in=GivenIds("sessions"))
        .lapsed(on=Given("on", DateField()))
        .order_by()
        .values_list("pk", flat=True)
    )
)


def lapsed_covers(sessions: Iterable[int], *, on: date) -> set[int]:
    """Return those covers (ids) of the sessions (ids) whose volunteers may not be there on the day (`lapsed`); one query."""
    return set(_LAPSED.run(sessions=sessions, on=on))


def _needing_people() -> SessionQuerySet:
    mine = Cover.objects.holding().filter(volunteer=Given("volunteer", BigIntegerField())).values("session")
    own_areas = Area.objects.filter(volunteers=Given("volunteer", BigIntegerField()))
    return (
        Session.objects.uncovered()
        .in_areas(own_areas, on=Given("on", DateField()))
        .filter(
            ~alarms_called_off("visit", "day"),
            visit__stage__in=BOOKED_STAGES,
            day__range=(Given("on", DateField()), Given("until", DateField())),
            type__presenters__gt=0,
        )
        .exclude(pk__in=mine)
        .select_related("type", "visit__school", "visit__contact", "site")
    )


_NEEDING_PEOPLE = Prepared(_needing_people)


def needing_people(volunteer: Volunteer, *, on: date) -> list[Session]:
    """Return the sessions of the next half year in the volunteer's areas that have a free place and that they are not on.

    None of a day that its school calls off.
    """
    return _NEEDING_PEOPLE.run(volunteer=volunteer.pk, on=on, until=on + LOOK_AHEAD)


def to_observe(volunteer: Volunteer, *, on: date) -> SessionQuerySet:
    """Return the sessions of the next half year in the volunteer's areas that people go to, full or not, and they are not on.

    Of a day that its school calls off those alone that they asked to watch.
    """
    mine = Cover.objects.live().filter(volunteer=volunteer).values("session")
    wishes = Cover.objects.filter(volunteer=volunteer, session=OuterRef("pk"), state=CoverState.ASKED)
    return (
        Session.objects.scheduled()
        .in_areas(volunteer.areas.all(), on=on)
        .filter(
            ~alarms_called_off("visit", "day") | Exists(wishes),
            visit__stage__in=BOOKED_STAGES,
            day__range=(on, on + LOOK_AHEAD),
            type__presenters__gt=0,
        )
        .exclude(pk__in=mine)
        .select_related("type", "visit__school", "visit__contact", "site")
    )


def coordinators_of_visit(visit: Visit, *, on: date) -> list[User]:
    """Return whom volunteers ask about the visit, the stand-in in place of who is away; one query where nobody is.

    It is the visit’s own coordinator; without one who sees the school (as after an import) all of its area’s.
    """
    return [row.to_ask for row in whom_to_ask(responsible_for_school(visit.school, on=on, own=visit.coordinator_id))]


def coordinators_by_visit(visits: Iterable[Visit], *, on: date) -> dict[int, list[User]]:
    """Return who looks after each of the visits, by their ids: its own coordinator, else (as after an import) all of its area's.

    Nobody is among them who may not sign in, or does not see the school on the day (rule 17): a visit keeps its own coordinator
    when its school, or they, go to another area. Two queries at most; reads each visit's school.
    """
    places = _places_of(visits)
    by_place = coordinators_by_place(places.values(), on=on)
    return {pk: by_place[place] for pk, place in places.items()}


def responsible_by_visit(visits: Iterable[Visit], *, on: date) -> dict[int, list[Responsible]]:
    """Return the same with whoever stands in for them on the day; no query more, or four where somebody is away."""
    places = _places_of(visits)
    by_place = responsible_by_place(places.values(), on=on)
    return {pk: by_place[place] for pk, place in places.items()}


def still_seeing(visit: Visit, users: Collection[int], *, on: date) -> list[User]:
    """Return those of these people (by id) who may sign in, see the visit on the day and have an address; no query for nobody."""
    people = User.objects.filter(pk__in=users, is_active=True).exclude(email="").order_by("pk") if users else ()
    return [user for user in people if Visit.objects.at_own_schools(user, on=on).filter(pk=visit.pk).exists()]


def _places_of(visits: Iterable[Visit]) -> dict[int, Place]:
    return {visit.pk: (visit.school.authority_id, visit.coordinator_id) for visit in visits}


def by_visit_day(sessions: Iterable[Session]) -> list[tuple[VisitDay, list[Session]]]:
    """Group the sessions into visit days, in order of day, then time; reads each session's visit and school."""
    ordered = sorted(sessions, key=lambda session: (session.day, session.visit_id, session.starts, session.pk))
    days = [
        (VisitDay(grouped[0].visit, day), grouped)
        for (day, _), rows in groupby(ordered, key=lambda session: (session.day, session.visit_id))
        for grouped in [list(rows)]
    ]
    return sorted(days, key=lambda pair: (pair[0].day, pair[1][0].starts, pair[0].visit.pk))


def standing(sessions: Iterable[Session]) -> list[Session]:
    """Return those sessions of a day that are not cancelled; all of them where each is: what the day is shown as."""
    every = list(sessions)
    return [session for session in every if session.stage != SessionStage.CANCELLED] or every
