"""What is published: which tables are at all, and what is hidden in them, from the page to the file."""

import csv
from calendar import monthrange
from collections import defaultdict
from datetime import date, time, timedelta
from io import BytesIO, StringIO
from itertools import combinations_with_replacement, product
from typing import Any

import openpyxl
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import Period
from schools.core.snapshot import snapshot
from schools.reach.actions import make_token
from schools.reach.filters import EVERYTHING, Filters
from schools.reach.queries import hidden_in_public, reach
from schools.reach.rows import Cut
from schools.reach.rules import reasons_not_to_publish
from tests import factories
from tests.reach.examples import delivered

pytestmark = pytest.mark.django_db
AS_OF = date(2026, 11, 24)
YEAR = Period.parse("2025/26")
AUTUMN = Period.parse("2025-09-01..2025-12-31")


def area_with(name: str, *pupils: tuple[date, int]) -> models.Area:
    """An area of one school with a session of so many pupils on each of the days."""
    area: models.Area = factories.AreaFactory(name=name)
    school = factories.SchoolFactory(area=area)
    for day, number in pupils:
        delivered(school, "ks2-assembly", day, time(9, 0), {5: number})
    return area


@pytest.fixture
def three_areas() -> list[models.Area]:
    """One of them with three children in spring; the second is the smaller of the others."""
    return [
        area_with("Cumberland", (date(2025, 10, 6), 40), (date(2026, 3, 2), 3)),
        area_with("Devon", (date(2025, 10, 6), 30), (date(2026, 3, 2), 31)),
        area_with("Kent", (date(2025, 10, 6), 50), (date(2026, 3, 2), 51)),
    ]


def published(client: Client, query: str, status: int = 200) -> str:
    answer = client.get(f"/admin/reach/csv/?public=1&{query}")
    assert answer.status_code == status
    return answer.getvalue().decode() if answer.streaming else answer.content.decode()


def seats(text: str) -> dict[str, str]:
    return {row["area"]: row["attendances"] for row in csv.DictReader(StringIO(text.removeprefix("\ufeff"), newline=""))}


@pytest.mark.usefixtures("three_areas")
def test_a_term_hides_what_the_whole_year_would_give_back(client: Client) -> None:
    client.force_login(factories.manager())
    assert seats(published(client, "period=2025/26")) == {"Cumberland": "43", "Devon": "61", "Kent": "101", "TOTAL": "205"}
    autumn = seats(published(client, "period=2025-09-01..2025-12-31"))
    assert autumn == {"Cumberland": "*", "Devon": "*", "Kent": "50", "TOTAL": "120"}
    spring = seats(published(client, "period=2026-01-01..2026-07-31"))
    assert spring == {"Cumberland": "*", "Devon": "*", "Kent": "51", "TOTAL": "85"}


@given(st.dates(date(2023, 8, 1), date(2026, 7, 31)), st.integers(0, 800))
@example(date(2025, 10, 1), 30)
@example(date(2026, 4, 1), 364)
def test_whatever_is_published_has_all_of_a_month_or_nothing_of_it(first: date, days: int) -> None:
    period = Period.parse(f"{first}..{first + timedelta(days=days)}")
    around = [first + timedelta(days=number) for number in range(-62, days + 62)]
    months: defaultdict[tuple[int, int], set[bool]] = defaultdict(set)
    for day in around:
        months[day.year, day.month].add(day in period)
    cuts = any(len(inside) == 2 for inside in months.values())
    reasons = reasons_not_to_publish(period, by=Cut.AREA, within=None, filters=EVERYTHING, some_areas=False)
    assert bool(reasons) is cuts
    if cuts:
        assert reasons[0].endswith(f"Choose {period.whole_months}.")
        whole = Period.parse(period.whole_months.name)
        assert not reasons_not_to_publish(whole, by=Cut.AREA, within=None, filters=EVERYTHING, some_areas=False)


