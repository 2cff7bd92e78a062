"""A school's and an area's page have a picture of visits over the years, with a table whose numbers lead to their rows."""

import re
from datetime import date, time

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core.periods import AcademicYear, Period
from schools.office.frame.years import MOST_YEARS, OfYear, YearsPicture, note_on_earlier, years_shown
from schools.reach.queries import reach
from schools.reach.queries.years import years_of_area
from schools.reach.rows import Cut
from tests import factories
from tests.reach.examples import delivered

pytestmark = pytest.mark.django_db
THIS_YEAR = AcademicYear(2026)


def rows_of(body: str) -> list[list[str]]:
    """The rows of the table behind the picture, as words."""
    figure = body[body.index('<figure class="years-picture"') : body.index("</figure>")]
    rows = re.findall(r"<tr>(.*?)</tr>", figure, re.DOTALL)[1:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub(r"<span.*?</span>|<[^>]+>", "", cell).split()) for cell in row] for row in cells]


def test_a_school_shows_in_which_years_it_was_visited_and_leads_to_the_visits(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    delivered(school, "ks2-assembly", date(2023, 11, 3), time(9, 0), {3: 28, 4: 30})
    delivered(school, "ks2-assembly", date(2026, 10, 5), time(9, 0), {3: None})
    factories.SessionFactory(visit__school=school)  # booked, so nothing yet
    body = office.get(reverse("admin:school-detail", args=[school.pk])).content.decode()
    assert "Visited in 2 of 4 school years, last in 2026/27" in body
    assert rows_of(body) == [["2023/24", "1", "58"], ["2024/25", "0", "0"], ["2025/26", "0", "0"], ["2026/27", "1", "–"]]
    for year in (2023, 2026):
        assert f'href="#visits-{year}"' in body
        assert body.count(f'id="visits-{year}"') == 1
    assert 'href="#visits-2024"' not in body
    assert " style=" not in body[body.index("<figure") : body.index("</figure>")]


def test_a_year_of_which_a_part_was_counted_says_so(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    delivered(school, "ks2-assembly", date(2024, 11, 3), time(9, 0), {3: 28})
    delivered(school, "parents", date(2024, 12, 3), time(18, 0), {})
    delivered(school, "ks2-assembly", date(2025, 11, 3), time(9, 0), {3: 28})
    delivered(school, "ks2-assembly", date(2025, 12, 3), time(9, 0), {})
    delivered(school, "ks2-assembly", date(2026, 10, 5), time(9, 0), {3: 28, 4: None})
    for name, pk in (("school-detail", school.pk), ("area-detail", area.pk)):
        page = office.get(reverse(f"admin:{name}", args=[pk]))
        lines = page.context["picture"].lines
        assert [line.attendances for line in lines] == [28, 28, 28]
        # Of a session of which no year group was written down only the page of its school says so.
        assert [line.is_whole for line in lines] == [True, name == "area-detail", False]
        assert page.context["picture"].rows[1].bars[-1].text == "28+"
        figure = page.content.decode()
        assert "not all counted" in figure[figure.index("<figure") : figure.index("</figure>")]


def test_a_school_that_was_never_visited_before_this_year_has_no_picture(office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    delivered(school, "ks2-assembly", date(2026, 10, 5), time(9, 0), {3: 28})
    body = office.get(reverse("admin:school-detail", args=[school.pk])).content.decode()
    assert "years-picture" not in body
    assert 'id="visits-2026"' in body


def test_an_area_shows_its_visits_and_the_figures_of_reach_and_leads_to_what_is_behind_them(
    office: Client, area: models.Area
) -> None:
    school, elsewhere = factories.SchoolFactory(area=area), factories.SchoolFactory(area=factories.AreaFactory(name="Devon"))
    morning = delivered(school, "ks2-assembly", date(2025, 11, 3), time(9, 0), {3: 28, 4: 30})
    evening = delivered(school, "parents", date(2025, 11, 3), time(18, 0), {})
    models.Session.objects.filter(pk=evening.pk).update(visit=morning.visit)
    delivered(school, "parents", date(2025, 11, 4), time(18, 0), {})
    away = delivered(elsewhere, "ks2-assembly", date(2025, 12, 3), time(9, 0), {3: 20})
    place = {"area": area, "region": area.region, "authority": school.authority}
    factories.HeadcountFactory(session=away, school=school, year_group=5, pupils=7, **place)
    delivered(school, "ks2-assembly", date(2026, 10, 5), time(9, 0), {3: None})
    known = years_of_area(area)
    for year in (2025, 2026):
        table = reach(Period.parse(str(AcademicYear(year))), by=Cut.AREA, as_of=date(2026, 11, 24))
        row = table.by_cell[str(area.pk)]
        assert (known[year].sessions, known[year].attendances or 0) == (row.sessions_delivered, row.attendances)
        here = [session for session in models.Session.objects.all() if (session.area, session.academic_year) == (area, year)]
        assert known[year].visits == len({session.visit_id for session in here if session.stage == "delivered"})
    body = office.get(reverse("admin:area-detail", args=[area.pk])).content.decode()
    assert "1 visit in 2026/27 so far, 2 in all of 2025/26" in body
    assert rows_of(body) == [["2025/26", "2 3 sessions", "65"], ["2026/27", "1 1 session", "–"]]
    links = re.findall(r'href="(/admin/reach/behind/[^"]+)"', body)
    assert len(links) == 3
    behind = office.get(links[1].replace("&amp;", "&")).content.decode()
    assert 'id="figure">65<' in behind


def test_an_area_in_which_nothing_took_place_has_no_picture(office: Client, area: models.Area) -> None:
    assert b"years-picture" not in office.get(reverse("admin:area-detail", args=[area.pk])).content


def test_at_most_ten_years_are_drawn_and_what_was_before_is_named() -> None:
    known = [2010, 2025]
    shown = years_shown(known, this_year=THIS_YEAR)
    assert (len(shown), shown[0].start, shown[-1]) == (MOST_YEARS, 2017, THIS_YEAR)
    assert note_on_earlier(known, shown) == "The last 10 school years; the first that is known is 2010/11."
    assert note_on_earlier([2025], years_shown([2025], this_year=THIS_YEAR)) == ""
    assert years_shown([], this_year=THIS_YEAR) == years_shown([2026], this_year=THIS_YEAR) == []


def test_bars_stand_on_their_line_and_the_highest_is_that_of_the_most() -> None:
    lines = [OfYear(AcademicYear(2024), 4, 100), OfYear(AcademicYear(2025), 2, None), OfYear(THIS_YEAR, 0, 0)]
    visits, attendances = YearsPicture("Title", lines).rows
    assert [bar.height for bar in visits.bars] == [72, 36, 0]
    assert {bar.top + bar.height for bar in visits.bars} == {visits.base}
    assert [bar.text for bar in attendances.bars] == ["100", "–", "0"]
