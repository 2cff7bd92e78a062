"""Recording the outcome of a session, and correcting it."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.delivery.forms import KEY, OutcomeForm
from schools.delivery.rules import has_outcome, reasons_to_show_no_form, reasons_too_early
from schools.portal import queries
from schools.portal.views.access import volunteer_required
from schools.portal.views.device import is_to_keep, may_be_kept, refused_response, stored_response, wants_json
from schools.visits.models import Session
from schools.volunteers.models import Volunteer


@require_http_methods(["GET", "HEAD", "POST"])
@volunteer_required
def outcome(request: SignedInRequest, volunteer: Volunteer, session_id: int) -> HttpResponse:
    """Record how a session went, or correct what was recorded."""
    now = timezone.now()
    report = queries.my_report(volunteer, session_id=session_id, on=timezone.localdate(now))
    if report is None:
        raise Http404
    session, area = report
    context = {"sitting": queries.Sitting(session), "area": area, "at": "mine"}
    if request.method == "POST":
        if wants_json(request) and _has_come_before(request, session):
            return _received(request, session)
        return _stored(request, OutcomeForm(request.POST, session=session), context)
    was_told = has_outcome(session)
    early = reasons_too_early(session, now=now) if is_to_keep(request) and not was_told else []
    # A phone gets the form before its time, because there may be no signal in the school's hall.
    if (reasons := reasons_to_show_no_form(session, by=request.user, now=now)) and reasons != early:
        return render(request, "portal/no_form.html", {**context, "was_told": was_told, "reasons": reasons})
    return _form(request, {**context, "form": OutcomeForm(session=session), "early": early})


def _received(request: SignedInRequest, session: Session) -> HttpResponse:
    page, thanks = reverse("session-detail", args=[session.pk]), _("Stored. Thank you.")
    if wants_json(request):
        return stored_response(request, page, thanks=thanks)
    messages.success(request, thanks)
    return redirect(page)


def _has_come_before(request: SignedInRequest, session: Session) -> bool:
    """Whether the phone sends a version that the server has; it is answered at once, whatever the form asks by now."""
    key = request.POST.get("key", "")
    return KEY.fullmatch(key) is not None and actions.came_before(session, key=UUID(key), by=request.user)


@may_be_kept
def _form(request: SignedInRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "portal/outcome.html", context)


def _stored(request: SignedInRequest, form: OutcomeForm, context: dict[str, Any]) -> HttpResponse:
    context["form"] = form
    if form.is_valid():
        try:
            form.store(by=request.user, now=timezone.now())
        except actions.OutcomeDiffers as refusal:
            again = form.again(refusal.session)
            if wants_json(request):
                return refused_response(refusal.reasons, differences=refusal.differences, again=again)
            return render(request, "portal/differs.html", {**context, "refusal": refusal, "again": again})
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            return _received(request, form.session)
    if wants_json(request):
        return refused_response([problem.text for problem in form.problems])
    return render(request, "portal/outcome.html", context)
