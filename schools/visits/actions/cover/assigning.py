"""Assigning: a coordinator puts somebody on sessions, as agreed with them."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from schools.accounts.models import User
from schools.visits import rules
from schools.visits.actions.cover.claiming import check, lock_day, store_covers
from schools.visits.models import Cover, CoverNews, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.visits.rules.days_off import has_ended
from schools.volunteers.models import Volunteer

type RoleOn = Callable[[Session], str]
"""A function that returns in which role somebody comes to a session."""


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
    locked, sessions = lock_day(visit_day, {volunteer.pk}, only=only)
    return put_on(locked[volunteer.pk], sessions, role_on=lambda _: role, now=now, note=note)


def put_on(volunteer: Volunteer, sessions: Sequence[Session], *, role_on: RoleOn, now: datetime, note: str) -> list[Cover]:
    """Put the volunteer on the sessions; the caller has locked both. `note` as in assign_all. Raises RuleBroken as it does."""
    on = timezone.localdate(now)

    def reasons(volunteer: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        hard = rules.reasons_not_to_cover(volunteer, session, role=role_on(session), on=on, records=records)
        return hard if note else hard + rules.reasons_to_ask_first(volunteer, session, records=records)

    check(volunteer, sessions, reasons)
    return store_covers(
        volunteer,
        sessions,
        role_on=role_on,
        state=CoverState.ACCEPTED,
        now=now,
        note=note,
        # Of what is over nobody is told that they are down for it: they were there, and are put on so that it can be reported.
        news_on=lambda session: "" if has_ended(session, now=now) else CoverNews.ASSIGNED,
    )
