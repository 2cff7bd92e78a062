"""Which backups are kept: the newest of each of the last days, weeks and months."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.backups.files import kept, moment_of, name_of
from tests.profiles import examples

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def naive(moments: list[datetime], *, days: int, weeks: int, months: int) -> set[datetime]:
    """The same in the plainest way."""
    keep = {max(moments)} if moments else set()
    for number, span_of in (
        (days, lambda moment: moment.date()),
        (weeks, lambda moment: moment.date() - timedelta(days=moment.weekday())),
        (months, lambda moment: (moment.year, moment.month)),
    ):
        for span in sorted({span_of(moment) for moment in moments}, reverse=True)[:number]:
            keep.add(max(moment for moment in moments if span_of(moment) == span))
    return keep


@given(st.lists(st.integers(0, 24 * 400), max_size=60), st.integers(0, 9), st.integers(0, 6), st.integers(0, 8))
@settings(max_examples=examples(40), deadline=None)
def test_the_newest_of_each_of_the_last_days_weeks_and_months_is_kept(
    hours: list[int], days: int, weeks: int, months: int
) -> None:
    moments = [NOON - timedelta(hours=hour) for hour in hours]
    assert kept(moments, days=days, weeks=weeks, months=months) == naive(moments, days=days, weeks=weeks, months=months)


def test_a_nightly_backup_for_a_year_keeps_seven_days_four_weeks_and_six_months() -> None:
    nights = [NOON - timedelta(days=day) for day in range(366)]
    keep = kept(nights, days=7, weeks=4, months=6)
    assert len(keep) == 7 + 2 + 5  # some are the newest of a day, a week and a month at once
    assert min(keep) == datetime(2026, 6, 30, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("vendor", ["sqlite", "postgresql"])
def test_a_name_tells_the_moment(vendor: str, tmp_path: object) -> None:
    from pathlib import Path

    assert moment_of(Path("/somewhere") / name_of(NOON, vendor)) == NOON
    assert moment_of(Path("/somewhere/erasures.csv")) is None
