"""The open mornings that a volunteer may take, and taking one."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.planning.actions import decline_and_ask_next
from schools.portal import queries
from schools.portal.forms import OpenForm, SplitForm
from schools.portal.views.access import agreement_required, volunteer_required
from schools.visits.actions import claim
from schools.visits.models import CoverRole, CoverState, Session
from schools.visits.queries import VisitDay
from schools.volunteers.models import Volunteer


@require_safe
@volunteer_required
@agreement_required
def open_list(request: SignedInRequest, volunteer: Volunteer) -> HttpResponse:
    """List the mornings that the volunteer may take, nearest first, filtered by weekday and distance on request."""
    form = OpenForm(request.GET)
    mornings = queries.open_mornings(volunteer, now=timezone.now())
    wanted = [morning for morning in mornings if form.wanted.has(morning)]
    context = {"mornings": wanted, "of_all": len(mornings), "form": form, "volunteer": volunteer, "at": "open"}
    return render(request, "portal/open.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
@agreement_required
def take(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date) -> HttpResponse:
    """Accept a morning or some of its sessions, or decline an offer."""
    now = timezone.now()
    on = timezone.localdate(now)
    reachable = queries.within_reach(volunteer, visit_id=visit_id, day=day, on=on)
    if not reachable:
        return _answered(request, volunteer, visit_id, day, now=now)
    morning = queries.claimable(volunteer, reachable, now=now)
    if request.method != "POST" and morning is None and not queries.not_down_for(volunteer, [each.pk for each in reachable]):
        return redirect("morning", visit_id=visit_id, day=day)
    if request.method == "POST":
        form = SplitForm(request.POST, sessions=reachable)
        if form.is_valid() and _answer(request, volunteer, form, reachable[0], now=now):
            return redirect("home") if "no" in request.POST else redirect("morning", visit_id=visit_id, day=day)
    else:
        form = SplitForm(sessions=morning.sessions if morning else reachable)
    context: dict[str, Any] = {"morning": morning, "first": reachable[0], "form": form, "at": "open"}
    if morning is None:
        left = set(queries.not_down_for(volunteer, [each.pk for each in reachable]))
        context |= _why_not(volunteer, [each for each in reachable if each.pk in left], now=now)
    return render(request, "portal/take.html", context)


def _why_not(volunteer: Volunteer, sessions: list[Session], *, now: datetime) -> dict[str, Any]:
    """Return what the page says where nothing of the day is open to them."""
    why_not = queries.why_not_open(volunteer, sessions, now=now)
    return {"has_passed": why_not is None, "why_not": why_not}


def _answered(request: SignedInRequest, volunteer: Volunteer, visit_id: int, day: date, *, now: datetime) -> HttpResponse:
    """Say what they have answered to what was offered to them: they pressed twice, or the button of a mail again, or too late.

    Or that it is not open any more, and why. Raises Http404 where nothing of the day was ever theirs to answer.
    """
    answer = queries.last_answer(volunteer, visit_id=visit_id, day=day)
    # The page of the day says that the time for an answer has passed, or that it was cancelled.
    if answer in {CoverState.ACCEPTED, CoverState.OFFERED}:
        return redirect("morning", visit_id=visit_id, day=day)
    if answer == CoverState.WITHDRAWN:
        sessions = queries.no_longer_theirs(volunteer, visit_id=visit_id, day=day)
        context = {"first": sessions[0], "at": "open", **_why_not(volunteer, sessions, now=now)}
        return render(request, "portal/take.html", context)
    if answer != CoverState.DECLINED:
        raise Http404
    messages.success(request, _("Thank you for telling us. A no is fine."))
    return redirect("home")


def _answer(
    request: SignedInRequest,
    volunteer: Volunteer,
    form: SplitForm,
    session: Session,
    *,
    now: datetime,
) -> bool:
    """Store the answer and return whether that worked; where it did not, the form says why."""
    visit_day = VisitDay(session.visit, session.day)
    only = form.cleaned_data["sessions"]
    if "no" not in request.POST and not (only := queries.not_down_for(volunteer, only)):
        # They pressed twice or used another window; what they wanted is done already.
        messages.success(request, _("You’re down for this. Thank you."))
        return True
    if "no" not in request.POST and volunteer.asked_agreement is not None:
        # The page was open before there was a new version; whoever opens one now is asked first.
        form.add_error(None, _("Accept the volunteer agreement first: it stands under Me. Then say yes here."))
        return False
    try:
        if "no" in request.POST:
            decline_and_ask_next(visit_day, volunteer, by=request.user, now=now, only=only, shown=form.shown)
            messages.success(request, _("Thank you for telling us. A no is fine."))
        else:
            # What was offered is taken in the role of its offer; an open session of the same day is nobody's offer.
            claim(visit_day, volunteer, role=CoverRole.PRESENTER, by=request.user, now=now, only=only, shown=form.shown)
            messages.success(request, _("You’re down for this. Thank you."))
    except RuleBroken as broken:
        form.add_error(None, broken.to_them)
        return False
    return True
