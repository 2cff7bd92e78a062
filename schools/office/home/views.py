"""The home page: what needs somebody now, and the visit days of the next fortnight."""

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from schools.accounts.models import User
from schools.core.batched_queries import GivenIds
from schools.core.prepared import Prepared
from schools.core.words import time_range
from schools.directory.models import Area
from schools.office.frame.chips import chip_of_day
from schools.office.frame.visibility import today
from schools.office.home import needs
from schools.office.home.standing_in import standing_in
from schools.office.home.starting import starting
from schools.office.home.term_reach import term_reach
from schools.office.registers.forms.imports import PUBLISHED
from schools.running.health import watch
from schools.visits.models import Session, SessionStage
from schools.visits.queries import by_visit_day

FORTNIGHT = timedelta(days=14)
MOST_SHOWN = 100
"""Sessions; most areas have fewer in a fortnight."""
WITH_COVER = Prepared(
    lambda: (
        Session.objects.filter(pk__in=GivenIds("sessions"))
        .with_cover()
        .select_related("type", "visit__school")
        .only("day", "until_day", "starts", "ends", "stage", "type", "visit__school__name", "visit__school__nation")
    )
)
"""The sessions of the fortnight, with what home shows of them and how they are covered."""


def home_context(request: HttpRequest) -> dict[str, Any]:
    """Return the lines and visit days for the user's areas."""
    user, on = request.user, today()
    if not isinstance(user, User) or not user.has_perm("schools.view_session"):
        return {}
    sessions_found, goes_on = _fortnight(user, on=on)
    days = by_visit_day(sessions_found)
    rows = [
        {
            "day": day,
            "names": [session.name for session in sessions],
            "when": time_range(sessions[0].starts, max(session.ends for session in sessions)),
            "chip": chip_of_day(sessions, on=on),
        }
        for day, sessions in days
    ]
    stands_in = standing_in(user, on=on)
    lines = needs.lines_for(user, on=on, now=timezone.now(), for_others=stands_in.counted_apart(user, on=on))
    return {
        "lines": lines,
        "standing_in": stands_in,
        "starting": starting(user, on),
        "registers_of_nations": PUBLISHED,
        "pressing": [line for line in lines if line.number],
        "faults": watch.faults_for_home(now=timezone.now()) if user.has_perm("schools.view_periodicjob") else [],
        "fortnight": rows,
        "fortnight_ends": on + FORTNIGHT,
        "fortnight_goes_on": goes_on,
        "term": term_reach(own_areas(user, on=on), on=on, now=timezone.now()) if user.has_perm("schools.read_reach") else None,
    }


def _fortnight(user: User, *, on: date) -> tuple[list[Session], bool]:
    """Return up to MOST_SHOWN sessions of the coming days, in whole visit days, and whether there are more."""
    sessions = Session.objects.for_user(user, on=on).filter(day__range=(on, on + FORTNIGHT)).exclude(stage=SessionStage.CANCELLED)
    # Choose the sessions first, then read how they are covered: else a database works that out for a nation's every session
    # before it sorts them.
    ids = sessions.order_by("day", "visit", "starts", "pk").values_list("pk", "day", "visit")
    known = list(ids[: MOST_SHOWN + 1])
    goes_on = len(known) > MOST_SHOWN
    if goes_on:
        # The last visit day may be incomplete, so it is left out (the calendar has it), unless it is also the first.
        _, day, visit = known[-1]
        known = [row for row in known if row[1:] != (day, visit)] or list(ids.filter(day=day, visit=visit))
    return WITH_COVER.run(sessions=[pk for pk, *_ in known]), goes_on


def own_areas(user: User, *, on: date) -> QuerySet[Area] | None:
    """Return a coordinator's own areas, whose reach home shows; None means everything."""
    return Area.objects.coordinated_by(user, on=on) if user.is_coordinator and not user.is_manager else None
