"""The states of the map of schools: against a naive walk, and of one mind with the table and with who is due."""

from dataclasses import replace
from datetime import date, time

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.periods import AcademicYear
from schools.planning.cycle import Priority
from schools.planning.queries.due_list import due
from schools.reach.queries import reach
from schools.reach.queries.coverage import State, coverage
from schools.reach.rows import Cut
from tests import factories
from tests.profiles import examples
from tests.reach.examples import delivered, place_of
from tests.reach.histories import histories
from tests.reach.naive import ADULTS, History, Wanted
from tests.reach.stored import Country

LATER = date(2027, 11, 24)


def naive_states(history: History, wanted: Wanted) -> dict[State, int]:
    """Walk through all sessions once for each chain that stands; only those for adults do not count for the cycle."""
    visited, states = history.in_cycle(wanted), dict.fromkeys(State, 0)
    for chain in history.in_area(wanted):
        ever = any(
            chain in {history.schools[school].chain for school in (meeting.host, *(count.school for count in meeting.headcounts))}
            for meeting in history.meetings
            if meeting.stage == "delivered" and meeting.kind not in ADULTS and meeting.day <= history.last_day
        )
        states[State.VISITED if chain in visited else State.DUE if ever else State.NEVER] += 1
    return states


@st.composite
def open_schools(draw: st.DrawFn) -> History:
    """A history whose schools all stand, also two of one chain, and have few sessions: most have none in their cycle."""
    history = draw(histories(most=4))
    for school in history.schools:
        school.sector, school.status, school.ages, school.opened, school.closed = "mainstream", "open", (4, 11), None, None
    return history


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(24))
@given(history=open_schools(), start=st.sampled_from((2024, 2025, 2026)), areas=st.sampled_from((None, None, {"Valley"})))
def test_the_map_says_of_each_chain_what_a_naive_walk_says(history: History, start: int, areas: set[str] | None) -> None:
    year = AcademicYear(start)
    with transaction.atomic():
        Country(history)
        chosen = None if areas is None else models.Area.objects.filter(name__in=areas)
        covered = coverage(year, as_of=history.as_of, areas=chosen)
        transaction.set_rollback(True)
    of_year = replace(history, first_day=year.first_day, last_day=year.last_day)
    assert covered.states == naive_states(of_year, lambda spot, _: areas is None or spot.area in areas)


def state_of_the_only_school(start: int) -> State:
    """What the map of the year says of the only school that stands."""
    states = coverage(AcademicYear(start), as_of=LATER).states
    [state] = [state for state, number in states.items() if number]
    return state


def priority_of(school: models.School, start: int) -> Priority:
    [row] = due(models.School.objects.filter(pk=school.pk), on=AcademicYear(start).last_day)
    return row.standing.priority


@pytest.mark.django_db
@pytest.mark.parametrize("counts", [{5: 31}, {5: None}, {}])
@pytest.mark.parametrize("kind", ["ks2-assembly", "online-ks2"])
def test_a_school_whose_only_session_was_before_its_cycle_is_due_again(kind: str, counts: dict[int, int | None]) -> None:
    school = factories.SchoolFactory(area=factories.AreaFactory())
    delivered(school, kind, date(2022, 10, 5), time(9, 0), counts)
    seen = [(state_of_the_only_school(start), priority_of(school, start)) for start in (2022, 2023, 2024, 2025)]
    assert seen == [
        (State.VISITED, Priority.NOT_YET), (State.VISITED, Priority.NOT_YET),
        (State.DUE, Priority.DUE), (State.DUE, Priority.OVERDUE),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_host_in_whose_sessions_guests_alone_sat_is_due_again_after_its_cycle() -> None:
    host, guest = factories.SchoolFactory(area=factories.AreaFactory()), factories.SchoolFactory(sector="special")
    session = delivered(host, "ks2-assembly", date(2022, 10, 5), time(9, 0), {})
    factories.HeadcountFactory(session=session, school=guest, year_group=5, pupils=31, **place_of(host))
    assert [state_of_the_only_school(start) for start in (2023, 2024)] == [State.VISITED, State.DUE]
    assert [priority_of(host, start) for start in (2023, 2024)] == [Priority.NOT_YET, Priority.DUE]


@pytest.mark.django_db
@pytest.mark.parametrize("is_first_longer", [True, False])
def test_a_chain_with_two_open_entries_is_in_its_cycle_on_the_map_where_it_is_in_the_table(*, is_first_longer: bool) -> None:
    cycles = (3, 1) if is_first_longer else (1, 3)
    one, other = (factories.SchoolFactory(area=factories.AreaFactory(cycle_years=years)) for years in cycles)
    models.School.objects.filter(pk__in=(one.pk, other.pk)).update(chain=one.pk, lineage=one.pk)
    delivered(one, "ks2-assembly", date(2025, 10, 6), time(9, 0), {5: 31})
    year = AcademicYear(2026)
    table = reach(year.period, by=Cut.NATION, as_of=date(2026, 11, 24))
    assert (table.total.schools_in_area, table.total.schools_visited_in_cycle) == (1, 1)
    assert coverage(year, as_of=date(2026, 11, 24)).states == {State.VISITED: 1, State.DUE: 0, State.NEVER: 0}
