"""Backups that are half set up are a fault: nobody looks at them again before they are needed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone
from pytest_django import Settings

from schools.backups.health import look_at_backup
from schools.office.running.jobs import NOT_SET_UP, back_up_database
from schools.running.health import Level

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
FOLDER, KEY, IDENTITY = "FOLDER", "KEY", "IDENTITY"


def set_up(settings: Settings, folder: Path, *names: str) -> None:
    settings.SPEAKOUT_BACKUP_FOLDER = folder if FOLDER in names else None
    settings.SPEAKOUT_BACKUP_KEY = "age1" if KEY in names else ""
    settings.SPEAKOUT_BACKUP_IDENTITY = folder / "key.txt" if IDENTITY in names else None


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ((KEY,), "Set SPEAKOUT_BACKUP_FOLDER"),
        ((KEY, IDENTITY), "Set SPEAKOUT_BACKUP_FOLDER"),
        ((FOLDER,), "Set SPEAKOUT_BACKUP_KEY"),
    ],
)
def test_half_of_the_settings_is_a_fault_that_names_the_other_and_the_nights_job_fails(
    settings: Settings, tmp_path: Path, names: tuple[str, ...], words: str
) -> None:
    set_up(settings, tmp_path, *names)
    finding = look_at_backup(NOW)
    assert finding.level is Level.FAULT
    assert words in finding.sentence
    with pytest.raises(CommandError, match="Set SPEAKOUT_BACKUP_FOLDER and SPEAKOUT_BACKUP_KEY"):
        back_up_database(timezone.now)


@pytest.mark.parametrize("names", [(), (IDENTITY,), (FOLDER, IDENTITY)])
def test_where_nothing_is_set_up_or_the_drill_alone_no_backup_is_missing(
    settings: Settings, tmp_path: Path, names: tuple[str, ...]
) -> None:
    set_up(settings, tmp_path, *names)
    assert look_at_backup(NOW).level is Level.NOTE
    assert back_up_database(timezone.now) == NOT_SET_UP
