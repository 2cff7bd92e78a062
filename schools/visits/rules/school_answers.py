"""Reasons not to take in what a school says about a visit by its own page, in the school’s words."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from schools.visits.models import Session, SessionStage, Visit, VisitStage


def to_come(sessions: Iterable[Session], *, on: date) -> list[Session]:
    """Return the sessions that are still expected to take place, today's and those of an open window included."""
    return [each for each in sessions if each.stage == SessionStage.SCHEDULED and each.last_day >= on and not each.recorded_at]


def is_over(sessions: Sequence[Session], *, on: date) -> bool:
    """Return whether none of a visit's sessions is expected any more; where none was named yet, they all are to come."""
    return bool(sessions) and not to_come(sessions, on=on)


def held(sessions: Iterable[Session]) -> list[Session]:
    """Return the sessions that took place, as those who were there reported."""
    return [each for each in sessions if each.stage == SessionStage.DELIVERED]


def reasons_not_to_prepare(visit: Visit, sessions: Sequence[Session], *, on: date) -> list[str]:
    """Return why a school can prepare nothing for the visit any more."""
    if visit.stage in {VisitStage.CANCELLED, VisitStage.DECLINED}:
        return [_("This visit was cancelled, so there is nothing to prepare. Phone us if you would like another day.")]
    if not sessions:
        return [_("No day is agreed yet, so there is nothing to prepare.")]
    if not to_come(sessions, on=on):
        return [_("This visit is over, so there is nothing to prepare any more. Phone us if something is wrong.")]
    return []


def reasons_not_to_look_back(sessions: Iterable[Session]) -> list[str]:
    """Return why a school cannot say yet how the visit was."""
    if held(sessions):
        return []
    return [_("Nobody has told us yet that this visit took place. Come back when it has.")]
