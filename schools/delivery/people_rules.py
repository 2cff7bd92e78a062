"""Reasons not to write down after the report who else was at a session, and not to take that back."""

from datetime import datetime

from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.delivery.queries import covers_of
from schools.delivery.rules import looks_after, reasons_closed
from schools.visits.models import Cover, Session, SessionStage
from schools.visits.queries import CoverRecords
from schools.visits.rules import reasons_no_place, reasons_not_there_that_day
from schools.volunteers.models import Volunteer


def was_added_afterwards(session: Session, cover: Cover) -> bool:
    """Whether the person was written down as there after the session was reported; what was imported has no such moment."""
    return cover.answered_at is not None and (session.recorded_at is None or cover.answered_at >= session.recorded_at)


def reasons_not_to_add_person(
    session: Session, volunteer: Volunteer, *, role: str, by: User, now: datetime, restates: bool = False
) -> list[str]:
    """Return the reasons why somebody is not written down after the report as there (rules 5 to 8).

    Whether they are active today is not asked: they may have paused or left since. `restates`: a restatement is written with it.
    """
    if reasons := _reasons_not_to_change_people(session, by=by, now=now):
        return reasons
    if any(cover.volunteer_id == volunteer.pk for cover in covers_of(session)):
        words = _("%(name)s is written down for this session already. Correct how it went to say whether they were there.")
        return [words % {"name": volunteer}]
    records = CoverRecords.of([volunteer], [session])
    reasons = reasons_not_there_that_day(volunteer, session, role=role, records=records)
    if reasons_no_place(session, role=role, records=records, but=[volunteer]):
        reasons.append(_("Others are written down for all its places. Correct who came of them, or choose another role."))
    return [*reasons, *reasons_closed(session, by=by, restates=restates)]


def reasons_not_to_take_person_back(
    session: Session, cover: Cover, *, by: User, now: datetime, restates: bool = False
) -> list[str]:
    """Return the reasons why somebody who was written down after the report stays; `restates` as above."""
    if reasons := _reasons_not_to_change_people(session, by=by, now=now):
        return reasons
    if not was_added_afterwards(session, cover):
        words = _("%(name)s was down for it before it was reported. Correct how it went if they did not come.")
        return [words % {"name": cover.volunteer}]
    return reasons_closed(session, by=by, restates=restates)


def _reasons_not_to_change_people(session: Session, *, by: User, now: datetime) -> list[str]:
    if session.stage != SessionStage.DELIVERED:
        return [_("Nobody has told us that this session took place. Record how it went first.")]
    if not looks_after(session, by, now=now):
        return [_("Only the coordinator of this session’s area says who else was there. Tell them who came.")]
    return []
