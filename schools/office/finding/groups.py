"""What a typed text finds, group by group, as page and box show it: each line with where it leads and what stands beside it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.http import HttpRequest
from django.urls import reverse

from schools.accounts.requests import SignedInRequest
from schools.core.search_words import Piece, pieces_of, plain
from schools.core.searchable import LONGEST_TEXT
from schools.core.words import long_day
from schools.directory.models import School
from schools.office.finding.matches import (
    MOST_VISITS,
    Booked,
    Rows,
    booked_at,
    next_day_of,
    rows_named,
    schools_named,
    visits_called,
)
from schools.office.finding.places import Act, Place, act_of, places_for

FEWEST_LETTERS = 2
"""Of a text by which rows are looked for: one letter begins a word of nearly every row."""

MOST_PAGES = 6


@dataclass(frozen=True)
class Match:
    """A line of what was found."""

    name: str
    address: str
    beside: str = ""
    """What tells it from others of the same name."""
    phone: str = ""
    next_day: str = ""
    """What is next there, in words."""


@dataclass(frozen=True)
class Group:
    """Lines of one kind, under their heading."""

    name: str
    matches: list[Match]


@dataclass(frozen=True)
class Answer:
    """What a text finds; `reason` says in a sentence why that is nothing."""

    text: str
    groups: list[Group] = field(default_factory=list)
    reason: str = ""

    @property
    def number(self) -> int:
        """The number of lines."""
        return sum(len(group.matches) for group in self.groups)

    @property
    def in_words(self) -> str:
        """How much was found, or why that is nothing."""
        return self.reason or f"{self.number} found"


def answer_to(request: SignedInRequest, text: str, *, on: date, all_pages: bool = False) -> Answer:
    """Return what the text finds among what the user may see; `all_pages`: without a text, every page that they may open."""
    places = list(places_for(request))
    pieces = pieces_of(text)
    if not text:
        return Answer(text, [Group("Pages", [_page(place) for place in places])] if all_pages else [])
    if len(text) > LONGEST_TEXT:
        return Answer(text[:LONGEST_TEXT], reason=f"Search for fewer words: at most {LONGEST_TEXT} characters.")
    if not pieces:
        return Answer(text, reason="Type part of a name, a postcode, a phone number, a visit’s reference or a page.")
    groups = _groups(request, text, pieces, places, on=on)
    if not groups:
        return Answer(text, reason=f"Nothing of yours is like “{text}”. Type fewer words, or only how they begin.")
    return Answer(text, groups)


def _groups(request: SignedInRequest, text: str, pieces: list[Piece], places: list[Place], *, on: date) -> list[Group]:
    """Return the groups that have a line. Where nothing at all is spelled so, one letter of each word may be wrong."""
    for forgiving in (False, True):
        rows, acting = Rows([], [], []), list[Group]()
        if sum(len(word) for piece in pieces for word in piece.words) >= FEWEST_LETTERS:
            rows = rows_named(request.user, text, pieces, forgiving=forgiving, on=on)
            acting = _acting(request, pieces, forgiving=forgiving, on=on)
        pages = [place for place in places if place.fits(pieces, forgiving=forgiving)][:MOST_PAGES]
        called = [] if forgiving else _by_reference(request, text, on=on)
        groups = _in_order(text, [*acting, *_of_rows(request, rows, called, on=on)], pages)
        if any(group.matches for group in groups):
            return [group for group in groups if group.matches]
    return []


def _in_order(text: str, of_rows: list[Group], pages: list[Place]) -> list[Group]:
    """Return the groups, the pages last; first where what was typed is the whole name of one."""
    named = [place for place in pages if plain(place.name) == plain(text)]
    group = Group("Pages", [_page(place) for place in [*named, *(place for place in pages if place not in named)]])
    return [group, *of_rows] if named else [*of_rows, group]


def _page(place: Place) -> Match:
    return Match(place.name, place.address)


def _acting(request: HttpRequest, pieces: list[Piece], *, forgiving: bool, on: date) -> list[Group]:
    """Return what is done with the schools that are named after an act: “book larkfield”."""
    act = act_of(request, pieces)
    if act is None:
        return []
    rest = pieces[1:]
    text = " ".join(piece.typed for piece in rest)
    schools = schools_named(request.user, text, rest, forgiving=forgiving, on=on)  # type: ignore[arg-type]  # of a signed-in request
    # One talks with any school; of one that is booked no more, the other pages are none.
    is_for_all = act.view == "log-talk"
    return [Group(act.name, [_act(act, school) for school in schools if is_for_all or school.is_bookable])]


def _act(act: Act, school: School) -> Match:
    address = reverse(f"admin:{act.view}", args=[school.pk])
    return Match(f"{act.name}: {school}", address, school.postcode, school.phone)


def _of_rows(request: SignedInRequest, rows: Rows, called: list[Match], *, on: date) -> list[Group]:
    """Return the schools, people and visits that were found; visits are those `called` so, and those to come of the schools."""
    schools = {school.pk: school for school in (*rows.schools, *(school for _, school in rows.contacts))}
    booked = booked_at(schools.values(), request.user, on=on)
    days = next_day_of(rows.volunteers, on=on) if rows.volunteers else {}
    return [
        Group("Schools", [_school(school, booked[school.pk], on=on) for school in rows.schools]),
        Group(
            "Volunteers",
            [
                Match(
                    volunteer.name,
                    reverse("admin:volunteer-detail", args=[volunteer.pk]),
                    f"{volunteer.reference} · {volunteer.get_status_display().lower()}",
                    str(volunteer.phone or ""),
                    f"next {long_day(days[volunteer.pk])}" if volunteer.pk in days else "",
                )
                for volunteer in rows.volunteers
            ],
        ),
        Group(
            "People at schools",
            [
                Match(
                    contact.name,
                    f"{reverse('admin:school-detail', args=[school.pk])}#contacts-heading",
                    " · ".join(filter(None, (contact.role, school.name))),
                    str(contact.phone or school.phone),
                    _next(booked[school.pk], on=on),
                )
                for contact, school in rows.contacts
            ],
        ),
        Group("Visits", [*called, *_to_come(request, rows.schools, booked)][:MOST_VISITS]),
    ]


def _school(school: School, booked: list[Booked], *, on: date) -> Match:
    beside = " · ".join(filter(None, (school.postcode, "" if school.is_bookable else school.get_status_display().lower())))
    return Match(school.name, reverse("admin:school-detail", args=[school.pk]), beside, school.phone, _next(booked, on=on))


def _next(booked: list[Booked], *, on: date) -> str:
    if following := next((entry for entry in booked if entry.day >= on), None):
        return f"next visit {long_day(following.day)}"
    return f"online since {long_day(booked[0].day)}" if booked else "nothing booked"


def _by_reference(request: SignedInRequest, text: str, *, on: date) -> list[Match]:
    """Return the visit whose reference the text is; a reference is one word."""
    if len(text.split()) != 1:
        return []
    return [
        Match(
            f"{visit.reference}, {visit.school}",
            reverse("admin:visit-detail", args=[visit.pk]),
            visit.get_stage_display().lower(),
            visit.school.phone,
            long_day(visit.begins_on) if visit.begins_on else "no day yet",
        )
        for visit in visits_called(request.user, text, on=on)
    ]


def _to_come(request: SignedInRequest, schools: Iterable[School], booked: dict[int, list[Booked]]) -> list[Match]:
    """Return the visits to come that the schools host and whose pages the user may open, each once, the next first."""
    if not request.user.has_perm("schools.view_visit"):
        return []
    lines: dict[int, tuple[Booked, School]] = {}
    for school in schools:
        for entry in booked[school.pk]:
            if entry.is_open:
                lines.setdefault(entry.visit_id, (entry, school))
    return [
        Match(
            f"{school}, {long_day(entry.day)}", reverse("admin:visit-detail", args=[entry.visit_id]), f"visit {entry.reference}"
        )
        for entry, school in sorted(lines.values(), key=lambda line: line[0])
    ]
