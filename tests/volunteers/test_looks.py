"""The log of looks at clearances: never changed, kept until its day whatever is deleted meanwhile, and then purged."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import DatabaseError, NotSupportedError, connection, transaction

from schools import models
from schools.volunteers.actions import delete_looks_kept_long_enough, look_at
from schools.volunteers.actions.looks import kept_until
from schools.volunteers.models import ClearanceLook, LookPage
from schools.volunteers.triggers import REFUSAL, TABLE
from tests import factories

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
LONG_AGO = datetime(2010, 3, 4, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def refused(sql: str, *values: Any) -> None:
    """The database refuses the statement about LOOKS, whoever sends it."""
    with pytest.raises(DatabaseError, match=REFUSAL[:30]), transaction.atomic():
        in_sql(sql, *values)


def in_sql(sql: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("LOOKS", TABLE), values)


def seen(volunteer: models.Volunteer, at: datetime) -> ClearanceLook:
    """A look of a manager at that time."""
    look_at([volunteer.pk, volunteer.pk], LookPage.LIST, by=factories.manager(), now=at)
    return ClearanceLook.objects.order_by("-pk")[0]


def test_a_look_is_one_row_a_page_and_person_and_names_both() -> None:
    one, other = factories.VolunteerFactory(), factories.VolunteerFactory()
    manager = factories.manager()
    look_at([other.pk, one.pk, one.pk], LookPage.LIST, by=manager, now=NOW)
    assert list(ClearanceLook.objects.order_by("pk").values_list("volunteer_number", "by", "page", "keep_until")) == [
        (volunteer.pk, manager.pk, "list", date(2032, 11, 24)) for volunteer in sorted((one, other), key=lambda each: each.pk)
    ]


def test_it_is_kept_for_the_years_of_the_setting(settings: Any) -> None:
    settings.SPEAKOUT_LOOKS_KEPT_YEARS = 3
    assert kept_until(NOW) == date(2029, 11, 24)
    assert kept_until(datetime(2024, 2, 29, 12, 0, tzinfo=UTC)) == date(2027, 3, 1)


def test_no_statement_changes_a_look_or_deletes_it_before_its_day() -> None:
    young, old = seen(factories.VolunteerFactory(), NOW), seen(factories.VolunteerFactory(), LONG_AGO)
    for look in (young, old):
        for column in ("volunteer_number", "by_id", "page", "at", "keep_until", "clearance_id"):
            refused("UPDATE LOOKS SET COLUMN = COLUMN WHERE id = %s".replace("COLUMN", column), look.pk)
    refused("DELETE FROM LOOKS WHERE id = %s", young.pk)
    if connection.vendor == "sqlite":
        columns = ", ".join(str(field.column) for field in ClearanceLook._meta.concrete_fields)
        statement = "INSERT OR REPLACE INTO LOOKS (COLUMNS) SELECT COLUMNS FROM LOOKS WHERE id = %s"
        refused(statement.replace("COLUMNS", columns), young.pk)
    else:
        refused("SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE LOOKS")
    for delete in (young.delete, old.delete, ClearanceLook.objects.all().delete):
        with pytest.raises(NotSupportedError):
            delete()
    assert ClearanceLook.objects.count() == 2


def test_the_purge_deletes_what_was_kept_long_enough_and_nothing_else() -> None:
    volunteer = factories.VolunteerFactory()
    young, old = seen(volunteer, NOW), seen(volunteer, LONG_AGO)
    last_day = datetime(2016, 3, 4, 9, 0, tzinfo=UTC)
    assert old.keep_until == last_day.date()
    assert delete_looks_kept_long_enough(now=last_day) == 0
    assert delete_looks_kept_long_enough(now=last_day.replace(day=5)) == 0
    assert delete_looks_kept_long_enough(now=last_day.replace(day=6)) == 1
    assert delete_looks_kept_long_enough(now=NOW) == 0
    assert list(ClearanceLook.objects.all()) == [young]


def test_looks_survive_the_clearance() -> None:
    clearance = factories.ClearanceFactory()
    look = seen(clearance.volunteer, NOW)
    clearance.delete()
    assert ClearanceLook.objects.get() == look


def test_a_row_of_the_version_before_gets_its_volunteer_and_its_day_once() -> None:
    clearance = factories.ClearanceFactory()
    in_sql("INSERT INTO LOOKS (clearance_id, at) VALUES (%s, %s)", clearance.pk, LONG_AGO)
    refused("DELETE FROM LOOKS")
    assert delete_looks_kept_long_enough(now=LONG_AGO) == 0
    look = ClearanceLook.objects.get()
    assert (look.volunteer_number, look.keep_until, look.page) == (clearance.volunteer_id, date(2016, 3, 4), "earlier")
    refused("UPDATE LOOKS SET keep_until = NULL")
    assert delete_looks_kept_long_enough(now=NOW) == 1


def test_who_looked_is_somebody_who_signs_in_or_a_school_with_its_access() -> None:
    row = {"volunteer_number": 1, "page": "letter", "at": NOW, "keep_until": date(2032, 11, 24)}
    ClearanceLook.objects.create(**row, access_number=7, shown_to="Fern Primary")
    for wrong in (
        {"access_number": 7},
        {"shown_to": "Fern"},
        {"access_number": 7, "shown_to": "Fern", "by": factories.manager()},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            ClearanceLook.objects.create(**row, **wrong)
    refused("UPDATE LOOKS SET shown_to = 'Moss'")
