"""Days for a visit that is not booked yet: which would suit a school next, and who could go on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from schools.core.bank_holidays import bank_holiday
from schools.directory.models import School
from schools.directory.terms import days_outside_term
from schools.planning.queries.candidates import candidates_for
from schools.visits.models import Session, Visit, VisitStage
from schools.visits.rules import NewSession

NOTICE = timedelta(days=14)
"""Schools and volunteers are not asked for a day that is nearer than this."""
LOOKED_AT = timedelta(days=120)
"""How far beyond its first possible day a fitting day is looked for."""


@dataclass(frozen=True)
class PeopleOnDay:
    """How many people of the area could go on all sessions of a day without a question, and how far away the nearest lives."""

    day: date
    number: int
    kilometres: float | None
    """None: nobody could, or it is not known where they live."""


def people_who_could(school: School, sessions: Sequence[NewSession], *, on: date) -> list[PeopleOnDay]:
    """Return for each day of the sessions to be booked that people go to who could, as `candidates_for` decides.

    Only the number is given: nobody's clearance can be read from it by name (rule 13).
    """
    visit = Visit(school=school, stage=VisitStage.PLANNED)
    ordered = sorted(
        (new for new in sessions if new.type.presenters and new.end is not None), key=lambda new: (new.day, new.starts)
    )
    return [_people_on(visit, day, list(of_day), on=on) for day, of_day in groupby(ordered, key=lambda new: new.day)]


def _people_on(visit: Visit, day: date, sessions: list[NewSession], *, on: date) -> PeopleOnDay:
    supposed = [
        Session(visit=visit, type=new.type, day=day, starts=new.starts, ends=new.end, site=new.site)
        for new in sessions
        if new.end is not None
    ]
    able = [candidate for candidate in candidates_for(*supposed, on=on) if not candidate.why]
    distances = [candidate.kilometres for candidate in able if candidate.kilometres is not None]
    return PeopleOnDay(day, len(able), min(distances, default=None))


def fitting_days(school: School, *, on: date, most: int, requested: Visit | None) -> list[date]:
    """Return the next days that suit the school: weekdays in term, no bank holidays, at least two weeks ahead.

    `requested` is the visit for which the school has asked, None: it has asked for none. Where that is to be in a month that is
    still to come, they begin with that month.
    """
    month = requested.preferred_month if requested is not None else None
    first = max(on + NOTICE, month or on)
    days = [first + timedelta(days=number) for number in range(LOOKED_AT.days)]
    outside = set(days_outside_term(school, days))
    fitting = (day for day in days if day.weekday() < 5 and day not in outside and not bank_holiday(school.nation, day))
    return [day for day, _ in zip(fitting, range(most), strict=False)]
