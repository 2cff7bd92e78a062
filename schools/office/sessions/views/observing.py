"""The page “Who would like to watch”: what people asked to observe, each with a yes and a no."""

from dataclasses import dataclass
from functools import partial
from itertools import groupby

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.core.words import time_range
from schools.office.frame.chips import chip_of_volunteer
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import redirect_with_undo, undo_bar
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions.cover.written_answers import answer_wish_to_undo
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, Cover, CoverState
from schools.visits.queries import VisitDay
from schools.visits.shown_slots import slots_in_one, slots_of_one
from schools.volunteers.models import Volunteer

POSTS = dict.fromkeys(("yes", "no"), "change_cover")
"""The buttons of the page, each with the permission that it needs."""

OUTCOMES = {
    CoverState.ACCEPTED: "is on it as an observer now",
    CoverState.OFFERED: "is asked whether they can come then, since it was moved after they had asked",
    CoverState.DECLINED: "will not watch it",
}
"""What the page says of whoever was answered, by what has become of what they asked."""


@dataclass(frozen=True)
class Asking:
    """One volunteer who would like to watch one visit day, with the covers that they asked for in order of time."""

    covers: list[Cover]

    @property
    def volunteer(self) -> Volunteer:
        """Who would like to watch."""
        return self.covers[0].volunteer

    @property
    def visit_day(self) -> VisitDay:
        """What they would like to watch."""
        session = self.covers[0].session
        return VisitDay(session.visit, session.day)

    @property
    def shown(self) -> str:
        """When the sessions are, as the page shows it and its form posts it."""
        return slots_in_one(cover.session for cover in self.covers)

    @property
    def times(self) -> str:
        """The times from the first session to the end of the last one."""
        sessions = [cover.session for cover in self.covers]
        return time_range(sessions[0].starts, max(session.ends for session in sessions))


@allowed("view_cover", posts=POSTS)
def observing(request: SignedInRequest) -> HttpResponse:
    """List who would like to watch which visit day; `do` says yes or no to the one with the given cover."""
    covers = visible_rows(Cover.objects.asking(on=today()), request.user, on=today())
    if request.method == "POST":
        batch = _answer(request)
        return redirect_with_undo(request, batch, "admin:observing") if batch else redirect("admin:observing")
    related = ("volunteer", "session__type", "session__visit__school")
    ordered = covers.select_related(*related).order_by(
        "session__day", "session__visit", "volunteer__name", "volunteer", "session__starts"
    )
    days = groupby(ordered, key=lambda cover: (cover.session.day, cover.session.visit_id, cover.volunteer_id))
    asking = [Asking(list(rows)) for _day, rows in days]
    return page(
        request,
        "office/sessions/observing.html",
        "Who would like to watch",
        asking=[(wish, chip_of_volunteer(wish.volunteer)) for wish in asking],
        may_answer=request.user.has_perm("schools.change_cover"),
        **undo_bar(request),
    )


def _answer(request: SignedInRequest) -> Batch | None:
    """Say yes or no to the volunteer and visit day of the cover, and return the batch that undoes it.

    Raises Http404 for a cover that the user does not see. None: a message says what somebody else has answered meanwhile, or why
    it is not possible.
    """
    pk = row_id(request.POST.get("cover"))
    cover = visible_rows(Cover.objects.filter(pk=pk or 0), request.user, on=today())
    chosen = cover.select_related("volunteer", "session__visit__school").first()
    if chosen is None:
        raise Http404
    person, visit_day = chosen.volunteer, VisitDay(chosen.session.visit, chosen.session.day)
    is_yes, shown, now = request.POST["do"] == "yes", slots_of_one(request.POST.get("shown")), timezone.localtime()
    answer = partial(answer_wish_to_undo, visit_day, person, is_yes=is_yes, by=request.user, now=now, shown=shown)
    try:
        batch = held(answer, now=now)
    except RuleBroken as broken:
        for reason in broken.reasons:
            messages.error(request, reason)
        return None
    chosen.refresh_from_db(fields=["state"])
    mailed = " A mail says so." if chosen.volunteer.user_id else ""
    messages.success(request, f"{chosen.volunteer} {OUTCOMES[CoverState(chosen.state)]}: {visit_day}.{mailed}")
    return batch
