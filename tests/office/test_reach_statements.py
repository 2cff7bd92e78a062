"""How often the pages beside the table of reach ask the database (docs/adr/0008-what-to-bring-in-one-statement.md)."""

from datetime import date, time

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from schools import models
from tests import factories

HELD, LATE = date(2026, 11, 3), date(2026, 11, 5)


@pytest.fixture
def doubtful(area: models.Area) -> None:
    """Something for every picture, and a doubt of every kind that rests on sessions."""
    place = {"area": area, "region": area.region}
    volunteer = factories.able_volunteer(area)
    for number in range(2):
        school = factories.SchoolFactory(area=area)
        for day in (HELD, HELD.replace(year=2025)):
            session = factories.SessionFactory(visit__school=school, day=day, delivered=True, **place)
            factories.HeadcountFactory(session=session, school=school, year_group=5, expected=30, pupils=900, **place)
        factories.SessionFactory(visit__school=school, day=LATE)
        coming = factories.SessionFactory(visit__school=school, starts=time(9, number), ends=time(10))
        factories.CoverFactory(session=coming, volunteer=volunteer, state="accepted")


PAGES = (
    ("pictures/?year=2026/27", 19, 18),
    ("cold-spots/?year=2026/27", 12, 16),
    ("doubts/?year=2026/27", 18, 21),
)


@pytest.mark.django_db
@pytest.mark.usefixtures("doubtful")
@pytest.mark.parametrize(("page", "as_manager", "as_coordinator"), PAGES, ids=[page for page, *_ in PAGES])
def test_a_page_of_reach_asks_as_often_as_is_written_down_for_it(
    page: str, as_manager: int, as_coordinator: int, office: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    manager = Client()
    manager.force_login(factories.manager())
    for client, number in ((manager, as_manager), (office, as_coordinator)):
        client.get(f"/admin/reach/{page}")
        with django_assert_num_queries(number):
            assert client.get(f"/admin/reach/{page}").status_code == 200
