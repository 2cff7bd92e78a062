"""What is behind a cell adds up to it, by the rule that is shown."""

from datetime import date

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.core.periods import Period
from schools.programme.models import Audience
from schools.reach.figures import BY_NAME
from schools.reach.filters import Filters
from schools.reach.queries import Behind, a_year_before, behind, reach
from schools.reach.rows import Cut, ReachRow, one_decimal, percent
from tests.profiles import examples
from tests.reach.histories import histories
from tests.reach.naive import History
from tests.reach.stored import Country
from tests.reach.test_queries import ask

CUTS = (
    (Cut.AREA, None), (Cut.AUTHORITY, None), (Cut.NATION, None), (Cut.TYPE, None), (Cut.MONTH, Cut.AREA),
    (Cut.YEAR_GROUP, Cut.NATION), (Cut.CHANNEL, Cut.AUTHORITY), (Cut.SECTOR, None), (Cut.LANGUAGE, Cut.REGION),
)  # fmt: skip


def of_lineages(found: Behind) -> dict[str, int]:
    names = (
        "attendances", "attendances_estimated", "pupils_reached", "pupils_reached_low", "pupils_reached_high", "pupils_in_person",
        "pupils_online", "children_reached", "children_reached_low",
    )  # fmt: skip
    drill_downs = {name: BY_NAME[name].drill_down for name in names}
    return {name: sum(map(drill_down.adds, found.lines(drill_down))) for name, drill_down in drill_downs.items()}


def of_sessions(found: Behind) -> dict[str, object]:
    held = list(found.sessions.select_related("type"))
    covers = list(found.covers.select_related("session"))
    minutes = sum(cover.session.minutes for cover in covers)
    minutes += 45 * len({(cover.volunteer_id, cover.session.visit_id, cover.session.day) for cover in covers})
    return {
        "sessions_delivered": len(held),
        "adults": sum(one.adults or 0 for one in held if one.type.audience == Audience.ADULTS),
        "outcomes_missing": found.outcomes_missing.count(),
        "counts_missing": found.counts_missing.count(),
        "volunteers_active": len({cover.volunteer_id for cover in covers if cover.role in {"lead", "presenter"}}),
        "volunteer_hours": one_decimal(minutes, 60),
        "schools_visited": len(found.visited),
        "schools_online_only": len(found.online_only),
    }


def of_schools(found: Behind) -> dict[str, object]:
    schools = found.schools()
    chains, visited = {one.chain for one in schools}, {one.chain for one in schools if one.visited}
    known = [one.roll for one in schools if one.roll is not None]
    return {
        "schools_in_area": len(chains),
        "school_coverage_percent": percent(len(visited), len(chains)),
        "pupils_on_roll": sum(known) if known or not schools else None,
    }


def column(row: ReachRow, names: dict[str, object] | dict[str, int]) -> dict[str, object]:
    return {name: getattr(row, name) for name in names}


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(8))
@given(
    history=histories(),
    cut=st.sampled_from(CUTS),
    areas=st.sampled_from((None, None, {"Valley"})),
    filters=st.sampled_from((Filters(), Filters(), Filters(languages=frozenset({"en"}), year_groups=frozenset({5, 6})))),
)
def test_every_cell_is_the_sum_of_what_is_behind_it(
    history: History, cut: tuple[Cut, Cut | None], areas: set[str] | None, filters: Filters
) -> None:
    by, within = cut
    with transaction.atomic():
        country = Country(history)
        table = ask(history, by, areas, filters, within)
        chosen = None if areas is None else type(country.areas["Valley"]).objects.filter(name__in=areas)
        for row in [*table.rows, table.total]:
            found = behind(table.period, by=by, within=within, filters=filters, as_of=history.as_of, areas=chosen, cell=row.cell)
            for lines in (of_lineages(found), of_sessions(found)):
                assert lines == column(row, lines), row.cell
            if row.schools_in_area is not None and row.pupils_on_roll_estimated is not None:
                schools = of_schools(found)
                assert schools == column(row, schools), row.cell
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("by", "within", "cell"),
    [
        (Cut.AREA, None, "x"), (Cut.AREA, None, "1.2"), (Cut.AUTHORITY, None, "1"), (Cut.TYPE, None, "knitting"),
        (Cut.YEAR_GROUP, None, "five"), (Cut.MONTH, Cut.AREA, "2025-10"),
    ],
)  # fmt: skip
def test_a_cell_that_the_cut_does_not_have_is_refused(by: Cut, within: Cut | None, cell: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # what it says is for nobody
        behind(Period.parse("2025/26"), by=by, within=within, as_of=date(2026, 11, 24), cell=cell)


@pytest.mark.django_db
def test_places_are_not_cut_within_places() -> None:
    with pytest.raises(ValueError, match="Cut by a kind within a place"):
        reach(Period.parse("2025/26"), by=Cut.AREA, within=Cut.NATION, as_of=date(2026, 11, 24))


@pytest.mark.parametrize(
    ("period", "before"),
    [
        ("2025/26", "2024/25"),
        ("2024/25..2025/26", "2022/23..2023/24"),
        ("FY2025", "FY2024"),
        ("2025-10-01..2025-12-19", "2024-10-01..2024-12-19"),
        ("2024-02-01..2024-02-29", "2023-02-01..2023-02-28"),
        # Of what is not over, only as much as has passed.
        ("2026/27", "2025-08-01..2025-11-24"),
        ("FY2026", "2025-04-01..2025-11-24"),
    ],
)
def test_the_year_before(period: str, before: str) -> None:
    asked = a_year_before(Period.parse(period), as_of=date(2026, 11, 24))
    assert asked == Period.parse(before)
