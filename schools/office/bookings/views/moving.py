"""Moving a visit's sessions: the day and the time, at once what that does to everybody, and one button."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import joined
from schools.office.bookings.closing import warnings_of_moving
from schools.office.bookings.forms.moving import MoveForm
from schools.office.bookings.school_changes import wish_line
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import back_of, redirect_with_undo
from schools.office.frame.visibility import today
from schools.visits.actions.moving import Move, MoveChanged, WishChanged, move, moved_before, plan_move
from schools.visits.actions.undoable import MessagesChanged, held, messages_of
from schools.visits.half_days import HalfDay
from schools.visits.models import Session, Visit
from schools.visits.planned_messages import PlannedMessages
from schools.visits.rules import Becomes, Effect, slot_of, warnings_about_days
from schools.visits.rules.school_changes import half_day_of, reasons_wish_changed


@allowed("change_session")
def move_visit(request: SignedInRequest, visit_id: int) -> HttpResponse:
    """Show the form; `do` shows below it who stays, who is asked again and who drops out, or moves the sessions."""
    visit = get_object_or_404(Visit.objects.for_user(request.user, on=today()).select_related("school"), pk=visit_id)
    sessions = list(visit.sessions.scheduled().select_related("type", "visit__school"))
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = MoveForm(request.POST if do else None, sessions=sessions, initial=_ticked(request, sessions))
    if do not in {"look", "move"} or not form.is_valid():
        return _page(request, visit, form, show_errors=do in {"look", "move"})
    slots, by, now = form.cleaned_data["slots"], request.user, timezone.localtime()
    reasons: list[str] = []
    try:
        if do == "move":
            seen, mails, wish = (request.POST.get(name, "") for name in ("seen", "mails", "wish"))
            try:
                batch = held(lambda: move(visit, slots, seen=seen, wish=wish, by=by, now=now), now=now, seen=mails)
                return redirect_with_undo(request, batch, "admin:tell", query=f"visit={visit.pk}", back=back_of(request))
            except (MoveChanged, MessagesChanged, WishChanged) as changed:
                reasons = changed.reasons
        planned = plan_move(visit, slots, by=by, now=now)
        notices = messages_of(lambda: move(visit, slots, seen=planned.digest, by=by, now=now), now=now)
    except RuleBroken as broken:
        if do == "move" and (done := moved_before(visit, slots, by=by)):
            messages.info(request, "It was moved there already, so nothing was moved twice.")
            return redirect_with_undo(request, done, "admin:tell", query=f"visit={visit.pk}", back=back_of(request))
        form.add_error(None, broken)
        return _page(request, visit, form, show_errors=True)
    return _page(request, visit, form, look=_look(planned, notices), reasons=reasons)


def _ticked(request: SignedInRequest, sessions: list[Session]) -> dict[str, Any]:
    """Return the form's first contents: the sessions of the day in the address, or of the next day to come, are ticked.

    Where the address says to which half-day (`to`, as a host asks for it), that day is filled in, and the time where it is the
    other half of the day.
    """
    days = {session.day.isoformat() for session in sessions}
    wanted = request.GET.get("day", "")
    to_come = {day for day in days if day >= today().isoformat()}
    day = wanted if wanted in days else min(to_come or days, default="")
    ticked = [session for session in sessions if session.day.isoformat() == day]
    initial: dict[str, Any] = {"sessions": [str(session.pk) for session in ticked], "day": day}
    to, here = HalfDay.of(request.GET.get("to", "")), half_day_of(ticked)
    if to is not None:
        initial["day"] = to.day.isoformat()
        if here is not None and here.is_afternoon != to.is_afternoon:
            initial["starts"] = to.starts
    return initial


def _page(
    request: SignedInRequest,
    visit: Visit,
    form: MoveForm,
    *,
    show_errors: bool = False,
    look: dict[str, Any] | None = None,
    reasons: Sequence[str] = (),
) -> HttpResponse:
    """Return the page. Where it was sent with another wish of the school than there is now, it says so too."""
    wish = wish_line(visit)
    if "wish" in request.POST:
        shown = request.POST["wish"]
        reasons = list(dict.fromkeys([*reasons, *reasons_wish_changed(wish.change if wish else None, shown=shown)]))
    return page(
        request,
        "office/bookings/move.html",
        f"Move visit {visit.reference}, {visit.school}",
        visit=visit,
        form=form,
        refusals=[form] if show_errors else [],
        hushed=not show_errors,
        problems=[error for errors in form.errors.values() for error in errors] if show_errors else [],
        reasons=reasons,
        look=look,
        wish=wish,
        leads_back=back_of(request),
    )


def _by_person(effects: Iterable[Effect]) -> list[dict[str, Any]]:
    """Return a line for each volunteer: their roles, session types and reasons, each once."""
    people: dict[int, list[Effect]] = {}
    for effect in effects:
        people.setdefault(effect.cover.volunteer_id, []).append(effect)
    return [
        {
            "volunteer": of_person[0].cover.volunteer,
            "roles": joined(dict.fromkeys(effect.cover.get_role_display().lower() for effect in of_person)),
            "types": joined(dict.fromkeys(effect.cover.session.name for effect in of_person)),
            "reasons": dict.fromkeys(reason for effect in of_person for reason in effect.reasons),
        }
        for of_person in people.values()
    ]


GROUPS = (
    (Becomes.STAYS, "Stay on it", "They are told the new time.", ("stays", "stay")),
    (
        Becomes.ASKED, "Are asked again", "The session needs people until they have said yes.",
        ("is asked again", "are asked again"),
    ),
    (Becomes.DROPS, "Drop out", "They are told that they are not expected there.", ("drops out", "drop out")),
)  # fmt: skip
"""What a move does to people: the heading, what it means, and the verb for one person and for several."""


def _look(planned: Move, notices: PlannedMessages) -> dict[str, Any]:
    """Return what the page shows of a move before it is done."""
    people = {becomes: _by_person(effect for effect in planned.effects if effect.becomes == becomes) for becomes in Becomes}
    host, days = planned.visit.school, {moved.day for moved in planned.moved}
    return {
        "sum": _sum(people, notices),
        "seen": planned.digest,
        "planned": notices,
        "rows": [
            {"name": was.name, "was": slot_of(was), "to": slot_of(moved), "until": moved.until_day}
            for was, moved in zip(planned.was, planned.moved, strict=True)
        ],
        "groups": [(heading, means, people[becomes]) for becomes, heading, means, _ in GROUPS],
        "warnings": [*warnings_about_days(host, days, on=today()), *warnings_of_moving(host, planned.moved, on=today())],
    }


def _sum(people: Mapping[Becomes, list[dict[str, Any]]], notices: PlannedMessages) -> str:
    """Return in two sentences how many people stay, are asked again and drop out, and how many are told."""
    numbers = [(len(people[becomes]), verbs) for becomes, _, _, verbs in GROUPS if people[becomes]]
    parts = joined(f"{number} {verbs[number > 1]}" for number, verbs in numbers)
    mailed, phoned = len(notices.mailed), len(notices.phoned)
    mails = f"{mailed} message{'' if mailed == 1 else 's'} by e-mail" if mailed else "Nobody is mailed"
    phone = f", {phoned} to be phoned" if phoned else ""
    return f"{f'Of the people on it, {parts}' if parts else 'Nobody is on it'}. {mails}{phone}."
