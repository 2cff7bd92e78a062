"""The forms of a booking page as one: how it begins, the visit's, one for each session, and the guest schools."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.row_ids import row_id
from schools.core.words import joined
from schools.directory.models import School, SchoolQuerySet, Site
from schools.directory.responsible import who_sees
from schools.directory.sites import sites_in_use
from schools.office.bookings.forms.booking import MOST_SESSIONS, BookingForm, SessionForm, SessionFormSet, StartForm
from schools.office.bookings.guests import Guest, attending_of, posted_guests
from schools.office.bookings.posted_rows import Rolls, Rows
from schools.office.bookings.prefill import Prefill, cancelled_at, prefill_from, rows_of_template
from schools.office.frame import query_params
from schools.office.frame.visibility import today, visible_rows
from schools.programme.models import SessionType
from schools.visits.actions import NewSession
from schools.visits.models import Visit
from schools.visits.queries.requests import asked_for_by
from schools.visits.rules.guest_schools import MOST_GUESTS

MOST_GUESTS_FOUND = 8


def bookable_schools(user: User) -> SchoolQuerySet:
    """Return the schools of the user's areas that can be booked."""
    return School.objects.bookable().for_user(user, on=today())


def search(schools: SchoolQuerySet, words: str, user: User, most: int) -> list[School]:
    """Return at most so many of the schools that the words name, the most likely first, with their authorities."""
    return schools.select_related("authority").most_likely(words, user, on=today(), most=most) if words else []


@dataclass(frozen=True)
class Booking:
    """The forms of a page that books a visit to one school or adds sessions to a visit."""

    school: School
    visit: BookingForm | None
    """The form of the visit; None: sessions are added to a visit that is booked already."""
    sessions: Any
    """The form set of the sessions."""
    schools: list[Guest]
    """The schools with pupils in the sessions: the host, then its guests."""
    start: StartForm
    """How the booking begins: a template and a day."""
    words: str
    """A sentence that says where the contents come from; blank where nothing was filled in from a visit."""
    guest_words: str
    """What is searched for among the schools that could be guests; blank once one of them is added."""
    guest_matches: list[School]
    """Schools that the search for a guest school found."""
    refusals: list[str]
    """What has to be looked at before this is booked, because the page changed it when it was posted."""
    requested: Visit | None
    """The visit for which the school has asked and nobody has planned yet; None: there is none."""

    @classmethod
    def opened(cls, request: SignedInRequest, school: School, *, with_visit: bool = True) -> "Booking":
        """Return the forms of a page that is opened, or with what was posted."""
        data = request.POST.copy() if request.method == "POST" else None
        own, on, sites = bookable_schools(request.user), today(), sites_in_use(school)
        requested = asked_for_by(school)
        if data is None:
            prefill = prefill_from(request.GET, school, visits=Visit.objects.for_user(request.user, on=on), on=on)
            guests = _guests_to_come(prefill, own)
            prefill.words += _sites_given_up(prefill, sites)
            lost = 0
        else:
            prefill = Prefill()
            guests, lost = posted_guests(data, school, bookable=own)
        schools = attending_of(school, guests, on=on)
        types = {str(kind.pk): kind for kind in SessionType.objects.active()}
        start, changed = prefill.start, list[int]()
        if data is not None:
            rows = Rows(data, types, Rolls(schools, on))
            start, changed = _done_to(rows, school)
        words = "" if data is None or data.get("do", "").startswith("add-guest:") else query_params.words(data.get("guest_words"))
        taken = [school.pk, *(guest.pk for guest in guests)]
        return cls(
            school,
            _visit_form(request, school, data, prefill, requested) if with_visit else None,
            SessionFormSet(
                data,
                prefix="sessions",
                initial=prefill.sessions[:MOST_SESSIONS],
                form_kwargs={"host": schools[0], "guests": schools[1:], "types": types, "sites": sites},
            ),
            schools,
            start,
            prefill.words,
            words,
            search(own.exclude(pk__in=taken), words, request.user, MOST_GUESTS_FOUND),
            _refusals(lost, changed),
            requested,
        )

    @property
    def guests(self) -> list[Guest]:
        """The guest schools."""
        return self.schools[1:]

    @property
    def all_forms(self) -> list[forms.Form]:
        """The form that begins it, that of the visit, then that of each session."""
        return [self.start, *([self.visit] if self.visit else []), *self.sessions.forms]

    @property
    def may_have_guest(self) -> bool:
        """Whether one more guest school can be added."""
        return len(self.guests) < MOST_GUESTS

    def hide_errors(self) -> None:
        """Make the forms show no errors yet: a row was added, or something was filled in."""
        for form in self.all_forms:
            if form is not self.start:
                form.hushed = True  # type: ignore[attr-defined]  # for the template, and for what the page has shown

    def is_valid(self) -> bool:
        """Whether all forms are valid; all are checked, so that every error shows at once."""
        return all([self.visit is None or self.visit.is_valid(), self.sessions.is_valid()])

    def new_sessions(self) -> list[NewSession]:
        """Return the sessions that were typed, as far as they are valid."""
        rows: list[SessionForm] = self.sessions.forms if self.sessions.is_bound else []
        return [form.new_session() for form in rows if form.has_changed() and form.is_valid()]

    def guests_of_nothing(self, sessions: list[NewSession]) -> list[str]:
        """Return a reason for each guest school that comes to none of the sessions, so that none is left out unseen."""
        coming = {school.pk for session in sessions for school, _ in session.guests}
        return [
            f"{guest.school} is a guest, but comes to no session. Tick its year groups in a session, or leave it out."
            for guest in self.guests
            if guest.school.pk not in coming
        ]


