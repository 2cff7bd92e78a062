"""The picture of a school's visits over the school years; its numbers lead to the visits of the year in the list below it."""

from collections.abc import Sequence
from datetime import date

from schools.core.periods import AcademicYear
from schools.office.frame.years import OfYear, YearsPicture, note_on_earlier, years_shown
from schools.office.schools.facts import VisitLine


def picture_of(visits: Sequence[VisitLine], *, on: date) -> YearsPicture | None:
    """Return the picture of the visits that took place; None where there was none, or none before the running school year."""
    known = sorted({year for line in visits for year in line.held})
    shown = years_shown(known, this_year=AcademicYear.of(on))
    if not known or not shown:
        return None
    lines = [_of_year(year, [line for line in visits if year.start in line.held]) for year in shown]
    return YearsPicture(_title(known, shown), lines, note_on_earlier(known, shown))


def _of_year(year: AcademicYear, visits: Sequence[VisitLine]) -> OfYear:
    counted = [pupils for line in visits if (pupils := line.held[year.start]) is not None]
    rows = f"#visits-{year.start}"
    attendances = sum(counted) if counted or not visits else None
    is_whole = not any(year.start in line.uncounted for line in visits)
    return OfYear(year, len(visits), attendances, rows, rows, is_whole=is_whole)


def _title(known: Sequence[int], shown: Sequence[AcademicYear]) -> str:
    visited = [year for year in shown if year.start in known]
    if len(visited) == len(shown):
        return f"Visited in each of {len(shown)} school years"
    return f"Visited in {len(visited)} of {len(shown)} school years, last in {AcademicYear(known[-1])}"
