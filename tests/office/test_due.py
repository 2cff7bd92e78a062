"""The due list in the office: which schools are shown, in what order, how many; the file; a nation's worth of them."""

import csv
import io
from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from schools import models
from schools.office.schools import due_list
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def patch(area: models.Area) -> dict[str, models.School]:
    """A school of each kind, in one authority."""
    authority = factories.AreaAuthorityFactory(area=area).authority
    names = ("Never", "Overdue", "Due", "Fresh", "Booked", "Asking", "Waiting")
    schools: dict[str, models.School] = {name: factories.SchoolFactory(authority=authority, name=name) for name in names}
    for name, day in (("Overdue", date(2023, 10, 2)), ("Due", date(2024, 10, 2)), ("Fresh", date(2025, 10, 2))):
        factories.SessionFactory(visit__school=schools[name], day=day, delivered=True)
    factories.SessionFactory(visit__school=schools["Booked"], day=date(2027, 1, 14))
    factories.VisitFactory(school=schools["Asking"], stage="requested")
    schools["Waiting"].ask_again_on = date(2027, 1, 1)
    schools["Waiting"].save()
    return schools


def shown(client: Client, query: str = "") -> list[str]:
    return [line["school"].name for line in client.get(f"/admin/due/{query}").context["lines"]]


def test_it_opens_with_those_to_ask_the_most_due_first(office: Client, patch: dict[str, models.School]) -> None:
    assert shown(office) == ["Never", "Overdue", "Due"]


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("never", ["Asking", "Booked", "Never", "Waiting"]),
        ("overdue", ["Overdue"]),
        ("due", ["Due"]),
        ("not-yet", ["Fresh"]),
        ("waiting", ["Waiting"]),
        ("booked", ["Asking", "Booked"]),
        ("all", ["Asking", "Booked", "Due", "Fresh", "Never", "Overdue", "Waiting"]),
    ],
)
@pytest.mark.parametrize("most_read", [1000, 2])
def test_each_heading_has_its_schools_and_a_nation_is_found_the_same(
    show: str, names: list[str], most_read: int, office: Client, patch: dict[str, models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", most_read)
    assert shown(office, f"?show={show}&sort=name") == names


@pytest.mark.parametrize(("most_found", "pages", "how_many"), [(7, 4, "7"), (3, 2, "More than 3")])
def test_a_nation_is_leafed_through_by_name(
    most_found: int, pages: int, how_many: str, office: Client, patch: dict[str, models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("MOST_READ", 2), ("A_PAGE", 2), ("MOST_FOUND", most_found)):
        monkeypatch.setattr(due_list, name, number)
    found = [shown(office, f"?show=all&page={page}") for page in range(1, pages + 1)]
    assert [name for page in found for name in page] == sorted(patch)[:most_found]
    context = office.get("/admin/due/?show=all&page=99").context
    assert (context["how_many"], context["pages"].number) == (how_many, pages)


def test_the_headings_say_how_many(office: Client, patch: dict[str, models.School]) -> None:
    context = office.get("/admin/due/?show=due").context
    assert {one["key"]: one["number"] for one in context["shows"]} == {
        "ask": 3, "never": 4, "overdue": 1, "due": 1, "not-yet": 1, "waiting": 1, "booked": 2, "all": 7,
    }  # fmt: skip
    assert context["how_many"] == "1 of 7"


def test_it_is_searched_and_put_in_order_by_pupils_to_gain(office: Client, patch: dict[str, models.School]) -> None:
    for name, pupils in (("Due", 300), ("Never", 30)):
        models.Roll.objects.create(school=patch[name], academic_year=2026, year_group=5, pupils=pupils, source="coordinator")
    assert shown(office, "?sort=gain")[:2] == ["Due", "Never"]
    assert shown(office, "?q=over") == ["Overdue"]


def test_booking_and_dates_lead_back_to_the_place_in_the_list_with_its_filters(
    office: Client, patch: dict[str, models.School]
) -> None:
    body = office.get("/admin/due/?show=all&sort=name").content.decode()
    pk, above = patch["Booked"].pk, patch["Asking"].pk
    back = f"/admin/due/?show=all&sort=name#due-{above}"
    assert f'<tr id="due-{above}">' in body
    for address in (f"/admin/book/{pk}/", f"/admin/school/{pk}/dates/"):
        assert f'href="{address}?back={quote(back)}"' in body
    dates = office.get(f"/admin/school/{pk}/dates/", {"back": back}).content.decode()
    assert f'href="{escape(back)}">Go on where you were' in dates
    assert f'href="/admin/book/{above}/?back={quote(back)}"' in body  # the first line has none above it


@pytest.mark.parametrize("most_read", [1000, 2])
def test_a_school_that_we_visited_yesterday_is_not_to_ask_and_its_row_says_what_is_awaited(
    most_read: int, office: Client, patch: dict[str, models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", most_read)
    factories.SessionFactory(visit__school=patch["Never"], day=date(2026, 11, 23))
    assert "Never" not in shown(office)
    assert shown(office, "?show=booked&sort=name") == ["Asking", "Booked", "Never"]
    assert "Outcome not reported yet of Mon 23 November 2026" in office.get("/admin/due/?show=booked").content.decode()
    text = b"".join(office.get("/admin/due/csv/?show=booked").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a file
    rows = {row["school"]: row["awaiting_outcome_of"] for row in csv.DictReader(io.StringIO(text))}
    assert rows == {"Asking": "", "Booked": "", "Never": "2026-11-23"}


def test_another_areas_school_is_not_on_it(office: Client, elsewhere: models.Area, patch: dict[str, models.School]) -> None:
    factories.SchoolFactory(area=elsewhere, name="Elsewhere")
    assert "Elsewhere" not in shown(office, "?show=all")
    assert shown(office, f"?show=all&area={elsewhere.pk}&q=Elsewhere") == []


@pytest.mark.parametrize("most_read", [1000, 2])
def test_the_file_has_the_same_schools_in_the_same_order_and_safe_cells(
    most_read: int, office: Client, patch: dict[str, models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", most_read)
    patch["Never"].name = "=1+1 School"
    patch["Never"].save()
    answer = office.get("/admin/due/csv/?show=all&sort=name")
    assert 'filename="due_all_as-of_2026-11-24.csv"' in answer.headers["Content-Disposition"]
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a streamed answer
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["school"] for row in rows] == ["'=1+1 School", "Asking", "Booked", "Due", "Fresh", "Overdue", "Waiting"]
    assert [row["priority"] for row in rows if row["school"] in {"Due", "Fresh"}] == ["due", "not-yet"]
    assert next(row for row in rows if row["school"] == "Booked")["booked_for"] == "2027-01-14"


@pytest.mark.parametrize(("most_read", "queries"), [(1000, 21), (2, 24)])
def test_it_asks_the_same_of_seven_schools_and_of_eleven(
    most_read: int,
    queries: int,
    office: Client,
    patch: dict[str, models.School],
    area: models.Area,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", most_read)
    office.get("/admin/due/")
    with django_assert_num_queries(queries):
        office.get("/admin/due/")
    for number in range(4):
        school = factories.SchoolFactory(area=area)
        factories.SessionFactory(visit__school=school, day=date(2020 + number, 10, 2), delivered=True)
    with django_assert_num_queries(queries):
        office.get("/admin/due/")
