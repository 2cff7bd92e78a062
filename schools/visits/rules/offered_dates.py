"""Reasons why a school cannot choose one of the half-days that were offered to it."""

from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.directory.models import School
from schools.messages.hours import opening
from schools.visits.fingerprints import fingerprint
from schools.visits.half_days import HalfDay
from schools.visits.models import OfferedDates, OfferedState, Session, Visit
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries.requests import numbers_of
from schools.visits.queries.school_changes import person_to_phone
from schools.visits.rules.school_changes import first_day, last_day_to_change, reasons_too_late, whom_to_phone

NOT_HELD = gettext_noop("These dates are not held for you any more. This is how it is now.")


def mailed_on(now: datetime) -> date:
    """Return the day on which the mail goes of dates that are offered at this moment: it waits for the end of quiet hours.

    Whoever offers them can undo that first, for a minute.
    """
    return timezone.localdate(opening(now + HELD_FOR + CLOCKS_APART, weekends=True))


def still_to_choose(offered: OfferedDates, *, on: date) -> list[HalfDay]:
    """Return those of the half-days that have not come yet, in order."""
    half_days = (HalfDay.of(key) for key in offered.half_days)
    return sorted(half_day for half_day in half_days if half_day is not None and half_day.day > on)


def reasons_of_school(school: School) -> list[str]:
    """Return why the school can book nothing by a choice, whichever half-day: it was closed since the dates were offered."""
    if school.is_bookable:
        return []
    words = _(
        "In the register %(school)s is closed, or has no Reception to Year 6 any more, so nothing can be booked by this link."
        " Phone us, or answer our mail with the name of the school that has taken its place."
    )
    return [words % {"school": school}]


def reasons_not_to_answer(offered: OfferedDates, *, is_open: bool) -> list[str]:
    """Return the reasons, for whoever is at the school; `is_open`: whether the row is one of `open_on` that day."""
    if offered.state == OfferedState.CHOSEN:
        words = _("%(name)s has chosen %(date)s already. If another day is better, answer our mail or phone us.")
        return [words % {"name": offered.chosen_by, "date": HalfDay.of(offered.chosen)}]
    if offered.state == OfferedState.NONE:
        words = _("%(name)s has said that none of these dates suits you. We look for others; answer our mail if one does.")
        return [words % {"name": offered.chosen_by}]
    return [] if is_open else [_(NOT_HELD)]


def days_as_shown(offered: OfferedDates) -> str:
    """Return a short text that differs where the school, whom none suits, has named other half-days; blank: it has named none."""
    if offered.state != OfferedState.NONE or not offered.wished or offered.answered_at is None:
        return ""
    return fingerprint(offered.wished, offered.chosen_by, offered.answered_at.isoformat())


def reasons_not_to_name_days(offered: OfferedDates, *, seen: str, on: date) -> list[str]:
    """Return why a school that has said that none suits cannot name half-days by the same link any more, or not unread.

    `seen` is what its page showed of those that a colleague has named, and in whose place these would stand (`days_as_shown`).
    """
    if offered.moves_from is not None:
        return reasons_not_to_answer(offered, is_open=False)
    if not OfferedDates.objects.asked_for(on).filter(pk=offered.pk).exists():
        return [_(NOT_HELD)]
    later = OfferedDates.objects.not_taken_back().filter(moves_from=None, offered_at__gt=offered.offered_at)
    if later.filter(school__in=numbers_of(offered.school)).exists():
        return [_("We have offered you other dates since: the mail with them is on its way or there already. Answer there.")]
    if days_as_shown(offered) not in {"", seen}:
        words = _("%(name)s has named half-days already. Read which, and send yours if they are to stand in their place.")
        return [words % {"name": offered.chosen_by}]
    return []


def reasons_not_to_choose(offered: OfferedDates, half_day: HalfDay | None, *, is_open: bool, on: date) -> list[str]:
    """Return the reasons why the school cannot choose this one; None: it is no half-day."""
    if reasons := reasons_not_to_answer(offered, is_open=is_open):
        return reasons
    if half_day is None or half_day not in still_to_choose(offered, on=on):
        return [_("Choose one of the dates that we offer.")]
    return []


def reasons_not_to_move_now(visit: Visit, sessions: Sequence[Session], *, on: date) -> list[str]:
    """Return why it is too late for the school to move the visit by a choice (rule 32); `sessions` are all that it has."""
    first = first_day(sessions)
    if first is None:
        return []
    until = last_day_to_change(visit.school, first)
    return reasons_too_late(until, on=on, call=lambda: whom_to_phone(person_to_phone(visit, on=on), None))