def test_no_two_published_periods_leave_a_few_between_them() -> None:
    area_with("Bodmin", (date(2025, 10, 6), 25), (date(2025, 12, 1), 30))
    area_with("Moors", (date(2025, 10, 6), 20), (date(2025, 10, 20), 20), (date(2025, 12, 1), 2), (date(2025, 12, 8), 40))
    area_with("Devon", (date(2025, 10, 6), 30), (date(2025, 11, 3), 3), (date(2025, 12, 1), 60))
    area_with("Kent", (date(2025, 9, 8), 50), (date(2025, 10, 6), 50), (date(2025, 11, 3), 50), (date(2025, 12, 1), 50))
    read: defaultdict[str, dict[Period, int]] = defaultdict(dict)
    for first, last in combinations_with_replacement(range(8, 13), 2):
        period = Period.parse(f"2025-{first:02}-01..2025-{last:02}-{monthrange(2025, last)[1]}")
        table = reach(period, by=Cut.AREA, as_of=AS_OF)
        hidden = hidden_in_public(table)
        for row in table.rows:
            if "attendances" not in hidden.get(row.cell, ()):
                read[row.area][period] = row.attendances
    left = {
        number - part
        for of_area in read.values()
        for (whole, number), (within, part) in product(of_area.items(), repeat=2)
        if within.first_day in whole and within.last_day in whole
    }
    assert not left & {1, 2, 3, 4}
    # Devon had three in November; Bodmin is hidden beside it.
    assert read.keys() == {"Moors", "Kent"}


def test_a_coordinator_hides_what_the_whole_charity_hides(three_areas: list[models.Area], client: Client) -> None:
    coordinator = factories.coordinator_of(three_areas[0])
    models.AreaCoordinator.objects.create(user=coordinator, area=three_areas[2])
    client.force_login(coordinator)
    # Kent alone would be enough beside Cumberland, but the manager's file shows Kent; so the sum of the two goes.
    assert seats(published(client, "period=2025-09-01..2025-12-31")) == {"Cumberland": "*", "Kent": "50", "TOTAL": "*"}


@pytest.mark.usefixtures("three_areas")
def test_no_public_workbook_says_the_sentence_because_it_tells_what_is_never_published(client: Client) -> None:
    client.force_login(factories.manager())

    def about(public: str) -> dict[str, str]:
        content = client.get(f"/admin/reach/xlsx/?period=2025-09-01..2025-12-31&public={public}").getvalue()
        rows = openpyxl.load_workbook(BytesIO(content))["About this file"].iter_rows(values_only=True)
        return {str(what): str(says) for what, says in rows}

    assert "at least 120 pupils" in about("0")["In words"]
    assert "In words" not in about("1")
    assert "1 to 4 pupils" in about("1")["Hidden"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("by=area&types=ks2-assembly", "Take the filters off"),
        ("by=session_type&within=area", "Publish places or kinds alone"),
        ("by=month&period=FY2025", "Months are published of whole school years alone"),
        ("by=area&period=1990/91..2025/26", "At most 10 school years"),
        ("by=area&period=2025-09-08..2025-12-19", "Choose 2025-09-01..2025-12-31"),
        ("by=authority&period=2025-10-01..2025-10-30", "Only whole months are published"),
    ],
)
def test_a_table_that_others_would_undo_is_not_published(query: str, sentence: str, client: Client) -> None:
    client.force_login(factories.manager())
    refused = published(client, query, status=400)
    assert "error-summary" in refused
    assert sentence in refused
    page = client.get(f"/admin/reach/?{query}").content.decode()
    assert sentence in page
    assert "public=1" not in page


@pytest.mark.parametrize("query", ["by=planet", "channels=telephone", "by=month&within=planet", "types=juggling"])
def test_whatever_makes_no_sense_in_a_question_is_said(query: str, client: Client) -> None:
    client.force_login(factories.manager())
    assert "is not one of the available choices" in client.get(f"/admin/reach/?{query}").content.decode()


