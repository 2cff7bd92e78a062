"""What several reminders to schools have in common is read once in a run, and never at an hour at which none of them goes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schools.charity.queries import kept_for_one_request
from schools.models import Session
from schools.visits import school_reminders
from schools.visits.queries.parties import Party
from schools.visits.school_reminders import day_before_due, pack_due, week_due

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("now", "times"), [(NOON, 1), (NOON.replace(hour=22), 0), (NOON.replace(day=5), 0)])
def test_the_schools_of_the_coming_weeks_are_read_once_for_all_and_in_quiet_hours_not_at_all(
    now: datetime, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Any] = []

    def nobody(sessions: Any) -> list[Party]:
        reads.append(sessions)
        return []

    monkeypatch.setattr(school_reminders, "parties_of", nobody)
    with kept_for_one_request():
        for due in (pack_due, week_due, day_before_due):
            assert list(due(now, None)) == []
    assert len(reads) == times
    assert all(sessions.model is Session for sessions in reads)
