"""What several reminders to schools have in common is read once in a run, and at night no more than what cannot wait."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schools.charity.queries import kept_for_one_request
from schools.visits import school_reminders
from schools.visits.queries.parties import Party
from schools.visits.school_reminders import day_before_due, pack_due, week_due
from tests.factories import SessionFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "days"),
    # By day, in the night before Wednesday, and on a Saturday, after which schools are written to on Monday from half past seven.
    [(NOON, [2, 5, 6, 7, 8]), (NOON.replace(hour=22), []), (NOON.replace(day=5), [5, 6])],
)
def test_the_schools_of_the_coming_weeks_are_read_once_for_all_and_in_quiet_hours_those_alone_that_cannot_wait(
    now: datetime, days: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (2, 5, 6, 7, 8):
        SessionFactory(visit__stage="confirmed", visit__agreed_on=date(2026, 11, 2), day=date(2026, 12, day))
    reads: list[list[int]] = []

    def nobody(sessions: Any) -> list[Party]:
        reads.append(sorted(session.day.day for session in sessions))
        return []

    monkeypatch.setattr(school_reminders, "parties_of", nobody)
    with kept_for_one_request():
        for due in (pack_due, week_due, day_before_due):
            assert list(due(now, None)) == []
    assert reads == [days]
