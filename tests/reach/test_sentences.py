"""The sentence that people copy."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schools.core.periods import Period
from schools.reach.queries import sentence
from schools.reach.rows import Cut, ReachRow, ReachTable

STAMP = "As of 24 November 2026, 08:50; definitions 2."


def row(period: Period, area: str = "", **numbers: Any) -> ReachRow:
    return ReachRow(
        period=period.name,
        first_day=period.first_day,
        last_day=period.last_day,
        nation="england",
        region="",
        area=area,
        authority_gss="",
        authority="",
        **numbers,
    )


def table(*areas: str, period: str = "2025/26", by: Cut = Cut.AREA, **numbers: Any) -> ReachTable:
    asked = Period.parse(period)
    rows = [row(asked, area, schools_visited=1) for area in areas]
    return ReachTable(asked, by, date(2026, 11, 24), rows, row(asked, "TOTAL", **numbers))


def test_the_sentence_of_the_design(now: datetime) -> None:
    figures = table(
        "Northamptonshire",
        schools_visited=80,
        schools_online_only=12,
        pupils_reached=23410,
        pupils_reached_low=21900,
        pupils_reached_high=24600,
        has_rolls=True,
        pupils_in_person=20100,
        pupils_online=6120,
        outcomes_missing=7,
        counts_missing=4,
        attendances_estimated=2180,
    )
    assert sentence(figures, now=now) == (
        "In 2025/26 we reached about 23,410 pupils (at least 21,900, at most 24,600 by the rolls), each counted once per "
        "school year, in 92 schools (12 online only) in Northamptonshire: 20,100 in person, 6,120 online; some had both. "
        "Provisional: 7 sessions not yet reported, 4 without a count; "
        f"2,180 of the attendances are estimates. {STAMP}"
    )


def test_one_of_everything_is_singular(now: datetime) -> None:
    figures = table(
        "Cumbria",
        schools_visited=1,
        pupils_reached=1,
        pupils_reached_low=1,
        pupils_in_person=1,
        outcomes_missing=1,
        counts_missing=1,
        attendances_estimated=1,
    )
    assert sentence(figures, now=now) == (
        "In 2025/26 we reached at least 1 pupil, counted once per school year, in 1 school in Cumbria, all in person. "
        f"Provisional: 1 session not yet reported, 1 without a count; 1 of the attendances is an estimate. {STAMP}"
    )


def test_nothing_missing_is_not_provisional(now: datetime) -> None:
    figures = table("Cumbria", schools_online_only=2, pupils_reached=50, pupils_reached_low=50, pupils_online=50)
    assert sentence(figures, now=now) == (
        "In 2025/26 we reached at least 50 pupils, each counted once per school year, in 2 schools in Cumbria, all online. "
        f"{STAMP}"
    )


def test_only_counts_missing_says_of_what(now: datetime) -> None:
    figures = table("Cumbria", schools_visited=2, pupils_reached=50, pupils_reached_low=50, pupils_in_person=50, counts_missing=2)
    assert " Provisional: 2 sessions without a count. " in sentence(figures, now=now)


def test_nobody_had_both_where_the_channels_add_up(now: datetime) -> None:
    figures = table("Cumbria", schools_visited=2, pupils_reached=50, pupils_reached_low=50, pupils_in_person=30, pupils_online=20)
    assert ": 30 in person, 20 online. As of" in sentence(figures, now=now)


def test_several_places_are_counted(now: datetime) -> None:
    figures = table("Cumbria", "Devon", schools_visited=2, pupils_reached=50, pupils_reached_low=50, pupils_in_person=50)
    assert " in 2 schools in 2 areas, all in person." in sentence(figures, now=now)


@pytest.mark.parametrize("areas", [("Highland", ""), ("Highland", "Moray", "")])
def test_no_place_is_named_where_some_of_the_schools_are_in_none(areas: tuple[str, ...], now: datetime) -> None:
    figures = table(*areas, schools_visited=12, pupils_reached=50, pupils_reached_low=50, pupils_in_person=50)
    assert ", in 12 schools, all in person." in sentence(figures, now=now)


def test_a_nation_is_named_in_full(now: datetime) -> None:
    figures = table("", by=Cut.NATION, schools_visited=1, pupils_reached=50, pupils_reached_low=50, pupils_in_person=50)
    assert " in 1 school in England, all in person." in sentence(figures, now=now)


@pytest.mark.parametrize(
    ("period", "start"),
    [
        ("2025/26..2026/27", "In 2025/26 to 2026/27 we reached"),
        ("2025/26..2025/26", "In 2025/26 we reached"),
        ("FY2025", "In April 2025 to March 2026 we reached"),
        ("2025-10-01..2025-12-19", "From 1 October 2025 to 19 December 2025 we reached"),
    ],
)
def test_every_way_to_write_a_period_is_spelt_out(period: str, start: str, now: datetime) -> None:
    figures = table("Cumbria", period=period, schools_visited=1, pupils_reached=50, pupils_reached_low=50, pupils_in_person=50)
    assert sentence(figures, now=now).startswith(start)


def test_no_pupils_is_said_plainly(now: datetime) -> None:
    assert sentence(table(outcomes_missing=3), now=now) == (
        f"In 2025/26 no pupils were counted. Provisional: 3 sessions not yet reported. {STAMP}"
    )


def test_the_hour_is_the_charitys_own() -> None:
    in_summer = datetime(2026, 6, 1, 8, 50, tzinfo=UTC)
    assert "As of 1 June 2026, 09:50;" in sentence(table(), now=in_summer)


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ((21_900, 23_410, 24_600, True, False), "about 23,410 pupils (at least 21,900, at most 24,600 by the rolls),"),
        (
            (21_900, 23_410, 24_600, True, True),
            "about 23,410 pupils (at least 21,900, at most 24,600 by the rolls, and more where nobody counted),",
        ),
        ((21_900, 21_900, 24_600, True, False), "at least 21,900 pupils (at most 24,600 by the rolls),"),
        ((21_900, 21_900, 21_900, True, False), "at least 21,900 pupils,"),
        # Where no exact roll is known, at most would be no more than a guess.
        (
            (21_900, 23_410, 24_600, False, True),
            "at least 21,900 pupils (about 23,410 if no session was given twice to the same children),",
        ),
        ((21_900, 21_900, 24_600, False, False), "at least 21,900 pupils,"),
        ((0, 40, 40, False, False), "about 40 pupils by estimates alone,"),
        ((None, 40, None, False, None), "at least 40 pupils,"),
    ],
)
def test_the_three_numbers_of_pupils(numbers: tuple[Any, ...], words: str, now: datetime) -> None:
    low, about, high, has_rolls, is_open = numbers
    figures = table(
        pupils_reached_low=low, pupils_reached=about, pupils_reached_high=high, has_rolls=has_rolls, high_is_open=is_open
    )
    assert sentence(figures, now=now).startswith(f"In 2025/26 we reached {words} each counted once per school year")


def test_the_first_definitions_say_which_they_are(now: datetime) -> None:
    figures = table(pupils_reached=50, pupils_reached_low=None, pupils_reached_high=None, definitions=1)
    assert sentence(figures, now=now).endswith("definitions 1.")


def test_a_part_says_that_it_is_one_since_the_sentence_is_copied_alone(now: datetime) -> None:
    figures = table("Cumbria", schools_visited=1, pupils_reached=30, pupils_in_person=30)
    assert "This is a part" not in sentence(figures, now=now)
    words = sentence(figures, now=now, filters=["Year 5"], areas=["Cumbria"])
    assert words.endswith(f" This is a part: Year 5; in Cumbria alone. {STAMP}")
