"""`manage.py purge` says what it did, what it would do, and what it leaves."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from schools import models
from schools.office.running.jobs import JOBS, remove_what_is_over
from tests import factories
from tests.keeping.things import NOW, THINGS

pytestmark = pytest.mark.django_db


def printed(*options: str) -> list[str]:
    out = StringIO()
    call_command("purge", *options, stdout=out)
    return out.getvalue().splitlines()


def test_a_dry_run_counts_and_changes_nothing() -> None:
    look = THINGS["conversations"](date(2015, 1, 1))
    words = printed("--dry-run")
    assert "conversations (conversations with schools, 72 months): 1 due, the oldest counts from 2015-01-01" in words
    assert words[-1] == "1 would be removed; nothing was changed."
    assert look()
    assert not models.PurgeRun.objects.exists()


def test_it_says_what_it_removed_and_what_is_left() -> None:
    THINGS["conversations"](date(2015, 1, 1))
    THINGS["conversations"](date(2026, 9, 1))
    factories.VolunteerFactory(status="enquirer")
    words = printed()
    assert "conversations (conversations with schools, 72 months): 1 removed, the oldest counts from 2026-09-01" in words
    enquirers = "enquirers (enquirers, applicants and people in training who went no further, 12 months)"
    assert f"{enquirers}: 0 removed, nothing counts yet, 1 for a manager to decide about" in words
    assert words[-1] == "1 removed."
    assert models.PurgeRun.objects.get().removed == 1


def test_the_clock_purges_every_night_and_a_second_purge_does_nothing() -> None:
    THINGS["conversations"](date(2015, 1, 1))
    assert "purge" in {job.name for job in JOBS}
    assert remove_what_is_over(lambda: NOW) == "1 removed, 0 wait"
    assert remove_what_is_over(lambda: NOW) == "0 removed, 0 wait"
