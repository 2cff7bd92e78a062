"""Assigning: a coordinator puts somebody on sessions, as agreed with them."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.visits import rules
from schools.visits.actions.cover.claiming import check, lock_day, store_covers
from schools.visits.models import Cover, CoverNews, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.volunteers.models import Volunteer


def assign(session: Session, volunteer: Volunteer, *, role: str, by: User, now: datetime, note: str = "") -> Cover:
    """Put the volunteer on one session, as assign_all does on a visit day."""
    day = VisitDay(session.visit, session.day)
    (cover,) = assign_all(day, volunteer, role=role, by=by, now=now, note=note, only=[session.pk])
    return cover


@transaction.atomic
def assign_all(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    role: str,
    by: User,
    now: datetime,
    note: str = "",
    only: Iterable[int] | None = None,
) -> list[Cover]:
    """Put the volunteer on the visit day, as agreed with them by phone; an offer they hold becomes the acceptance.

    `note` says why they come although they are away, not usually free, too far away or short of time to travel; nothing else can
    be overridden. `only` names sessions by id; None: all of the day. Whoever comes instead of somebody is put on by drop_out.
    Raises RuleBroken with every reason; then nothing has changed.
    """

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        hard = rules.reasons_not_to_cover(volunteer, session, role=role, on=timezone.localdate(now), records=records)
        return hard if note else hard + rules.reasons_to_ask_first(volunteer, session, records=records)

    locked, sessions = lock_day(visit_day, {volunteer.pk}, only=only)
    check(locked[volunteer.pk], sessions, reasons)
    on = timezone.localdate(now)
    volunteer = locked[volunteer.pk]
    news = "" if sessions[0].day < on else CoverNews.ASSIGNED
    return store_covers(volunteer, sessions, role_on=lambda _: role, state=CoverState.ACCEPTED, now=now, note=note, news=news)
