"""In which year a school is due again: the same as the list of who is due says of it."""

from datetime import date, time

import pytest

from schools import models
from schools.core.periods import AcademicYear, Period
from schools.planning.cycle import Priority
from schools.planning.queries import due
from schools.planning.queries.due_list import of_priority
from schools.planning.queries.due_year import not_due_until
from schools.reach.queries import reach
from schools.reach.rows import Cut
from schools.visits.rules import NewSession, warnings_about_booking
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, SessionFactory

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("last", "cycle", "year"),
    [(None, 2, None), (date(2026, 10, 1), 2, 2028), (date(2026, 3, 5), 2, 2027), (date(2025, 3, 5), 2, None),
     (date(2025, 3, 5), 3, 2027), (date(2019, 3, 5), 3, None)],
)  # fmt: skip
def test_a_school_is_due_a_cycle_after_the_year_of_its_last_visit(last: date | None, cycle: int, year: int | None) -> None:
    school = SchoolFactory(area=AreaFactory(cycle_years=cycle))
    if last:
        SessionFactory(visit__school=school, day=last, delivered=True)
    until = not_due_until(school, on=TODAY)
    assert until == (AcademicYear(year) if year else None)
    [row] = due(models.School.objects.filter(pk=school.pk), on=TODAY)
    assert (until is not None) == (row.standing.priority == Priority.NOT_YET)


def test_a_guest_a_chain_and_what_does_not_count_are_reckoned_as_in_the_list() -> None:
    guest, old, new, other = (SchoolFactory(area=AreaFactory()) for _ in range(4))
    HeadcountFactory(session=SessionFactory(day=date(2026, 3, 5), delivered=True), school=guest)
    models.School.objects.filter(pk__in=[old.pk, new.pk]).update(chain=old.pk, lineage=old.pk)
    SessionFactory(visit__school=old, day=date(2026, 3, 5), delivered=True)
    besides = models.SessionType.objects.filter(counts_for_cycle=False).first() or models.SessionType.objects.first()
    assert besides
    models.SessionType.objects.filter(pk=besides.pk).update(counts_for_cycle=False)
    SessionFactory(visit__school=other, day=date(2026, 3, 5), delivered=True, type=besides)
    schools = models.School.objects.filter(pk__in=[guest.pk, new.pk, other.pk])
    years = {school.pk: not_due_until(school, on=TODAY) for school in schools}
    assert years == {guest.pk: AcademicYear(2027), new.pk: AcademicYear(2027), other.pk: None}
    for row in due(schools, on=TODAY):
        assert (years[row.school_id] is not None) == (row.standing.priority == Priority.NOT_YET)


def test_a_session_for_adults_makes_no_school_visited_wherever_that_is_asked() -> None:
    area = AreaFactory()
    school = SchoolFactory(area=area, low_age=4, high_age=11)
    for_adults = models.SessionType.objects.get(slug="parents")
    models.SessionType.objects.filter(pk=for_adults.pk).update(counts_for_cycle=True)  # as the form once stored it
    SessionFactory(visit__school=school, day=date(2026, 10, 1), delivered=True, type=for_adults)
    schools = models.School.objects.filter(pk=school.pk)
    assert not_due_until(school, on=TODAY) is None
    assert [row.standing.priority for row in due(schools, on=TODAY)] == [Priority.NEVER]
    assert [list(of_priority(schools, priority, on=TODAY)) for priority in (Priority.NEVER, Priority.NOT_YET)] == [[school], []]
    new = NewSession(models.SessionType.objects.get(slug="ks2-assembly"), date(2026, 12, 2), time(9, 0), expected={5: 30})
    assert "in this cycle already" not in " ".join(map(str, warnings_about_booking(school, [new], on=TODAY)))
    total = reach(Period.parse("2026/27"), by=Cut.AREA, as_of=TODAY).total
    assert (total.schools_in_area, total.schools_visited_in_cycle) == (1, 0)
