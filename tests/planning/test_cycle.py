"""Who is due: the rule against a naive one that follows every child and counts the years on its fingers."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from schools.core.periods import AcademicYear
from schools.planning.cycle import Class, Priority, Record, standing

DAY = date(2026, 11, 24)

YEARS = range(2015, 2027)
records = st.builds(
    Record,
    year_groups=st.integers(0, 6).flatmap(lambda low: st.integers(low, 6).map(lambda high: range(low, high + 1))),
    last_visit=st.none() | st.dates(date(2014, 8, 1), DAY),
    reached=st.lists(st.tuples(st.sampled_from(YEARS), st.integers(0, 6)), max_size=12),
    pupils=st.dictionaries(st.integers(0, 6), st.none() | st.integers(0, 90)),
    cycle_years=st.integers(1, 4),
    ask_again_on=st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    declined_on=st.none() | st.dates(date(2025, 1, 1), DAY),
)


def naive_priority(record: Record) -> Priority:
    """Walk from the year of the last visit to this one; each cycle that goes by without a visit is one too many."""
    if record.last_visit is None:
        return Priority.NEVER
    year = date(2026, 8, 1)
    waited = 0
    while year > record.last_visit:
        year = year.replace(year=year.year - 1)
        waited += 1
    if waited < record.cycle_years:
        return Priority.NOT_YET
    return Priority.DUE if waited == record.cycle_years else Priority.OVERDUE


def naive_history(group: int) -> list[Class]:
    """Where the children of the year group sat, this year and in each year before, back to their first."""
    return [(2026 - back, group - back) for back in range(group + 1)]


@given(records)
def test_the_rule_agrees_with_the_naive_one(record: Record) -> None:
    found = standing(record, on=DAY)
    assert found.priority == naive_priority(record)
    unreached = [group for group in record.year_groups if not set(naive_history(group)) & set(record.reached)]
    assert list(found.never_reached) == unreached
    known = [record.pupils[group] for group in unreached if record.pupils.get(group) is not None]
    assert (found.pupils_to_gain or 0) == sum(pupils or 0 for pupils in known)
    assert (found.pupils_to_gain is None) == (bool(unreached) and not known)
    assert found.gain_is_whole == (len(known) == len(unreached))


def test_a_school_is_due_again_in_the_academic_year_that_ends_its_cycle() -> None:
    visited = {year: Record(range(7), last_visit=date(year, 11, 3)) for year in (2023, 2024, 2025, 2026)}
    priorities = {year: standing(record, on=DAY).priority for year, record in visited.items()}
    assert priorities == {2023: Priority.OVERDUE, 2024: Priority.DUE, 2025: Priority.NOT_YET, 2026: Priority.NOT_YET}
    assert [standing(record, on=DAY).years_since for record in visited.values()] == [3, 2, 1, 0]


def test_a_cycle_of_three_years_waits_a_year_longer() -> None:
    record = Record(range(7), last_visit=date(2024, 11, 3), cycle_years=3)
    assert standing(record, on=DAY).priority == Priority.NOT_YET


def test_the_first_of_august_begins_another_year() -> None:
    assert standing(Record(range(7), last_visit=date(2024, 7, 31)), on=DAY).priority == Priority.OVERDUE
    assert standing(Record(range(7), last_visit=date(2024, 8, 1)), on=DAY).priority == Priority.DUE


def test_children_reached_in_an_earlier_year_group_are_reached() -> None:
    record = Record(range(7), reached=[(2024, 3)], pupils={5: 30, 6: 31})
    assert 5 not in standing(record, on=DAY).never_reached
    assert 3 in standing(record, on=DAY).never_reached


def test_what_nobody_knows_is_not_nought() -> None:
    assert standing(Record([5]), on=DAY).pupils_to_gain is None
    assert standing(Record([5], reached=[(2026, 5)]), on=DAY).pupils_to_gain == 0
    part = standing(Record([5, 6], pupils={5: 30}), on=DAY)
    assert (part.pupils_to_gain, part.gain_is_whole) == (30, False)


def test_a_school_waits_until_the_day_it_named() -> None:
    record = Record(range(7), ask_again_on=date(2027, 1, 11), declined_on=DAY)
    assert standing(record, on=DAY).waits_until == date(2027, 1, 11)
    assert standing(record, on=date(2027, 1, 11)).waits_until is None


def test_a_school_that_declined_without_naming_a_day_is_left_for_the_rest_of_the_year() -> None:
    record = Record(range(7), declined_on=DAY)
    assert standing(record, on=DAY).waits_until == AcademicYear(2027).first_day
    assert standing(record, on=AcademicYear(2027).first_day).waits_until is None
