"""When schools are open: by their authority's own terms, or else by their nation's."""

from collections.abc import Iterable, Sequence
from datetime import date

from schools.core.periods import AcademicYear
from schools.directory.models import School, Term


def days_outside_term(school: School, days: Iterable[date]) -> list[date]:
    """Return those of the days, in order, that are in no term of the school; years without known terms are skipped.

    Where its authority has terms of its own in the academic year of a day, the nation's terms do not count.
    """
    wanted = sorted(set(days))
    if not wanted:
        return []
    years = (AcademicYear.of(wanted[0]).first_day, AcademicYear.of(wanted[-1]).last_day)
    return days_outside(school, wanted, list(Term.objects.around(years).filter(nation=school.nation)))


def days_outside(school: School, days: Iterable[date], terms: Sequence[Term]) -> list[date]:
    """Return the same where the terms of the nation, its authorities' too, are read already; each day once."""
    wanted = sorted(set(days))
    own = [term for term in terms if term.authority_id is not None and term.authority_id == school.authority_id]
    national = [term for term in terms if term.authority_id is None]
    return [day for day in wanted if is_outside(day, own, national)]


def is_outside(day: date, own: Sequence[Term], national: Sequence[Term]) -> bool:
    """Return whether the day is in no term of an authority with these terms of its own, or else with its nation’s.

    False where no terms are known of the day's academic year.
    """
    year = AcademicYear.of(day)
    for known in (own, national):
        of_year = [term for term in known if AcademicYear.of(term.first_day) == year]
        if of_year:
            return not any(term.first_day <= day <= term.last_day for term in of_year)
    return False
