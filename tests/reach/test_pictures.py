"""Charts: valid SVG that the content-security-policy lets through, one message from the figures, a table beside each."""

from dataclasses import asdict
from datetime import date, time
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from schools import models
from schools.core.periods import AcademicYear, Period
from schools.reach import pictures
from schools.reach.picture_of_map import coverage_map
from schools.reach.queries import figures_alone, pupils_alone, reach, so_far
from schools.reach.queries.coverage import Coverage, SchoolDot, State, coverage
from schools.reach.queries.years_compared import years_compared
from schools.reach.rows import Cut, ReachRow, ReachTable
from tests import factories
from tests.reach.examples import delivered, worked_example

COVERAGE = Coverage(
    [
        SchoolDot(300_000, 520_000, State.VISITED),
        SchoolDot(310_000, 530_000, State.DUE),
        SchoolDot(305_000, 525_000, State.NEVER),
    ],
    {State.VISITED: 1, State.DUE: 1, State.NEVER: 2},
)


def test_the_map_says_its_message_and_is_clean_svg() -> None:
    picture = coverage_map(COVERAGE)
    assert picture
    assert picture.title == "25.0 % of 4 schools were visited in their cycle; 2 never were"
    assert "1 school has no known place and is on no map." in picture.note
    assert ET.fromstring(picture.svg).tag.endswith("svg")  # noqa: S314  # our own drawing
    assert " style=" not in picture.svg
    assert "<style" not in picture.svg
    assert "<script" not in picture.svg


@pytest.mark.parametrize(
    ("states", "title"),
    [
        ((1, 0, 0), "The only school was visited in its cycle"),
        ((0, 1, 0), "The only school was visited before its cycle"),
        ((0, 0, 1), "The only school was never visited"),
        ((1, 0, 1), "50.0 % of 2 schools were visited in their cycle; 1 never was"),
    ],
)
def test_the_map_of_one_school_speaks_of_one(states: tuple[int, int, int], title: str) -> None:
    picture = coverage_map(Coverage(COVERAGE.dots[:1], dict(zip(State, states, strict=True))))
    assert picture
    assert picture.title == title


def test_a_bar_says_which_number_is_of_the_year_and_which_of_the_year_before() -> None:
    year = Period.parse("2026/27")
    cumbria, devon, total = (
        ReachRow(
            period=year.name, first_day=year.first_day, last_day=year.last_day, nation="england", region="", area=area,
            authority_gss="", authority="", cell=area, pupils_reached=pupils,
        )
        for area, pupils in (("Cumbria", 1_234), ("Devon", 7), ("", 1_241))
    )  # fmt: skip
    table = ReachTable(year, Cut.AREA, date(2026, 11, 24), [cumbria, devon], total)
    picture = pictures.by_place(table, {"Cumbria": 1_100, "total": 1_100}, lambda row: row.area, before_words="2025/26")
    assert picture
    assert picture.title == "2 of 2 areas reached more pupils than in 2025/26; Cumbria reached most, about 1,234 pupils"
    assert picture.headings[-1] == "Pupils of 2025/26"
    alone = ReachTable(year, Cut.AREA, date(2026, 11, 24), [cumbria], total)
    part = pictures.by_place(alone, {"Cumbria": 900}, lambda row: row.area, before_words="1 August 2025 to 24 November 2025")
    assert part
    assert part.title == "Cumbria reached about 1,234 pupils, and 900 from 1 August 2025 to 24 November 2025"
    assert "1,234 reached, 1,100 before" in picture.svg
    assert "7 reached, none before" in picture.svg
    assert picture.rows == [("Cumbria", "1,234", "1,100"), ("Devon", "7", "–")]


def test_without_a_known_place_there_is_a_table_and_no_empty_map() -> None:
    picture = coverage_map(Coverage([], {State.VISITED: 1, State.DUE: 0, State.NEVER: 2}))
    assert picture
    assert picture.svg == ""
    assert picture.note.startswith("No school has a known place yet")
    page = render_to_string("office/reach/_picture.html", {"picture": picture})
    assert "Never visited" in page
    assert "drawing" not in page


