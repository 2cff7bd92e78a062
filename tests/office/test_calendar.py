"""The office's calendar: a month and a week, whose, covered or not, and the file."""

import re
from collections.abc import Callable
from datetime import date, time
from html import unescape
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from schools import models
from schools.office.calendar.forms import MONTH, WEEK, Span
from schools.office.calendar.views import visits as view
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield Primary")
    return made


def entries(client: Client, query: str = "") -> dict[date, list[dict[str, Any]]]:
    weeks = client.get(f"/admin/calendar/{query}").context["weeks"]
    return {cell["day"]: cell["entries"] for week in weeks for cell in week if cell["entries"]}


@given(st.sampled_from([MONTH, WEEK]), st.dates(date(2000, 1, 1), date(2100, 1, 1)))
def test_a_span_is_whole_weeks_around_its_day_and_its_neighbours_leave_no_gap(kind: str, day: date) -> None:
    span = Span(kind, day)
    assert (span.first.weekday(), span.last.weekday()) == (0, 6)
    assert span.first <= day <= span.last
    assert span.previous.following.first == span.first
    assert (span.following.first - span.last).days <= 1
    assert len(span.days) in ({7} if kind == WEEK else {28, 35, 42})


def test_a_month_has_its_visit_days_with_their_state_in_words(office: Client, school: models.School, area: models.Area) -> None:
    open_one = factories.SessionFactory(visit__school=school)
    factories.SessionFactory(visit=open_one.visit, starts=time(10), ends=time(10, 30))
    staff = factories.able_volunteer(area, staff=True)
    covered = factories.SessionFactory(visit__school=school, day=date(2026, 11, 27))
    factories.CoverFactory(session=covered, volunteer=staff)
    factories.SessionFactory(visit__school=school, day=date(2026, 11, 30), cancelled=True)
    found = entries(office)
    assert {day: len(of_day) for day, of_day in found.items()} == dict.fromkeys(
        (date(2026, 11, 26), date(2026, 11, 27), date(2026, 11, 30)), 1
    )
    words = {day: str(of_day[0]["chips"]) for day, of_day in found.items()}
    assert "◐" in words[date(2026, 11, 26)]
    assert "Needs people" in words[date(2026, 11, 26)]
    assert "Covered" in words[date(2026, 11, 27)]
    assert "Cancelled" in words[date(2026, 11, 30)]


def test_a_week_has_that_week_alone_and_says_who_goes(office: Client, school: models.School, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=school)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Asha Patel"))
    factories.SessionFactory(visit__school=school, day=date(2026, 12, 3))
    found = entries(office, "?view=week&day=2026-11-24")
    assert list(found) == [date(2026, 11, 26)]
    [entry] = found[date(2026, 11, 26)]
    assert (entry["visit_day"].visit.school, entry["beside"]) == (school, "Asha Patel")


def test_it_shows_ones_own_areas_ones_own_visits_and_who_is_searched_for(
    office: Client, school: models.School, coordinator: models.User, elsewhere: models.Area, area: models.Area
) -> None:
    mine = factories.SessionFactory(visit__school=school, visit__coordinator=coordinator, day=date(2026, 11, 9))
    theirs = factories.SessionFactory(visit__school__area=area, visit__school__name="Beech Infants", day=date(2026, 11, 10))
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere), day=date(2026, 11, 11))
    factories.CoverFactory(session=theirs, volunteer=factories.able_volunteer(area, name="Asha Patel"))
    assert list(entries(office)) == [mine.day, theirs.day]
    assert list(entries(office, "?mine=on")) == [mine.day]
    assert list(entries(office, "?q=beech")) == [theirs.day]
    assert list(entries(office, "?q=asha")) == [theirs.day]
    assert list(entries(office, f"?area={elsewhere.pk}")) == [mine.day, theirs.day]


def test_an_online_window_that_began_earlier_stands_on_the_first_day_shown(office: Client, school: models.School) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    factories.SessionFactory(visit__school=school, type=online, day=date(2026, 11, 18), until_day=date(2026, 11, 27))
    [(day, [entry])] = entries(office, "?view=week&day=2026-11-24").items()
    assert (day, entry["until"]) == (date(2026, 11, 23), date(2026, 11, 27))


def test_a_day_says_when_people_come_also_where_something_online_is_first(office: Client, school: models.School) -> None:
    online = models.SessionType.objects.get(slug="online-ks2")
    day = date(2026, 11, 26)
    first = factories.SessionFactory(visit__school=school, type=online, day=day, until_day=date(2026, 11, 27), starts=time(8))
    factories.SessionFactory(visit=first.visit, day=day, starts=time(10, 30), ends=time(11))
    [(_, [entry])] = entries(office, "?view=week&day=2026-11-24").items()
    assert (entry["time"], entry["until"]) == ("10:30 am", None)


def test_a_day_says_what_is_left_of_it_once_its_first_session_is_off(office: Client, school: models.School) -> None:
    left = factories.SessionFactory(visit__school=school, starts=time(10, 30), ends=time(11))
    workshop = models.SessionType.objects.get(slug="workshop-5-6")
    factories.SessionFactory(visit=left.visit, type=workshop, cancelled=True)
    [(_, [entry])] = entries(office).items()
    assert (entry["time"], entry["types"]) == ("10:30 am", left.name)


