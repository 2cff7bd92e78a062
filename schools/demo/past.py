"""The visits of past academic years: which schools were visited, and how it went."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from schools.core.periods import AcademicYear
from schools.demo import days, plans
from schools.demo.made_schools import MadeSchool
from schools.demo.people import Person
from schools.demo.visits import Booker, MadeVisit
from schools.directory.models import Sector
from schools.visits.models import CancelCode

TRIES = 12
"""How many days are tried before a visit is cancelled because nobody can go."""

WHY_NOT = (CancelCode.ILLNESS, CancelCode.WEATHER, CancelCode.SCHOOL, CancelCode.NOT_HELD)


def store(booker: Booker, schools: Sequence[MadeSchool], *, years: int, visits_a_year: int, on: date) -> None:
    """Store the visits of `years` whole academic years and of the running one, up to nine days before `on`."""
    running = AcademicYear.of(on).start
    # The days just before today are left to the visits whose outcome is still missing.
    until = on - timedelta(days=9)
    for year in range(running - years, running + 1):
        school_days = days.of_year(AcademicYear(year), booker.patch.nation)
        # No visit begins in the last weeks, so that its second and third days lie in the same year.
        first_days = [day for day in school_days[5:-25] if day < until]
        count = visits_a_year * len(first_days) // (len(school_days) - 30)
        for made in _schools_to_visit(schools, first_days, count, year):
            _visit(booker, made, schools, first_days, year, until)
        booker.batch.store()


def _schools_to_visit(schools: Sequence[MadeSchool], first_days: Sequence[date], count: int, year: int) -> Iterator[MadeSchool]:
    """Yield the schools to visit in the year: schools with predecessors every year, the others in turn."""
    if not first_days or not count:
        return
    there = [made for made in schools if made.is_open_on(first_days[0]) and made.is_open_on(first_days[-1])]
    storied = [made for made in there if made.has_history]
    others = [made for made in there if not made.has_history and made.school.sector != Sector.INDEPENDENT]
    yield from storied
    start = year * count
    yield from (others[(start + position) % len(others)] for position in range(min(max(0, count - len(storied)), len(others))))


def _visit(
    booker: Booker, made: MadeSchool, schools: Sequence[MadeSchool], first_days: Sequence[date], year: int, until: date
) -> None:
    rng = booker.rng
    plan = plans.for_school(made, year, rng)
    for _ in range(TRIES):
        first = rng.choice(first_days)
        dates = _days_of(first, plan, booker)
        visit = booker.book(made, plan, dates)
        crews = _crews(booker, visit)
        if crews is not None and dates[-1] < until and (not plan[0].online or visit.sessions[0][1].last_day < until):
            _record_outcome(booker, visit, crews, schools)
            return
        _forget(booker, visit)
    visit = booker.book(made, plan, _days_of(first_days[0], plan, booker))
    booker.cancel(visit, CancelCode.VOLUNTEERS, "")


def _days_of(first: date, plan: Sequence[plans.Planned], booker: Booker) -> list[date]:
    """Return the visit's days: the first one, then each about a week after the one before."""
    dates = [first]
    for _ in range(max(planned.day for planned in plan)):
        dates.append(next(days.after(dates[-1] + timedelta(days=5), booker.patch.nation)))
    return dates


def _crews(booker: Booker, visit: MadeVisit) -> list[list[Person]] | None:
    """Choose who goes on each of the visit's days; None where nobody can go on one of them."""
    crews = [booker.crew(visit, pairs) for pairs in visit.by_day()]
    return crews if all(crews) else None


def _forget(booker: Booker, visit: MadeVisit) -> None:
    """Remove the visit that was booked last from the batch, because nobody can go."""
    booker.batch.visits.pop()
    del booker.batch.sessions[-len(visit.sessions) :]
    booker.booked -= 1


def _record_outcome(booker: Booker, visit: MadeVisit, crews: Sequence[Sequence[Person]], schools: Sequence[MadeSchool]) -> None:
    """Record what happened: of 100 visits about two are cancelled, three do not go ahead, one has no outcome; others take place.

    Only visits of one day can fail to go ahead.
    """
    rng = booker.rng
    chance = rng.random()
    if chance < 0.02:
        booker.cancel(visit, CancelCode.SCHOOL, "Another date was asked for.")
    elif chance < 0.05 and len(visit.by_day()) == 1 and len(visit.by_day()[0]) == len(visit.sessions):
        booker.not_held(visit, visit.by_day()[0], crews[0], rng.choice(WHY_NOT))
    elif chance < 0.06:
        for pairs, crew in zip(visit.by_day(), crews, strict=True):
            booker.put(crew, pairs)
        booker.expect(visit)
    else:
        guest = rng.choice(schools) if rng.random() < 0.03 else None
        day = visit.sessions[0][1].day
        fits = guest and guest is not visit.made_school and guest.is_open_on(day) and {5, 6} <= set(guest.school.year_groups)
        booker.deliver(visit, crews, with_notice=rng.random() < 0.02, guest=guest if fits else None)
