"""A manager says of a school that its register does not name any more whether it has closed, and on which day."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.directory.registers import CLOSING
from schools.office.schools import admin
from tests import factories
from tests.browsing import saved
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db

CONTACTS = {"contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0"}


@pytest.fixture
def gone(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(
        area=area, name="Glen Primary", nation="scotland", missing_since=date(2026, 9, 16), register_day=date(2025, 9, 17)
    )
    return made


def page_of(office: Client, school: models.School) -> str:
    return " ".join(office.get(reverse("admin:school-detail", args=[school.pk])).content.decode().split())


def fields_of(office: Client, school: models.School) -> set[str]:
    return set(office.get(url(models.School, "change", school.pk)).context["adminform"].form.fields)


def typed(office: Client, school: models.School, **facts: str) -> Any:
    return saved(office, url(models.School, "change", school.pk), {"status": "open", "closed": "", **facts, **CONTACTS})


def test_a_school_that_its_register_no_longer_names_is_closed_by_a_manager(
    managers_office: Client, gone: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, Mapping[str, Any]]] = []
    monkeypatch.setattr(admin, "note_drift", lambda because, **options: noted.append((because, options)))
    body = page_of(managers_office, gone)
    assert "The register does not name it since 16 September 2026." in body
    assert f'If it has closed, <a href="{url(models.School, "change", gone.pk)}">say so, and on which day</a>.' in body
    form = managers_office.get(url(models.School, "change", gone.pk)).content.decode()
    assert "The register does not name it since Wed 16 September 2026, and never says that a school has closed." in form
    assert "The last day on which it was open." in form
    assert typed(managers_office, gone, status="closed", closed="2026-06-26").status_code == 302
    gone.refresh_from_db()
    assert (gone.status, gone.closed, gone.register_day) == ("closed", date(2026, 6, 26), date(2026, 9, 16))
    assert gone.older_facts is not None
    assert gone.older_facts["name"] == "2025-09-17"
    assert gone.history.latest().history_user == models.User.objects.get()
    body = page_of(managers_office, gone)
    assert "This school closed on 26 June 2026." in body
    assert "does not name it" not in body
    assert "Change details" in body
    [(because, options)] = noted
    assert (because, options["by"]) == ("Glen Primary: its status or its last day changed", models.User.objects.get())
    typed(managers_office, gone, status="closed", closed="2026-06-26", access_notes="Side gate")
    assert len(noted) == 1, "nothing was said of its closing"


def test_a_closing_without_a_day_or_of_a_day_to_come_is_refused_beside_the_day(
    managers_office: Client, gone: models.School
) -> None:
    for facts, reason in (
        ({"status": "closed"}, "Give the last day on which it was open."),
        ({"status": "closed", "closed": "2026-11-25"}, "Wed 25 November 2026 is still to come."),
        ({"closed": "2026-06-26"}, "An open school has no last day."),
    ):
        answer = typed(managers_office, gone, **facts)
        [shown] = answer.context["adminform"].form.errors["closed"]
        assert shown.startswith(reason)
    gone.refresh_from_db()
    assert (gone.status, gone.closed) == ("open", None)


def test_a_coordinator_is_told_who_can_say_so(office: Client, gone: models.School) -> None:
    assert "If it has closed, tell a manager: they can write that down." in page_of(office, gone)
    assert fields_of(office, gone).isdisjoint(CLOSING)
    typed(office, gone, status="closed", closed="2026-06-26")
    gone.refresh_from_db()
    assert (gone.status, gone.closed) == ("open", None)


@pytest.mark.parametrize(
    ("facts", "is_open_to_managers"),
    [
        ({"nation": "wales"}, True),
        ({"nation": "northern-ireland"}, True),
        ({"nation": "england"}, False),
        ({"missing_since": None}, False),
    ],
)
def test_only_where_a_register_tells_of_no_closings_and_names_it_no_more_a_manager_says_so(
    managers_office: Client, gone: models.School, facts: dict[str, Any], is_open_to_managers: bool
) -> None:
    models.School.objects.filter(pk=gone.pk).update(**facts)
    assert (fields_of(managers_office, gone) >= set(CLOSING)) is is_open_to_managers
    assert ("If it has closed" in page_of(managers_office, gone)) is is_open_to_managers
