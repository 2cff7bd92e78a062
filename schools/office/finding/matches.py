"""Rows that are found by words, for one user: schools, people, visits, with what is next at each. A fixed number of queries."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, Exists, F, Min, OuterRef, Prefetch, Q, Value, When, prefetch_related_objects

from schools.accounts.models import User
from schools.core.search_words import GENERIC, Piece
from schools.directory.models import Contact, School
from schools.directory.models.areas import Patch
from schools.office.frame.visibility import visible_rows
from schools.visits.models import STANDING_STAGES, Cover, Headcount, Session, SessionStage, Visit
from schools.volunteers.models import Volunteer

MOST_SCHOOLS, MOST_PEOPLE, MOST_VISITS = 6, 4, 4


class SomebodyThere(NamedTuple):
    """A person at schools, with the first of these that the user may see."""

    contact: Contact
    school: School


@dataclass(frozen=True)
class Rows:
    """What was found, the most likely first."""

    schools: list[School]
    volunteers: list[Volunteer]
    contacts: list[SomebodyThere]

    def __bool__(self) -> bool:
        """Return whether anything was found."""
        return bool(self.schools or self.volunteers or self.contacts)


def rows_named(user: User, text: str, pieces: Collection[Piece], *, forgiving: bool, on: date) -> Rows:
    """Return the rows of each table that have every piece; one query for each table that the user may see."""
    return Rows(
        schools_named(user, text, pieces, forgiving=forgiving, on=on),
        _volunteers(user, text, pieces, forgiving=forgiving, on=on),
        _contacts(user, text, pieces, forgiving=forgiving, on=on),
    )


def schools_named(user: User, text: str, pieces: Collection[Piece], *, forgiving: bool, on: date) -> list[School]:
    """Return the schools that have every piece; one query."""
    if not user.has_perm("schools.view_school"):
        return []
    schools = School.objects.for_user(user, on=on).having(pieces, forgiving=forgiving)
    if not forgiving and _is_of_very_many(pieces):
        # Sorting half a nation for two letters would take long, and none of them is meant before another.
        return sorted(schools.order_by()[:MOST_SCHOOLS], key=lambda school: (school.name, school.pk))
    return list(schools.most_likely_first(text, user, on=on)[:MOST_SCHOOLS])


def _is_of_very_many(pieces: Collection[Piece]) -> bool:
    """Return whether all that was typed so far is how a word begins that very many schools have."""
    words = [word for piece in pieces for word in piece.words]
    return len(words) == 1 and any(common.startswith(words[0]) for common in GENERIC)


def _volunteers(user: User, text: str, pieces: Collection[Piece], *, forgiving: bool, on: date) -> list[Volunteer]:
    if not user.has_perm("schools.view_volunteer"):
        return []
    people = Volunteer.objects.for_user(user, on=on).having(pieces, forgiving=forgiving)
    return list(people.most_likely_first(text, user, on=on)[:MOST_PEOPLE])


def _contacts(user: User, text: str, pieces: Collection[Piece], *, forgiving: bool, on: date) -> list[SomebodyThere]:
    if not (user.has_perm("schools.view_contact") and user.has_perm("schools.view_school")):
        return []
    people = Contact.objects.having(pieces, forgiving=forgiving).best_first(text)
    return _where_seen(list(visible_rows(people.select_related("school"), user, on=on)[:MOST_PEOPLE]), user, on=on)


def _where_seen(people: list[Contact], user: User, *, on: date) -> list[SomebodyThere]:
    """Return the people, each with a school of theirs that the user may see; one query where their first one is none."""

    def is_seen(school: School) -> bool:
        return user.is_manager or school.authority_id in Patch.of(user, on=on).authorities

    elsewhere = [contact for contact in people if not is_seen(contact.school)]
    mine = School.objects.for_user(user, on=on).order_by("name", "pk")
    prefetch_related_objects(elsewhere, Prefetch("also_at", mine, to_attr="also_seen_at"))
    others: dict[int, list[School]] = {contact.pk: contact.also_seen_at for contact in elsewhere}  # type: ignore[attr-defined]  # see above
    return [SomebodyThere(contact, next(iter(others.get(contact.pk, ())), contact.school)) for contact in people]


def visits_called(user: User, reference: str, *, on: date) -> list[Visit]:
    """Return the visit of this reference, if the user may see it; one query."""
    if not user.has_perm("schools.view_visit"):
        return []
    visits = Visit.objects.for_user(user, on=on).filter(reference__in={reference, reference.upper()})
    return list(visits.with_days().select_related("school")[:MOST_VISITS])


class Booked(NamedTuple):
    """A day on which a school is visited, or is a guest."""

    day: date
    visit_id: int
    reference: str
    is_open: bool
    """Whether the school hosts it, under a number in an area of the user, who may then open its page."""


def booked_at(schools: Iterable[School], user: User, *, on: date) -> dict[int, list[Booked]]:
    """Return, by school, the days to come that are booked with it under any of its numbers, the first first; one query.

    An online window counts until its last day, with its first.
    """
    schools = list(schools)
    family = _family(schools)
    hosted = Session.objects.scheduled().filter(
        Q(day__gte=on) | Q(until_day__gte=on), visit__stage__in=STANDING_STAGES, visit__school__in=family
    )
    seated = Headcount.objects.filter(
        Q(session__day__gte=on) | Q(session__until_day__gte=on),
        session__stage=SessionStage.SCHEDULED,
        session__visit__stage__in=STANDING_STAGES,
        school__in=family,
    ).exclude(session__visit__school=F("school"))
    yes, no = Value(1), Value(0)
    # By the host alone, which an index finds: of all visits that a coordinator may see PostgreSQL would make the whole.
    hosts = School.objects.for_user(user, on=on).filter(pk=OuterRef("visit__school"))
    seen = Case(When(Exists(hosts), then=yes), default=no)
    both = hosted.order_by().values_list("visit__school", "visit__school__chain", "day", "visit", "visit__reference", seen).union(
        seated.order_by().values_list(
            "school", "school__chain", "session__day", "session__visit", "session__visit__reference", no
        )
    )  # fmt: skip
    rows = list(both.order_by()) if schools else []
    return {
        school.pk: sorted(
            Booked(day, visit, reference, bool(is_open))
            for school_id, chain, day, visit, reference, is_open in rows
            if school_id == school.pk or (chain is not None and chain == school.chain)
        )
        for school in schools
    }


def _family(schools: list[School]) -> Any:
    """Return the ids of the schools, with those of the schools of their chains; most have none."""
    ids = {school.pk for school in schools}
    chains = {school.chain for school in schools if school.chain is not None}
    return School.objects.filter(Q(pk__in=ids) | Q(chain__in=chains)).order_by().values("pk") if chains else ids


def next_day_of(people: Iterable[Volunteer], *, on: date) -> dict[int, date]:
    """Return, by volunteer, the next day on which they go to a school; one query."""
    to_come = Cover.objects.holding().filter(
        volunteer__in=[volunteer.pk for volunteer in people], session__stage=SessionStage.SCHEDULED, session__day__gte=on
    )
    return dict(to_come.order_by().values_list("volunteer").annotate(Min("session__day")))
