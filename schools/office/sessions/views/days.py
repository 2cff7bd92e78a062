"""A visit day's page: who is on its sessions, who could be, and what a coordinator does about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.nations import Scheme, scheme_of
from schools.core.words import joined, long_day, time_range
from schools.office.frame.chips import chip_of_cover, chip_of_session
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today
from schools.office.sessions.forms.cover import PeopleForm, PersonForm, WhichForm
from schools.planning.actions import decline_and_ask_next, withdraw_and_ask_next
from schools.planning.queries import Guest, candidates_for, guest_candidates_for
from schools.visits.actions import assign_all, claim, end_swap, offer_each, swap, take_off
from schools.visits.models import PRESENTING_ROLES, Cover, CoverRole, CoverState, Session, SessionStage
from schools.visits.queries import VisitDay
from schools.visits.rules import redacted_for
from schools.volunteers.actions import look_at_scheme
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Day:
    """The visit day, and whatever its page and its verbs need to know of it."""

    visit_day: VisitDay
    sessions: list[Session]
    covers: list[Cover]
    which: WhichForm

    @property
    def part(self) -> str:
        """What people call it: a morning, an afternoon, a day."""
        if self.sessions[0].starts.hour >= 12:
            return "afternoon"
        return "morning" if self.sessions[-1].starts.hour < 12 else "day"

    @property
    def open_sessions(self) -> list[Session]:
        """Those that people go to and that are still to come or to be reported."""
        return takes_people(self.sessions)

    @property
    def people(self) -> dict[Volunteer, list[Cover]]:
        """Who is on it, or was asked, each with their covers."""
        people: dict[Volunteer, list[Cover]] = {}
        for cover in self.covers:
            people.setdefault(cover.volunteer, []).append(cover)
        return people

    @property
    def only(self) -> list[int]:
        """The ids of the sessions chosen."""
        return [session.pk for session in self.which.chosen]


def takes_people(sessions: list[Session]) -> list[Session]:
    """Those of the sessions to which people go and that nobody has reported or cancelled."""
    return [one for one in sessions if one.stage == SessionStage.SCHEDULED and one.type.presenters > 0]


def own_day(request: SignedInRequest, visit_id: int, day: date) -> Day:
    """The visit day, where it lies in the user's areas; else 404."""
    sessions = list(
        Session.objects.for_user(request.user, on=today())
        .filter(visit=visit_id, day=day)
        .with_cover()
        .select_related("type", "visit__school__authority", "visit__contact", "visit__coordinator", "visit__safeguarding_contact")
    )
    if not sessions:
        raise Http404
    covers = list(
        Cover.objects.live()
        .filter(session__in=sessions)
        .select_related("volunteer__user", "session__type", "instead_of__volunteer")
        .order_by("role", "volunteer__name", "session__starts")
    )
    sent = (request.POST if request.method == "POST" else request.GET).copy()
    sent.setdefault("role", CoverRole.PRESENTER)
    which = WhichForm(sent, sessions=takes_people(sessions), people=[cover.volunteer for cover in covers])
    return Day(VisitDay(sessions[0].visit, day), sessions, covers, which)


def _volunteers(request: SignedInRequest, guests: list[Guest]) -> QuerySet[Volunteer]:
    """Whom the user may put on the day: people of their own areas, and the guests that the page names."""
    own = Volunteer.objects.for_user(request.user, on=today())
    return own | Volunteer.objects.filter(pk__in=[guest.pk for guest in guests]) if guests else own


def _guests(day: Day) -> list[Guest]:
    if not (day.which.looks_elsewhere and day.which.chosen):
        return []
    return guest_candidates_for(*day.which.chosen, on=today(), role=day.which.role_chosen)


def only_own_reasons(request: SignedInRequest, broken: RuleBroken, people: list[Volunteer]) -> RuleBroken:
    """What speaks against people of other areas is told without saying what it is (DESIGN.md, rule 13)."""
    strangers = redacted_for(request.user, people, on=today())
    if guests := [str(one) for one in people if one.pk in strangers]:
        return RuleBroken([f"{joined(guests)} can’t be put on it as it stands. Phone them, or their own coordinator."])
    return broken


def _judged(chosen: Any, do: str) -> list[Volunteer]:
    """Whom the button puts on it: they are judged; of an answer that takes somebody off nothing speaks against anybody."""
    if do in CHOOSING:
        return list(chosen)
    return [chosen] if do == "accept" else []


