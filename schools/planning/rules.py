"""Reasons not to offer half-days to a school, and not to book what it chose without somebody looking (rule 31)."""

from collections.abc import Collection, Sequence
from datetime import date

from schools.directory.models import Contact, School
from schools.directory.queries import area_of
from schools.directory.sites import sites_in_use
from schools.planning.half_days import Rated
from schools.planning.queries.chosen import answering_for, sessions_of_choice
from schools.visits.half_days import HalfDay
from schools.visits.models import ClosedPeriod, OfferedDates, VisitStage
from schools.visits.models.offered_dates import FEWEST_OFFERED, MOST_OFFERED
from schools.visits.queries.requests import visit_there
from schools.visits.rules import NewSession, reasons_not_to_book, warnings_about_booking
from schools.visits.rules.closed_periods import reasons_signed_off


def reasons_not_to_offer_now(school: School, contact: Contact | None, *, on: date) -> list[str]:
    """Return the reasons why nothing can be offered to the school, whichever half-days."""
    if not school.is_bookable:
        return [f"{school} cannot be visited: it is closed, or has no Reception to Year 6. Look for its successor."]
    reasons = []
    visit = visit_there([school.pk], on=on)
    if visit is not None and visit.stage != VisitStage.REQUESTED:
        reasons.append(f"Visit {visit.reference} is booked with {school} already. Move that one instead.")
    if OfferedDates.objects.open_on(on).filter(school=school).exists():
        reasons.append(f"Dates are offered to {school} already. Take them back first, or wait for its answer.")
    if OfferedDates.objects.waiting_to_be_booked().filter(school=school).exists():
        reasons.append(f"{school} has chosen a date already. Book that one, or decline the visit first.")
    if contact is None or not contact.email:
        reasons.append(f"Nobody at {school} can be mailed. Write down somebody with an e-mail address on its page first.")
    elif not contact.is_at(school):
        reasons.append(f"{contact} is not at {school}. Choose one of the school’s own contacts.")
    return reasons


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
