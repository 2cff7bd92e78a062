"""Changing a session without moving it, correcting a session that is over, removing one that was booked by mistake."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.words import long_day, time_range
from schools.delivery.actions import correct, correct_to_undo
from schools.directory.models import School
from schools.directory.sites import sites_in_use
from schools.office.bookings.guests import with_rolls
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo
from schools.office.frame.visibility import today
from schools.office.sessions.forms.correcting import CorrectSessionForm, EditSessionForm, SiteOfDayForm
from schools.office.sessions.forms.why import RestatementReasonForm
from schools.reach.actions import restate
from schools.visits.actions.changed import change_session_to_undo
from schools.visits.actions.editing import ChangedMeanwhile, TakenAway, as_stored, change_site, remove_session
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, Session, SessionStage, Visit
from schools.visits.queries.parties import schools_of
from schools.visits.rules import reasons_locked, reasons_not_to_remove
from schools.visits.rules.closed_periods import closed_periods
from schools.visits.rules.guest_schools import MOST_GUESTS

POSTS = dict.fromkeys(("store", "site", "remove"), "change_session")
"""The buttons of the page, each with the permission that it needs."""


@allowed("change_session", posts=POSTS)
def edit(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Show room, language, online window and expected pupils; of a session that is over, room and language.

    `do` stores them or removes the session.
    """
    sessions = Session.objects.for_user(request.user, on=today()).select_related("type", "visit__school", "site")
    do = request.POST.get("do", "") if request.method == "POST" else ""
    if do and not Session.objects.filter(pk=session_id).exists():
        return _is_gone(request, do)
    session = get_object_or_404(sessions.prefetch_related("headcounts__school"), pk=session_id)
    form, store = _form(request, session, request.POST if do == "store" else None)
    reasons: list[str] = []
    stored_now: list[tuple[str, str]] = []
    # `seen` stays as posted until the page says that somebody changed the session, also when a wrong number is refused first.
    seen = request.POST.get("seen", "") if form.is_bound else as_stored(session)
    try:
        if do == "remove":
            remove_session(session, by=request.user, now=timezone.localtime())
            messages.success(request, "The session is taken away.")
            return redirect("admin:visit-detail", session.visit_id)
        if do == "site":
            _change_site(request, session)
            messages.success(request, "It is stored, for the whole day.")
            return redirect("admin:session-detail", session.pk)
        if do == "store" and form.is_valid():
            batch = store(request, session, form)
            messages.success(request, "It is stored.")
            return redirect_with_undo(request, batch, "admin:session-detail", session.pk)
    except TakenAway:
        return _is_gone(request, do)
    except RuleBroken as broken:
        reasons = broken.reasons
        if isinstance(broken, ChangedMeanwhile):
            stored_now = list(form.stored_now()) if form.is_bound else []
            seen = as_stored(session)
    return _page(request, session, form=form, seen=seen, stored_now=stored_now, reasons=reasons)


def _is_gone(request: SignedInRequest, do: str) -> HttpResponse:
    """Lead to the visit, which the form names: the session was taken away meanwhile, or the button was pressed twice."""
    visits = Visit.objects.for_user(request.user, on=today())
    visit = get_object_or_404(visits, pk=row_id(request.POST.get("visit")) or 0)
    if do == "remove":
        messages.info(request, "The session is taken away already.")
    else:
        messages.error(request, f"Nothing is stored. {TakenAway().reasons[0]}")
    return redirect("admin:visit-detail", visit.pk)


def _site_form(session: Session, data: Any = None) -> SiteOfDayForm | None:
    """Return the form that says where the day is; None: nobody goes there any more, or the school has no sites."""
    if session.stage != SessionStage.SCHEDULED or not session.type.presenters:
        return None
    sites = sites_in_use(session.visit.school)
    return SiteOfDayForm(data, session=session, sites=sites) if sites or session.site_id else None


def _change_site(request: SignedInRequest, session: Session) -> None:
    form = _site_form(session, request.POST)
    if form is None or not form.is_valid():
        raise RuleBroken(["There is no such site any more. Choose one from the list."])
    seen = row_id(form.cleaned_data["seen_site"])
    change_site(session, form.cleaned_data["site"], seen=seen, by=request.user, now=timezone.localtime())


type Store = Callable[[SignedInRequest, Session, Any], Batch | None]
"""Stores what was typed, and returns the batch that undoes it; None: there is none, because a reason was asked for first."""


def _form(request: SignedInRequest, session: Session, data: Any) -> tuple[CorrectSessionForm, Store]:
    """Return the form, and the function that stores it: both depend on whether the session is to come or over."""
    if session.stage == SessionStage.SCHEDULED:
        schools = with_rolls(_schools(session), on=session.day)
        return EditSessionForm(data, session=session, schools=schools), _change
    form = CorrectSessionForm(data, session=session)
    if reasons_locked([session], by=request.user):
        # A signed-off return names the language, so it is locked; no return names the room.
        del form.fields["language"]
    return form, _correct


def _schools(session: Session) -> list[School]:
    """Return the host school and guest schools of all sessions of the visit: each could come to this session.

    Those that do come first, and all of them: a school without boxes would be taken off.
    """
    host = session.visit.school
    there = {count.school_id for count in session.headcounts.all()} - {host.pk}
    others = sorted(schools_of(session.visit).exclude(pk=host.pk), key=lambda each: each.pk not in there)
    return [host, *others[: max(MOST_GUESTS, len(there))]]


def _change(request: SignedInRequest, session: Session, form: EditSessionForm) -> Batch:
    data, expected, now = form.cleaned_data, form.expected(), timezone.localtime()

    def change() -> Batch:
        return change_session_to_undo(
            session,
            room=data["room"],
            language=data["language"],
            until_day=data.get("until_day"),
            expected=expected,
            seen=request.POST.get("seen", ""),
            by=request.user,
            now=now,
        )

    return held(change, now=now)


def _correct(request: SignedInRequest, session: Session, form: CorrectSessionForm) -> Batch | None:
    """Store room and language. Where a manager corrects the language, signed-off returns are restated in the same step."""
    by, now = request.user, timezone.localtime()
    room, language = form.cleaned_data["room"], form.cleaned_data.get("language", session.language)
    corrected: dict[str, Any] = {"room": room, "language": language, "seen": request.POST.get("seen", ""), "by": by, "now": now}

    if by.is_manager and language != session.language and closed_periods([session]):
        why = request.POST.get("why", "")
        restate(session, lambda restate_return: correct(session, **corrected, restate=restate_return), why=why, by=by, now=now)
        return None
    return correct_to_undo(session, **corrected)


def _page(request: SignedInRequest, session: Session, *, form: CorrectSessionForm, **context: Any) -> HttpResponse:
    is_to_come = session.stage == SessionStage.SCHEDULED
    verb = "Change" if is_to_come else "Correct"
    return page(
        request,
        "office/sessions/session_edit.html",
        f"{verb} {session.name}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        is_to_come=is_to_come,
        form=form,
        site_form=_site_form(session),
        refusals=[form] if form.is_bound and form.errors else [],
        may_remove=not reasons_not_to_remove(session, now=timezone.localtime()),
        locked=[] if "language" in form.fields else reasons_locked([session], by=request.user),
        closed=closed_periods([session]) if request.user.is_manager and not is_to_come else [],
        why=RestatementReasonForm(request.POST or None),
        **context,
    )
