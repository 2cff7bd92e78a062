"""Constraints between a box and a column without one: a form says their sentence, and nothing is stored."""

from collections.abc import Callable
from datetime import date
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client

from schools import models
from tests import factories
from tests.browsing import saved
from tests.office.test_visibility import url, volunteer_form
from tests.pack_files import PDF

pytestmark = pytest.mark.django_db

type Refused = tuple[Model, str, dict[str, Any], str]
"""A row of the table, the address of the form, what is typed there, and the sentence."""


def volunteer_of(area: models.Area, **fields: Any) -> models.Volunteer:
    made: models.Volunteer = factories.VolunteerFactory(**fields)
    made.areas.add(area)
    return made


def changed(row: Model, typed: dict[str, Any], sentence: str) -> Refused:
    return row, url(type(row), "change", row.pk), typed, sentence


def roll_of(school: models.School, year_group: int) -> models.Roll:
    fields = {"academic_year": 2026, "pupils": 30, "source": "coordinator"}
    made: models.Roll = models.Roll.objects.create(school=school, year_group=year_group, **fields)
    return made


ROLL = "This roll is known already; change that one."


def roll_added(area: models.Area) -> Refused:
    roll = roll_of(factories.SchoolFactory(area=area), 3)
    typed = {"school": roll.school_id, "academic_year": 2026, "year_group": 3, "pupils": 30}
    return roll, url(models.Roll, "add"), typed, ROLL


def roll_changed(area: models.Area) -> Refused:
    school = factories.SchoolFactory(area=area)
    roll_of(school, 3)
    return changed(roll_of(school, 4), {"academic_year": 2026, "year_group": 3, "pupils": 30}, ROLL)


def half_day(area: models.Area) -> Refused:
    volunteer = volunteer_of(area)
    models.Availability.objects.create(volunteer=volunteer, weekday=3, part="morning")
    other = models.Availability.objects.create(volunteer=volunteer, weekday=3, part="afternoon")
    return changed(other, {"weekday": 3, "part": "morning"}, "This half day is there already.")


def conflict(area: models.Area) -> Refused:
    volunteer, (first, second) = volunteer_of(area), (factories.SchoolFactory(area=area) for _ in range(2))
    models.Conflict.objects.create(volunteer=volunteer, school=first)
    other = models.Conflict.objects.create(volunteer=volunteer, school=second)
    return changed(other, {"school": first.pk}, "This conflict is known already.")


def sign_off(area: models.Area) -> Refused:
    volunteer, (first, second) = volunteer_of(area), models.SessionType.objects.order_by("pk")[:2]
    factories.SignOffFactory(volunteer=volunteer, session_type=first)
    other = factories.SignOffFactory(volunteer=volunteer, session_type=second)
    typed = {"session_type": first.pk, "stage": other.stage, "day": other.day.isoformat()}
    return changed(other, typed, "This volunteer has this sign-off already.")


def agreement(area: models.Area) -> Refused:
    school = factories.SchoolFactory(area=area)
    fields = {"accepted_on": date(2026, 9, 1), "by_role": "head"}
    models.SchoolAgreement.objects.create(school=school, academic_year=2026, **fields)
    other = models.SchoolAgreement.objects.create(school=school, academic_year=2025, **fields)
    typed = {"academic_year": 2026, "accepted_on": "2026-09-01", "by_role": "head"}
    return changed(other, typed, "The school's agreement for that year is here already.")


def store(area: models.Area) -> Refused:
    models.Store.objects.create(name="Office", area=area)
    other = models.Store.objects.create(name="Hall", area=area)
    return changed(other, {"name": "Office"}, "This area has a store of that name already.")


def joined_after_leaving(area: models.Area) -> Refused:
    volunteer = volunteer_of(area, status="left", left=date(2026, 3, 1))
    return changed(volunteer, volunteer_form(volunteer, area) | {"joined": "2026-05-01"}, "Nobody leaves before they joined.")


CASES = (roll_added, roll_changed, half_day, conflict, sign_off, agreement, store, joined_after_leaving)


@pytest.mark.parametrize("of_table", CASES, ids=lambda case: case.__name__)
def test_a_form_says_why_what_has_no_box_forbids_what_was_typed(
    of_table: Callable[[models.Area], Refused], managers_office: Client, area: models.Area
) -> None:
    row, address, typed, sentence = of_table(area)
    rows = type(row)._default_manager.order_by("pk")
    before = list(rows.values())
    answer = saved(managers_office, address, typed)
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.non_field_errors()) == [sentence]
    assert sentence in unescape(answer.content.decode())
    assert list(rows.values()) == before


def test_a_form_with_another_mistake_says_nothing_untrue_of_what_has_no_box(managers_office: Client) -> None:
    item = models.PackItem.objects.create(
        session_type=models.SessionType.objects.order_by("pk")[0], title="Plan", words="We bring it."
    )
    file = SimpleUploadedFile("plan.pdf", PDF, content_type="application/pdf")
    typed = {"session_type": item.session_type_id, "kind": "plan", "language": "en", "title": "", "words": "", "file": file}
    answer = saved(managers_office, url(models.PackItem, "change", item.pk), typed)
    assert dict(answer.context["adminform"].form.errors) == {"title": ["This field is required."]}
