"""The terms of the made-up calendar: its runs of school days, for each nation and year."""

from collections.abc import Iterable

from schools.core.nations import Nation
from schools.core.periods import AcademicYear
from schools.demo import days
from schools.directory.models import Term

LONGEST_GAP = 5
"""The longest break within a term, in days; after a longer one a new term begins."""
NAMES = ("Autumn", "Spring", "Summer")


def store(nations: Iterable[Nation], years: Iterable[AcademicYear]) -> None:
    """Store the terms of each nation in each year, each in two halves."""
    years = list(years)
    Term.objects.bulk_create(term for nation in sorted(set(nations)) for year in years for term in _of_year(year, nation))


def _of_year(year: AcademicYear, nation: Nation) -> Iterable[Term]:
    first, *rest = days.of_year(year, nation)
    stretches = [[first]]
    for day in rest:
        if (day - stretches[-1][-1]).days > LONGEST_GAP:
            stretches.append([])
        stretches[-1].append(day)
    for number, stretch in enumerate(stretches):
        half = f"{NAMES[min(number // 2, len(NAMES) - 1)]} term, {'second' if number % 2 else 'first'} half"
        yield Term(nation=nation, name=half, first_day=stretch[0], last_day=stretch[-1])
