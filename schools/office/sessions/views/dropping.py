"""Somebody can't make it: the best who could go instead, with their phones; one press takes the one off and puts the other on."""

from collections.abc import Sequence
from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import joined, long_day, time_range
from schools.directory.queries import area_of
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import BACK, back_of
from schools.office.frame.visibility import today
from schools.office.sessions.days import (
    Day,
    get_day,
    held_by,
    need_replacement,
    posted_sessions,
    redact_reasons,
    redirect_to_part,
    slots_shown,
    volunteer_of_day,
)
from schools.office.sessions.forms.cover import PeopleForm
from schools.office.sessions.moved_days import leads_to_moved_day
from schools.planning.queries import Candidate, candidates_for
from schools.visits.actions import drop_out
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, Cover, CoverState, Session
from schools.visits.rules import reasons_over
from schools.volunteers.models import Volunteer

MOST_SHOWN = 6
"""The most people whom the page offers to put on it or to ask; the day's page lists everybody."""

POSTS = {"put": "add_cover", "ask": "add_cover", "nobody": "change_cover"}
"""The buttons of the page, each with the permission that it needs."""


@allowed("change_cover", posts=POSTS)
@leads_to_moved_day
def detail(request: SignedInRequest, visit_id: int, day: date, volunteer_id: int) -> HttpResponse:
    """Show who could go instead; `do` takes the volunteer off and puts somebody on, asks people, or leaves the place open."""
    shown = get_day(request, visit_id, day)
    leaving = volunteer_of_day(shown, volunteer_id)
    do = request.POST.get("do", "")
    own = Volunteer.objects.for_user(request.user, on=today())
    form = PeopleForm(request.POST if do in {"put", "ask"} else None, people=own, prefix="cover")
    reasons: list[str] = []
    if do == "nobody" or form.is_valid():
        people = [] if do == "nobody" else list(form.cleaned_data["volunteer"])
        try:
            batch = _drop_out(request, shown, leaving, people, is_agreed=do == "put")
        except RuleBroken as broken:
            reasons = redact_reasons(request, broken, people).reasons
        else:
            messages.success(request, f"{leaving} can’t make it. {_next_step(shown, leaving, people, is_agreed=do == 'put')}")
            return redirect_to_part(request, shown, batch)
    return _page(request, shown, leaving, form, reasons)


def _drop_out(request: SignedInRequest, day: Day, leaving: Volunteer, people: Sequence[Volunteer], *, is_agreed: bool) -> Batch:
    """Write it down for the sessions that the page showed; `people` are asked, or the only one is put on, as agreed."""
    if is_agreed and len(people) > 1:
        raise RuleBroken(["Put one person on it at a time, or ask several: the first to say yes has it."])
    now = timezone.localtime()
    only = posted_sessions(request)
    instead, ask = (people[0], []) if is_agreed else (None, people)
    # Who agreed by phone heard the time that the page showed.
    shown = slots_shown(request, day.scheduled) if is_agreed else None
    return held(
        lambda: drop_out(
            day.visit_day, leaving, by=request.user, now=now, only=only, instead=instead, ask=ask, shown=shown
        ),
        now=now,
    )  # fmt: skip


def _next_step(day: Day, leaving: Volunteer, people: Sequence[Volunteer], *, is_agreed: bool) -> str:
    names = joined(str(person) for person in people)
    if is_agreed:
        return f"{names} is on it now. Tell them what they need to know."
    if people:
        return f"{names} {'is' if len(people) == 1 else 'are'} asked: the first to say yes has the place."
    mine = held_by(day, leaving)
    if not need_replacement(mine):
        return "Nobody has to come in their place."
    # As home asks: one paid member of staff who stays covers a session alone, so nobody is looked for.
    if not Session.objects.filter(pk__in=[cover.session_id for cover in mine]).given_back(on=today()).exists():
        return "It is covered all the same."
    area = area_of(day.visit_day.visit.school, on=today())
    asks_next = " The next person who could is asked by mail soon." if area and area.auto_offers else ""
    return f"It is on home until somebody else comes.{asks_next}"


def _best(day: Day, covers: Sequence[Cover], leaving: Volunteer) -> list[Candidate]:
    """Return who could go instead without a question first, and did not say no to it; the best first."""
    if not need_replacement(covers):
        return []
    held_by_session = {cover.session_id: cover for cover in covers}
    sessions = [session for session in day.open_sessions if session.pk in held_by_session]
    candidates = candidates_for(*sessions, on=today(), role=covers[0].role, instead_of=leaving)
    return [candidate for candidate in candidates if not candidate.why and not candidate.said_no][:MOST_SHOWN]


def _page(request: SignedInRequest, day: Day, leaving: Volunteer, form: PeopleForm, reasons: Sequence[str]) -> HttpResponse:
    visit, covers, back = day.visit_day.visit, held_by(day, leaving), back_of(request)
    over = list(dict.fromkeys(reason for cover in covers for reason in reasons_over(cover.session, on=today())))
    mine = {cover.session_id for cover in covers}
    offered = {cover.volunteer: None for cover in day.covers if cover.session_id in mine and cover.state == CoverState.OFFERED}
    return page(
        request,
        "office/sessions/drop_out.html",
        f"{leaving} can’t make it: {visit.school}, {long_day(day.visit_day.day)}",
        day=day,
        visit=visit,
        leaving=leaving,
        covers=covers,
        sessions=[f"{time_range(each.starts, each.ends)} {each.name}" for each in day.sessions if each.pk in mine],
        over=over,
        is_replaced=need_replacement(covers),
        best=[] if over else _best(day, covers, leaving),
        asked=list(offered),
        rest=urlencode([*(("session", pk) for pk in sorted(mine)), *([(BACK, back)] if back else [])]),
        leads_back=back,
        reasons=reasons,
        refusals=[form] if form.is_bound and form.errors else [],
    )
