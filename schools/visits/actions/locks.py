"""What verbs lock, and in which order: people, then sessions; and what keeps a return open while a past day gets a session."""

from collections.abc import Collection, Iterable
from datetime import date

from schools.directory.models import AreaAuthority
from schools.directory.queries import places_on
from schools.visits.models import Session
from schools.volunteers.models import Volunteer


def lock_people_and_sessions(people: Iterable[int], session_ids: Iterable[int]) -> tuple[dict[int, Volunteer], list[Session]]:
    """Lock the volunteers by id, then the sessions by id, until the transaction ends; sessions come back in order of time.

    Everybody locks in this order, so that nobody waits in a circle.
    """
    volunteers = (
        Volunteer.objects.select_for_update(of=("self",)).select_related("user").filter(pk__in=set(people)).order_by("pk")
    )
    locked = {volunteer.pk: volunteer for volunteer in volunteers}
    sessions = (
        Session.objects.select_for_update(of=("self",))
        .select_related("type", "visit__school", "visit__coordinator")
        .filter(pk__in=set(session_ids))
        .order_by("pk")
    )
    return locked, sorted(sessions, key=lambda session: (session.starts, session.pk))


def hold_off_closing(school_days: Iterable[tuple[int, date]], *, on: date) -> None:
    """Before a session comes to a school's day: nobody closes a return of the area there until the transaction ends.

    A closing that has begun is waited for, so that the rules, asked afterwards, find the period closed. Only days up to `on` can
    lie in a return; of later ones nobody waits for anybody. Sessions that are there already are held by their own lock.
    """
    places = places_on((school, day) for school, day in school_days if day <= on)
    hold_areas({place.area_id for place in places.values() if place.area_id is not None})


def hold_areas(areas: Collection[int]) -> None:
    """Lock what these areas hold, after any sessions: one who closes, or adds to past days, at a time.

    The area itself is locked before visits when it is handed over, so that its own row would make a circle of waiting.
    """
    if areas:
        held = AreaAuthority.objects.select_for_update(of=("self",), no_key=True).filter(area__in=areas)
        list(held.order_by("pk").values_list("pk", flat=True))
