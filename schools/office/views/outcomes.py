"""Recording or correcting how a session went, on behalf of those who were there: the same form as theirs."""

from datetime import datetime
from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.models import User
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.delivery import actions
from schools.delivery.forms import OutcomeForm
from schools.delivery.rules import reasons_to_show_no_form
from schools.office.rows import today
from schools.office.views.page import SignedInRequest, allowed, page
from schools.visits.models import Session


@allowed("change_session")
def outcome(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Show the form, store what it says; where somebody else said something else, show what differs first."""
    now = timezone.now()
    sessions = Session.objects.for_user(request.user, on=today())
    session = get_object_or_404(sessions.select_related("type", "visit__school").prefetch_related("headcounts"), pk=session_id)
    form = OutcomeForm(request.POST or None, session=session)
    differing = None
    if request.method == "POST" and form.is_valid():
        try:
            _record_or_amend(form, session, by=request.user, now=now)
        except actions.OutcomeDiffers as refusal:
            differing = refusal
        except RuleBroken as broken:
            form.add_error(None, broken)
        else:
            messages.success(request, "Stored.")
            return redirect("admin:session-detail", session.pk)
    return page(
        request,
        "office/outcome.html",
        f"How it went: {session.type.name_in(session.nation)}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        form=form,
        reasons=[] if form.is_bound else reasons_to_show_no_form(session, by=request.user, now=now),
        differing=differing,
        again=_again(request, differing.session) if differing else [],
    )


def _record_or_amend(form: OutcomeForm, session: Session, *, by: User, now: datetime) -> None:
    """Which of the two it is was settled when the form was opened: a first outcome corrects no version."""
    key, version = form.cleaned_data["key"], form.cleaned_data["version"]
    if version is None:
        actions.record(session, form.outcome, key=key, by=by, now=now)
    else:
        actions.amend(session, form.outcome, key=key, version=version, by=by, now=now)


def _again(request: SignedInRequest, session: Session) -> list[tuple[str, str]]:
    """What was typed, to be sent again as a correction of what is stored now."""
    data = request.POST.copy()
    data.pop("csrfmiddlewaretoken", None)
    data["key"], data["version"] = str(uuid4()), str(session.version)
    return [(name, str(value)) for name, values in data.lists() for value in values]
