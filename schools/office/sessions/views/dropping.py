"""Somebody can't make it: the best who could go instead, with their phones; one press takes the one off and puts the other on."""

from collections.abc import Sequence
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.words import joined, long_day, time_range
from schools.directory.queries import area_of
from schools.office.bookings.views.batches import redirect_with_undo
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.sessions.days import Day, get_day, need_replacement, redact_reasons
from schools.office.sessions.forms.cover import PeopleForm
from schools.planning.queries import Candidate, candidates_for
from schools.visits.actions import drop_out
from schools.visits.actions.undoable import held
from schools.visits.models import Batch, Cover, CoverState
from schools.visits.rules import reasons_over
from schools.volunteers.models import Volunteer

MOST_SHOWN = 6
"""The most people whom the page offers to put on it or to ask; the day's page lists everybody."""

POSTS = {"put": "add_cover", "ask": "add_cover", "nobody": "change_cover"}
"""The buttons of the page, each with the permission that it needs."""


@allowed("change_cover", posts=POSTS)
def detail(request: SignedInRequest, visit_id: int, day: date, volunteer_id: int) -> HttpResponse:
    """Show who could go instead; `do` takes the volunteer off and puts somebody on, asks people, or leaves the place open."""
    shown = get_day(request, visit_id, day)
    there = Cover.objects.filter(session__in=[session.pk for session in shown.sessions])
    leaving = get_object_or_404(Volunteer.objects.filter(pk__in=there.values("volunteer")), pk=volunteer_id)
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
            return _back(request, shown, batch)
    return _page(request, shown, leaving, form, reasons)


def _drop_out(request: SignedInRequest, day: Day, leaving: Volunteer, people: Sequence[Volunteer], *, is_agreed: bool) -> Batch:
    """Write it down for the sessions that the page showed; `people` are asked, or the only one is put on, as agreed."""
    if is_agreed and len(people) > 1:
        raise RuleBroken(["Put one person on it at a time, or ask several: the first to say yes has it."])
    now = timezone.localtime()
    only = [pk for pk in map(query_params.row_id, request.POST.getlist("session")) if pk is not None]
    instead, ask = (people[0], []) if is_agreed else (None, people)
    return held(
        lambda: drop_out(
            day.visit_day, leaving, by=request.user, now=now, only=only or None, instead=instead, ask=ask
        ),
        now=now,
    )  # fmt: skip


def _next_step(day: Day, leaving: Volunteer, people: Sequence[Volunteer], *, is_agreed: bool) -> str:
    names = joined(str(person) for person in people)
    if is_agreed:
        return f"{names} is on it now. Tell them what they need to know."
    if people:
        return f"{names} {'is' if len(people) == 1 else 'are'} asked: the first to say yes has the place."
    if not need_replacement(_held(day, leaving)):
        return "Nobody has to come in their place."
    area = area_of(day.visit_day.visit.school, on=today())
    asks_next = " The next person who could is asked by mail soon." if area and area.auto_offers else ""
    return f"It is on home until somebody else comes.{asks_next}"


def _back(request: SignedInRequest, day: Day, batch: Batch) -> HttpResponse:
    """Redirect to the session from whose page they came, or to the day, with the undo bar."""
    session = query_params.row_id(request.GET.get("session"))
    if session in {each.pk for each in day.sessions}:
        return redirect_with_undo(request, batch, "admin:session-detail", session)
    return redirect_with_undo(request, batch, "admin:visit-day", day.visit_day.visit.pk, day.visit_day.day)


def _held(day: Day, volunteer: Volunteer) -> list[Cover]:
    """Return what the volunteer is down for of the sessions that were named, or of the day."""
    chosen = set(day.only)
    mine = (cover for cover in day.covers if cover.volunteer_id == volunteer.pk and cover.state == CoverState.ACCEPTED)
    return [cover for cover in mine if cover.session_id in chosen]


def _best(day: Day, covers: Sequence[Cover], leaving: Volunteer) -> list[Candidate]:
    """Return who could go instead without a question first, and did not say no to it; the best first."""
    if not need_replacement(covers):
        return []
    held_by_session = {cover.session_id: cover for cover in covers}
    sessions = [session for session in day.open_sessions if session.pk in held_by_session]
    candidates = candidates_for(*sessions, on=today(), role=covers[0].role, instead_of=leaving)
    return [candidate for candidate in candidates if not candidate.why and not candidate.said_no][:MOST_SHOWN]


def _page(request: SignedInRequest, day: Day, leaving: Volunteer, form: PeopleForm, reasons: Sequence[str]) -> HttpResponse:
    visit, covers = day.visit_day.visit, _held(day, leaving)
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
        rest="&".join(f"session={pk}" for pk in sorted(mine)),
        reasons=reasons,
        refusals=[form] if form.is_bound and form.errors else [],
    )
