"""Taking somebody off: the page that asks first, and says what happens then; nobody else is asked in their place."""

from collections.abc import Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import back_of
from schools.office.frame.visibility import today
from schools.office.sessions.days import (
    Day,
    get_day,
    held_by,
    need_replacement,
    posted_sessions,
    redirect_to_part,
    session_from,
    volunteer_of_day,
)
from schools.office.sessions.moved_days import leads_to_moved_day
from schools.visits.actions import take_off
from schools.visits.actions.undoable import held
from schools.visits.rules import reasons_over
from schools.volunteers.models import Volunteer


@allowed("change_cover", posts={"take-off": "change_cover"})
@leads_to_moved_day
def detail(request: SignedInRequest, visit_id: int, day: date, volunteer_id: int) -> HttpResponse:
    """Ask whether the volunteer is to be taken off; `do` does it, and the bar that follows can undo it."""
    shown = get_day(request, visit_id, day)
    leaving = volunteer_of_day(shown, volunteer_id)
    reasons: list[str] = []
    if request.method == "POST":
        now, only = timezone.localtime(), posted_sessions(request)
        try:
            batch = held(lambda: take_off(shown.visit_day, leaving, by=request.user, now=now, only=only), now=now)
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            messages.success(request, f"{leaving} is no longer on it.")
            return redirect_to_part(request, shown, batch)
    return _page(request, shown, leaving, reasons)


def _page(request: SignedInRequest, day: Day, leaving: Volunteer, reasons: Sequence[str]) -> HttpResponse:
    visit, covers = day.visit_day.visit, held_by(day, leaving)
    mine = {cover.session_id for cover in covers}
    return page(
        request,
        "office/sessions/take_off.html",
        f"Take {leaving} off: {visit.school}, {long_day(day.visit_day.day)}",
        day=day,
        visit=visit,
        leaving=leaving,
        covers=covers,
        sessions=[f"{time_range(each.starts, each.ends)} {each.name}" for each in day.sessions if each.pk in mine],
        over=list(dict.fromkeys(reason for cover in covers for reason in reasons_over(cover.session, on=today()))),
        is_replaced=need_replacement(covers),
        session_id=session_from(request, day),
        leads_back=back_of(request),
        reasons=reasons,
    )
