"""Rows of tables as the office shows them: days and years in words, numbers to the right, names that tell rows apart."""

import inspect
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import AutoField, FloatField, IntegerField
from django.test import Client

from schools import models
from schools.core.periods import AcademicYear
from schools.core.year_groups import year_group_name
from schools.office.frame.values_in_words import columns_in_words
from schools.office.frame.visibility import today
from schools.office.stock.views.stores import _with_names
from tests import factories
from tests.house import assert_none

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 26)
AT = datetime(2026, 11, 26, 9, 15, tzinfo=UTC)
NO_NUMBERS = {
    "academic_year", "easting", "fifth", "first_id", "northing", "row", "second_id", "status", "version", "year", "year_group",
}  # fmt: skip
"""Columns that are numbers for the program and names for people."""


def test_rows_say_their_days_in_words() -> None:
    school = models.School(name="Beck School")
    rows = (
        models.ContactLog(day=DAY, who="the head teacher"),
        models.SafeguardingNotice(role_told="Head teacher", told_at=AT),
        models.Away(first_day=DAY, last_day=DAY),
        models.Parcel(visit=models.Visit(school=school), sent_on=DAY),
        models.ClosedPeriod(area=models.Area(name="Lakes"), first_day=DAY, last_day=DAY),
    )
    assert [str(row) for row in rows] == [
        "Thu 26 November 2026: the head teacher",
        "Head teacher, Thu 26 November 2026 at 9:15 am",
        "Thu 26 November 2026",
        "Parcel to Beck School, Thu 26 November 2026",
        "Lakes, Thu 26 November 2026",
    ]


def test_no_row_is_called_by_a_raw_date() -> None:
    # A month of what was published is written like 2026-11 in its files too.
    tables = [model for model in apps.get_app_config("schools").get_models() if model is not models.PublishedAtom]
    raw = [model.__name__ for model in tables if re.search(r"%Y|isoformat", inspect.getsource(model.__str__))]
    assert_none(raw, to_do="Say the day with schools.core.words (long_day, local_day, local_moment).")


def test_a_number_of_pupils_is_entered_with_year_and_year_group_in_words(office: Client, area: models.Area) -> None:
    body = office.get("/admin/schools/roll/add/").content.decode()
    year = AcademicYear.of(today())
    assert f'<option value="{year.start}" selected>{year}</option>' in body
    assert '<option value="0">Reception or P1</option>' in body
    assert 'name="source"' not in body
    school = factories.SchoolFactory(area=area, nation="scotland")
    roll = models.Roll.objects.create(school=school, academic_year=1999, year_group=5, pupils=31, source="coordinator")
    body = office.get(f"/admin/schools/roll/{roll.pk}/change/").content.decode()
    assert '<option value="1999" selected>1999/00</option>' in body
    assert f'<option value="5" selected>{year_group_name(5, "scotland")}</option>' in body
    models.Roll.objects.update(source="register")
    body = office.get(f"/admin/schools/roll/{roll.pk}/change/").content.decode()
    assert re.search(r'class="readonly">1999/00<.*class="readonly">P6<', body, re.DOTALL)


def test_an_agreement_of_a_school_is_for_a_year_in_words(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    year = AcademicYear.of(today())
    body = office.get("/admin/schools/schoolagreement/add/").content.decode()
    assert f'<option value="{year.start}" selected>{year}</option>' in body
    typed = {"school": school.pk, "academic_year": year.start, "accepted_on": DAY, "by_role": "head teacher"}
    assert office.post("/admin/schools/schoolagreement/add/", typed).status_code == 302
    assert models.SchoolAgreement.objects.get().academic_year == year.start
    answer = office.post("/admin/schools/schoolagreement/add/", typed | {"academic_year": "9" * 30})
    assert "academic_year" in answer.context["adminform"].form.errors


def test_a_form_says_yes_no_and_times_in_words_where_they_are_only_read(managers_office: Client) -> None:
    session_type = factories.SessionFactory().type
    body = managers_office.get(f"/admin/schools/sessiontype/{session_type.pk}/change/").content.decode()
    assert '<div class="readonly">no</div>' in body
    run = models.BackupRun.objects.create(kind="backup", started_at=AT)
    body = managers_office.get(f"/admin/schools/backuprun/{run.pk}/change/").content.decode()
    assert '<div class="readonly">Thu 26 November 2026 at 9:15 am</div>' in body


def test_a_list_says_its_times_in_words_and_sorts_by_them() -> None:
    subject, sent = columns_in_words(models.OutboxMessage, ["subject_shown", "sent_at"])
    assert subject == "subject_shown"
    shown: Any = sent
    assert shown(models.OutboxMessage(sent_at=AT)) == "Thu 26 November 2026 at 9:15 am"
    assert shown(models.OutboxMessage(sent_at=None)) is None
    assert (shown.__name__, shown.admin_order_field) == ("sent_at", "sent_at")


def test_every_column_of_numbers_stands_to_the_right() -> None:
    sheet = (Path(settings.BASE_DIR) / "schools/static/office/lists.css").read_text()
    left = {name for model, of_table in admin.site._registry.items() for name in of_table.list_display if _is_number(model, name)}
    missing = {name for name in left - NO_NUMBERS if f".column-{name}, .field-{name}" not in sheet}
    assert_none(missing, to_do="Name the column in schools/static/office/lists.css, where columns of numbers are.")


def _is_number(model: Any, name: Any) -> bool:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return False
    return isinstance(field, IntegerField | FloatField) and not isinstance(field, AutoField) and not field.choices


def test_of_two_stores_with_one_name_each_says_its_area() -> None:
    lakes, coast = models.Area(name="Lakes"), models.Area(name="Coast")
    stores = [
        models.Store(pk=1, name="Cupboard", area=lakes),
        models.Store(pk=2, name="Cupboard", area=coast),
        models.Store(pk=3, name="Office", area=coast),
    ]
    assert _with_names([(store, 5) for store in stores]) == [
        ("Cupboard, Lakes", 1, 5),
        ("Cupboard, Coast", 2, 5),
        ("Office", 3, 5),
    ]


def test_a_phone_with_nothing_on_it_says_what_would_be_there(client: Client) -> None:
    body = client.get("/phone/").content.decode()
    assert "What waits to be sent, and the pages that open without signal, stand here" in body
