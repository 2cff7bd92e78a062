"""What moves with an authority that gets another area, before anybody moves it."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Min, Q

from schools.accounts.models import User
from schools.directory.models import Area, AreaAuthority, Authority, School, SchoolQuerySet
from schools.directory.queries import area_holding, coordinators_in, next_holding
from schools.visits.models import Visit, VisitQuerySet


@dataclass(frozen=True)
class MovePreview:
    """What moves with the authority, as things stand."""

    leaving: Area | None
    """The area that holds the authority on the day of the move; None where no area holds it."""
    area: Area
    from_day: date
    until: AreaAuthority | None
    """The holding that begins later and stays as it is; None where there is none."""
    schools: SchoolQuerySet
    visits: VisitQuerySet
    lost: list[User]
    """Coordinators of the old area alone."""
    gained: list[User]
    """Coordinators of the new area alone."""
    stored_sessions_stay: bool
    """Whether the day has come: sessions that were delivered since then stay in the area where they were."""


def preview_move(authority: Authority, area: Area, *, from_day: date, on: date) -> MovePreview:
    """Return what moves if the authority belongs to `area` from `from_day` on.

    Visits to come and coordinators are those of the later of the two days `from_day` and `on`.
    """
    since = max(on, from_day)
    leaving = area_holding(authority, on=from_day)
    schools = School.objects.bookable().filter(authority=authority).order_by("name", "pk")
    visits = Visit.objects.filter(school__authority=authority).to_come(on=since).select_related("school", "coordinator")
    first = Min("sessions__day", filter=Q(sessions__day__gte=since, sessions__stage="scheduled"))
    before, after = ({user.pk: user for user in coordinators_in(held_by, on=since)} for held_by in (leaving, area))
    return MovePreview(
        leaving=leaving,
        area=area,
        from_day=from_day,
        until=next_holding(authority, after=from_day),
        schools=schools,
        visits=visits.annotate(first_day=first).order_by("first_day", "pk"),
        lost=[user for pk, user in before.items() if pk not in after],
        gained=[user for pk, user in after.items() if pk not in before],
        stored_sessions_stay=from_day <= on,
    )
