"""A session's page: who covers it, how many children, what was used; and the buttons that change it."""

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import long_day, time_range
from schools.core.year_groups import year_group_name
from schools.delivery.actions import tell
from schools.delivery.queries import mixed_in_words, outcome_of
from schools.delivery.sure_numbers import sure_numbers
from schools.directory.queries import area_of
from schools.office.bookings.forms.visits import CancelForm, SafeguardingNoticeForm
from schools.office.frame.chips import chip_of_cover, chip_of_session
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo, undo_bar
from schools.office.frame.visibility import today
from schools.office.sessions.days import redact_reasons, slots_shown
from schools.office.sessions.forms.cover import PersonForm
from schools.visits.actions import cancel_session
from schools.visits.actions.cover.written_answers import accept_to_undo, decline_to_undo
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, CoverState, Headcount, Session, SessionStage
from schools.visits.queries import VisitDay
from schools.visits.rules import reasons_not_theirs
from schools.visits.shown_slots import slots_to_post


def get_session(request: SignedInRequest, session_id: int) -> Session:
    """Return the session; raise Http404 where the user may not see it."""
    sessions = Session.objects.for_user(request.user, on=today()).with_cover()
    return get_object_or_404(
        sessions.select_related("type", "visit__school__authority", "visit__contact", "recorded_by"), pk=session_id
    )


def _forms(request: SignedInRequest, session: Session, do: str) -> dict[str, forms.Form]:
    def data(name: str) -> Any:
        return request.POST if FORM_OF.get(do) == name else None

    people = [cover.volunteer for cover in session.covers.live().select_related("volunteer")]
    return {
        "answer": PersonForm(data("answer"), people=people, prefix="answer"),
        "cancel": CancelForm(data("cancel"), prefix="cancel"),
        "tell": SafeguardingNoticeForm(data("tell"), prefix="tell"),
    }


def _accept(request: SignedInRequest, session: Session, data: dict[str, Any]) -> Batch:
    person, now = data["volunteer"], timezone.localtime()
    only, shown = [session.pk], slots_shown(request, [session])
    batch = held(lambda: accept_to_undo(_day(session), person, by=request.user, now=now, only=only, shown=shown), now=now)
    messages.success(request, f"{person} is on this session now.")
    return batch


def _decline(request: SignedInRequest, session: Session, data: dict[str, Any]) -> Batch:
    person, now = data["volunteer"], timezone.localtime()
    only, shown = [session.pk], slots_shown(request, [session])
    batch = held(lambda: decline_to_undo(_day(session), person, by=request.user, now=now, only=only, shown=shown), now=now)
    messages.success(request, f"{person} said no. It is written down.")
    return batch


def _cancel(request: SignedInRequest, session: Session, data: dict[str, Any]) -> Batch:
    now, shown = timezone.localtime(), slots_shown(request, [session])
    batch = held(lambda: cancel_session(session, by=request.user, now=now, shown=shown, **data), now=now)
    messages.success(request, "The session is cancelled.")
    return batch


def _tell(request: SignedInRequest, session: Session, data: dict[str, Any]) -> None:
    tell(session, by=request.user, now=timezone.localtime(), **data)
    messages.success(request, "It is written down.")


type Verb = Callable[[SignedInRequest, Session, dict[str, Any]], Batch | None]

ACTIONS: dict[str, tuple[str, Verb]] = {
    "accept": ("change_cover", _accept),
    "decline": ("change_cover", _decline),
    "cancel": ("change_session", _cancel),
    "tell": ("add_safeguardingnotice", _tell),
}
"""The buttons of the page, each with its permission and its function, which says what was done and returns the batch, if any."""

FORM_OF = dict.fromkeys(("accept", "decline"), "answer") | {"cancel": "cancel", "tell": "tell"}
"""The buttons of the page, each with the form to which it belongs."""

POSTS = {name: permission for name, (permission, _) in ACTIONS.items()}