def test_the_cohort_strip_follows_the_same_children() -> None:
    picture = pictures.cohort_strip(AcademicYear(2026), {(2026, 6): 30, (2025, 5): 28, (2026, 0): 12})
    assert picture
    year_6, reception = picture.rows[0], picture.rows[-1]
    assert year_6[-2:] == ("28", "30")
    assert reception[-2:] == ("–", "12")
    assert picture.title.startswith("2 of the 7 year groups")
    assert " style=" not in picture.svg


@pytest.mark.django_db
def test_names_in_a_chart_stay_text() -> None:
    area = factories.AreaFactory(name="<b>Fells & Dales</b>")
    school = factories.SchoolFactory(area=area)
    place = {"area": area, "region": area.region, "authority": school.authority}
    session = factories.SessionFactory(visit__school=school, day=date(2025, 11, 3), delivered=True, **place)
    factories.HeadcountFactory(session=session, pupils=29, **place)
    client = Client()
    client.force_login(factories.manager())
    page = client.get("/admin/reach/?period=2025/26").content.decode()
    assert "<b>Fells" not in page
    assert "<svg" in page
    drawn = client.get("/admin/reach/pictures/?year=2025/26").content.decode()
    assert drawn.count("<svg") >= 3
    assert " style=" not in drawn
    behind = client.get(f"/admin/reach/behind/?period=2025/26&by=area&cell={area.pk}&figure=attendances")
    assert 'id="adds-up">29<' in behind.content.decode()
    assert client.get("/admin/reach/behind/?period=2025/26&by=area&cell=0&figure=attendances").status_code == 404
    assert client.get("/admin/reach/cold-spots/?year=2025/26").status_code == 200


@pytest.mark.django_db
def test_an_empty_new_school_is_none_where_nobody_was_ever_reached() -> None:
    area = factories.AreaFactory(name="Fells")
    never, empty = (factories.SchoolFactory(area=area, name=name, pupils=None) for name in ("Elm Primary", "New Primary"))
    for school, pupils in ((never, 30), (empty, 0)):
        for group in school.year_groups:
            models.Roll.objects.create(school=school, academic_year=2025, year_group=group, source="register", pupils=pupils)
    client = Client()
    client.force_login(factories.manager())
    page = client.get("/admin/reach/cold-spots/?year=2025/26")
    assert [(line["name"], line["never"], line["roll"], line["schools"]) for line in page.context["areas"]] == [
        ("Fells", 210, 210, 1)
    ]
    assert [(str(line["school"]), line["cold"].roll) for line in page.context["lines"]] == [
        ("Elm Primary", 210),
        ("New Primary", 0),
    ]
    assert "None %" not in page.content.decode()
    models.Roll.objects.update(pupils=0)
    assert "None %" not in client.get("/admin/reach/cold-spots/?year=2025/26").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("places", [1, 6])
