"""`manage.py import_areas`: which area holds which authority on which days, whatever the order of the rows."""

import random
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.directory.holdings import FirstDay, Holding, without_overlaps
from schools.directory.queries import places_on
from schools.models import Area, AreaAuthority, Authority, Region
from tests import factories
from tests.directory.own_files import numbers, reasons, run, written
from tests.profiles import examples

pytestmark = pytest.mark.django_db

HEADER = "region,area,nation,authority_gss,from_day,to_day"
CUMBERLAND, WESTMORLAND = "E06000063", "E06000064"


def held(gss: str) -> list[tuple[str, FirstDay, FirstDay]]:
    """The areas that hold the authority, from when to when."""
    rows = AreaAuthority.objects.filter(authority__gss=gss).order_by("from_day", "pk")
    holdings = [(row.area.name, row.from_day, row.to_day) for row in rows.select_related("area")]
    return sorted(holdings, key=lambda holding: holding[1] or date.min)


def imported(folder: Path, *lines: str) -> tuple[int, ...]:
    return numbers(run("import_areas", written(folder, HEADER, *lines)))


@pytest.fixture(autouse=True)
def authorities() -> None:
    for gss in (CUMBERLAND, WESTMORLAND):
        factories.AuthorityFactory(gss=gss, name=f"Authority {gss}")


def test_regions_areas_and_holdings_are_made_and_twice_changes_nothing(tmp_path: Path) -> None:
    lines = (f"North,Lakes,england,{CUMBERLAND},,", f"North,Lakes,england,{WESTMORLAND},01/04/2023,2025-03-31")
    told = run("import_areas", written(tmp_path, HEADER, *lines))
    assert numbers(told) == (2, 0, 0, 0, 0, 0)
    assert (told["areas_created"], told["regions_created"], told["areas_gone"]) == (1, 1, 0)
    assert held(CUMBERLAND) == [("Lakes", None, None)]
    assert held(WESTMORLAND) == [("Lakes", date(2023, 4, 1), date(2025, 3, 31))]
    before = list(AreaAuthority.objects.values()), list(Area.objects.values()), list(Region.objects.values())
    assert imported(tmp_path, *lines) == (0, 0, 2, 0, 0, 0)
    assert before == (list(AreaAuthority.objects.values()), list(Area.objects.values()), list(Region.objects.values()))


def test_a_dry_run_tells_the_same_and_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER, f"North,Lakes,england,{CUMBERLAND},,")
    told = run("import_areas", path, "--dry-run")
    assert (AreaAuthority.objects.count(), Area.objects.count(), Region.objects.count()) == (0, 0, 0)
    assert run("import_areas", path) == told


def test_a_holding_ends_the_day_before_the_next_begins(tmp_path: Path) -> None:
    imported(tmp_path, f"North,Lakes,england,{CUMBERLAND},,")
    assert imported(tmp_path, f"North,Coast,england,{CUMBERLAND},2026-09-01,") == (1, 0, 0, 1, 0, 0)
    assert held(CUMBERLAND) == [("Lakes", None, date(2026, 8, 31)), ("Coast", date(2026, 9, 1), None)]


def test_a_row_takes_the_place_of_a_holding_with_the_same_first_day(tmp_path: Path) -> None:
    imported(tmp_path, f"North,Lakes,england,{CUMBERLAND},,2025-07-31", f"North,Coast,england,{CUMBERLAND},2025-08-01,")
    assert imported(tmp_path, f"North,Hills,england,{CUMBERLAND},2025-08-01,") == (0, 1, 0, 0, 0, 0)
    assert held(CUMBERLAND) == [("Lakes", None, date(2025, 7, 31)), ("Hills", date(2025, 8, 1), None)]
    assert set(Area.objects.values_list("name", flat=True)) == {"Lakes", "Coast", "Hills"}


def test_a_blank_last_day_erases_none_that_is_known(tmp_path: Path) -> None:
    imported(tmp_path, f"North,Lakes,england,{CUMBERLAND},,2025-07-31")
    assert imported(tmp_path, f"North,Lakes,england,{CUMBERLAND},,") == (0, 0, 1, 0, 0, 0)
    assert held(CUMBERLAND) == [("Lakes", None, date(2025, 7, 31))]


