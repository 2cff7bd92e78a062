"""The nights on which days and hours go wrong elsewhere: people store outcomes and mail goes out across the moment itself."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.drill import MINUTE, Drill
from tests.chaos.machine import COUNTS_WITHIN
from tests.live.crowd import crowd, world
from tests.live.installation import eventually

NIGHTS = {
    "the clocks go forward": datetime(2027, 3, 28, 1, tzinfo=UTC),
    "31 July becomes 1 August": datetime(2027, 7, 31, 23, tzinfo=UTC),
    "the clocks go back": datetime(2027, 10, 31, 1, tzinfo=UTC),
    "29 February begins": datetime(2028, 2, 29, tzinfo=UTC),
    "29 February ends": datetime(2028, 3, 1, tzinfo=UTC),
}
"""In this order, since time goes on. In London 31 July ends at 23:00 UTC."""
BEFORE = timedelta(seconds=40)
"""The time is set so long before: then the processes must find their feet, and people come."""
AFTER = timedelta(seconds=12)


@pytest.mark.parametrize("night", NIGHTS)
def test_across_the_moment_nothing_is_lost_or_done_twice(drill: Drill, night: str) -> None:
    moment = NIGHTS[night]
    for side in (drill.database_time, drill.site_time):
        side.set_to(moment - BEFORE)
    began = time.time()
    time.sleep(COUNTS_WITHIN.total_seconds())
    number = list(NIGHTS).index(night) + 1
    [reporters] = world(drill.site, "reporters(4, 40)", begin_at=1_000 * number)
    eventually(drill.is_well, seconds=MINUTE)
    well = time.time() - began
    with crowd(drill.site, f"night-{number}") as people:
        for cookie, work in reporters:
            people.come("report", cookie=cookie, work=work, pause=1)
        drill.site.write_mail(f"before {night}", 3)
        eventually(lambda: drill.site_time.now > moment + timedelta(seconds=2))
        drill.site.write_mail(f"after {night}", 3)
        eventually(lambda: drill.site_time.now > moment + AFTER)
        people.leave()
        assert len(people.outcomes()) > len(reporters), "they stored outcomes"
        drill.check_outcomes(people)
    drill.check_mail()
    eventually(drill.is_well, seconds=MINUTE)
    assert drill.site.postgres.rows("SELECT name, outcome FROM schools_periodicjob WHERE failures > 0") == []
    late = "SELECT name, due_at FROM schools_periodicjob WHERE due_at > %s OR (taken_by = '' AND due_at < %s)"
    now = drill.site_time.now
    assert drill.site.postgres.rows(late, now + timedelta(hours=25, minutes=1), now - timedelta(minutes=1)) == []
    drill.lines.append(f"{night:<45}{'not to be seen':>16}{well:>8.0f} s")
