"""What home lists under its lines, and what its chips say."""

import pytest
from django.contrib import admin
from django.test import Client

from schools import models
from schools.office.frame.chips import chip_of_session
from schools.office.frame.list_names import LISTS
from tests import factories
from tests.house import assert_none

pytestmark = pytest.mark.django_db

KEPT_BY_THEMSELVES = {"Batch", "Headcount", "ClearanceLook", "ReturnRow", "AreaAuthority", "VolunteerStep", "SessionKit"}


def listed(client: Client) -> dict[str, str]:
    lists = client.get("/admin/").context["app_list"]
    return {table["object_name"]: str(table["name"]) for one in lists for table in one["models"]}


def test_every_table_that_home_names_is_in_the_office_and_named_once() -> None:
    named = [table for names in LISTS.values() for table in names]
    assert_none(
        (name for name in set(named) if named.count(name) > 1), to_do="Name each table once in LISTS (schools/office/site.py)."
    )
    assert_none(
        set(named) - {model.__name__ for model in admin.site._registry},
        to_do="Register each table with the office, or take it out of LISTS (schools/office/site.py).",
    )


def test_a_coordinator_finds_what_they_work_with_in_plain_words(office: Client) -> None:
    found = listed(office)
    assert found["ContactLog"] == "Conversations with schools"
    assert found["Conflict"] == "Schools that they must not go to"
    assert found.keys().isdisjoint(KEPT_BY_THEMSELVES | {"User", "OutboxMessage"})
    assert b"Every table" not in office.get("/admin/").content


def test_a_manager_is_led_to_every_table_too(managers_office: Client) -> None:
    found = listed(managers_office)
    assert found["User"] == "People and their roles"
    assert found.keys().isdisjoint(KEPT_BY_THEMSELVES)
    assert b'href="/admin/schools/"' in managers_office.get("/admin/").content
    [every] = managers_office.get("/admin/schools/").context["app_list"]
    assert {table["object_name"] for table in every["models"]} >= KEPT_BY_THEMSELVES


def test_one_member_of_staff_is_not_called_one_of_two(area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area))
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, staff=True))

    def said() -> str:
        return str(chip_of_session(models.Session.objects.with_cover().select_related("type").get(pk=session.pk), on=session.day))

    assert "Covered by staff" in said()
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area))
    assert "Covered, 2 of 2" in said()


@pytest.mark.parametrize("table", ["ContactLog", "Roll", "SessionType"])
def test_the_heading_of_a_list_is_the_name_that_led_to_it(managers_office: Client, table: str) -> None:
    name, path = listed(managers_office)[table], f"/admin/schools/{table.lower()}/"
    page = managers_office.get(path).content.decode()
    assert f"<h1>{name}</h1>" in page
    assert f'<li aria-current="page">{name}</li>' in page
    assert f'<a href="{path}">{name}</a>' in managers_office.get(f"{path}add/").content.decode()
