"""Booking what a school chose, by the verbs of the office, where all of its rules hold and nobody has to look first (rule 31)."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from schools.core.errors import RuleBroken
from schools.directory.models import School
from schools.planning.queries.chosen import answering_for, only_lead, sessions_of_choice
from schools.planning.rules import reasons_not_to_book_choice
from schools.visits.actions.booking import book, confirm
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, Visit
from schools.visits.rules import VisitDetails
from schools.visits.rules.visits import reasons_not_to_coordinate_at


def book_chosen(offered: OfferedDates, *, now: datetime) -> Visit | None:
    """Book and confirm the visit of the chosen half-day, and return it; None where somebody in the office has to look first.

    The caller has locked the dates, their visit and their school, and knows that enough people are left. What is booked has been
    agreed with whoever chose. Nothing is changed where a rule is in the way.
    """
    on, half_day, visit = timezone.localdate(now), HalfDay.of(offered.chosen), offered.visit
    by = answering_for(offered, on=on)
    if half_day is None or visit is None or by is None or reasons_not_to_book_choice(offered, on=on):
        return None
    sessions = sessions_of_choice(offered, half_day)
    details = _details(visit, offered.school, on=on)
    try:
        with transaction.atomic():
            booked = book(offered.school, sessions, by=by, now=now, details=details, reference=visit.reference)
            return confirm(booked, agreed_on=on, agreed_with=offered.chosen_by, by=by, now=now)
    except RuleBroken:
        return None


def _details(visit: Visit, school: School, *, on: date) -> VisitDetails:
    """Return what is known of the visit already, so that booking it leaves that as it is; and the lead, as the form would.

    Whose it is stays only where they see what is booked at this number of the school.
    """
    known = visit.coordinator
    return VisitDetails(
        coordinator=known if known is not None and not reasons_not_to_coordinate_at(known, [school], on=on) else None,
        safeguarding_contact=visit.safeguarding_contact or only_lead(visit.school),
        arrival_notes=visit.arrival_notes,
        parking=visit.parking,
    )
