"""Reach by fifth of deprivation: a row says what the table filtered to that fifth says, each nation by itself."""

from dataclasses import asdict
from datetime import date, time

import pytest
from django.db import transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from schools import models
from schools.core.periods import Period
from schools.reach.figures import BY_NAME
from schools.reach.filters import Filters
from schools.reach.picture_of_fifths import by_fifth
from schools.reach.queries import behind, reach
from schools.reach.rows import Cut, ReachRow
from tests import factories
from tests.profiles import examples
from tests.reach.examples import delivered
from tests.reach.histories import histories
from tests.reach.naive import History
from tests.reach.stored import Country
from tests.reach.test_queries import ask

NOT_FILTERED = {"schools_visited_in_cycle", "cycle_coverage_percent", "schools_whole_programme"}
"""Blank in a filtered table."""
YEAR, ON = Period.parse("2025/26"), date(2026, 11, 24)


def figures(row: ReachRow) -> dict[str, object]:
    return {name: value for name, value in asdict(row).items() if name in BY_NAME and name not in NOT_FILTERED}


@pytest.mark.django_db
@settings(deadline=None, max_examples=examples(6))
@given(history=histories(), chosen=st.lists(st.sampled_from((None, 1, 2, 5)), min_size=6, max_size=6))
def test_a_row_is_what_its_nation_says_filtered_to_that_fifth(history: History, chosen: list[int | None]) -> None:
    with transaction.atomic():
        country = Country(history)
        for school, fifth in zip(country.schools, chosen, strict=True):
            models.School.objects.filter(pk=school.pk).update(fifth=fifth)
        table = ask(history, Cut.FIFTH, None, Filters())
        whole = ask(history, Cut.NATION, None, Filters())
        filtered = {fifth: ask(history, Cut.NATION, None, Filters(fifths=frozenset({fifth}))) for fifth in (1, 2, 5)}
        transaction.set_rollback(True)

    assert figures(table.total) == figures(whole.total)
    by_cell = {row.cell: row for row in table.rows}
    for fifth, of_fifth in filtered.items():
        rows = {f"{row.nation}.{fifth}": figures(row) for row in of_fifth.rows}
        assert {cell: figures(row) for cell, row in by_cell.items() if row.kind == str(fifth)} == rows
    assert sum(row.attendances for row in table.rows) == whole.total.attendances


@pytest.fixture
def two_nations(db: None) -> dict[str, models.School]:
    schools: dict[str, models.School] = {}
    for nation, fifth, pupils in (("england", 1, 20), ("england", 5, 27), ("scotland", 1, 9), ("scotland", None, 8)):
        area = factories.AreaFactory(name=f"{nation} {fifth}")
        school = factories.SchoolFactory(nation=nation, fifth=fifth, area=area)
        on_roll = {"school": school, "academic_year": 2025, "source": "list"}
        models.Roll.objects.bulk_create(models.Roll(**on_roll, year_group=each, pupils=30 * (each == 5)) for each in range(7))
        delivered(school, "ks2-assembly", date(2025, 10, 6), time(9), {5: pupils})
        schools[f"{nation} {fifth}"] = school
    return schools


@pytest.mark.usefixtures("two_nations")
def test_each_nation_has_rows_of_its_own_and_what_is_not_known_stands_last() -> None:
    table = reach(YEAR, by=Cut.FIFTH, as_of=ON)
    assert [(row.nation, row.kind, row.schools_in_area, row.pupils_reached) for row in table.rows] == [
        ("england", "1", 1, 20), ("england", "5", 1, 27), ("scotland", "1", 1, 9), ("scotland", "unknown", 1, 8),
    ]  # fmt: skip
    assert str(table.rows[0].coverage_percent) == "66.7"
    lines = behind(YEAR, by=Cut.FIFTH, cell="scotland.none", as_of=ON).counts()
    assert [line.pupils for line in lines] == [8]
    picture = by_fifth(table)
    assert picture is not None
    assert picture.title == "Coverage in the most and in the least deprived fifth: England 66.7 % and 90.0 %"
    assert [row[0] for row in picture.rows] == ["England", "England", "Scotland"]
    assert "<svg" in picture.svg