def test_an_automatic_area_left_empty_goes_unless_somebody_needs_it(tmp_path: Path) -> None:
    region = factories.RegionFactory()
    empty, needed = (Area.objects.create(region=region, name=name, automatic=True) for name in ("Empty", "Needed"))
    factories.AreaAuthorityFactory(area=empty, authority__gss="E06000001")
    factories.AreaAuthorityFactory(area=needed, authority__gss="E06000002")
    factories.coordinator_of(needed)
    told = run("import_areas", written(tmp_path, HEADER, "North West,Lakes,,E06000001,,", "North West,Lakes,,E06000002,,"))
    assert (numbers(told), told["areas_gone"]) == ((0, 2, 0, 0, 0, 0), 1)
    assert set(Area.objects.values_list("name", flat=True)) == {"Lakes", "Needed"}
    assert [row[0] for row in held("E06000001")] == ["Lakes"]


def test_an_automatic_area_that_held_something_once_stays_for_the_figures_of_then(tmp_path: Path) -> None:
    area = Area.objects.create(region=factories.RegionFactory(), name="Old", automatic=True)
    school = factories.SchoolFactory(area=area, authority=factories.AuthorityFactory(gss="E06000003"))
    factories.AreaAuthorityFactory(area=area, authority=school.authority)
    imported(tmp_path, "North West,New,england,E06000003,2026-09-01,")
    days = [(school.pk, date(2026, 8, 31)), (school.pk, date(2026, 9, 1))]
    places = places_on(days)
    names = dict(Area.objects.values_list("pk", "name"))
    assert [names.get(places[day].area_id or 0) for day in days] == ["Old", "New"]


def test_an_automatic_area_that_the_file_names_is_the_charitys_own_from_then_on(tmp_path: Path) -> None:
    area = Area.objects.create(region=factories.RegionFactory(), name="Lakes", automatic=True)
    assert imported(tmp_path, f"north west,LAKES,england,{CUMBERLAND},,") == (1, 0, 0, 0, 0, 0)
    area.refresh_from_db()
    assert (area.automatic, area.name, Area.objects.count()) == (False, "Lakes", 1)


def test_a_row_without_region_means_the_only_area_of_its_name(tmp_path: Path) -> None:
    factories.AreaFactory(name="Lakes")
    told = run("import_areas", written(tmp_path, HEADER, f",Lakes,,{CUMBERLAND},,", f",Coast,,{WESTMORLAND},,"))
    assert numbers(told) == (1, 0, 0, 0, 0, 1)
    assert reasons(told) == [
        (3, WESTMORLAND, "There is no area called “Coast” in England, and region is blank. Give the region.")
    ]


def test_a_refused_row_brings_no_authority(tmp_path: Path) -> None:
    lines = (f"North,Lakes,,{CUMBERLAND},,", ",Nowhere,,E10000021,,")  # Northamptonshire of before, which no register brought
    assert imported(tmp_path, *lines) == (1, 0, 0, 0, 0, 1)
    assert set(Authority.objects.values_list("gss", flat=True)) == {CUMBERLAND, WESTMORLAND}


def test_rows_that_contradict_each_other_are_all_refused_and_a_repeated_one_is_ignored(tmp_path: Path) -> None:
    told = run(
        "import_areas",
        written(
            tmp_path,
            HEADER,
            f"North,Lakes,england,{CUMBERLAND},,",
            f"North,Coast,england,{CUMBERLAND},,",
            f"North,Coast,england,{WESTMORLAND},,",
            f"North,Coast,england,{WESTMORLAND},,",
        ),
    )
    assert numbers(told) == (1, 0, 0, 0, 1, 2)
    assert reasons(told)[0] == (2, CUMBERLAND, "It contradicts line 3, so none of them was used. Leave one of them.")
    assert held(CUMBERLAND) == []


