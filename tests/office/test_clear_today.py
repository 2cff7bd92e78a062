"""The list of volunteers: whether a decision holds today, and who has to be renewed first, without a date."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.core.nations import Scheme
from tests import factories

pytestmark = pytest.mark.django_db
VOLUNTEERS = "/admin/schools/volunteer/"
TODAY = date(2026, 11, 24)


def somebody(area: models.Area, name: str, *days_left: int, status: str = "active") -> models.Volunteer:
    """A volunteer with a clear decision for each number, which ends in so many days."""
    made: models.Volunteer = factories.VolunteerFactory(name=name, status=status)
    made.areas.add(area)
    for days in days_left:
        models.Clearance.objects.create(
            volunteer=made, scheme=Scheme.DBS, decision="clear", issued=date(2024, 1, 1), decided_on=date(2024, 1, 2),
            recheck_on=TODAY + timedelta(days=days),
        )  # fmt: skip
    return made


def names(client: Client, query: str) -> list[str]:
    answer: Any = client.get(f"{VOLUNTEERS}{query}")
    return [volunteer.name for volunteer in answer.context["cl"].result_list]


@pytest.fixture
def people(area: models.Area) -> None:
    somebody(area, "Long", 500)
    somebody(area, "Soon", 20)
    somebody(area, "Renewed", 10, 900)
    somebody(area, "Over", -5)
    somebody(area, "None yet")
    somebody(area, "Resting", 2, status="paused")


@pytest.mark.usefixtures("people")
def test_the_list_says_yes_or_no_and_no_date(office: Client) -> None:
    page = office.get(VOLUNTEERS)
    shown = {volunteer.name: volunteer.is_clear_today for volunteer in page.context["cl"].result_list}
    assert shown == {"Long": True, "Soon": True, "Renewed": True, "Over": False, "None yet": False, "Resting": True}
    assert names(office, "?clear=no&o=1") == ["None yet", "Over"]
    assert names(office, "?clear=yes&o=1") == ["Long", "Renewed", "Resting", "Soon"]
    assert "14 December 2026" not in page.content.decode()
    assert models.ClearanceLook.objects.count() == 0


@pytest.mark.usefixtures("people")
def test_it_is_put_in_order_by_who_has_to_be_renewed_first(office: Client) -> None:
    assert names(office, "?o=4") == ["None yet", "Over", "Soon", "Long", "Renewed", "Resting"]
    assert names(office, "?o=-4") == ["Resting", "Renewed", "Long", "Soon", "Over", "None yet"]


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("lookup", ["renewal__lt", "renewal", "renewal__year", "clearances__recheck_on__lt"])
def test_no_address_finds_out_the_day(office: Client, lookup: str) -> None:
    answer = office.get(f"{VOLUNTEERS}?{lookup}=2026-12-24")
    assert answer.status_code == 400
    assert office.get(f"{VOLUNTEERS}csv/?{lookup}=2026-12-24").status_code == 400


@pytest.mark.usefixtures("people")
def test_the_file_says_the_same_and_no_more(office: Client) -> None:
    answer: Any = office.get(f"{VOLUNTEERS}csv/?q=Over")
    text = answer.getvalue().decode("utf-8-sig")
    assert text.splitlines()[0] == "name,reference,status,clear_today,paid_staff,phone,email,areas"
    assert text.splitlines()[1].split(",")[3] == "no"
