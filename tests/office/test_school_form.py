"""The form of a school: registers own what they say, the program what it works out, and people every other field."""

from datetime import date
from typing import Any

import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.test import Client

from schools import models
from schools.core.search_index import COLUMN
from schools.directory.models import Source
from schools.directory.registers import KEPT_BY_PROGRAM, OWNED_BY_REGISTERS, SchoolFacts
from schools.office.schools import admin
from schools.office.schools.admin import SchoolAdmin
from schools.visits.queries.outstanding import not_rebooked
from tests import factories
from tests.browsing import saved
from tests.office.test_visibility import url

TYPED_BY_PEOPLE = {"access_notes", "ask_again_on"}
"""What a person may change of a register's school. A new field of School is to be added here, or declared as somebody else's."""

FIELDS = {field.name for field in models.School._meta.fields if not field.primary_key} - {COLUMN}
"""All but the words of the search, which follow from the others."""

pytestmark = pytest.mark.django_db


def form_of(office: Client, school: models.School | None) -> Any:
    page = url(models.School, "change", school.pk) if school else url(models.School, "add")
    return office.get(page).context["adminform"]


def shown(form: Any) -> list[str]:
    return flatten_fieldsets(form.fieldsets)


def test_every_field_is_owned_by_registers_or_kept_by_the_program_or_typed_by_people() -> None:
    owned, kept = set(OWNED_BY_REGISTERS), set(KEPT_BY_PROGRAM)
    assert owned.isdisjoint(kept)
    assert set(SchoolFacts._fields) < owned
    assert owned | kept <= FIELDS, f"School has no {(owned | kept) - FIELDS}: take them out of directory/registers/facts.py"
    people = FIELDS - owned - kept
    assert people == TYPED_BY_PEOPLE, (
        f"{people ^ TYPED_BY_PEOPLE}: add a field that people type to TYPED_BY_PEOPLE of this test; one that registers fill to "
        "SchoolFacts, one that the program works out to KEPT_BY_PROGRAM, both in schools/directory/registers/facts.py"
    )


def test_of_a_registers_school_people_change_what_no_register_owns(office: Client, area: models.Area) -> None:
    form = form_of(office, factories.SchoolFactory(area=area))
    assert set(form.form.fields) == TYPED_BY_PEOPLE
    assert set(shown(form)) == FIELDS


@pytest.mark.parametrize("is_new", [True, False])
def test_of_a_school_entered_by_hand_people_change_all_but_what_the_program_keeps(
    is_new: bool, office: Client, area: models.Area
) -> None:
    school = None if is_new else factories.SchoolFactory(area=area, source=Source.MANUAL)
    form = form_of(office, school)
    assert set(form.form.fields) == FIELDS - set(KEPT_BY_PROGRAM)
    assert set(shown(form)) == FIELDS


def test_a_field_that_nobody_named_is_shown_in_the_first_set_and_stored(
    office: Client, area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As a field that was added to School alone: no set of the form names it, no register fills it.
    sets = [
        (title, {**options, "fields": [name for name in options["fields"] if name != "phone"]})
        for title, options in SchoolAdmin.fieldsets
    ]
    monkeypatch.setattr(SchoolAdmin, "fieldsets", sets)
    monkeypatch.setattr(admin, "OWNED_BY_REGISTERS", [name for name in OWNED_BY_REGISTERS if name != "phone"])
    school = factories.SchoolFactory(area=area)
    (_, first), *_ = form_of(office, school).fieldsets
    assert first["fields"] == ("name", "access_notes", "ask_again_on", "phone"), (
        "add a new field of School here where the first set shows it: because that set names it, or because no set does"
    )
    contacts = {"contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0"}
    saved(office, url(models.School, "change", school.pk), {"phone": "015394 40000", **contacts})
    school.refresh_from_db()
    assert school.phone == "015394 40000"


def test_a_day_on_which_to_ask_again_is_the_only_one_under_any_number(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    before = factories.SchoolFactory(status="closed", authority=school.authority, ask_again_on=date(2028, 8, 1))
    models.School.objects.filter(pk__in=[school.pk, before.pk]).update(chain=min(school.pk, before.pk))
    lost = factories.VisitFactory(school=school, stage="cancelled", cancelled_code="weather")
    factories.SessionFactory(visit=lost, day=date(2026, 11, 19), cancelled=True)
    contacts = {"contacts-TOTAL_FORMS": "0", "contacts-INITIAL_FORMS": "0"}
    saved(office, url(models.School, "change", school.pk), {"ask_again_on": "2026-12-01", **contacts})
    assert set(models.School.objects.values_list("ask_again_on", flat=True)) == {date(2026, 12, 1), None}
    waiting = not_rebooked(models.Visit.objects.all(), on=date(2026, 12, 2))
    assert list(waiting) == [lost], "else it would be on nobody’s home until the day of the earlier number"
