"""The locks that actions take: people first, then sessions; a visit with its school; what keeps a return open meanwhile."""

from collections.abc import Collection, Iterable
from datetime import date

from django.db import transaction
from django.db.models import Q

from schools.directory.models import AreaAuthority, School
from schools.directory.queries import places_on
from schools.visits.actions.waking import about_to_change
from schools.visits.models import Cover, Session, Visit
from schools.visits.queries.requests import visit_there
from schools.volunteers.models import Volunteer


def lock_people_and_sessions(people: Iterable[int], session_ids: Iterable[int]) -> tuple[dict[int, Volunteer], list[Session]]:
    """Lock the volunteers in order of id, then the sessions in order of id, until the transaction ends.

    Returns the volunteers by id, and the sessions in order of time. Every action locks in this order, so there is no deadlock.
    What people know so far is written down, and the kinds of messages are woken after the commit: each of them changes something.
    """
    volunteers = (
        Volunteer.objects.select_for_update(of=("self",)).select_related("user").filter(pk__in=set(people)).order_by("pk")
    )
    locked = {volunteer.pk: volunteer for volunteer in volunteers}
    sessions = (
        Session.objects.select_for_update(of=("self",))
        .select_related("type", "visit__school", "visit__coordinator", "site")
        .filter(pk__in=set(session_ids))
        .order_by("pk")
    )
    about_to_change({session.visit_id for session in sessions}, locked)
    return locked, sorted(sessions, key=lambda session: (session.starts, session.pk))


def lock_whole_visit(visit: int) -> tuple[Visit, list[Session]]:
    """Lock the visit, then everybody on its sessions, then the sessions, and return it with them, as `lock_people_and_sessions`.

    Where somebody came onto a session meanwhile, the locks of people and sessions are let go and taken anew: who takes a place
    waits for a session with themselves locked.
    """
    row = Visit.objects.select_for_update(of=("self",)).select_related("school").get(pk=visit)
    covers = Cover.objects.live().filter(session__visit=row).order_by()
    while True:
        with transaction.atomic():
            people = set(covers.values_list("volunteer", flat=True))
            _, sessions = lock_people_and_sessions(people, row.sessions.values_list("pk", flat=True))
            if set(covers.values_list("volunteer", flat=True)) <= people:
                return row, sessions
            transaction.set_rollback(True)


def lock_with_visit(which: Q, *, on: date) -> tuple[Visit | None, list[School]]:
    """Lock the visit that is booked or requested with these schools, then the schools by id, and return them.

    Where another visit is there once the schools are locked, all locks are let go and it begins anew: whoever declines that visit
    waits for the schools, and would otherwise wait for us while we wait for them.
    """
    while True:
        with transaction.atomic():
            known = list(School.objects.filter(which).order_by().values_list("pk", flat=True))
            if before := visit_there(known, on=on):
                list(Visit.objects.select_for_update(of=("self",)).filter(pk=before.pk))
            schools = list(School.objects.select_for_update(of=("self",)).filter(which).order_by("pk"))
            there = visit_there([each.pk for each in schools], on=on)
            if there == before:
                return there, schools
            transaction.set_rollback(True)


def hold_off_closing(school_days: Iterable[tuple[int, date]], *, on: date) -> None:
    """Keep the returns of these schools' areas open until the transaction ends; call it before a session is added to a day.

    It waits for a closing that has begun, so that the rules, asked afterwards, see the closed period. Only days up to `on` can
    lie in a return, so later days take no lock. Sessions that exist already are protected by their own locks.
    """
    places = places_on((school, day) for school, day in school_days if day <= on)
    hold_areas({place.area_id for place in places.values() if place.area_id is not None})


def hold_areas(areas: Collection[int]) -> None:
    """Lock the areas' holdings, after any sessions, so that only one transaction at a time closes or adds to past days there.

    The areas' own rows are not locked: handing an area over locks its row before the visits, and that could deadlock.
    """
    if areas:
        held = AreaAuthority.objects.select_for_update(of=("self",), no_key=True).filter(area__in=areas)
        list(held.order_by("pk").values_list("pk", flat=True))
