"""Reasons not to call off a visit with the day on which it is."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from schools.core.words import short_time
from schools.visits.models import Session, SessionStage


def reasons_not_to_call_off(sessions: Sequence[Session], *, now: datetime) -> list[str]:
    """Return the reason why a visit’s sessions of one day stay when the day is called off (rule 30); `sessions`: all of them.

    Where part of it is under way, all of it stays: whoever is there already is not sent away by somebody who looks at a list.
    """
    scheduled = [session for session in sessions if session.stage == SessionStage.SCHEDULED]
    reported = [session for session in sessions if session.recorded_at or session.stage == SessionStage.DELIVERED]
    if not scheduled and not reported:
        return ["It was called off already."]
    if not scheduled:
        return ["It was reported how it went, so it stays. Correct its outcome if that is wrong."]
    if reported:
        return ["It was reported how part of it went, so all of it stays. See to the rest on the visit’s page."]
    begun = [session for session in scheduled if has_begun(session, now=now)]
    if begun:
        at = short_time(min(session.starts for session in begun))
        return [f"It began at {at}, so it stays. Say how it went, or cancel each session on its own page if nobody was there."]
    return []


def has_begun(session: Session, *, now: datetime) -> bool:
    """Whether somebody may be there now; of a day that is over nobody knows, and to what a school shows by itself nobody goes."""
    local = timezone.localtime(now)
    return session.type.presenters > 0 and session.day == local.date() and session.starts <= local.time()


def has_ended(session: Session, *, now: datetime) -> bool:
    """Whether its end has passed; what a school shows by itself ends on the last day of its window."""
    local = timezone.localtime(now)
    return (session.last_day, session.ends) <= (local.date(), local.time())
