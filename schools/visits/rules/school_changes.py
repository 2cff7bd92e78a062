"""Until when a host cancels its visit, or asks for another day, by its own page; reasons are in the school’s words (rule 32)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, time, timedelta

from django.utils.translation import gettext as _
from phonenumber_field.phonenumber import PhoneNumber

from schools.accounts.models import User
from schools.core.bank_holidays import bank_holiday
from schools.core.words import long_day
from schools.directory.models import School
from schools.directory.terms import days_outside_term
from schools.visits.fingerprints import fingerprint
from schools.visits.half_days import HalfDay
from schools.visits.limits import SCHOOL_DAYS_TO_CHANGE
from schools.visits.models import CALLED_OFF_STAGES, ChangeWhat, SchoolChange, Session, SessionStage, Visit
from schools.visits.models.school_changes import MOST_DAYS
from schools.visits.rules.school_answers import is_called_off, to_come

NEAREST, FURTHEST = timedelta(days=14), timedelta(days=365)
"""Another day is at least two weeks ahead, as every day for which the office asks people, and not further than a year."""
LOOKED_BACK = timedelta(days=120)
"""How far back school days are looked for: summer holidays and some weeks more."""
SATURDAY = 5
NOON = time(12)
BETWEEN = "/"
"""What stands between the short text of a wish and that of its answer; neither has it."""


def first_day(sessions: Iterable[Session]) -> date | None:
    """Return the first day of the sessions that were not cancelled; None where there is none."""
    return min((each.day for each in sessions if each.stage != SessionStage.CANCELLED), default=None)


def last_day_to_change(school: School, first: date) -> date:
    """Return the last day on which its host can change a visit that begins on the day `first`; one query.

    A school day is a weekday in term without a bank holiday. Where the terms that are known leave too few such days, they were
    typed wrongly or in part, and every weekday without a bank holiday counts.
    """
    days = [first - timedelta(days=number) for number in range(1, LOOKED_BACK.days + 1)]
    outside = set(days_outside_term(school, days))
    weekdays = [day for day in days if day.weekday() < SATURDAY and not bank_holiday(school.nation, day)]
    open_days = [day for day in weekdays if day not in outside]
    return (open_days if len(open_days) >= SCHOOL_DAYS_TO_CHANGE else weekdays)[SCHOOL_DAYS_TO_CHANGE - 1]


def as_shown(sessions: Iterable[Session], wish: SchoolChange | None) -> str:
    """Return a short text that differs where the sessions to come, or the wish that waits, differ from what somebody has read."""
    scheduled = [each for each in sessions if each.stage == SessionStage.SCHEDULED]
    times = sorted((each.pk, each.day.isoformat(), each.starts.isoformat(), each.ends.isoformat()) for each in scheduled)
    return fingerprint(times, wish and (wish.pk, wish.at.isoformat()))


def change_as_shown(change: SchoolChange) -> str:
    """Return a short text that differs where the host has said something else in its place, or has taken it back."""
    over_at = change.over_at and change.over_at.isoformat()
    return fingerprint(change.at.isoformat(), change.half_days, change.why, change.note, change.given_by, over_at)


OFFERED = "+dates"
"""At the end of what a form of the office posts of a change: its page showed that the school has dates to choose from."""


def reasons_offered_meanwhile(changes: Iterable[SchoolChange], shown: Mapping[int, str], *, are_dates_offered: bool) -> list[str]:
    """Return why nobody answers a wish yet to which a colleague has answered by dates that their page did not show."""
    waiting = (each for each in changes if each.what == ChangeWhat.MOVE and each.seen_at is None)
    if are_dates_offered and any(not shown[each.pk].endswith(OFFERED) for each in waiting):
        return ["A colleague has offered dates for it since you opened the page. Read that: this answer ends them."]
    return []


def reasons_said_anew(changes: Iterable[SchoolChange], shown: Mapping[int, str]) -> list[str]:
    """Return which of the changes the office has not read as they are now; `shown` has by id what it read (`change_as_shown`)."""
    parts = {pk: words.partition(BETWEEN)[0].removesuffix(OFFERED) for pk, words in shown.items()}
    anew = [each for each in changes if parts.get(each.pk) != change_as_shown(each)]
    return [
        f"{each}: the school has said it anew, or taken it back, since you opened the page. Look at it again." for each in anew
    ]


def wish_as_shown(wish: SchoolChange | None) -> str:
    """Return the same of the wish that waits, for a form of the school; blank: the host asks for no other day."""
    return change_as_shown(wish) if wish else ""


def wish_with_answer(wish: SchoolChange | None) -> str:
    """Return the same with what the office has answered, for a form of the office that meets the wish, or takes its answer back.

    It is not in `change_as_shown`, so that the button that answers can be pressed twice.
    """
    if wish is None:
        return ""
    answer = fingerprint(wish.seen_at and wish.seen_at.isoformat(), wish.is_mailed)
    return f"{change_as_shown(wish)}{BETWEEN}{answer}"


def reasons_wish_changed(wish: SchoolChange | None, *, shown: str) -> list[str]:
    """Return why somebody in the office first reads what the host asks for now, or what a colleague has answered.

    `shown` is what their page said of that (`wish_with_answer`).
    """
    if wish_with_answer(wish) == shown:
        return []
    if wish is None:
        return [
            "The school asks for no other day any more: it has taken that back since you opened the page, or the visit was moved."
        ]
    if shown.split(BETWEEN, maxsplit=1)[0] == change_as_shown(wish):
        return ["A colleague has answered since you opened the page, or taken an answer back. Read that, and then go on."]
    return ["The school has asked for another day since you opened the page. Read what it asks for, and then go on."]


def reasons_not_read(wish: SchoolChange | None, half_days: Sequence[HalfDay], *, seen: str) -> list[str]:
    """Return why somebody at the school first reads the wish of a colleague, in whose place these half-days would stand.

    `seen` is what they have read of it (`wish_as_shown`). Who names the same half-days puts no other in its place.
    """
    if wish is None or wish_as_shown(wish) == seen or wish.half_days == [half_day.key for half_day in half_days]:
        return []
    words = _(
        "%(name)s has asked for another day since we offered these. Read that, and send yours if it is to stand in its place."
    )
    return [words % {"name": wish.given_by}]


def reasons_gone(changes: Iterable[SchoolChange]) -> list[str]:
    """Return why the office has nothing to write down of these changes, which are not so any more."""
    since = {
        ChangeWhat.MOVE: "the visit was moved, or cancelled, since, so there is nothing to answer.",
        ChangeWhat.CANCEL: "that was taken back in the office since, so there is nothing to see to.",
    }
    return [f"{each}: {since[ChangeWhat(each.what)]} Look at it again." for each in changes]


def whom_to_phone(person: User | None, duty_phone: PhoneNumber | None) -> str:
    """Return the sentence that says whom to phone: the person, else the duty phone of the area, as far as a number is known."""
    if person is not None and person.phone:
        return _("Phone %(name)s: %(phone)s.") % {"name": person.name, "phone": person.phone.as_national}
    if duty_phone is not None:
        return _("Phone us: %(phone)s.") % {"phone": duty_phone.as_national}
    return _("Phone us.")


def reasons_not_open(visit: Visit, sessions: Sequence[Session], *, school: int, on: date) -> list[str]:
    """Return why there is nothing that this school could move or cancel, whatever the day."""
    if visit.stage in CALLED_OFF_STAGES or is_called_off(sessions):
        return [_("This visit was cancelled already: nobody comes.")]
    if school != visit.school_id:
        return [_("Your pupils are guests there: phone us, and the school where the visit is.")]
    if first_day(sessions) is None:
        return [_("No day is agreed, so there is nothing to move or to cancel.")]
    if not to_come(sessions, on=on):
        return [_("This visit is over, so there is nothing to move or to cancel.")]
    return []


def reasons_too_late(until: date, *, on: date, call: Callable[[], str]) -> list[str]:
    """Return why it is too late, with whom to phone instead (`call`, which is asked only then)."""
    if on <= until:
        return []
    words = _("Until %(day)s you could move or cancel it here. Now it is by phone.") % {"day": long_day(until)}
    return [f"{words} {call()}"]


def reasons_changed_meanwhile(sessions: Sequence[Session], wish: SchoolChange | None, *, seen: str) -> list[str]:
    """Return a reason where the visit, or what the host asked for, is not as whoever sent this has read it (`as_shown`)."""
    if as_shown(sessions, wish) == seen:
        return []
    return [
        _("This visit has changed since you opened the page. Look at it as it is now, and send it again if it is still right.")
    ]


def reasons_not_to_wish(half_days: Sequence[HalfDay], sessions: Sequence[Session], *, nation: str, on: date) -> list[str]:
    """Return why the host cannot ask for these half-days in place of its visit; `nation` is that of the school."""
    if not half_days:
        return [_("Name at least one half-day that would do.")]
    if len(half_days) > MOST_DAYS:
        return [_("Name %(number)d half-days at most.") % {"number": MOST_DAYS}]
    return [reason for half_day in half_days for reason in _reasons_of_half_day(half_day, sessions, nation=nation, on=on)]


def _reasons_of_half_day(half_day: HalfDay, sessions: Sequence[Session], *, nation: str, on: date) -> list[str]:
    named = {"half_day": half_day, "first": long_day(on + NEAREST), "last": long_day(on + FURTHEST)}
    if not on + NEAREST <= half_day.day <= on + FURTHEST:
        return [_("%(half_day)s: name a day from %(first)s to %(last)s.") % named]
    if half_day.day.weekday() >= SATURDAY:
        return [_("%(half_day)s: that is a weekend.") % named]
    if bank_holiday(nation, half_day.day):
        return [_("%(half_day)s: that is a bank holiday.") % named]
    if half_day == half_day_of(sessions):
        return [_("%(half_day)s: that is when it is already.") % named]
    return []


def half_day_of(sessions: Iterable[Session]) -> HalfDay | None:
    """Return the half-day on which the first of the sessions begins that were not cancelled; None where there is none."""
    standing = sorted((each.day, each.starts) for each in sessions if each.stage != SessionStage.CANCELLED)
    return HalfDay(standing[0][0], is_afternoon=standing[0][1] >= NOON) if standing else None
