"""Reasons not to offer half-days to a school (rule 31)."""

from collections.abc import Collection, Sequence
from datetime import date

from schools.directory.models import Contact, School
from schools.planning.half_days import Rated
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, VisitStage
from schools.visits.models.offered_dates import FEWEST_OFFERED, MOST_OFFERED
from schools.visits.queries.requests import visit_there


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
