"""A page of a visit day that stood open while its sessions were moved to another day: its buttons lead there, and do nothing."""

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from schools.accounts.requests import SignedInRequest
from schools.office.frame.query_params import words
from schools.office.frame.undo_bars import address_with_back
from schools.office.frame.visibility import today
from schools.office.sessions.days import posted_sessions
from schools.visits.models import Session
from schools.visits.rules import reasons_moved
from schools.visits.shown_slots import slots_posted


def leads_to_moved_day(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer a button of a visit day that has no sessions any more with where those are that its page showed.

    The view is called with the request, the visit's id and the day; what it reads otherwise stays its own.
    """

    @wraps(view)
    def checked(request: SignedInRequest, visit_id: int, day: date, *args: Any, **kwargs: Any) -> HttpResponse:
        moved = _moved_away(request, visit_id, day) if request.method == "POST" else []
        return _led_there(request, moved) if moved else view(request, visit_id, day, *args, **kwargs)

    return checked


def _moved_away(request: SignedInRequest, visit_id: int, day: date) -> list[Session]:
    """Return the sessions that the page showed on the day, where the visit has none on it any more, as the user may see them."""
    of_visit = Session.objects.for_user(request.user, on=today()).filter(visit__pk=visit_id)
    if of_visit.filter(day=day).exists():
        return []
    shown = {*slots_posted(request.POST.getlist("shown")), *(posted_sessions(request) or ())}
    return list(of_visit.filter(pk__in=shown).select_related("type")) if shown else []


def _led_there(request: SignedInRequest, moved: list[Session]) -> HttpResponse:
    """Say that nothing is stored, and what was typed, and lead to the day on which the first of them is now."""
    reasons = [reason for session in moved for reason in reasons_moved(session, {})]
    note = words(request.POST.get("cover-note"))
    typed = [f"Your note was: “{note}”"] if note else []
    messages.error(request, " ".join(["Nothing is stored.", *reasons, *typed]))
    return redirect(address_with_back(request, "admin:visit-day", moved[0].visit_id, moved[0].day))
