"""Home's figures of the running term beside the same days a year before: those of schools.reach, of the coordinator's areas."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date

import pytest
from django.core.cache import cache
from django.test import Client

from schools import models
from schools.office.home.term_reach import term_so_far
from schools.reach.queries import reach
from schools.reach.rows import Cut
from tests import factories


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def delivered(area: models.Area, day: date, pupils: int) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), delivered=True, day=day, area=area)
    factories.HeadcountFactory(session=session, pupils=pupils, area=area)


@pytest.mark.parametrize(
    ("on", "name", "first"),
    [
        (date(2026, 8, 1), "Autumn", date(2026, 8, 1)),
        (date(2026, 12, 31), "Autumn", date(2026, 8, 1)),
        (date(2027, 1, 1), "Spring", date(2027, 1, 1)),
        (date(2027, 4, 16), "Summer", date(2027, 4, 16)),
        (date(2027, 7, 31), "Summer", date(2027, 4, 16)),
    ],
)
def test_a_term_is_spoken_of_from_its_first_day(on: date, name: str, first: date) -> None:
    found, period = term_so_far(on)
    assert (found, period.first_day, period.last_day) == (name, first, on)


@pytest.mark.django_db
def test_home_shows_the_term_of_ones_own_areas_beside_the_same_days_last_year(
    office: Client, area: models.Area, elsewhere: models.Area
) -> None:
    delivered(area, date(2026, 10, 6), 30)
    delivered(area, date(2025, 11, 24), 20)
    delivered(area, date(2025, 11, 25), 99)
    delivered(elsewhere, date(2026, 10, 6), 500)
    term = office.get("/admin/").context["term"]
    assert [(one["now"], one["before"]) for one in term.figures] == [(30, 20), (1, 1), (1, 1)]
    _, period = term_so_far(date(2026, 11, 24))
    areas = models.Area.objects.filter(pk=area.pk)
    total = reach(period, by=Cut.NATION, as_of=date(2026, 11, 24), areas=areas).total
    assert asdict(term.now) == {name: getattr(total, name) for name in asdict(term.now)}


@pytest.mark.django_db
def test_the_figures_say_as_of_when_and_are_kept_for_a_while(office: Client, area: models.Area) -> None:
    assert "As of 8:50 am" in office.get("/admin/").content.decode()
    delivered(area, date(2026, 10, 6), 30)
    assert office.get("/admin/").context["term"].now.pupils_reached == 0
    cache.clear()
    assert office.get("/admin/").context["term"].now.pupils_reached == 30