def test_overlapping_rows_are_cut_where_the_next_begins_and_told(tmp_path: Path) -> None:
    told = run(
        "import_areas",
        written(
            tmp_path,
            HEADER,
            f"North,Coast,england,{CUMBERLAND},2024-09-01,",
            f"North,Lakes,england,{CUMBERLAND},2020-09-01,2025-08-31",
        ),
    )
    assert reasons(told, of="left_out") == [
        (3, CUMBERLAND, "Another holding begins before 2025-08-31, so this one ends on 2024-08-31, the day before that.")
    ]
    assert held(CUMBERLAND) == [("Lakes", date(2020, 9, 1), date(2024, 8, 31)), ("Coast", date(2024, 9, 1), None)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("North,Lakes,england,E06009999,,", "No authority has the GSS code E06009999"),
        ("North,Lakes,england,,,", "authority_gss is blank"),
        (f"North,,england,{CUMBERLAND},,", "area has 0 characters"),
        (f"North,Lakes,atlantis,{CUMBERLAND},,", "nation is “atlantis”"),
        (f"North,Lakes,wales,{CUMBERLAND},,", "is in England and the row says Wales"),
        (f"North,Lakes,england,{CUMBERLAND},2025-13-01,", "from_day is “2025-13-01”, which is no date"),
        (f"North,Lakes,england,{CUMBERLAND},2025-08-01,2025-07-31", "to_day 2025-07-31 is before from_day"),
        (f"North,Lakes,england,{CUMBERLAND}", "The row has 4 cells and the header 6"),
    ],
)
def test_a_row_that_cannot_be_used_is_listed_and_the_rest_is_stored(tmp_path: Path, line: str, words: str) -> None:
    told = run("import_areas", written(tmp_path, HEADER, line, f"North,Coast,england,{WESTMORLAND},,"))
    assert numbers(told) == (1, 0, 0, 0, 0, 1)
    assert words in told["refused"][0]["reason"]
    assert told["refused"][0]["line"] == 2
    assert held(WESTMORLAND) == [("Coast", None, None)]


DAYS = st.none() | st.dates(date(2023, 1, 1), date(2023, 1, 12))
DECLARED = st.dictionaries(DAYS, st.tuples(st.sampled_from("ABC"), DAYS), min_size=1, max_size=5).map(
    lambda rows: {
        first: Holding(area, last if last and last >= (first or date.min) else None) for first, (area, last) in rows.items()
    }
)


@given(declared=DECLARED, day=st.dates(date(2022, 12, 25), date(2023, 1, 20)))
@settings(max_examples=examples(200), deadline=None)
def test_the_area_of_a_day_is_the_one_declared_last_before_it(declared: dict[FirstDay, Holding[str]], day: date) -> None:
    # The naive computation: the latest row that has begun by then holds, unless its last day has passed.
    begun = [first for first in declared if first is None or first <= day]
    latest = max(begun, key=lambda first: first or date.min, default="none")
    row = declared.get(latest)  # type: ignore[arg-type]  # "none" is no key
    naive = row.area if row and (row.to_day is None or day <= row.to_day) else None
    holding = [
        one.area
        for first, one in without_overlaps(declared).items()
        if (first is None or first <= day) and (one.to_day is None or day <= one.to_day)
    ]
    assert holding == ([naive] if naive else [])


@given(rows=DECLARED, stored=DECLARED, chance=st.randoms(use_true_random=False))
@settings(max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_of_rows_gives_the_same_holdings(
    tmp_path: Path, rows: dict[FirstDay, Holding[str]], stored: dict[FirstDay, Holding[str]], chance: random.Random
) -> None:
    lines = [f"North,{holding.area},england,{CUMBERLAND},{first or ''},{holding.to_day or ''}" for first, holding in rows.items()]
    before = [
        f"North,{holding.area},england,{CUMBERLAND},{first or ''},{holding.to_day or ''}" for first, holding in stored.items()
    ]
    found = []
    for order in (lines, chance.sample(lines, len(lines))):
        AreaAuthority.objects.all().delete()
        imported(tmp_path, *before)
        imported(tmp_path, *order)
        found.append(held(CUMBERLAND))
        assert imported(tmp_path, *order)[:2] == (0, 0)
    assert found[0] == found[1]
    for (_, _, to_day), (_, from_day, _) in zip(found[0], found[0][1:], strict=False):
        assert from_day is not None
        assert to_day is not None
        assert to_day <= from_day - timedelta(days=1)