@pytest.mark.parametrize(("query", "is_narrowed"), [("", False), ("?by=school", False), ("?by=school&mine=on", True)])
def test_of_days_without_a_visit_the_page_says_whether_something_was_chosen(
    query: str, is_narrowed: bool, office: Client
) -> None:
    page = office.get(f"/admin/calendar/{query}").content.decode()
    assert "Nothing is booked in these days" in page
    assert ("that is as chosen above" in page) == is_narrowed


def test_more_than_anybody_reads_are_counted(office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(view, "MOST_SHOWN", 1)
    for _ in range(2):
        factories.SessionFactory(visit__school=school)
    [entry] = entries(office)[date(2026, 11, 26)]
    assert entry["number"] == "2 visits"
    assert "2 need people" in entry["chip"]
    models.Session.objects.latest("pk").delete()
    monkeypatch.setattr(view, "MOST_SHOWN", 0)
    assert "1 needs people" in entries(office)[date(2026, 11, 26)][0]["chip"]


def test_the_number_of_a_day_leads_to_the_visits_that_it_counts(
    office: Client, school: models.School, coordinator: models.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def number_of(query: str) -> tuple[str, str]:
        page = " ".join(office.get(f"/admin/calendar/{query}").content.decode().split())
        [number] = re.findall(r'<li>(?: <a href="([^"]*)">)? ?(\d+ visits?)', page)
        return unescape(number[0]), number[1]

    mine = [factories.SessionFactory(visit__school=school, visit__coordinator=coordinator) for _ in range(2)]
    factories.SessionFactory(visit__school=school)
    factories.SessionFactory(visit__school=school, cancelled=True)
    monkeypatch.setattr(view, "MOST_SHOWN", 1)
    week, number = number_of("?view=month&day=2026-11-01&mine=on&q=ashfield")
    assert number == "2 visits"
    listed, number = number_of("?view=week&day=2026-11-24")
    assert number == "3 visits"
    assert office.get(listed).context["cl"].result_count == 3
    assert number_of("?view=week&day=2026-11-24&mine=on") == ("", "2 visits"), "the list knows nobody’s own"
    monkeypatch.setattr(view, "MOST_SHOWN", 9)
    [shown] = entries(office, week).values()
    assert {entry["visit_day"].visit for entry in shown} == {session.visit for session in mine}


@pytest.mark.parametrize("query", ["?day=soon&view=decade&area=x&by=z", "?day=0001-01-01", "?day=9999-12-31"])
def test_an_address_that_makes_no_sense_shows_this_month(query: str, office: Client, school: models.School) -> None:
    factories.SessionFactory(visit__school=school)
    assert list(entries(office, query)) == [date(2026, 11, 26)]


def test_the_file_has_the_same_sessions_and_who_goes(office: Client, school: models.School, area: models.Area) -> None:
    session = factories.SessionFactory(visit__school=school)
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name="Asha Patel"))
    answer = office.get("/admin/calendar/ics/?q=asha")
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    [event] = Calendar.from_ical(answer.content).walk("VEVENT")
    assert event["summary"] == "KS2 assembly, Ashfield Primary"
    assert "Asha Patel" in str(event["description"])


def test_it_asks_the_same_of_one_session_and_of_three(
    office: Client, school: models.School, django_assert_num_queries: Callable[[int], Any]
) -> None:
    factories.SessionFactory(visit__school=school)
    office.get("/admin/calendar/")
    with django_assert_num_queries(9):
        office.get("/admin/calendar/")
    for day in (9, 10):
        factories.SessionFactory(visit__school=school, day=date(2026, 11, day))
    with django_assert_num_queries(9):
        office.get("/admin/calendar/")


def test_a_day_that_has_passed_unreported_says_so_and_not_who_was_to_go(
    office: Client, school: models.School, area: models.Area
) -> None:
    past = factories.SessionFactory(visit__school=school, day=date(2026, 11, 17))
    factories.CoverFactory(session=past, volunteer=factories.able_volunteer(area, staff=True))
    online = models.SessionType.objects.get(slug="online-ks2")
    factories.SessionFactory(visit__school=school, type=online, day=date(2026, 11, 18), until_day=date(2026, 11, 27))
    factories.SessionFactory(visit__school=school, day=date(2026, 11, 19), delivered=True)
    said = {day: str(of_day[0]["chips"]) for day, of_day in entries(office).items()}
    assert "No outcome yet" in said[date(2026, 11, 17)]
    assert "Shown by the school" in said[date(2026, 11, 18)]
    assert "Delivered" in said[date(2026, 11, 19)]


def test_the_search_finds_the_visits_at_which_a_school_is_a_guest(
    office: Client, school: models.School, area: models.Area
) -> None:
    visited = factories.SessionFactory(visit__school=school, day=date(2026, 11, 9))
    factories.HeadcountFactory(session=visited, school=factories.SchoolFactory(area=area, name="Fern Infants"), year_group=3)
    factories.SessionFactory(visit__school=factories.SchoolFactory(area=area), day=date(2026, 11, 10))
    assert list(entries(office, "?q=fern")) == [visited.day]
    factories.CoverFactory(session=visited, volunteer=factories.able_volunteer(area, name="Asha Patel"))
    people = office.get("/admin/calendar/?q=fern&by=volunteer").context["people"]
    assert [str(row.volunteer) for row in people if row.volunteer] == ["Asha Patel"]
    assert [entry["visit_day"].visit.school for row in people for _, of_column in row.cells for entry in of_column] == [school]
    assert b"Ashfield Primary" in office.get("/admin/calendar/ics/?q=fern&day=2026-11-09").content