def _assign(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    people = list(said["volunteer"])
    if len(people) > 1:
        raise RuleBroken(["Put one person on it at a time, or ask several: the first to say yes has it."])
    assign_all(
        day.visit_day, people[0], role=day.which.role_chosen, by=request.user, now=timezone.localtime(),
        note=said["note"], only=day.only, instead_of=day.which.instead_of,
    )  # fmt: skip
    return f"{people[0]} is on it now. Tell them what they need to know."


def _offer(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    people, now = list(said["volunteer"]), timezone.localtime()
    if day.which.instead_of is not None:
        if len(people) > 1:
            raise RuleBroken(["Ask one person at a time to take somebody’s place."])
        swap(day.visit_day, day.which.instead_of, people[0], by=request.user, now=now, note=said["note"], only=day.only)
        return f"{people[0]} is asked. {day.which.instead_of} holds the place until they say yes."
    offer_each(
        day.visit_day, people, role=day.which.role_chosen, by=request.user, now=now, note=said["note"], only=day.only
    )  # fmt: skip
    named = joined(str(one) for one in people)
    return f"{named} {'is' if len(people) == 1 else 'are'} asked. An offer holds no place: the first to say yes has it."


def _accept(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    person = said["volunteer"]
    asked = [one.session_id for one in day.covers if one.volunteer_id == person.pk and one.state == CoverState.OFFERED]
    if not asked:
        raise RuleBroken([f"{person} is on it already; nothing is left to say yes to."])
    claim(day.visit_day, person, role=CoverRole.PRESENTER, by=request.user, now=timezone.localtime(), only=asked)
    return f"{said['volunteer']} is on it now."


def _decline(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    decline_and_ask_next(day.visit_day, said["volunteer"], by=request.user, now=timezone.localtime())
    return f"{said['volunteer']} said no. It is written down."


def _cannot(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    now = timezone.localtime()
    given_back = withdraw_and_ask_next(day.visit_day, said["volunteer"], by=request.user, now=now)
    if not held_a_place(given_back):
        return f"{said['volunteer']} can’t make it. Nobody has to come in their place."
    asked = Cover.objects.filter(session__in=day.sessions, state=CoverState.OFFERED, offered_at=now).select_related("volunteer")
    names = joined(dict.fromkeys(str(cover.volunteer) for cover in asked))
    next_step = f"{names} was asked next." if names else "It is on home until somebody else comes."
    return f"{said['volunteer']} can’t make it. {next_step}"


def held_a_place(covers: list[Cover]) -> bool:
    """Whether somebody else is needed in place of whoever was on these: not of a trainee or an observer."""
    return any(cover.role in PRESENTING_ROLES for cover in covers)


def _take_off(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    take_off(day.visit_day, said["volunteer"], by=request.user, now=timezone.localtime())
    return f"{said['volunteer']} is no longer on it."


def _unask(request: SignedInRequest, day: Day, said: dict[str, Any]) -> str:
    end_swap(day.visit_day, said["volunteer"], by=request.user, now=timezone.localtime())
    return f"{said['volunteer']} comes after all."


type Verb = Callable[[SignedInRequest, Day, dict[str, Any]], str]

CHOOSING: dict[str, Verb] = {"assign": _assign, "offer": _offer}
"""What is done with people who are chosen from the list."""

ANSWERING: dict[str, Verb] = {
    "accept": _accept, "decline": _decline, "cannot": _cannot, "take-off": _take_off, "unask": _unask,
}  # fmt: skip
"""What is written down about somebody who is on the day, or asked."""

POSTS = dict.fromkeys(CHOOSING, "add_cover") | dict.fromkeys(ANSWERING, "change_cover")
"""What a button of the page is called, and the permission that it asks for."""


@allowed("view_session", posts=POSTS)
def detail(request: SignedInRequest, visit_id: int, day: date) -> HttpResponse:
    """Show the visit day; `do` puts people on it, asks them, or writes down what somebody on it said."""
    own = own_day(request, visit_id, day)
    do = request.POST.get("do", "")
    guests = _guests(own)
    choose = PeopleForm(
        request.POST if do in CHOOSING else None, people=_volunteers(request, guests), prefix="cover"
    )  # fmt: skip
    answer = PersonForm(request.POST if do in ANSWERING else None, people=own.people, prefix="answer")
    form, verb = (choose, CHOOSING[do]) if do in CHOOSING else (answer, ANSWERING.get(do))
    if verb is not None and form.is_valid():
        try:
            messages.success(request, verb(request, own, form.cleaned_data))
            return redirect("admin:visit-day", visit_id, day)
        except RuleBroken as broken:
            form.add_error(None, only_own_reasons(request, broken, _judged(form.cleaned_data["volunteer"], do)))
    return _page(request, own, guests, [choose, answer])


def _page(request: SignedInRequest, day: Day, guests: list[Guest], forms_of_page: list[Any]) -> HttpResponse:
    choose: forms.Form = forms_of_page[0]
    visit, which = day.visit_day.visit, day.which
    candidates = []
    if day.open_sessions and request.user.has_perm("schools.add_cover"):
        candidates = candidates_for(*which.chosen, on=today(), role=which.role_chosen, instead_of=which.instead_of)
        look_at_scheme([guest.pk for guest in guests], scheme_of(visit.school.nation), by=request.user, now=timezone.now())
    own = set(Volunteer.objects.for_user(request.user, on=today()).filter(pk__in=[one.pk for one in day.people]))
    lapsed = set(Cover.objects.filter(session__in=day.sessions).lapsed(on=today()).values_list("pk", flat=True))
    needs = [one for one in day.open_sessions if not one.is_covered]
    return page(
        request,
        "office/sessions/day.html",
        f"{visit.school}, {long_day(day.visit_day.day)}",
        day=day,
        visit=visit,
        times=time_range(day.sessions[0].starts, max(one.ends for one in day.sessions)),
        sessions=[(one, time_range(one.starts, one.ends), one.name, chip_of_session(one, on=today())) for one in day.sessions],
        chip=chip_of_session(needs[0] if needs else day.sessions[0], on=today()),
        people=[_person(day, one, covers, is_own=one in own, lapsed=lapsed) for one, covers in day.people.items()],
        can=[candidate for candidate in candidates if candidate.can],
        cannot=[candidate for candidate in candidates if not candidate.can],
        guests=guests,
        scheme=Scheme(scheme_of(visit.school.nation)).label,
        chosen=set(choose.data.getlist("cover-volunteer")) if choose.is_bound else set(),  # type: ignore[attr-defined]  # a QueryDict
        choose=choose,
        which=which,
        elsewhere=_elsewhere(request),
        refusals=[form for form in forms_of_page if form.is_bound and form.errors],
        may_cover=request.user.has_perm("schools.add_cover"),
        is_narrowed=bool(request.GET) or (which.is_bound and request.method == "POST"),
        needs_people=bool(needs) and day.visit_day.day >= today(),
    )


def _person(day: Day, volunteer: Volunteer, covers: list[Cover], *, is_own: bool, lapsed: set[int]) -> dict[str, Any]:
    """One row of the people on the day; `lapsed` are the covers that hold a place and count no more."""
    everywhere = len(covers) == len([one for one in day.sessions if one.stage != SessionStage.CANCELLED])
    scheduled = {one.pk for one in day.open_sessions}
    states = {cover.state for cover in covers if cover.session_id in scheduled}
    asked = [one for one in day.covers if one.instead_of and one.instead_of.volunteer_id == volunteer.pk]
    query = "&".join(f"session={cover.session_id}" for cover in covers if cover.session_id in scheduled)
    return {
        "volunteer": volunteer,
        "is_own": is_own,
        "roles": joined(dict.fromkeys(cover.get_role_display() for cover in covers)),
        "chips": list(dict.fromkeys(chip_of_cover(cover, has_lapsed=cover.pk in lapsed) for cover in covers)),
        "sessions": "" if everywhere else joined(f"{time_range(one.session.starts, one.session.ends)}" for one in covers),
        "notes": joined(dict.fromkeys(cover.override_note for cover in covers if cover.override_note)),
        "for": covers[0].instead_of.volunteer if covers[0].instead_of and CoverState.OFFERED in states else None,
        "asked": joined(dict.fromkeys(str(one.volunteer) for one in asked if one.state == CoverState.OFFERED)),
        "is_offered": CoverState.OFFERED in states,
        "is_on": CoverState.ACCEPTED in states,
        "instead": f"?instead={volunteer.pk}&{query}",
    }


def _elsewhere(request: SignedInRequest) -> str:
    """The address of the same page with people of other areas."""
    query = request.GET.copy()
    query["elsewhere"] = "on"
    return f"{reverse(request.resolver_match.view_name, kwargs=request.resolver_match.kwargs)}?{query.urlencode()}#elsewhere"  # type: ignore[union-attr]  # it was resolved
