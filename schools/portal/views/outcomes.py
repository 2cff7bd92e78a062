"""Telling how it went, and correcting it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from schools.core.errors import RuleBroken
from schools.delivery import actions
from schools.delivery.forms import OutcomeForm
from schools.delivery.rules import reasons_to_show_no_form
from schools.directory.queries import area_of
from schools.portal import queries
from schools.portal.views.who import SignedInRequest, for_volunteers
from schools.volunteers.models import Volunteer


@require_http_methods(["GET", "HEAD", "POST"])
@for_volunteers
def outcome(request: SignedInRequest, volunteer: Volunteer, session_id: int) -> HttpResponse:
    """Tell us how it went; or correct what was told."""
    now = timezone.now()
    session = get_object_or_404(queries.my_session(volunteer).prefetch_related("headcounts"), pk=session_id)
    form = OutcomeForm(request.POST or None, session=session)
    area = area_of(session.visit.school, on=timezone.localdate(now))
    context = {"sitting": queries.Sitting(session), "form": form, "area": area, "at": "mine"}
    if request.method == "POST":
        if form.is_valid():
            try:
                form.store(by=request.user, now=now)
            except actions.OutcomeDiffers as refusal:
                return render(
                    request, "portal/differs.html", {**context, "refusal": refusal, "again": form.again(refusal.session)}
                )
            except RuleBroken as broken:
                form.add_error(None, broken)
            else:
                messages.success(request, _("Stored. Thank you."))
                return redirect("session-detail", session_id=session.pk)
    elif reasons := reasons_to_show_no_form(session, by=request.user, now=now):
        return render(request, "portal/no_form.html", {**context, "reasons": reasons})
    return render(request, "portal/outcome.html", context)
