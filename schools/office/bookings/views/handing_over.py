"""Handing an area over from one coordinator to another."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.directory.models import Area, School
from schools.office.bookings.bulk import coordinators_for, number_left_out, visit_rows
from schools.office.bookings.forms.bulk import HandOverForm
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo
from schools.office.frame.visibility import today
from schools.visits.actions import bulk
from schools.visits.models import Batch, ContactLog
from schools.visits.queries.outstanding import follow_ups


@allowed("change_areacoordinator")
def hand_over(request: SignedInRequest) -> HttpResponse:
    """Hand an area over to another coordinator: choose, look at the visits that go along, do it."""
    form = HandOverForm(
        request.POST if request.method == "POST" else None, people=coordinators_for(request.user), initial={"from_day": today()}
    )
    step = request.POST.get("do", "") if request.method == "POST" else ""
    reasons: list[str] = []
    if step in {"look", "go"} and form.is_valid():
        data = form.cleaned_data
        try:
            if step == "go":
                return redirect_with_undo(request, _handed_over(request, data), "admin:bulk")
            reasons = bulk.reasons_not_to_hand_over(**data)
        except RuleBroken as broken:
            reasons = broken.reasons
        if not reasons:
            visits = bulk.visits_to_hand_over(data["area"], data["leaving"], from_day=data["from_day"])
            rows = visit_rows(visits.select_related("school", "coordinator"), request.user, confirming=False)
            more = number_left_out(visits)
            return page(
                request,
                "office/bookings/hand_over_look.html",
                "Hand this area over?",
                form=form,
                rows=rows,
                number=len(rows) + more,
                more=more,
                follow_ups=_follow_ups(data["area"], from_day=data["from_day"]),
            )
    return page(
        request,
        "office/bookings/hand_over.html",
        "Hand an area over",
        form=form,
        reasons=reasons,
        refusals=[form] if step in {"look", "go"} and form.errors else [],
        hushed=step not in {"look", "go"},
    )


def _handed_over(request: SignedInRequest, data: dict[str, Any]) -> Batch:
    """Hand the area over; of a second click return what the first has done, which leads to the same bar (rule 18)."""
    try:
        return bulk.hand_over(by=request.user, now=timezone.localtime(), **data)
    except RuleBroken:
        if batch := bulk.handed_over_before(by=request.user, **data):
            return batch
        raise


def _follow_ups(area: Area, *, from_day: date) -> int:
    """Return how many conversations with schools of the area are to be followed up still, overdue or later."""
    schools = School.objects.in_areas(Area.objects.filter(pk=area.pk), on=from_day)
    return follow_ups(ContactLog.objects.filter(school__in=schools.values("pk"))).count()
