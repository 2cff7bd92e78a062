"""The picture of an area's visits over the school years; sessions and attendances lead to what is behind the figures of reach."""

from datetime import date

from django.urls import reverse

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.directory.models import Area
from schools.office.frame.years import OfYear, Sessions, YearsPicture, note_on_earlier, years_shown
from schools.reach.queries.years import YearOfArea, years_of_area


def picture_of(area: Area, user: User, *, on: date) -> YearsPicture | None:
    """Return the picture of what took place in the area; None where nothing did before the running school year."""
    known = years_of_area(area)
    shown = years_shown(list(known), this_year=AcademicYear.of(on))
    if not known or not shown:
        return None
    may_read = user.has_perm("schools.read_reach")
    lines = [_of_year(year, known.get(year.start, YearOfArea(attendances=0)), area, may_read=may_read) for year in shown]
    return YearsPicture(_title(lines), lines, note_on_earlier(list(known), shown))


def _of_year(year: AcademicYear, of_year: YearOfArea, area: Area, *, may_read: bool) -> OfYear:
    def behind(figure: str) -> str:
        query = {"period": str(year), "by": "area", "cell": str(area.pk), "figure": figure}
        return reverse("admin:reach-behind", query=query) if may_read else ""

    sessions = Sessions(of_year.sessions, behind("sessions_delivered"))
    seats = behind("attendances")
    return OfYear(year, of_year.visits, of_year.attendances, "", seats, is_whole=not of_year.not_counted, sessions=sessions)


def _title(lines: list[OfYear]) -> str:
    now, before = lines[-1], lines[-2]
    visits = "visit" if now.number == 1 else "visits"
    return f"{now.number:,} {visits} in {now.year} so far, {before.number:,} in all of {before.year}"
