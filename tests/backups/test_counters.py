"""After a restore no row gets a number that was given since the picture: mails of then lead by numbers."""

from pathlib import Path

import pytest
from django.core.management import call_command

from schools.backups.counters import APART, skip_numbers
from tests import factories

pytestmark = pytest.mark.django_db


def test_no_number_is_given_again_neither_of_a_table_with_rows_nor_of_one_that_never_had_any() -> None:
    before = factories.VolunteerFactory().pk
    skip_numbers()
    assert factories.VolunteerFactory().pk > before + APART
    assert factories.AreaFactory().region.pk > APART


def test_who_restored_otherwise_gets_the_same_by_the_command_that_erases_again(tmp_path: Path) -> None:
    listed = tmp_path / "erasures.csv"
    listed.write_text("reference,at\n")
    before = factories.VolunteerFactory().pk
    call_command("erase_again", since="2026-11-21T09:00:00", erasures=listed)
    assert factories.VolunteerFactory().pk > before + APART
