"""Putting people on several sessions of a visit at once, on its page: who could, and for whom which session does not fit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import joined
from schools.office.bookings.forms.people import PutOnForm
from schools.office.frame.pages import addresses
from schools.office.frame.undo_bars import redirect_with_undo
from schools.office.frame.visibility import today
from schools.planning.queries import candidates_for_visit
from schools.visits.actions import assign_several
from schools.visits.actions.undoable import held
from schools.visits.models import CoverRole, Session, Visit
from schools.visits.rules import reasons_sessions_overlap
from schools.visits.shown_slots import slots_posted, slots_to_post
from schools.volunteers.models import Volunteer

DO = "put-on"
MOST_SHOWN = 8
"""People who could, of the best; the others are folded away."""


@dataclass(frozen=True)
class ChosenSession:
    """A session to come that people go to, and whether somebody is to be put on it."""

    session: Session
    is_chosen: bool

    @property
    def value(self) -> str:
        """Its id, and when it is as the page shows it."""
        return slots_to_post([self.session])[0]


def put_on(request: SignedInRequest, visit: Visit) -> HttpResponse | PutOnForm:
    """Put the ticked people on the chosen sessions and redirect, with the bar that undoes it; or return the refused form."""
    now = timezone.localtime()
    form = PutOnForm(request.POST, people=Volunteer.objects.for_user(request.user, on=today()))
    if not form.is_valid():
        return form
    people, note = list(form.cleaned_data["person"]), form.cleaned_data["note"]
    shown = slots_posted(request.POST.getlist("session"))
    try:
        batch = held(
            lambda: assign_several(
                visit, people, shown=shown, role=CoverRole.PRESENTER, by=request.user, now=now, note=note
            ),
            now=now,
        )  # fmt: skip
    except RuleBroken as broken:
        form.add_error(None, broken)
        return form
    names, are = joined(str(person) for person in people), "is" if len(people) == 1 else "are"
    messages.success(request, f"{names} {are} on it now. Tell them what they need to know.")
    return redirect_with_undo(request, batch, "admin:visit-detail", visit.pk)


def in_turn(sessions: Iterable[Session]) -> list[Session]:
    """Return those of the sessions, given in order of time, that one person could take one after the other."""
    chosen: list[Session] = []
    for session in sessions:
        if not reasons_sessions_overlap([*chosen[-1:], session]):
            chosen.append(session)
    return chosen


def part_of_people(request: SignedInRequest, sessions: Sequence[Session], form: PutOnForm | None) -> dict[str, Any]:
    """Return what the part of the page shows: nothing where no session needs anybody.

    `sessions`: those of the visit that are to come and need people; `form`: as it was refused, else None.
    """
    if not sessions or not request.user.has_perm("schools.add_cover"):
        return {"people": None}
    data = request.POST if form is not None else request.GET
    wanted = set(slots_posted(data.getlist("session"))) & {session.pk for session in sessions}
    chosen = [session for session in sessions if session.pk in wanted] or in_turn(sessions)
    page_of = addresses("admin:volunteer-detail", 0)
    candidates = [(each, page_of(each.volunteer.pk)) for each in candidates_for_visit(*chosen, on=today())]
    can = [row for row in candidates if row[0].can]
    return {
        "people": {
            "form": form or PutOnForm(people=Volunteer.objects.none()),
            "hushed": form is None,
            "sessions": [ChosenSession(session, session in chosen) for session in sessions],
            "chosen": [ChosenSession(session, is_chosen=True) for session in chosen],
            "at_once": reasons_sessions_overlap(chosen),
            "days": len({session.day for session in chosen}),
            "can": can[:MOST_SHOWN],
            "more": can[MOST_SHOWN:],
            "cannot": [row for row in candidates if not row[0].can],
            "ticked": set(form.data.getlist("person")) if form is not None else set(),  # type: ignore[attr-defined]  # a QueryDict
        }
    }
