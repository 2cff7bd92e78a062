"""Reasons not to write down after the report who else was at a session, and not to take that back."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from schools.accounts.models import User
from schools.core.words import long_day
from schools.delivery.queries import covers_of
from schools.delivery.rules import has_outcome, looks_after, reasons_closed
from schools.visits.models import PRESENTING_ROLES, Cover, CoverRole, Session, SessionStage
from schools.visits.queries import CoverRecords
from schools.visits.rules import reasons_not_clear, reasons_not_signed_off
from schools.volunteers.models import Volunteer, VolunteerStatus, statuses_on

HELPED = (VolunteerStatus.ACTIVE, VolunteerStatus.IN_TRAINING)
"""The statuses of who may have been at a session, in whichever role."""


def was_added_afterwards(session: Session, cover: Cover) -> bool:
    """Whether the person was written down as there after the session was reported; what was imported has no such moment."""
    return cover.answered_at is not None and (session.recorded_at is None or cover.answered_at >= session.recorded_at)


def reasons_not_to_add_person(
    session: Session, volunteer: Volunteer, *, role: str, by: User, now: datetime, restates: bool = False
) -> list[str]:
    """Return the reasons why somebody is not written down after the report as there (rules 5 and 6, as of the session's day).

    Nor was anybody in two places at once; whether the way between two was long (rule 7) is no question any more. That they are
    not to go to a school (rule 8) is known of today alone. `restates`: a restatement is written with it.
    """
    if not has_outcome(session):
        return [_("Nobody has told us that this session took place. Record how it went first.")]
    if session.stage != SessionStage.DELIVERED:
        return [_("It was reported that this session did not go ahead. Correct how it went first.")]
    if not session.type.presenters:
        return [_("The school shows “%(type)s” by itself; nobody needs to come.") % {"type": session.name}]
    if not looks_after(session, by, now=now):
        return [_("Only the coordinator of this session’s area says who else was there. Tell them who came.")]
    if any(cover.volunteer_id == volunteer.pk for cover in covers_of(session)):
        words = _("%(name)s is written down for this session already. Correct how it went to say whether they were there.")
        return [words % {"name": volunteer}]
    records = CoverRecords.of([volunteer], [session])
    return [
        *_reasons_of_status(volunteer, session, role=role),
        *reasons_not_clear(volunteer, session, records=records),
        *reasons_not_signed_off(volunteer, session, role=role, records=records),
        *_reasons_elsewhere(volunteer, session, records=records),
        *_reasons_of_place(session, role=role, records=records),
        *reasons_closed(session, by=by, restates=restates),
    ]


def _reasons_of_status(volunteer: Volunteer, session: Session, *, role: str) -> list[str]:
    statuses = statuses_on(volunteer, session.day)
    if not statuses.isdisjoint(HELPED[:1] if role in PRESENTING_ROLES else HELPED):
        return []
    words = _("By their steps %(name)s was %(status)s on %(day)s. Write down on their page the step that is missing, if one is.")
    status = next(each for each in VolunteerStatus if each in statuses)
    return [words % {"name": volunteer, "status": _(status.label).lower(), "day": long_day(session.day)}]


def _reasons_elsewhere(volunteer: Volunteer, session: Session, *, records: CoverRecords) -> Iterator[str]:
    words = _("%(name)s is written down at %(school)s at that time. Say there first that they did not come.")
    for other in records.commitments(volunteer, session):
        yield words % {"name": volunteer, "school": other.school}


def _reasons_of_place(session: Session, *, role: str, records: CoverRecords) -> list[str]:
    if role in PRESENTING_ROLES and records.places_taken(session, but=()) >= session.type.presenters:
        return [_("Others are written down for all its places. Correct who came of them, or choose trainee or observer.")]
    if role == CoverRole.LEAD and records.has_lead(session, but=()):
        return [_("Somebody is written down as its lead already. Choose presenter, or correct who came.")]
    return []


def reasons_not_to_take_person_back(
    session: Session, cover: Cover, *, by: User, now: datetime, restates: bool = False
) -> list[str]:
    """Return the reasons why somebody who was written down after the report stays; `restates` as above."""
    if not has_outcome(session):
        return [_("Nobody has told us how this session went. Take them off on the page of the day.")]
    if not looks_after(session, by, now=now):
        return [_("Only the coordinator of this session’s area says who was there. Tell them who came.")]
    if not was_added_afterwards(session, cover):
        words = _("%(name)s was down for it before it was reported. Correct how it went if they did not come.")
        return [words % {"name": cover.volunteer}]
    return reasons_closed(session, by=by, restates=restates)
