"""The reach page and its CSV: whose figures, which period, which cut."""

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from schools import models
from tests import factories


def delivered(area: models.Area, pupils: int | None, day: date = date(2026, 11, 3)) -> models.Session:
    school = factories.SchoolFactory(area=area)
    place = {"area": area, "region": area.region, "authority": school.authority}
    session: models.Session = factories.SessionFactory(visit__school=school, day=day, delivered=True, **place)
    factories.HeadcountFactory(session=session, pupils=pupils, **place)
    return session


@pytest.fixture
def two_areas(area: models.Area, elsewhere: models.Area) -> None:
    delivered(area, 1234 - 500)
    delivered(area, 500)
    delivered(elsewhere, 77)


def csv_of(client: Client, query: str = "") -> str:
    answer = client.get(f"/admin/reach/csv/{query}")
    assert answer.status_code == 200
    return answer.getvalue().decode()


@pytest.mark.usefixtures("two_areas")
def test_a_coordinator_reads_their_own_areas(office: Client) -> None:
    page = office.get("/admin/reach/").content.decode()
    assert "Cumberland" in page
    assert "1,234" in page
    assert "Northamptonshire" not in page
    assert "Northamptonshire" not in csv_of(office)


@pytest.mark.usefixtures("two_areas")
@pytest.mark.parametrize("who", [factories.manager, factories.analyst])
def test_managers_and_analysts_read_all(who: Callable[[], models.User], client: Client) -> None:
    client.force_login(who())
    page = client.get("/admin/reach/").content.decode()
    assert "Cumberland" in page
    assert "Northamptonshire" in page
    assert "1,311" in page
    assert csv_of(client).splitlines()[-1].startswith("2026/27,")


@pytest.mark.usefixtures("two_areas")
def test_an_analysts_home_is_the_reach_page(client: Client) -> None:
    client.force_login(factories.analyst())
    assert client.get("/admin/")["Location"] == "/admin/reach/"


@pytest.mark.usefixtures("two_areas")
def test_period_and_cut_are_asked_for(office: Client) -> None:
    page = office.get("/admin/reach/?period=2025/26&by=authority")
    assert page.context["total_line"].figures[0] == "0"
    assert page.context["table"].by == "authority"
    assert "each counted once in a school year" in page.content.decode()


@pytest.mark.usefixtures("two_areas")
@pytest.mark.parametrize("query", [
    "?period=2025", "?period=2026-02-30..2026-03-01", "?by=planet", "?period=", "?period=0001-01-01..2026-07-31",
    "?period=9999-01-01..9999-12-31",
])  # fmt: skip
def test_a_question_that_makes_no_sense_is_answered_with_a_sentence(query: str, office: Client) -> None:
    # Whoever saves the file without looking must not take a page for it.
    for address, status in (("/admin/reach/", 200), ("/admin/reach/csv/", 400)):
        answer = office.get(address + query)
        assert answer.status_code == status
        assert "error-summary" in answer.content.decode()


@pytest.mark.usefixtures("two_areas")
@pytest.mark.parametrize("period", ["1900-01-01..2026-07-31", "1900/01..2998/99", "FY1900", "2998/99"])
def test_the_longest_period_is_compared_with_the_one_before(period: str, office: Client) -> None:
    assert office.get(f"/admin/reach/?period={period}").status_code == 200


@pytest.mark.usefixtures("two_areas")
def test_the_file_says_period_cut_and_day(office: Client) -> None:
    answer = office.get("/admin/reach/csv/?period=2026/27&by=area")
    assert (
        answer["Content-Disposition"]
        == 'attachment; filename="reach_2026-27_by-area_cumberland_as-of_2026-11-24_cora-nwosu_definitions-2.csv"'
    )
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert csv_of(office).startswith("\ufeffperiod,first_day,last_day,")
    assert csv_of(office) == csv_of(office)


@pytest.mark.usefixtures("two_areas")
@pytest.mark.parametrize("file", ["csv", "xlsx", "sessions/csv", "sessions/xlsx"])
def test_a_file_of_the_nation_with_the_figures_of_one_area_is_named_after_the_area(
    file: str, office: Client, client: Client
) -> None:
    query = "?period=2026/27&by=nation"
    assert "_by-nation_cumberland_as-of_" in office.get(f"/admin/reach/{file}/{query}")["Content-Disposition"]
    client.force_login(factories.manager())
    assert "_by-nation_as-of_" in client.get(f"/admin/reach/{file}/{query}")["Content-Disposition"]


def test_a_missing_count_is_a_dash_or_named_never_a_zero(office: Client, area: models.Area) -> None:
    delivered(area, None)
    page = office.get("/admin/reach/")
    columns = {
        column.name: figure for column, figure in zip(page.context["columns"], page.context["total_line"].figures, strict=True)
    }
    assert (columns["sessions_delivered"], columns["counts_missing"], columns["attendances"]) == ("1", "1", "0")
    assert "without a count" in page.content.decode()


@pytest.mark.parametrize("address", ["/admin/reach/?period=2026/27&by=area", "/admin/reach/pictures/?year=2026/27"])
def test_two_areas_of_one_name_have_a_bar_each(address: str, managers_office: Client) -> None:
    for region, pupils in (("North", 77), ("South", 30)):
        delivered(factories.AreaFactory(name="Newport", region=factories.RegionFactory(name=region)), pupils)
    delivered(factories.AreaFactory(name="Ludlow", region=models.Region.objects.get(name="South")), 20)
    context = managers_office.get(address).context
    # On the page of pictures “picture” is any of them.
    [picture, *_] = context.get("pictures") or [context["picture"]]
    assert [(place, pupils) for place, pupils, _ in picture.rows] == [
        ("Newport, North · England", "77"),
        ("Newport, South · England", "30"),
        ("Ludlow", "20"),
    ]


def test_two_authorities_of_one_name_in_an_area_have_a_bar_each(managers_office: Client, area: models.Area) -> None:
    for code, pupils in (("E06000001", 77), ("E06000002", 30)):
        authority = factories.AuthorityFactory(name="Cumbria", gss=code)
        factories.AreaAuthorityFactory(area=area, authority=authority)
        session = delivered(area, pupils)
        models.Headcount.objects.filter(session=session).update(authority=authority)
    picture = managers_office.get("/admin/reach/?period=2026/27&by=authority").context["picture"]
    names = [place for place, *_ in picture.rows]
    assert [name.rpartition(", ")[2] for name in names] == ["E06000001", "E06000002"]
    assert all(name.startswith("Cumbria, ") for name in names)


@pytest.mark.usefixtures("two_areas")
def test_the_copy_button_waits_for_its_script(office: Client) -> None:
    page = office.get("/admin/reach/").content.decode()
    button = re.search(r"<button[^>]*data-copies=\"sentence\"[^>]*>", page)
    assert button
    assert "hidden" in button[0]
    assert '<p class="sentence" id="sentence">In 2026/27 we reached' in page
    assert finders.find("office/copy.js")
