"""Changing a session without moving it, and taking one away that was booked by mistake."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.directory.models import School
from schools.office.booking_starts import MOST_GUESTS, with_rolls
from schools.office.forms.editing import EditSessionForm
from schools.office.rows import today
from schools.office.views.page import SignedInRequest, allowed, page
from schools.visits.actions.editing import ChangedMeanwhile, as_stored, change_session, remove_session
from schools.visits.models import Session
from schools.visits.rules import reasons_not_to_edit, reasons_not_to_remove


@allowed("change_session")
def edit(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Room, language, window and expected pupils; `do` stores them, or takes the session away."""
    sessions = Session.objects.for_user(request.user, on=today()).select_related("type", "visit__school")
    session = get_object_or_404(sessions.prefetch_related("headcounts__school"), pk=session_id)
    schools = with_rolls(_schools(request, session), on=today())
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = EditSessionForm(request.POST if do == "store" else None, session=session, schools=schools)
    reasons: list[str] = []
    stored_now: list[tuple[str, str]] = []
    # What was seen stays what it was until it is said that somebody changed it, also where a wrong number comes first.
    seen = request.POST.get("seen", "") if form.is_bound else as_stored(session)
    try:
        if do == "remove":
            remove_session(session, by=request.user, now=timezone.localtime())
            messages.success(request, "The session is taken away.")
            return redirect("admin:visit-detail", session.visit_id)
        if do == "store" and form.is_valid():
            _store(request, session, form)
            return redirect("admin:session-detail", session.pk)
    except RuleBroken as broken:
        reasons = broken.reasons
        if isinstance(broken, ChangedMeanwhile):
            stored_now, seen = list(form.stored_now()), as_stored(session)
    return page(
        request,
        "office/session_edit.html",
        f"Change {session.type.name_in(session.nation)}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        form=form,
        seen=seen,
        stored_now=stored_now,
        reasons=reasons,
        refusals=[form] if form.is_bound and form.errors else [],
        fixed=reasons_not_to_edit(session),
        may_remove=not reasons_not_to_remove(session),
    )


def _schools(request: SignedInRequest, session: Session) -> list[School]:
    """The host, the guests that come, and those of the visit's other sessions, who could come here too."""
    others = School.objects.filter(headcounts__session__visit=session.visit_id).exclude(pk=session.visit.school_id)
    return [session.visit.school, *others.distinct()[:MOST_GUESTS]]


def _store(request: SignedInRequest, session: Session, form: EditSessionForm) -> None:
    data = form.cleaned_data
    change_session(
        session,
        room=data["room"],
        language=data["language"],
        until_day=data.get("until_day"),
        expected=form.expected(),
        seen=request.POST.get("seen", ""),
        by=request.user,
        now=timezone.localtime(),
    )
    messages.success(request, "It is stored.")
