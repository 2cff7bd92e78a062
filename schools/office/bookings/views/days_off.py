"""Calling off a day, or some days: one page shows what is on them and whom that tells, does it, and says what became of it."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.words import days_between
from schools.office.bookings.days_off import ChosenDays, DaysOff, days_off
from schools.office.bookings.forms.bulk import DayOffForm
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo, undo_bar
from schools.office.frame.visibility import today
from schools.visits.actions import cancel_day
from schools.visits.actions.undoable import held, messages_of
from schools.visits.models import Batch, Session
from schools.visits.planned_messages import PlannedMessages

TICKS = frozenset({"tick", "untick"})
DOES = TICKS | {"look", "go"}
MOST_NAMED = 5
"""What stays, in the sentence after the act; all of it stands on the page."""


@allowed("change_session")
def call_off(request: SignedInRequest) -> HttpResponse:
    """Show what is on the days and whom calling it off tells; `do` calls off what is ticked, looks again, or ticks all or none.

    What is ticked is called off as it stands now, whoever is to be told of it: on a morning of snow somebody always says yes or
    no between the look and the button. Whom it told stands in the bar after it, and nobody hears of an undo in time.
    """
    chosen, now = ChosenDays.of(request.GET, request.user), timezone.localtime()
    do = request.POST.get("do", "") if request.method == "POST" else ""
    form = DayOffForm(request.POST if do in DOES else None)
    ticked = _ticked(request) if do in DOES - TICKS else None
    reasons: Sequence[str] = chosen.reasons
    if do == "go" and form.is_valid():
        try:
            batch = held(partial(_cancel, request, chosen, ticked or (), form, now), now=now)
        except RuleBroken as broken:
            reasons = broken.reasons
        else:
            _say_what_stays(request, batch)
            return redirect_with_undo(request, batch, "admin:bulk-snow", query=chosen.query)
    return _page(request, chosen, form, ticked, reasons, do=do, now=now)


def _ticked(request: SignedInRequest) -> list[int]:
    """Return the ids of the ticked sessions that are still there. Raises Http404 where one is not the user's."""
    texts = [text for value in request.POST.getlist("row") for text in value.split("-")]
    posted = {pk for text in texts if (pk := row_id(text)) is not None}
    there = set(Session.objects.filter(pk__in=posted).values_list("pk", flat=True))
    theirs = set(Session.objects.for_user(request.user, on=today()).filter(pk__in=there).values_list("pk", flat=True))
    if theirs != there:
        raise Http404
    return sorted(there)


def _cancel(request: SignedInRequest, chosen: ChosenDays, ticked: Sequence[int], form: DayOffForm, now: datetime) -> Batch:
    return cancel_day(chosen.first, ticked, last_day=chosen.last, by=request.user, now=now, **form.answers)


def _say_what_stays(request: SignedInRequest, batch: Batch) -> None:
    if not batch.left_out:
        return
    more = len(batch.left_out) - MOST_NAMED
    and_more = f" And {more} more; what is on these days stands below." if more > 0 else ""
    messages.warning(request, f"Not called off: {' '.join(batch.left_out[:MOST_NAMED])}{and_more}")


def _page(
    request: SignedInRequest,
    chosen: ChosenDays,
    form: DayOffForm,
    ticked: Sequence[int] | None,
    reasons: Sequence[str],
    *,
    do: str,
    now: datetime,
) -> HttpResponse:
    bar, is_hushed = undo_bar(request), not form.is_bound or do in TICKS
    days = days_off(chosen, request.user, now=now)
    if ticked is None:
        # Not after the act, where the same button would take the rest; nor everywhere at once for somebody who sees everything.
        is_first = not do and not bar["undoable"] and (chosen.is_narrow or not request.user.is_manager)
        is_all = do == "tick" or is_first
        ticked = [session.pk for row in days.open for session in row.sessions] if is_all else []
    planned, refused = _planned(request, chosen, ticked, form, now)
    return page(
        request,
        "office/bookings/day_off.html",
        f"Call off {days_between(chosen.first, chosen.last)}",
        chosen=chosen,
        **_parts(days, ticked),
        form=form,
        hushed=is_hushed,
        planned=planned,
        reasons=[*reasons, *(reason for reason in refused if reason not in reasons)],
        refusals=[form] if form.errors and not is_hushed else [],
        may_book=request.user.has_perm("schools.add_visit"),
        **bar,
    )


def _parts(days: DaysOff, ticked: Sequence[int]) -> dict[str, Any]:
    wanted = set(ticked)
    return {
        "days": days,
        "rows": [(row, not wanted.isdisjoint(session.pk for session in row.sessions)) for row in days.open],
    }


def _planned(
    request: SignedInRequest, chosen: ChosenDays, ticked: Sequence[int], form: DayOffForm, now: datetime
) -> tuple[PlannedMessages | None, Sequence[str]]:
    """Return whom it would tell what, or the reasons why it cannot be done; neither where nothing is ticked."""
    if not ticked:
        return None, ()
    try:
        return messages_of(partial(_cancel, request, chosen, ticked, form, now), now=now), ()
    except RuleBroken as broken:
        return None, broken.reasons
