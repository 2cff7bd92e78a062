"""Every column that may hold or name a person has an entry that says what becomes of it."""

from django.db import models

from schools.erasing.registry import may_hold_somebody, without_column, without_entry
from schools.volunteers.models import Availability, Volunteer
from tests.house import assert_none


def test_every_column_that_may_hold_somebody_has_an_entry() -> None:
    assert_none(without_entry(), to_do="Say in schools/erasing/columns.py what becomes of each column when somebody is erased.")


def test_every_entry_has_a_column() -> None:
    assert_none(without_column(), to_do="Take each of these out of schools/erasing/columns.py.")


def test_a_day_or_a_number_of_a_person_needs_an_entry_as_words_do() -> None:
    for column in (models.DateField(null=True), models.PositiveIntegerField(null=True), models.BooleanField()):
        for table, needs_entry in ((Volunteer, True), (Availability, False)):
            column.model = table
            assert may_hold_somebody(column) is needs_entry
