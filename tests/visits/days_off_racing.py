"""What the racing processes of test_days_off_at_once.py do; Django is set up when they are called, not when they are imported."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
DAY = date(2026, 12, 3)


def act(what: str, *given: Any) -> str:
    """Do one thing of those below in a process of its own; the refusal in words, or "" where it was done."""
    from schools.core.errors import RuleBroken

    try:
        return DEEDS[what](*given) or ""
    except RuleBroken as refusal:
        return " ".join(refusal.reasons)


def _call_off(user: int, sessions: list[int]) -> str:
    """Look at the day and call it off, as the page does; what stays, in words."""
    from schools.models import User
    from schools.visits.actions import cancel_day
    from schools.visits.actions.undoable import held, messages_of

    by = User.objects.get(pk=user)

    def snow() -> Any:
        return cancel_day(DAY, sessions, code="weather", note="", by=by, now=NOW)

    messages_of(snow, now=NOW)
    return " ".join(held(snow, now=NOW).left_out)


def _claim(volunteer: int, session: int) -> None:
    from schools.models import Session, User, Volunteer
    from schools.visits.actions import claim
    from schools.visits.queries import VisitDay

    row = Session.objects.select_related("visit__school").get(pk=session)
    by = User.objects.get(volunteer=volunteer)
    claim(VisitDay(row.visit, row.day), Volunteer.objects.get(pk=volunteer), role="presenter", by=by, now=NOW)


def _report(user: int, session: int, key: str) -> None:
    """Say the evening after that it went ahead."""
    from schools.delivery.actions import record
    from schools.delivery.queries import Outcome
    from schools.models import Session, User

    at = datetime(2026, 12, 3, 20, 0, tzinfo=UTC)
    outcome = Outcome(went_ahead="yes", headcounts={})
    record(Session.objects.get(pk=session), outcome, key=UUID(key), by=User.objects.get(pk=user), now=at)


DEEDS: dict[str, Any] = {"call off": _call_off, "claim": _claim, "report": _report}
