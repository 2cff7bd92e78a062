"""The page that moves an authority to another area shows first what moves with it."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from schools import models
from tests import factories
from tests.office.conftest import NOW


@pytest.fixture
def authority(area: models.Area) -> models.Authority:
    """Of Cumberland, with a school; it has a visit on Thursday and had one last month."""
    school = factories.SchoolFactory(area=area, name="Ashfield Primary School", postcode="LA9 4XX")
    factories.SchoolFactory(authority=school.authority, name="Shut School", status="closed")
    factories.SessionFactory(visit__school=school, visit__reference="V-TO-COME")
    factories.SessionFactory(visit__school=school, visit__reference="V-OVER", day=date(2026, 10, 1))
    made: models.Authority = school.authority
    return made


def look(office: Client, authority: models.Authority, area: models.Area, day: str = "2026-11-26") -> str:
    query: dict[str, str | int] = {"area": area.pk, "from_day": day}
    answer: Any = office.get(f"/admin/authority/{authority.pk}/move/", query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_preview_names_schools_visits_and_coordinators_and_changes_nothing(
    managers_office: Client, authority: models.Authority, area: models.Area, elsewhere: models.Area
) -> None:
    factories.coordinator_of(area, name="Cora Nwosu")
    both = factories.coordinator_of(area, elsewhere, name="Bea Both")
    factories.coordinator_of(elsewhere, name="Nora New")
    html = look(managers_office, authority, elsewhere)
    assert "From Cumberland to Northamptonshire on 26 November 2026" in html
    assert "1 school that can be visited moves with it" in html
    assert "Ashfield Primary School, LA9 4XX" in html
    assert "Shut School" not in html
    assert "1 visit to come moves with it" in html
    assert "V-TO-COME" in html
    assert "V-OVER" not in html
    assert "<dd> Cora Nwosu </dd>" in html
    assert "<dd> Nora New </dd>" in html
    assert both.name not in html
    assert list(authority.holdings.values_list("area", "to_day")) == [(area.pk, None)]


def test_a_visit_before_the_day_does_not_move(
    managers_office: Client, authority: models.Authority, elsewhere: models.Area
) -> None:
    html = look(managers_office, authority, elsewhere, "2026-11-27")
    assert "0 visits to come move with it" in html


def test_it_moves_once_and_the_authoritys_history_says_who_did_it(
    managers_office: Client, authority: models.Authority, area: models.Area, elsewhere: models.Area
) -> None:
    address = f"/admin/authority/{authority.pk}/move/"
    posted = {"area": elsewhere.pk, "from_day": "2026-11-26", "leaving": area.pk}
    answer = managers_office.post(address, posted, follow=True)
    assert "Moved from Cumberland to Northamptonshire from 26 November 2026 on." in answer.content.decode()
    assert "Cumberland until 25 November 2026; Northamptonshire from 26 November 2026." in answer.content.decode()
    again = managers_office.post(address, posted)
    assert again.status_code == 200
    assert "is in Northamptonshire on that day already" in again.content.decode()
    assert authority.holdings.count() == 2
    assert LogEntry.objects.get().object_id == str(authority.pk)


def test_what_somebody_moved_meanwhile_is_not_moved_again(
    managers_office: Client, authority: models.Authority, area: models.Area, elsewhere: models.Area
) -> None:
    posted = {"area": elsewhere.pk, "from_day": "2026-11-26", "leaving": elsewhere.pk}
    answer = managers_office.post(f"/admin/authority/{authority.pk}/move/", posted)
    assert "Somebody moved" in answer.content.decode()
    assert authority.holdings.get().area == area


def test_a_day_that_is_here_and_a_later_holding_are_told_before(
    managers_office: Client, authority: models.Authority, elsewhere: models.Area
) -> None:
    models.AreaAuthority.objects.filter(authority=authority).update(to_day=date(2027, 8, 31))
    later = factories.AreaFactory(name="Later")
    models.AreaAuthority.objects.create(authority=authority, area=later, from_day=date(2027, 9, 1))
    html = look(managers_office, authority, elsewhere, NOW.date().isoformat())
    assert "That day is here already." in html
    assert "From 1 September 2027 on it is in Later" in html


@pytest.mark.parametrize(
    ("query", "words"), [({"area": "", "from_day": ""}, "Choose an area."), ({"area": "x"}, "from the list")]
)
def test_what_is_missing_is_said(managers_office: Client, authority: models.Authority, query: dict[str, str], words: str) -> None:
    answer = managers_office.get(f"/admin/authority/{authority.pk}/move/", query)
    assert words in answer.content.decode()


def test_a_coordinator_sees_no_way_to_move_it(office: Client, authority: models.Authority) -> None:
    page = office.get(f"/admin/schools/authority/{authority.pk}/change/").content.decode()
    assert "Cumberland." in page
    assert "Move it to another area" not in page
    assert office.get(f"/admin/authority/{authority.pk}/move/").status_code == 403


def test_the_page_asks_the_same_of_one_visit_and_of_three(
    managers_office: Client, authority: models.Authority, elsewhere: models.Area, django_assert_num_queries: Any
) -> None:
    look(managers_office, authority, elsewhere)
    for _ in range(2):
        with django_assert_num_queries(58):  # what moves in figures of reach is worked out by moving it and looking
            look(managers_office, authority, elsewhere)
        for _ in range(2):
            factories.SessionFactory(visit__school=factories.SchoolFactory(authority=authority))
