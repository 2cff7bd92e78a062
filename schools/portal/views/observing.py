"""Asking to watch a morning."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.portal import queries
from schools.portal.views.access import agreement_required, volunteer_required
from schools.visits.actions import ask_to_observe, take_back_asking
from schools.visits.queries import VisitDay
from schools.volunteers.models import Volunteer


@require_safe
@volunteer_required
@agreement_required
def observe(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """List the mornings that the volunteer could watch, and those that they asked to watch."""
    shown = queries.mornings_to_observe(volunteer, now=timezone.now())
    return render(request, "portal/observe.html", {"shown": shown, "at": "open"})


@require_POST
@volunteer_required
@agreement_required
def observe_morning(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Ask to watch a morning, or with `back` take that back."""
    now = timezone.now()
    reachable = queries.within_reach(volunteer, visit_id=visit_id, day=day, on=timezone.localdate(now))
    if not reachable:
        raise Http404
    visit_day = VisitDay(reachable[0].visit, day)
    try:
        if "back" in request.POST:
            take_back_asking(visit_day, volunteer, by=request.user, now=now)
            messages.success(request, _("Taken back. Nobody expects you there."))
        else:
            ask_to_observe(visit_day, volunteer, by=request.user, now=now)
            messages.success(request, _("We have asked your coordinator. You get a mail once they have answered."))
    except RuleBroken as broken:
        for reason in broken.to_them.messages:
            messages.error(request, reason)
    return redirect("observe")
