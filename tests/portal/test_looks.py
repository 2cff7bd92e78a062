"""Volunteers read who looked at their clearances, on a page and in the file of everything that is held on them."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.urls import reverse

from schools import models
from schools.visits.models import Merge
from schools.volunteers.actions import look_at, look_by_letter
from schools.volunteers.models import LookPage
from tests import factories

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_volunteers_read_who_looked_at_their_own(client: Any) -> None:
    area = factories.AreaFactory()
    asha, other = factories.able_volunteer(area, signs_in=True), factories.able_volunteer(area)
    colleague = factories.manager(name="Mona Manager")
    client.force_login(asha.user)
    assert "Nobody has looked at them yet." in client.get(reverse("looks")).content.decode()
    look_at([other.pk], LookPage.LIST, by=factories.manager(name="Somebody Else"), now=NOW)
    look_at([asha.pk], LookPage.VOLUNTEER, by=colleague, now=NOW)
    look_at([asha.pk], LookPage.IMPORT, by=None, now=NOW)
    page = client.get(reverse("looks")).content.decode()
    assert "Mona Manager" in page
    assert "24 November 2026, 08:50" in page
    assert "An import of volunteers" in page
    assert "Somebody Else" not in page
    held = client.get(reverse("my-data-json")).json()["looks at your clearances"]
    # The file leaves out other people; their names are on the page.
    pages = ["The volunteer’s page", "An import of volunteers"]
    assert [(row["at"], row["page"]) for row in held] == [(NOW.isoformat(), page) for page in pages]


def test_looks_at_an_entry_that_was_made_one_with_theirs_are_theirs(client: Any) -> None:
    asha = factories.able_volunteer(factories.AreaFactory(), signs_in=True)
    manager = factories.manager(name="Mona Manager")
    gone = asha.pk + 1000
    look_at([gone], LookPage.LIST, by=manager, now=NOW)
    merge = Merge.objects.create(kind="volunteer", kept_id=asha.pk, gone_id=gone, words="Two made one", by=manager, made_at=NOW)
    client.force_login(asha.user)
    assert "Mona Manager" in client.get(reverse("looks")).content.decode()
    Merge.objects.filter(pk=merge.pk).update(undone_at=NOW)
    assert "Mona Manager" not in client.get(reverse("looks")).content.decode()


def test_the_page_shows_the_newest_and_says_so(client: Any) -> None:
    asha = factories.able_volunteer(factories.AreaFactory(), signs_in=True)
    models.ClearanceLook.objects.bulk_create(
        models.ClearanceLook(volunteer_number=asha.pk, page="list", at=NOW, keep_until=date(2032, 11, 24)) for _ in range(101)
    )
    client.force_login(asha.user)
    page = client.get(reverse("looks"))
    assert len(page.context["looks"]) == 100
    assert "These are the newest." in page.content.decode()


def test_they_read_at_which_school_a_letter_that_names_them_was_opened(client: Any) -> None:
    asha = factories.able_volunteer(factories.AreaFactory(), signs_in=True)
    school = factories.SchoolFactory(name="Fern Primary")
    access = models.SchoolAccess.objects.create(email="pat@fern.example.org", purpose="visits", expires=date(2027, 1, 1))
    look_by_letter([asha.pk], access, school=school, now=NOW)
    client.force_login(asha.user)
    page = client.get(reverse("looks")).content.decode()
    assert "Somebody at Fern Primary" in page
    assert "A letter of assurance" in page
    assert "An import of volunteers" not in page
    (held,) = client.get(reverse("my-data-json")).json()["looks at your clearances"]
    assert (held["page"], held["shown_to"]) == ("A letter of assurance", "Fern Primary")
