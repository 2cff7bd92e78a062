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
    for name, number in (("MOST_READ", 2), ("A_WIDE_PAGE", 2), ("MOST_FOUND", most_found)):
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


def test_its_headings_sort_by_how_many_year_groups_were_never_reached(office: Client, patch: dict[str, models.School]) -> None:
    session = models.Session.objects.get(visit__school=patch["Due"])
    for group in (1, 2):
        factories.HeadcountFactory(session=session, school=patch["Due"], year_group=group, pupils=20)
    assert shown(office, "?sort=reached") == ["Never", "Overdue", "Due"]
    assert shown(office, "?sort=reached&turned=on") == ["Due", "Overdue", "Never"]
    [heading] = [one for one in office.get("/admin/due/?sort=reached").context["headings"] if one["words"] == "Never reached"]
    assert (heading["sorted"], heading["query"]) == ("descending", "sort=reached&turned=on")


WIDE = {
    "?show=all": ["Asking", "Booked", "Due", "Fresh", "Never", "Overdue", "Waiting"],
    "?show=all&sort=name&turned=on": ["Waiting", "Overdue", "Never", "Fresh", "Due", "Booked", "Asking"],
    "?show=all&sort=priority": ["Asking", "Booked", "Never", "Waiting", "Overdue", "Due", "Fresh"],
    "?show=all&sort=priority&turned=on": ["Fresh", "Due", "Overdue", "Waiting", "Never", "Booked", "Asking"],
    "?sort=priority": ["Never", "Overdue", "Due"],
    "?show=never&sort=priority": ["Asking", "Booked", "Never", "Waiting"],
    "?show=all&sort=fifth": ["Fresh", "Due", "Never", "Asking", "Booked", "Overdue", "Waiting"],
    "?show=all&sort=fifth&turned=on": ["Waiting", "Overdue", "Booked", "Asking", "Never", "Due", "Fresh"],
    "?show=all&sort=gain": ["Asking", "Booked", "Due", "Fresh", "Never", "Overdue", "Waiting"],
}
"""Addresses of the list of a nation, and the schools in their order."""


@pytest.mark.parametrize("query", WIDE)
def test_a_nation_is_put_in_the_order_of_what_the_database_knows_on_the_page_and_in_the_file(
    query: str, office: Client, patch: dict[str, models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, fifth in (("Fresh", 1), ("Due", 2), ("Never", 2)):
        models.School.objects.filter(pk=patch[name].pk).update(fifth=fifth)
    for name, number in (("MOST_READ", 2), ("A_WIDE_PAGE", 4)):
        monkeypatch.setattr(due_list, name, number)
    pages = (1, 2) if len(WIDE[query]) > 4 else (1,)
    assert [name for page in pages for name in shown(office, f"{query}&page={page}")] == WIDE[query]
    text = b"".join(office.get(f"/admin/due/csv/{query}").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a file
    assert [row["school"] for row in csv.DictReader(io.StringIO(text))] == WIDE[query]
    context = office.get(f"/admin/due/{query}").context
    sorting = {heading["words"] for heading in context["headings"] if "query" in heading}
    assert sorting == {"School", "Due", "Deprivation"}


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


@pytest.mark.parametrize("most_read", [1000, 2])
def test_a_filter_that_a_nations_page_cannot_apply_is_said_and_the_file_applies_it(
    most_read: int, office: Client, patch: dict[str, models.School], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due_list, "MOST_READ", most_read)
    session = models.Session.objects.get(visit__school=patch["Fresh"])
    factories.HeadcountFactory(session=session, school=patch["Fresh"], year_group=5, pupils=25)
    query = "?show=all&sort=name&group=6"  # who was in Year 5 then
    names = [name for name in shown(office, "?show=all&sort=name") if name != "Fresh"]
    page = office.get(f"/admin/due/{query}")
    is_left_out = "this page leaves out which year group was never reached" in page.content.decode()
    assert ([line["school"].name for line in page.context["lines"]] == names) is (not is_left_out)
    assert is_left_out is (most_read == 2)
    assert "leaves out" not in office.get("/admin/due/?show=all").content.decode()
    text = b"".join(office.get(f"/admin/due/csv/{query}").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]  # a file
    assert [row["school"] for row in csv.DictReader(io.StringIO(text))] == names


@pytest.mark.parametrize(("most_read", "queries"), [(1000, 19), (2, 22)])
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