def _guests_to_come(prefill: Prefill, own: SchoolQuerySet) -> list[School]:
    """Return the guest schools of the earlier visit that can be booked now; the page says which of them cannot.

    A visit that was imported, or told of afterwards, may have had more of them than one that is booked.
    """
    still = own.in_bulk([guest.pk for guest in prefill.guests]) if prefill.guests else {}
    gone = [str(guest) for guest in prefill.guests if guest.pk not in still]
    if gone:
        prefill.words += f" Left out, because you cannot book there now: {joined(gone)}."
    come = [guest for guest in prefill.guests if guest.pk in still]
    if too_many := [str(guest) for guest in come[MOST_GUESTS:]]:
        prefill.words += f" Left out, because a visit has {MOST_GUESTS} guest schools at most: {joined(too_many)}."
    return come[:MOST_GUESTS]


def _sites_given_up(prefill: Prefill, sites: Sequence[Site]) -> str:
    """Return a sentence on the sites where the earlier visit was and nothing can be now; blank: there are none."""
    there = {row["site"] for row in prefill.sessions if row.get("site")} - {site.pk for site in sites}
    gone = [str(site) for site in Site.objects.filter(pk__in=there)] if there else []
    verb = "is" if len(gone) == 1 else "are"
    return f" {joined(gone)} {verb} not in use any more: choose the site of each session." if gone else ""


def _visit_form(
    request: SignedInRequest, school: School, data: QueryDict | None, prefill: Prefill, requested: Visit | None
) -> BookingForm:
    # A form that was opened before the school asked is not about that yet; the verb that books says so.
    is_about_it = requested is not None and (data is None or data.get("reference") == requested.reference)
    return BookingForm(
        data,
        school=school,
        people=visible_rows(who_sees(school, on=today()), request.user, on=today()),
        cancelled=cancelled_at(school),
        requested=requested if is_about_it else None,
        initial=prefill.visit,
    )


def _done_to(rows: Rows, school: School) -> tuple[StartForm, list[int]]:
    """Do what the pressed button does to the rows; return how the booking begins, and the rows whose type was changed."""
    data = rows.data
    verb, _, named = data.get("do", "").partition(":")
    start = StartForm(data) if verb == "fill" else StartForm(initial={name: data.get(name) for name in StartForm.base_fields})
    if verb == "add":
        rows.add()
    if verb == "fill":
        data["first_day"] = named or data.get("first_day", "")
        if start.is_valid():
            _fill(rows, school, start)
    return start, rows.fit(added=row_id(named) if verb == "add-guest" else None)


def _fill(rows: Rows, school: School, start: StartForm) -> None:
    """Fill the rows in from the template; where they come from it already, or none is chosen, begin them on the first day."""
    template, first_day = start.cleaned_data["template"], start.cleaned_data["first_day"]
    is_another = template is not None and str(template.pk) != start.cleaned_data["filled"]
    if not is_another and (template is None or any(rows.type_of(row) for row in range(rows.number))):
        rows.begin_on(first_day)
        return
    rows.fill_in(rows_of_template(template, school, first_day=first_day, part=start.cleaned_data["part"]))
    rows.data["filled"] = str(template.pk)
    for guest in rows.rolls.schools[1:]:
        rows.fit(added=guest.school.pk)


def _refusals(lost: int, changed: list[int]) -> list[str]:
    refusals = []
    if lost:
        who = "A guest school is" if lost == 1 else f"{lost} guest schools are"
        refusals.append(f"{who} left out, because you cannot book there any more, or there are too many. Look at the rows.")
    if changed:
        rows = joined(str(row + 1) for row in changed)
        refusals.append(f"The type of session {rows} was changed, and its year groups with it. Look at them, then book.")
    return refusals