def test_sessions_behind_a_table_are_not_published(client: Client) -> None:
    client.force_login(factories.manager())
    for kind in ("csv", "xlsx"):
        answer = client.get(f"/admin/reach/sessions/{kind}/?public=1")
        assert answer.status_code == 400
        assert "are not published" in answer.content.decode()


def test_of_some_areas_only_areas_and_authorities_are_published() -> None:
    for by in Cut:
        reasons = reasons_not_to_publish(YEAR, by=by, within=None, filters=EVERYTHING, some_areas=True)
        assert (not reasons) is (by in {Cut.AREA, Cut.AUTHORITY})


def test_a_program_and_a_command_get_no_part_of_a_month_either() -> None:
    part = "2025-09-01..2025-10-15"
    with pytest.raises(CommandError, match=r"Choose 2025-09-01\.\.2025-10-31\.") as refusal:
        call_command("export_reach", "--period", part, "--by", "area", "--public")
    assert refusal.value.returncode == 2
    cache.clear()
    _, secret = make_token("Website", areas=[], everywhere=True, by=factories.manager(), now=timezone.now())

    def ask(query: str) -> Any:
        return Client().get(f"/api/reach/?period={part}{query}", headers={"Authorization": f"Bearer {secret}"}).json()

    assert "Only whole months are published" in ask("&public=1")["errors"][0]
    assert "errors" not in ask("")


def test_the_command_publishes_no_more_than_the_page() -> None:
    with pytest.raises(CommandError, match="Take the filters off") as refusal:
        call_command("export_reach", "--period", "2025/26", "--by", "area", "--sector", "special", "--public")
    assert refusal.value.returncode == 2
    special = Filters(sectors=frozenset({"special"}))
    assert reasons_not_to_publish(YEAR, by=Cut.AREA, within=None, filters=special, some_areas=False)


@pytest.mark.parametrize("areas", [1, 4])
def test_what_is_hidden_asks_as_often_for_many_places_as_for_one(
    areas: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(areas):
        area_with(f"Area {number}", (date(2025, 10, 6), 3 + number), (date(2026, 3, 2), 30))
    year, autumn = (reach(period, by=Cut.AREA, as_of=AS_OF) for period in (YEAR, AUTUMN))
    with django_assert_num_queries(21):
        hidden_in_public(year)
    with django_assert_num_queries(46):
        hidden_in_public(autumn)


@pytest.mark.django_db(transaction=True)
def test_everything_that_is_looked_at_for_a_public_table_is_of_snapshot() -> None:
    """Tables read inside a moment do not begin another one; outside of tests no transaction is open before."""
    area_with("Cumberland", (date(2025, 10, 6), 3), (date(2026, 3, 2), 30))
    assert hidden_in_public(reach(AUTUMN, by=Cut.AREA, as_of=AS_OF))
    with snapshot(), snapshot():
        assert models.Area.objects.count() == 1
    models.Area.objects.update(name="Westmorland")


def test_programs_read_the_public_variant_too(three_areas: list[models.Area]) -> None:
    cache.clear()
    by = factories.manager()
    _, secret = make_token("Website", areas=[], everywhere=True, by=by, now=timezone.now())
    _, some = make_token("Cumberland’s site", areas=three_areas[:1], everywhere=False, by=by, now=timezone.now())

    def ask(query: str, token: str = secret) -> Any:
        return Client().get(f"/api/reach/?public=1&{query}", headers={"Authorization": f"Bearer {token}"}).json()

    autumn = ask("period=2025-09-01..2025-12-31")
    assert {row["area"]: row["attendances"] for row in autumn["rows"]} == {"Cumberland": "*", "Devon": "*", "Kent": 50}
    assert autumn["total"]["attendances"] == 120
    assert "Take the filters off" in ask("types=send")["errors"][0]
    assert "Of some areas alone" in ask("by=nation", some)["errors"][0]
    alone = ask("period=2025-09-01..2025-12-31", some)
    assert [alone["rows"][0]["attendances"], alone["total"]["attendances"]] == ["*", "*"]
