"""The home page: what needs somebody now, and this fortnight's mornings."""

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from schools.accounts.models import User
from schools.core.words import time_range
from schools.directory.models import Area
from schools.office import needs
from schools.office.chips import chip_of_session
from schools.office.rows import today
from schools.office.term_reach import term_reach
from schools.visits.models import Session, SessionStage
from schools.visits.queries import by_visit_day

FORTNIGHT = timedelta(days=14)
MOST_SHOWN = 200
"""Sessions; a fortnight of the largest areas has fewer."""


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Lines and visit days for the user's areas."""
    user, on = request.user, today()
    if not isinstance(user, User) or not user.has_perm("schools.view_session"):
        return {}
    fortnight = (
        Session.objects.for_user(user, on=on)
        .filter(day__range=(on, on + FORTNIGHT))
        .exclude(stage=SessionStage.CANCELLED)
        .with_cover()
        .select_related("type", "visit__school")
        .only("day", "until_day", "starts", "ends", "stage", "type", "visit__school__name", "visit__school__nation")
    )
    found = list(fortnight[: MOST_SHOWN + 1])
    goes_on = len(found) > MOST_SHOWN
    if goes_on:
        # The last day may be there in part, so it is left to the calendar; unless it is the first as well.
        found = [one for one in found if one.day < found[-1].day] or list(fortnight.filter(day=found[0].day))
    days = by_visit_day(found)
    rows = [
        {
            "day": day,
            "names": [session.type.name_in(session.nation) for session in sessions],
            "when": time_range(sessions[0].starts, max(session.ends for session in sessions)),
            # A day is as well covered as its worst session.
            "chip": chip_of_session(next((session for session in sessions if not session.is_covered), sessions[0]), on=on),
        }
        for day, sessions in days
    ]
    lines = needs.lines_for(user, on=on, now=timezone.now())
    return {
        "lines": lines,
        "pressing": [line for line in lines if line.number],
        "fortnight": rows,
        "fortnight_ends": on + FORTNIGHT,
        "fortnight_goes_on": goes_on,
        "term": term_reach(own_areas(user, on=on), on=on, now=timezone.now()) if user.has_perm("schools.read_reach") else None,
    }


def own_areas(user: User, *, on: date) -> QuerySet[Area] | None:
    """The areas whose reach the user's home is about: a coordinator's own; None is everything."""
    return Area.objects.coordinated_by(user, on=on) if user.is_coordinator and not user.is_manager else None
