"""Observing: somebody who learns asks to watch a morning, and a coordinator says yes or no. An observer is no cover (rule 5)."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.visits.actions.batches import Changes
from schools.visits.actions.cover.answering import answer_no
from schools.visits.actions.cover.assigning import assign_all
from schools.visits.actions.cover.claiming import (
    check,
    check_not_moved,
    lock_day,
    offers_to,
    reasons_not_to_accept,
    store_covers,
)
from schools.visits.actions.cover.offering import offer
from schools.visits.actions.cover.written import as_stored, covers_written, record
from schools.visits.models import Cover, CoverRole, CoverState, Session
from schools.visits.queries import CoverRecords, VisitDay
from schools.visits.rules import Slot, reasons_moved_since
from schools.volunteers.models import Volunteer


@transaction.atomic
def ask_to_observe(visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime) -> list[Cover]:
    """Store that the volunteer would like to watch the visit day; home shows it until a coordinator answers.

    Asking again changes nothing. Raises RuleBroken with every reason when they could not be there.
    """

    def reasons(person: Volunteer, session: Session, records: CoverRecords) -> list[str]:
        return reasons_not_to_accept(person, session, records, role=CoverRole.OBSERVER, now=now)

    locked, sessions = lock_day(visit_day, {volunteer.pk}, only=None)
    volunteer = locked[volunteer.pk]
    if waiting := asked_of(visit_day, volunteer):
        return waiting
    if offers_to(volunteer, sessions):
        raise RuleBroken([_("We asked whether you could take this. Say no to that first, if you would rather watch.")])
    check(volunteer, sessions, reasons)
    return store_covers(volunteer, sessions, role_on=lambda session: CoverRole.OBSERVER, state=CoverState.ASKED, now=now)


def asked_of(visit_day: VisitDay, volunteer: Volunteer) -> list[Cover]:
    """Return what the volunteer asked to watch on the visit day and nobody has answered, in order of time."""
    waiting = Cover.objects.filter(volunteer=volunteer, state=CoverState.ASKED, session__in=visit_day.sessions().order_by())
    return list(waiting.select_related("session").order_by("session__starts", "pk"))


@transaction.atomic
def take_back_asking(visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime) -> list[Cover]:
    """Store that the volunteer would rather not watch the visit day after all. Raises RuleBroken when it was answered already."""
    return answer_no(visit_day, volunteer, was=CoverState.ASKED, becomes=CoverState.WITHDRAWN, by=by, now=now, only=None)


@transaction.atomic
def let_observe(
    visit_day: VisitDay,
    volunteer: Volunteer,
    *,
    by: User,
    now: datetime,
    shown: Mapping[int, Slot] | None = None,
    changes: Changes | None = None,
) -> list[Cover]:
    """Say yes: put the volunteer, who asked to, on those sessions as observer, and tell them.

    Where one was moved since they asked, they are asked whether they can come then (rule 10). `shown` says when each session was,
    by its id, as the coordinator saw it; None: they were shown without times. `changes` records what was written. Raises
    RuleBroken when nothing is asked any more, a session is at another time than it was shown, or with every reason when they can
    no longer be there.
    """
    # Locked first, so that nobody is put on what they take back at this moment.
    _, sessions = lock_day(visit_day, {volunteer.pk}, only=None if shown is None else list(shown))
    check_not_moved(sessions, shown)
    wished = asked_of(visit_day, volunteer)
    theirs = covers_written([cover.session for cover in wished]).filter(volunteer=volunteer)
    before = {} if changes is None else as_stored(theirs)
    only = [cover.session_id for cover in wished]
    answer = offer if any(_is_moved_since(cover) for cover in wished) else assign_all
    covers = answer(visit_day, volunteer, role=CoverRole.OBSERVER, by=by, now=now, only=only)
    if changes is not None:
        record(changes, covers, before)
    return covers


def _is_moved_since(cover: Cover) -> bool:
    """Whether what they asked to watch was moved since they did, so far that it is for them to say whether they come then."""
    return cover.offered_at is not None and bool(reasons_moved_since(cover.session, cover.offered_at))


@transaction.atomic
def refuse_observing(
    visit_day: VisitDay, volunteer: Volunteer, *, by: User, now: datetime, changes: Changes | None = None
) -> list[Cover]:
    """Say that it is not possible this time, and tell the volunteer. Raises RuleBroken when nothing is asked any more.

    `changes` records what was written.
    """
    return answer_no(
        visit_day,
        volunteer,
        was=CoverState.ASKED,
        becomes=CoverState.DECLINED,
        by=by,
        now=now,
        only=None,
        changes=changes,
    )
