"""The home page: what needs somebody now, and this fortnight's mornings."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest

from schools.accounts.models import User
from schools.core.words import time_range
from schools.office import needs
from schools.office.chips import chip_of_session
from schools.office.rows import today
from schools.visits.models import Session, SessionStage

FORTNIGHT = timedelta(days=14)
MOST_SHOWN = 40


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Lines and sessions for the user's areas."""
    user, on = request.user, today()
    if not isinstance(user, User) or not user.has_perm("schools.view_session"):
        return {}
    fortnight = (
        Session.objects.for_user(user, on=on)
        .filter(day__range=(on, on + FORTNIGHT))
        .exclude(stage=SessionStage.CANCELLED)
        .with_cover()
        .select_related("type", "visit__school")
    )
    rows = [
        {
            "session": session,
            "name": session.type.name_in(session.nation),
            "when": time_range(session.starts, session.ends),
            "chip": chip_of_session(session),
        }
        for session in fortnight[:MOST_SHOWN]
    ]
    return {"lines": needs.lines_for(user, on=on), "fortnight": rows, "fortnight_ends": on + FORTNIGHT}
