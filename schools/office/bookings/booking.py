"""The forms of a booking page as one: the visit's, one for each session, and the guest schools."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict

from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.core.periods import AcademicYear
from schools.directory.models import School, SchoolQuerySet
from schools.directory.queries import expected_pupils
from schools.office.bookings.forms.booking import MOST_SESSIONS, BookingForm, SessionFormSet
from schools.office.bookings.guests import Guest, posted_guests, with_rolls
from schools.office.bookings.prefill import Prefill, cancelled_at, prefill_from
from schools.office.frame import query_params
from schools.office.frame.visibility import today, visible_rows
from schools.visits.actions import NewSession
from schools.visits.models import Visit
from schools.visits.queries.days import reference_to_book
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
    guests: list[Guest]
    prefill: Prefill
    guest_matches: list[School]
    """Schools that the search for a guest school found."""

    @classmethod
    def opened(cls, request: SignedInRequest, school: School, *, with_visit: bool = True) -> "Booking":
        """Return the forms of a page that is opened, or with what was posted."""
        data = _with_added_row(request.POST) if request.method == "POST" else None
        own, on = bookable_schools(request.user), today()
        prefill = (
            Prefill() if data else prefill_from(request.GET, school, visits=Visit.objects.for_user(request.user, on=on), on=on)
        )
        guests = with_rolls(prefill.guests, on=on) if data is None else posted_guests(data, school, bookable=own, on=on)
        known = expected_pupils(school, academic_year=AcademicYear.of(on).start)
        words = query_params.words(data.get("guest_words")) if data else ""
        others = own.exclude(pk__in=[school.pk, *(guest.school.pk for guest in guests)])
        return cls(
            school,
            _visit_form(request, school, data, prefill) if with_visit else None,
            SessionFormSet(
                data,
                prefix="sessions",
                initial=prefill.sessions[:MOST_SESSIONS],
                form_kwargs={"school": school, "known": known, "guests": guests},
            ),
            guests,
            prefill,
            search(others, words, request.user, MOST_GUESTS_FOUND),
        )

    @property
    def all_forms(self) -> list[forms.Form]:
        """The form of the visit, then that of each session."""
        return [*([self.visit] if self.visit else []), *self.sessions.forms]

    @property
    def may_have_guest(self) -> bool:
        """Whether one more guest school can be added."""
        return len(self.guests) < MOST_GUESTS

    def hide_errors(self) -> None:
        """Make the forms show no errors yet: a row was added, or somebody came back to change something."""
        for form in self.all_forms:
            form.hushed = True  # type: ignore[attr-defined]  # for the template alone

    def is_valid(self) -> bool:
        """Whether all forms are valid; all are checked, so that every error shows at once."""
        return all([self.visit is None or self.visit.is_valid(), self.sessions.is_valid()])

    def new_sessions(self) -> list[NewSession]:
        """Return the sessions that were typed."""
        return [form.new_session() for form in self.sessions if form.has_changed()]


def _visit_form(request: SignedInRequest, school: School, data: QueryDict | None, prefill: Prefill) -> BookingForm:
    return BookingForm(
        data,
        school=school,
        people=visible_rows(User.objects.filter(is_staff=True, is_active=True), request.user, on=today()),
        cancelled=cancelled_at(school),
        initial={"reference": "" if data else reference_to_book(school), **prefill.visit},
    )


def _with_added_row(posted: QueryDict) -> QueryDict:
    """Return what was posted, with one more row where “add another session” was pressed."""
    data = posted.copy()
    rows = query_params.row_id(data.get("sessions-TOTAL_FORMS"))
    if data.get("do") == "add" and rows is not None:
        data["sessions-TOTAL_FORMS"] = str(min(rows + 1, MOST_SESSIONS))
    return data