@allowed("view_session", posts=POSTS)
def detail(request: SignedInRequest, session_id: int) -> HttpResponse:
    """Show the session; `do` writes down what somebody answered, cancels it, or notes that somebody was told (rule 12).

    The page of the visit day lists who could come.
    """
    session = get_session(request, session_id)
    do = request.POST.get("do", "") if request.method == "POST" else ""
    forms_of_page = _forms(request, session, do)
    if do in ACTIONS:
        form = forms_of_page[FORM_OF[do]]
        if form.is_valid():
            try:
                batch = ACTIONS[do][1](request, session, form.cleaned_data)
                if batch and do == "cancel":
                    return redirect_with_undo(request, batch, "admin:tell", query=f"visit={session.visit_id}")
                if batch:
                    return redirect_with_undo(request, batch, "admin:session-detail", session.pk)
                return redirect("admin:session-detail", session.pk)
            except RuleBroken as broken:
                judged = [form.cleaned_data["volunteer"]] if do == "accept" else []
                form.add_error(None, redact_reasons(request, broken, judged))
    return _page(request, session, forms_of_page)


def _day(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def _duty_phone(session: Session) -> str:
    """Return whom to phone in the session's area when the school's safeguarding lead can't be found; blank: not known."""
    area = area_of(session.visit.school, on=today())
    return str(area.duty_phone) if area and area.duty_phone else ""


def _beside_counts(session: Session, counts: Sequence[tuple[Headcount, str]]) -> list[str]:
    """Return what has to be known of the counts: which were one number for several year groups, and which were confirmed."""
    mixed = mixed_in_words(session, outcome_of(session)) if session.mixed_classes else []
    sure = sure_numbers([session.pk]) if session.sure_of else {}
    confirmed = [(sure.get((session.pk, (count.school_id, count.year_group))), count.pupils, name) for count, name in counts]
    return [
        *(f"{words}. It was counted as one number; the share of each year group is an estimate." for words, _ in mixed),
        *(number.in_words(name) for number, pupils, name in confirmed if number and number.pupils == pupils),
    ]


def _page(request: SignedInRequest, session: Session, forms_of_page: dict[str, forms.Form]) -> HttpResponse:
    counts = [
        (count, year_group_name(count.year_group, count.school.nation))
        for count in Headcount.objects.filter(session=session).select_related("school")
    ]
    is_scheduled = session.stage == SessionStage.SCHEDULED
    takes_people = is_scheduled and session.type.presenters > 0
    covers = [(cover, chip_of_cover(cover)) for cover in session.covers.select_related("volunteer")]
    may_change = request.user.has_perm("schools.change_session")
    return page(
        request,
        "office/sessions/session.html",
        f"{session.name}, {session.visit.school}",
        session=session,
        when=f"{long_day(session.day)}, {time_range(session.starts, session.ends)}",
        chip=chip_of_session(session, on=today()),
        shown=slots_to_post([session]),
        covers=covers,
        people=[cover.volunteer for cover, _ in covers],
        counts=counts,
        beside_counts=_beside_counts(session, counts),
        uses=session.material_uses.select_related("material"),
        notices=session.safeguarding_notices.select_related("by")
        if request.user.has_perm("schools.view_safeguardingnotice")
        else [],
        takes_people=takes_people,
        somebody_came=any(cover.state == CoverState.ATTENDED for cover, _ in covers),
        is_scheduled=is_scheduled,
        needs_people=takes_people and not session.is_covered and session.day >= today(),
        refusals=[form for form in forms_of_page.values() if form.is_bound and form.errors],
        forms=forms_of_page,
        may_tell=request.user.has_perm("schools.add_safeguardingnotice") and session.day <= today(),
        duty_phone=_duty_phone(session),
        may_cover=request.user.has_perm("schools.add_cover"),
        may_cancel=is_scheduled and may_change and not reasons_not_theirs(session.visit, by=request.user, on=today()),
        may_correct=not is_scheduled and may_change,
        may_report=session.day <= today() and may_change,
        is_over=session.last_day < today(),
        **undo_bar(request),
    )