@pytest.mark.django_db
def test_a_school_that_was_visited_under_a_number_without_a_fifth_counts_as_visited_in_its_fifth() -> None:
    area = factories.AreaFactory()
    before = factories.SchoolFactory(area=area, fifth=None, status="closed", closed=date(2026, 1, 1), chain=77)
    factories.SchoolFactory(area=area, fifth=1, chain=77)
    delivered(before, "ks2-assembly", date(2025, 10, 6), time(9), {5: 20})
    in_fifth = next(row for row in reach(YEAR, by=Cut.FIFTH, as_of=ON).rows if row.kind == "1")
    fifths = Filters(fifths=frozenset({1}))
    filtered = reach(YEAR, by=Cut.NATION, as_of=ON, filters=fifths)
    assert figures(in_fifth) == figures(filtered.rows[0]) == figures(filtered.total)
    assert (str(in_fifth.school_coverage_percent), in_fifth.pupils_reached) == ("100.0", 0)
    lines = behind(YEAR, by=Cut.NATION, cell="england", as_of=ON, filters=fifths).chains_standing()
    assert [(line.chain, line.visited) for line in lines] == [(77, True)]


@pytest.mark.usefixtures("two_nations")
def test_page_csv_and_due_list_know_fifths() -> None:
    client = Client()
    client.force_login(factories.manager())
    answer = client.get("/admin/reach/?period=2025/26&by=fifth")
    assert "Fifth 1, most deprived" in answer.content.decode()
    assert answer.context["picture"] is None, "fifths of two nations are never compared"
    header, *rows = client.get("/admin/reach/csv/?period=2025/26&by=fifth").getvalue().decode("utf-8-sig").splitlines()
    assert header.startswith("period,first_day,last_day,nation,region,area,authority_gss,authority,fifth,schools_in_area")
    assert [row.split(",")[8] for row in rows] == ["1", "5", "1", "unknown", "TOTAL"]
    assert client.get("/admin/reach/csv/?period=2025/26&by=fifth&public=1").status_code == 400
    due = client.get("/admin/due/?show=all&fifth=5").content.decode()
    assert "5 of 5" in due
    assert "1 of 5</td>" not in due
    filtered = client.get("/admin/reach/csv/?period=2025/26&by=nation&fifths=1").getvalue().decode("utf-8-sig").splitlines()
    assert [row.split(",")[3] for row in filtered[1:]] == ["england", "scotland", "TOTAL"]


@pytest.mark.usefixtures("two_nations")
def test_fifths_are_todays_for_every_period_and_the_page_names_the_index() -> None:
    client = Client()
    client.force_login(factories.manager())
    for code, nation, year in (("E01000001", "england", 2025), ("S01000001", "scotland", 2020)):
        models.Deprivation.objects.create(small_area=code, nation=nation, fifth=1, year=year)
    words = (
        "Fifths are those of today for every period: England by its index of 2025 and Scotland by its index of 2020. So years "
        "can be compared; a newer index, or a school that moves, changes all of them."
    )
    for query in ("by=fifth", "by=area&fifths=1"):
        assert words in client.get(f"/admin/reach/?period=2025/26&{query}").content.decode()
    assert "Fifths are those" not in client.get("/admin/reach/?period=2025/26&by=area").content.decode()
    assert words in client.get("/admin/reach/pictures/?year=2025/26").content.decode()
    before = reach(YEAR, by=Cut.FIFTH, as_of=ON)
    models.School.objects.filter(fifth=1, nation="england").update(fifth=2)
    after = reach(YEAR, by=Cut.FIFTH, as_of=ON)
    assert [(row.nation, row.kind) for row in before.rows][:2] == [("england", "1"), ("england", "5")]
    assert [(row.nation, row.kind) for row in after.rows][:2] == [("england", "2"), ("england", "5")]
    assert before.rows[0].pupils_reached == after.rows[0].pupils_reached