def test_pictures_ask_the_same_number_of_questions_however_much_there_is(
    places: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(places):
        school = factories.SchoolFactory(area=factories.AreaFactory(name=f"Area {number}"))
        for month in range(1, 1 + places):
            delivered(school, "ks2-assembly", date(2026, month, 3), time(9, 0), {5: 30})
            delivered(school, "ks2-assembly", date(2025, month, 3), time(9, 0), {5: 28})
    client = Client()
    client.force_login(factories.manager())
    with django_assert_num_queries(19) as captured:
        assert client.get("/admin/reach/pictures/?year=2025/26").content.decode().count("<svg") >= 4
    statements = [query["sql"] for query in captured.captured_queries]
    assert sorted(statements) == sorted(set(statements)), "the same question twice"


@pytest.mark.django_db
@pytest.mark.parametrize("by", [Cut.AREA, Cut.MONTH, Cut.TYPE])
@pytest.mark.parametrize("some", [True, False])
def test_the_figures_alone_are_those_of_the_table(by: Cut, some: bool) -> None:  # pytest names it
    worked_example(area="Cumbria")
    guest = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    delivered(guest, "online-ks2", date(2025, 11, 3), time(9, 0), {4: 31})
    areas = models.Area.objects.filter(name="Cumbria") if some else None
    asked: dict[str, Any] = {"by": by, "as_of": date(2026, 11, 24), "areas": areas}
    period = Period.parse("2025/26..2026/27")
    table = reach(period, **asked)
    alone = figures_alone(period, **asked)
    for row in [*(row for row in table.rows if row.sessions_delivered), table.total]:
        found = alone.pop(row.cell)
        assert (found.attendances, found.pupils_reached, found.children_reached, found.pupils_online) == (
            row.attendances, row.pupils_reached, row.children_reached, row.pupils_online,
        )  # fmt: skip
    assert alone == {}
    glance = so_far(period, as_of=date(2026, 11, 24), areas=areas)
    assert asdict(glance) == {name: getattr(table.total, name) for name in asdict(glance)}


@pytest.mark.django_db
@pytest.mark.parametrize("some", [True, False])
def test_years_that_are_compared_are_those_of_each_year_alone(some: bool) -> None:
    worked_example(area="Cumbria")
    guest = factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    delivered(guest, "online-ks2", date(2025, 11, 3), time(9, 0), {4: 31})
    areas = models.Area.objects.filter(name="Cumbria") if some else None
    question: dict[str, Any] = {"as_of": date(2026, 11, 24), "areas": areas}
    now, before = Period.parse("2026/27"), Period.parse("2025/26")
    compared = years_compared(AcademicYear(2026), before, **question)
    assert compared.now == pupils_alone(now, by=Cut.AREA, **question)
    assert compared.before == figures_alone(before, by=Cut.AREA, **question)
    assert (compared.now.total.pupils_reached, compared.before["total"].pupils_reached) == (61, 89 if some else 120)
    classes = {(2025, 5): 59, (2025, 6): 30, (2026, 6): 61}
    assert {key: pupils for key, pupils in compared.by_class.items() if pupils} == classes | ({} if some else {(2025, 4): 31})


def site(school: models.School, name: str, place: tuple[int | None, int | None], **fields: Any) -> None:
    models.Site.objects.create(school=school, name=name, postcode="CA1 2AB", easting=place[0], northing=place[1], **fields)


@pytest.mark.django_db
def test_a_school_in_several_places_is_on_the_map_at_each_and_counts_once() -> None:
    area = factories.AreaFactory()
    school = factories.SchoolFactory(area=area, easting=350_000, northing=492_000)
    unplaced = factories.SchoolFactory(area=area, easting=None, northing=None)
    site(school, "Lower Site", (352_000, 493_000))
    site(school, "Annexe", (None, None))
    site(school, "Old Site", (400_000, 400_000), active=False)
    site(unplaced, "Lower Site", (360_000, 500_000))
    delivered(school, "ks2-assembly", date(2026, 10, 5), time(9, 0), {3: 28})
    covered = coverage(AcademicYear(2026), as_of=date(2026, 11, 24))
    dots = sorted((dot.easting, dot.state, dot.is_further) for dot in covered.dots)
    assert dots == [(350_000, State.VISITED, False), (352_000, State.VISITED, True), (360_000, State.NEVER, False)]
    assert (covered.schools, covered.without_place, covered.further_places) == (2, 0, 1)
    picture = coverage_map(covered)
    assert picture
    assert "50.0 % of 2 schools" in picture.title
    assert "1 mark is a further place of schools that are in several." in picture.note


@pytest.mark.django_db
def test_the_sites_of_a_school_that_closed_are_on_the_map_under_the_one_that_followed_it() -> None:
    area = factories.AreaFactory()
    school = factories.SchoolFactory(area=area, easting=350_000, northing=492_000)
    closed = factories.SchoolFactory(area=area, status="closed", closed=date(2024, 8, 31))
    models.SchoolLink.objects.create(predecessor=closed, successor=school, kind="merged", day=date(2024, 9, 1))
    models.School.objects.filter(pk__in=[school.pk, closed.pk]).update(lineage=closed.pk)
    site(closed, "Lower Site", (352_000, 493_000))
    covered = coverage(AcademicYear(2026), as_of=date(2026, 11, 24))
    assert sorted((dot.easting, dot.is_further) for dot in covered.dots) == [(350_000, False), (352_000, True)]


def test_on_squares_a_school_in_several_places_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schools.reach.picture_of_map.MOST_DOTS", 2)
    further = SchoolDot(315_000, 521_000, State.NEVER, is_further=True)
    with_sites = coverage_map(Coverage([*COVERAGE.dots, further], COVERAGE.states))
    assert with_sites
    assert with_sites.chart
    assert "further place" not in with_sites.note
    [squares] = [layer for layer in with_sites.chart["layer"] if layer.get("mark", {}).get("type") == "square"]
    assert [(square["e"], square["n"]) for square in squares["data"]["values"]] == [(305, 525), (315, 535)]
