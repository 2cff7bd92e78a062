"""A visit day's page: who is on its sessions, who could come, and the buttons that change it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.vary import vary_on_headers

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.nations import Scheme, scheme_of
from schools.core.words import joined, long_day, time_range
from schools.office.bookings.closing import closing_of
from schools.office.bookings.guests import guests_in_words
from schools.office.bookings.views.looking import look_then_do
from schools.office.frame.chips import chip_of_cover, chip_of_day, chip_of_session
from schools.office.frame.pages import allowed, page
from schools.office.frame.undo_bars import BACK, DONE, back_of, undo_bar
from schools.office.frame.visibility import today
from schools.office.sessions.days import Day, get_day, guest_schools, redact_reasons, redirect_to_day, slots_shown
from schools.office.sessions.forms.cover import PeopleForm, PersonForm
from schools.office.sessions.moved_days import leads_to_moved_day
from schools.planning.queries import Guest, candidates_for, guest_candidates_for
from schools.visits.actions import assign_several, drop_out, offer_to_several
from schools.visits.actions.cover.written_answers import accept_to_undo, decline_to_undo, end_swap_to_undo, swap_to_undo
from schools.visits.actions.undoable import held
from schools.visits.models import PRESENTING_ROLES, Batch, Cover, CoverState, Session, SessionStage
from schools.visits.queries.days import lapsed_covers
from schools.volunteers.actions import look_at_scheme
from schools.volunteers.models import Volunteer


def _volunteers(request: SignedInRequest, guests: list[Guest]) -> QuerySet[Volunteer]:
    """Return the volunteers whom the user may put on the day: those of their own areas, and the guests that the page lists."""
    own = Volunteer.objects.for_user(request.user, on=today())
    return own | Volunteer.objects.filter(pk__in=[guest.pk for guest in guests]) if guests else own


def _guests(day: Day) -> list[Guest]:
    """Return the volunteers of other areas who could come, where the user looks for them."""
    which = day.which
    if not (which.looks_elsewhere and which.chosen):
        return []
    return guest_candidates_for(*which.chosen, on=today(), role=which.role_chosen, instead_of=which.instead_of)


def _judged(chosen: Any, do: str) -> list[Volunteer]:
    """Return the volunteers about whom a refusal can be: those whom the button puts on the day; else none."""
    if do in CHOOSING:
        return list(chosen)
    return [chosen] if do == "accept" else []


def _assign(request: SignedInRequest, day: Day, data: dict[str, Any]) -> HttpResponse:
    people, note = list(data["volunteer"]), data["note"]
    by, now, leaving = request.user, timezone.localtime(), day.which.instead_of
    if leaving is None:
        return _put_on(request, day, people, note=note)
    if len(people) > 1:
        raise RuleBroken(["Put one person at a time in somebody’s place."])
    instead, only, shown = people[0], day.only, slots_shown(request, day.scheduled)

    def replace() -> Batch:
        return drop_out(day.visit_day, leaving, by=by, now=now, only=only, instead=instead, note=note, shown=shown)

    batch = held(replace, now=now)
    messages.success(request, f"{people[0]} is on it now instead of {leaving}. Tell them what they need to know.")
    return redirect_to_day(request, day, batch)


def _put_on(request: SignedInRequest, day: Day, people: list[Volunteer], *, note: str) -> HttpResponse:
    """Put all of them on it, or nobody; an undo in time is heard of by nobody."""
    visit, now, role = day.visit_day.visit, timezone.localtime(), day.which.role_chosen
    slots = slots_shown(request, day.scheduled)
    shown = {pk: slots[pk] for pk in day.only}

    def assign() -> Batch:
        return assign_several(visit, people, shown=shown, role=role, by=request.user, now=now, note=note)

    batch = held(assign, now=now)
    names, are = joined(str(person) for person in people), "is" if len(people) == 1 else "are"
    messages.success(request, f"{names} {are} on it now. Tell them what they need to know.")
    return redirect_to_day(request, day, batch)


def _offer(request: SignedInRequest, day: Day, data: dict[str, Any]) -> HttpResponse:
    people, now = list(data["volunteer"]), timezone.localtime()
    if day.which.instead_of is not None:
        return _offer_place_of(request, day, day.which.instead_of, people, note=data["note"])
    if len(people) > 1:
        return _offer_to_several(request, day, people, note=data["note"])
    batch = held(lambda: _ask(request, day, people, note=data["note"], now=now), now=now)
    messages.success(request, f"{people[0]} is asked. An offer holds no place: the first to say yes has it.")
    return redirect_to_day(request, day, batch)


def _offer_place_of(
    request: SignedInRequest, day: Day, leaving: Volunteer, people: list[Volunteer], *, note: str
) -> HttpResponse:
    """Ask the only one of the people to take the place of somebody, who holds it; an undo in time is heard of by nobody."""
    if len(people) > 1:
        raise RuleBroken(["Ask one person at a time to take somebody’s place."])
    now, only, to = timezone.localtime(), day.only, people[0]
    batch = held(
        lambda: swap_to_undo(day.visit_day, leaving, to, by=request.user, now=now, note=note, only=only), now=now
    )  # fmt: skip
    messages.success(request, f"{to} is asked. {leaving} holds the place until they say yes.")
    return redirect_to_day(request, day, batch)


def _ask(request: SignedInRequest, day: Day, people: list[Volunteer], *, note: str, now: datetime) -> Batch:
    """Ask them so that it can be undone."""
    role, by = day.which.role_chosen, request.user
    return offer_to_several(day.visit_day, people, role=role, by=by, now=now, note=note, only=day.only)


def _offer_to_several(request: SignedInRequest, day: Day, people: list[Volunteer], *, note: str) -> HttpResponse:
    """Show what each of them would read, or ask them; an undo in time is heard of by nobody."""
    names = joined(str(volunteer) for volunteer in people)
    effects = [f"{names} are asked for {day.visit_day}.", "An offer holds no place: the first to say yes has it."]
    done = look_then_do(
        request,
        lambda now: _ask(request, day, people, note=note, now=now),
        title=f"Ask {len(people)} people?",
        effects=effects,
        verb=f"Ask these {len(people)} people",
    )
    if isinstance(done, HttpResponse):
        return done
    return redirect_to_day(request, day, done)


def _accept(request: SignedInRequest, day: Day, data: dict[str, Any]) -> HttpResponse:
    person = data["volunteer"]
    offers = [cover for cover in day.covers if cover.volunteer_id == person.pk and cover.state == CoverState.OFFERED]
    if not offers:
        raise RuleBroken([f"{person} is on it already; nothing is left to say yes to."])
    only, now = [cover.session_id for cover in offers], timezone.localtime()
    shown = slots_shown(request, day.scheduled)
    batch = held(lambda: accept_to_undo(day.visit_day, person, by=request.user, now=now, only=only, shown=shown), now=now)
    messages.success(request, f"{person} is on it now.")
    return redirect_to_day(request, day, batch)


def _decline(request: SignedInRequest, day: Day, data: dict[str, Any]) -> HttpResponse:
    person, now, shown = data["volunteer"], timezone.localtime(), slots_shown(request, day.scheduled)
    batch = held(lambda: decline_to_undo(day.visit_day, person, by=request.user, now=now, shown=shown), now=now)
    messages.success(request, f"{person} said no. It is written down.")
    return redirect_to_day(request, day, batch)


def _unask(request: SignedInRequest, day: Day, data: dict[str, Any]) -> HttpResponse:
    person, now = data["volunteer"], timezone.localtime()
    batch = held(lambda: end_swap_to_undo(day.visit_day, person, by=request.user, now=now), now=now)
    messages.success(request, f"{person} comes after all.")
    return redirect_to_day(request, day, batch)


type Verb = Callable[[SignedInRequest, Day, dict[str, Any]], HttpResponse]

CHOOSING: dict[str, Verb] = {"assign": _assign, "offer": _offer}
"""The buttons for volunteers who are chosen from the list, each with its function; it returns the page that follows."""

ANSWERING: dict[str, Verb] = {"accept": _accept, "decline": _decline, "unask": _unask}
"""The buttons that write down the answer of somebody who is on the day or was asked, each with its function."""

POSTS = dict.fromkeys(CHOOSING, "add_cover") | dict.fromkeys(ANSWERING, "change_cover")
"""The buttons of the page, each with the permission that it needs."""

IN_PLACE = "HX-Request"
"""The header of a request whose answer opens in its place on another page."""


@allowed("view_session", posts=POSTS)
@leads_to_moved_day
@vary_on_headers(IN_PLACE)
def detail(request: SignedInRequest, visit_id: int, day: date) -> HttpResponse:
    """Show the visit day; `do` puts people on it, asks them, or writes down what somebody answered.

    Where it opens in its place on another page, it is the panel of a morning instead.
    """
    shown = get_day(request, visit_id, day)
    do = request.POST.get("do", "")
    guests = _guests(shown)
    choose = PeopleForm(
        request.POST if do in CHOOSING else None, people=_volunteers(request, guests), prefix="cover"
    )  # fmt: skip
    answer = PersonForm(request.POST if do in ANSWERING else None, people=shown.people, prefix="answer")
    form, verb = (choose, CHOOSING[do]) if do in CHOOSING else (answer, ANSWERING.get(do))
    if verb is not None and form.is_valid():
        if do in CHOOSING and not shown.which.is_valid():
            # Otherwise it would be done to all sessions of the day, in another role, and in nobody's place.
            form.add_error(None, "A session that you chose, or whose place it is, has changed. Look at the day again.")
            return _page(request, shown, guests, [choose, answer])
        try:
            return verb(request, shown, form.cleaned_data)
        except RuleBroken as broken:
            form.add_error(None, redact_reasons(request, broken, _judged(form.cleaned_data["volunteer"], do)))
    return _page(request, shown, guests, [choose, answer])


# Longer than 40 lines: it names each part of the page once.
def _page(request: SignedInRequest, day: Day, guests: list[Guest], forms_of_page: list[Any]) -> HttpResponse:
    choose: forms.Form = forms_of_page[0]
    visit, which = day.visit_day.visit, day.which
    candidates = []
    if day.open_sessions and request.user.has_perm("schools.add_cover"):
        candidates = candidates_for(*which.chosen, on=today(), role=which.role_chosen, instead_of=which.instead_of)
        look_at_scheme([guest.pk for guest in guests], scheme_of(visit.school.nation), by=request.user, now=timezone.now())
    own = set(Volunteer.objects.for_user(request.user, on=today()).filter(pk__in=[volunteer.pk for volunteer in day.people]))
    lapsed = lapsed_covers([session.pk for session in day.sessions], on=today())
    needs = [session for session in day.open_sessions if not session.is_covered]
    return page(
        request,
        "office/sessions/morning.html" if IN_PLACE in request.headers else "office/sessions/day.html",
        f"{visit.school}, {long_day(day.visit_day.day)}",
        day=day,
        visit=visit,
        closing=closing_of(visit, day.sessions, user=request.user, on=today()),
        times=time_range(day.standing[0].starts, max(session.ends for session in day.standing)),
        sessions=[_session(session) for session in day.sessions],
        chip=chip_of_day(day.sessions, on=today()),
        people=[
            _person(day, volunteer, covers, is_own=volunteer in own, lapsed=lapsed)
            | {"instead": _instead(request, day, volunteer)}
            for volunteer, covers in day.people.items()
        ],
        can=[candidate for candidate in candidates if candidate.can],
        cannot=[candidate for candidate in candidates if not candidate.can],
        guests=guests,
        guest_schools=guest_schools(day, request.user),
        scheme=Scheme(scheme_of(visit.school.nation)).label,
        chosen=set(choose.data.getlist("cover-volunteer")) if choose.is_bound else set(),  # type: ignore[attr-defined]  # a QueryDict
        choose=choose,
        which=which,
        elsewhere=_address_with_other_areas(request),
        refusals=[form for form in forms_of_page if form.is_bound and form.errors],
        may_cover=request.user.has_perm("schools.add_cover"),
        may_move=bool(day.visit_day.day >= today() and day.scheduled) and request.user.has_perm("schools.change_session"),
        leads_back=back_of(request),
        is_narrowed=bool(request.GET.keys() - {DONE, BACK}) or (which.is_bound and request.method == "POST"),
        needs_people=bool(needs) and day.visit_day.day >= today(),
        is_full=not needs and which.instead_of is None and which.role_chosen in PRESENTING_ROLES,
        is_over=all(session.last_day < today() for session in day.sessions),
        may_report=day.visit_day.day <= today() and request.user.has_perm("schools.change_session"),
        is_reported=all(each.went_ahead for each in day.standing),
        **undo_bar(request),
    )


def _session(session: Session) -> tuple[Session, str, str, str, str]:
    """Return a row of the sessions of the day: its times, its name, its chip, and the guest schools in it."""
    times = time_range(session.starts, session.ends)
    return session, times, session.name, chip_of_session(session, on=today()), guests_in_words(session)


def _person(day: Day, volunteer: Volunteer, covers: list[Cover], *, is_own: bool, lapsed: set[int]) -> dict[str, Any]:
    """Return a row of the people on the day; `lapsed` are the ids of covers that hold a place but no longer count (rule 6)."""
    everywhere = len(covers) == len([session for session in day.sessions if session.stage != SessionStage.CANCELLED])
    scheduled = {session.pk for session in day.open_sessions}
    states = {cover.state for cover in covers if cover.session_id in scheduled}
    replacing = [cover for cover in day.covers if cover.instead_of and cover.instead_of.volunteer_id == volunteer.pk]
    return {
        "volunteer": volunteer,
        "is_own": is_own,
        "roles": joined(dict.fromkeys(cover.get_role_display() for cover in covers)),
        "chips": list(dict.fromkeys(chip_of_cover(cover, has_lapsed=cover.pk in lapsed) for cover in covers)),
        "sessions": "" if everywhere else joined(f"{time_range(cover.session.starts, cover.session.ends)}" for cover in covers),
        "notes": joined(dict.fromkeys(cover.override_note for cover in covers if cover.override_note)),
        "for": covers[0].instead_of.volunteer if covers[0].instead_of and CoverState.OFFERED in states else None,
        "asked": joined(dict.fromkeys(str(cover.volunteer) for cover in replacing if cover.state == CoverState.OFFERED)),
        "is_offered": CoverState.OFFERED in states,
        "is_on": CoverState.ACCEPTED in states,
    }


def _instead(request: SignedInRequest, day: Day, volunteer: Volunteer) -> str:
    """Return the address at which somebody is looked for in the place of the volunteer, on the sessions that they are on.

    In their role, where they have the same on all of these: a trainee has another place than who presents.
    """
    scheduled = {session.pk for session in day.open_sessions}
    covers = [cover for cover in day.people[volunteer] if cover.session_id in scheduled]
    roles = {cover.role for cover in covers}
    query: list[tuple[str, object]] = [("instead", volunteer.pk), *(("session", cover.session_id) for cover in covers)]
    query += [("role", role) for role in roles if len(roles) == 1]
    query += [(BACK, back)] if (back := back_of(request)) else []
    return f"{request.path}?{urlencode(query)}"


def _address_with_other_areas(request: SignedInRequest) -> str:
    """Return the address of the same page that lists people of other areas too."""
    query = request.GET.copy()
    query["elsewhere"] = "on"
    return f"{reverse(request.resolver_match.view_name, kwargs=request.resolver_match.kwargs)}?{query.urlencode()}#elsewhere"  # type: ignore[union-attr]  # it was resolved
