"""What the office says of a row's history: what is written down where, and nothing that is not so."""

import pytest
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import saved
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def volunteer(area: models.Area) -> models.Volunteer:
    made: models.Volunteer = factories.VolunteerFactory(name="Asha Patel")
    made.areas.add(area)
    return made


def test_of_what_no_form_changed_it_says_so_and_leads_to_what_is_kept(office: Client, volunteer: models.Volunteer) -> None:
    body = " ".join(office.get(url(models.Volunteer, "history", volunteer.pk)).content.decode().split())
    assert "No change of it is written down here." in body
    assert "probably" not in body
    for place in ("steps-heading", "signed-heading", "clearances"):
        assert f'href="/admin/volunteer/{volunteer.pk}/#{place}"' in body
        assert f'id="{place}"' in office.get(f"/admin/volunteer/{volunteer.pk}/").content.decode()


def test_what_the_form_changed_stands_there_with_what_does_not(
    office: Client, volunteer: models.Volunteer, coordinator: models.User
) -> None:
    away = models.Away.objects.create(volunteer=volunteer, first_day="2026-12-01", last_day="2026-12-02")
    typed = {"first_day": "2026-12-01", "last_day": "2026-12-03"}
    assert saved(office, url(models.Away, "change", away.pk), typed).status_code == 302
    body = " ".join(office.get(url(models.Away, "history", away.pk)).content.decode().split())
    assert "This list has what was changed in its form" in body
    assert coordinator.email in body


def test_a_history_that_has_not_begun_says_when_it_does(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    school.history.all().delete()
    assert "It begins with the next change." in office.get(url(models.School, "history", school.pk)).content.decode()


def test_each_clearance_on_a_volunteers_page_leads_to_its_history(office: Client, volunteer: models.Volunteer) -> None:
    clearance = models.Clearance.objects.create(volunteer=volunteer, scheme="dbs")
    body = office.get(f"/admin/volunteer/{volunteer.pk}/?clearances=1").content.decode()
    assert f'href="{url(models.Clearance, "history", clearance.pk)}"' in body
