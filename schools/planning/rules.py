"""Reasons not to offer half-days to a school, and not to book what it chose without somebody looking (rule 31)."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime

from django.utils import timezone

from schools.accounts.models import User
from schools.directory.models import Contact, School
from schools.directory.queries import area_of
from schools.directory.sites import sites_in_use
from schools.planning.half_days import Rated
from schools.planning.queries.chosen import answering_for, sessions_of_choice, to_be_moved
from schools.planning.queries.half_days import planned_of
from schools.visits.half_days import HalfDay
from schools.visits.models import BOOKED_STAGES, ClosedPeriod, OfferedDates, Session, SessionStage, Visit, VisitStage
from schools.visits.models.offered_dates import FEWEST_OFFERED, MOST_OFFERED
from schools.visits.queries.requests import numbers_of, visit_there
from schools.visits.rules import (
    NewSession,
    reasons_not_theirs,
    reasons_not_to_book,
    warnings_about_booking,
    warnings_about_days,
)
from schools.visits.rules.closed_periods import closed_periods, reasons_signed_off
from schools.visits.rules.closing_schools import is_closed_by
from schools.visits.rules.moving import slots_in
from schools.visits.rules.offered_dates import mailed_on
from schools.visits.rules.school_changes import half_day_of, last_day_to_change


def reasons_not_to_offer_now(school: School, contact: Contact | None, *, on: date) -> list[str]:
    """Return the reasons why nothing can be offered to the school, whichever half-days; it is one under all of its numbers."""
    if not school.is_bookable:
        return [f"{school} cannot be visited: it is closed, or has no Reception to Year 6. Look for its successor."]
    reasons, numbers = [], numbers_of(school)
    visit = visit_there(numbers, on=on)
    if visit is not None and visit.stage != VisitStage.REQUESTED:
        reasons.append(f"Visit {visit.reference} is booked with {school} already. Move that one instead.")
    if OfferedDates.objects.open_on(on).filter(school__in=numbers).exists():
        reasons.append(f"Dates are offered to {school} already. Take them back first, or wait for its answer.")
    if OfferedDates.objects.waiting_to_be_booked(on=on).filter(school__in=numbers).exists():
        reasons.append(f"{school} has chosen a date already. Book that one, or decline the visit first.")
    return reasons + reasons_of_reader(school, contact)


def reasons_of_reader(school: School, contact: Contact | None) -> list[str]:
    """Return the reasons why this person cannot get the dates of the school by mail; None: there is nobody."""
    if contact is None or not contact.email:
        return [f"Nobody at {school} can be mailed. Write down somebody with an e-mail address on its page first."]
    return [] if contact.is_at(school) else [f"{contact} is not at {school}. Choose one of the school’s own contacts."]


def to_move_to(rated: Iterable[Rated], sessions: Sequence[Session]) -> list[Rated]:
    """Return the half-days of other days into which a visit with these sessions fits; within its day the office moves it."""
    days = {session.day for session in sessions}
    return [each for each in rated if each.half_day.day not in days and slots_in(each.half_day, sessions) is not None]


def reasons_not_to_offer_to_move(visit: Visit, sessions: Sequence[Session], *, by: User, now: datetime) -> list[str]:
    """Return the reasons why no dates can be offered by which the school moves the visit; `sessions` are those to come.

    What counts is when the school can read of them: on the last day to choose, their mail has to go yet.
    """
    on = timezone.localdate(now)
    school, reasons = visit.school, reasons_not_theirs(visit, by=by, on=on)
    if visit.stage not in BOOKED_STAGES or not sessions:
        return [*reasons, "This visit has no day to come that could be moved. Offer dates for a new one, or book it."]
    if OfferedDates.objects.open_on(on).filter(school__in=numbers_of(school)).exists():
        reasons.append(f"Dates are offered to {school} already. Take them back first, or wait for its answer.")
    first, here = sessions[0].day, half_day_of(sessions)
    if visit.sessions.exclude(stage=SessionStage.CANCELLED).exclude(day=first).exists():
        reasons.append("The visit has sessions on several days. Agree on other days with the school, and move it.")
    elif here is None or slots_in(here, sessions) is None:
        reasons.append("The visit takes more than half a day. Agree on another day with the school, and move it.")
    if not any(session.type.presenters for session in sessions):
        reasons.append("Nobody of ours goes to this visit. Agree on another day with the school, and move it.")
    if mailed_on(now) > last_day_to_change(school, first):
        reasons.append("It is too near for the school to choose by mail. Phone it, and move the visit.")
    if closed_periods(sessions):
        reasons.append("A signed-off return rests on the day of this visit. Ask a manager to move it.")
    return reasons


def reasons_not_to_move_by_choice(offered: OfferedDates, *, on: date) -> list[str]:
    """Return why the choice of a date does not move the visit by itself, for whoever moves it; none where it may.

    As `reasons_not_to_book_choice`: whether people are left is no part of it, and what the office would look at is a reason.
    """
    half_day, visit, school = HalfDay.of(offered.chosen), offered.visit, offered.school
    if half_day is None or visit is None:
        return []
    sessions, reasons = to_be_moved(visit, on=on), []
    if answering_for(offered, on=on) is None:
        reasons.append("Nobody looks after the area of the school. Name a coordinator.")
    if slots_in(half_day, sessions) is None or sessions[0].day != offered.moves_from:
        reasons.append("The sessions of the visit do not fit into that half-day any more. Agree on a day with the school.")
    planned = planned_of(sessions)
    if not planned.types <= set(offered.types) or planned.people > offered.people:
        reasons.append("The visit asks for other people than when the dates were offered. Look who could go.")
    if is_closed_by(school, half_day.day):
        reasons.append(f"{school} may be closed by then. Ask whether it will still be there.")
    if closed_periods(sessions):
        reasons.append("A signed-off return rests on the day from which the visit would be moved. Ask a manager to move it.")
    reasons += _reasons_closed(school, half_day, on=on)
    return reasons + [str(each) for each in warnings_about_days(school, [half_day.day], on=on)]


def reasons_not_to_offer(half_days: Collection[HalfDay], rated: Sequence[Rated]) -> list[str]:
    """Return the reasons why these half-days cannot be offered; `rated` is every half-day that can be looked at, as it is now."""
    if not half_days:
        return ["Tick at least one half-day."]
    known = {each.half_day: each for each in rated}
    reasons = [reason for half_day in sorted(half_days) for reason in _reasons_of(half_day, known.get(half_day))]
    if len(half_days) > MOST_OFFERED:
        reasons.append(f"At most {MOST_OFFERED} half-days are offered at once. Untick some.")
    possible = sum(each.can_be_staffed for each in rated)
    if len(half_days) < min(FEWEST_OFFERED, possible):
        reasons.append(f"Tick at least {min(FEWEST_OFFERED, possible)} half-days, so that the school has a choice.")
    return reasons


def _reasons_of(half_day: HalfDay, rated: Rated | None) -> list[str]:
    if rated is None:
        return [f"{half_day}: the school is not open then, or it is too near or too far off. Choose another."]
    if rated.can_be_staffed:
        return []
    if rated.free < rated.people:
        number = "nobody" if not rated.free else "only 1 person" if rated.free == 1 else f"only {rated.free} people"
        return [f"{half_day}: {number} could go, and {rated.people} have to. Choose another."]
    return [f"{half_day}: the people who could go are needed for what is booked or held already. Choose another."]


def reasons_not_to_book_choice(offered: OfferedDates, *, on: date) -> list[str]:
    """Return why what the school chose is not booked by itself, for whoever books it in the office; none where it may be.

    Whether enough people are left is no part of it: `is_short` says that. What the office is warned of, and would look at once
    more, is a reason here, since nobody looks.
    """
    half_day = HalfDay.of(offered.chosen)
    sessions = sessions_of_choice(offered, half_day) if half_day is not None else []
    if half_day is None or not sessions:
        return ["The template of this offer has no session for the school any more. Choose another one."]
    reasons = []
    if answering_for(offered, on=on) is None:
        reasons.append("Nobody looks after the area of the school. Name a coordinator.")
    if sites_in_use(offered.school):
        reasons.append(f"{offered.school} has several sites. Ask at which one it would be, and choose that while you book.")
    if not all(_lies_in(new, half_day) for new in sessions):
        reasons.append("The template has sessions beyond the half-day that the school chose. Agree on those with the school.")
    going = [new.type for new in sessions if new.type.presenters and new.day == half_day.day]
    types = {kind.pk for kind in going if kind.needs_sign_off}
    if not types <= set(offered.types) or max((kind.presenters for kind in going), default=0) > offered.people:
        reasons.append("The template asks for other people than when the dates were offered. Look who could go.")
    reasons += _reasons_closed(offered.school, half_day, on=on)
    reasons += reasons_not_to_book(offered.school, sessions)
    reasons += [str(each) for each in warnings_about_booking(offered.school, sessions, on=on) if each.is_severe]
    return list(dict.fromkeys(reasons))


def _lies_in(new: NewSession, half_day: HalfDay) -> bool:
    """Whether the session is over within the half-day; no window of days is."""
    if new.day != half_day.day or new.until_day is not None or new.end is None:
        return False
    return half_day.starts <= new.starts and new.end <= half_day.ends


def _reasons_closed(school: School, half_day: HalfDay, *, on: date) -> list[str]:
    """Return a reason where a signed-off return rests on the day: a school's choice restates none, whoever offered it."""
    area = area_of(school, on=on)
    if area is None:
        return []
    periods = ClosedPeriod.objects.filter(area=area, first_day__lte=half_day.day, last_day__gte=half_day.day)
    return reasons_signed_off([(area.pk, half_day.day)], periods.select_related("area"))
