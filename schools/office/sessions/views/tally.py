"""The tally sheet of a visit day: an A4 page with an empty box for each year group, to take along to the hall."""

from datetime import date
from typing import Any

from django.db.models import Prefetch, QuerySet, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from schools.accounts.requests import SignedInRequest
from schools.core.words import joined, long_day, time_range
from schools.core.year_groups import year_group_name
from schools.directory.queries import area_of
from schools.office.frame.pages import allowed
from schools.office.frame.visibility import today
from schools.office.sessions.days import get_day
from schools.visits.models import CoverState, Headcount, Session, SessionStage

ONE_PAGE = 27
"""The rows for which one A4 page has room, titles of sessions among them: three sessions for all year groups of a school."""

HEIGHTS = ((14, "rows-high"), (20, "rows-middle"), (ONE_PAGE, "rows-low"))
"""How high the rows of a sheet are, by the most rows of which so high ones fit on one page (tally.css)."""


@require_safe
@allowed("view_session")
def sheet(request: SignedInRequest, visit_id: int, day: date) -> HttpResponse:
    """Show the sheet: the sessions, expected pupils, empty boxes, whom to tell and whom to phone; no pupil's name (rule 12)."""
    shown = get_day(request, visit_id, day)
    sessions = [session for session in shown.sessions if session.stage != SessionStage.CANCELLED]
    prefetch_related_objects(sessions, Prefetch("headcounts", _headcounts()))
    visit = shown.visit_day.visit
    lines = [_lines(session) for session in sessions]
    number = sum(len(of_session["rows"]) + 2 for of_session in lines)
    context = {
        "visit": visit,
        "school": visit.school,
        "where": next((session.where for session in sessions if session.type.presenters), visit.school),
        "visit_day": day,
        "day": long_day(day),
        "sessions": lines,
        "rows": next((height for most, height in HEIGHTS if number <= most), HEIGHTS[-1][1]),
        # More than a page: what to do if a child tells comes first, so that it is on the page that nobody leaves behind.
        "is_long": number > ONE_PAGE,
        "people": joined(dict.fromkeys(str(cover.volunteer) for cover in shown.covers if cover.state != CoverState.OFFERED)),
        "area": area_of(visit.school, on=today()),
        "safeguarding": visit.safeguarding_contact,
    }
    return render(request, "office/sessions/tally.html", context)


def _headcounts() -> QuerySet[Headcount]:
    return Headcount.objects.select_related("school").order_by("school", "year_group")


def _lines(session: Session) -> dict[str, Any]:
    host = session.visit.school
    counts = sorted(session.headcounts.all(), key=lambda row: (row.school_id != host.pk, row.school_id, row.year_group))
    rows = [
        (
            year_group_name(row.year_group, row.school.nation),
            "" if row.school_id == host.pk else str(row.school),
            "not known" if row.expected is None else f"{row.expected:,}",
        )
        for row in counts
    ]
    is_for_pupils = session.type.is_for_pupils
    return {
        "session": session,
        "name": session.name,
        "times": time_range(session.starts, session.ends),
        "rows": rows or ([("Year group: ________", "", "not known")] if is_for_pupils else []),
        "adults": "Teachers and other adults" if is_for_pupils else "Adults",
    }
