"""The calendar with a row for each volunteer."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client

from schools import models
from schools.office.calendar import people
from schools.office.calendar.forms import MONTH, WEEK, Span
from tests import factories

pytestmark = pytest.mark.django_db

THURSDAY = date(2026, 11, 26)


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield Primary")
    return made


@pytest.fixture
def asha(area: models.Area) -> models.Volunteer:
    made: models.Volunteer = factories.able_volunteer(area, name="Asha Patel")
    return made


def rows(client: Client, query: str = "?view=week&day=2026-11-24") -> dict[str, dict[date, list[str]]]:
    """What each row says, by the first day of the column: the school or "away", and the words of the chips."""
    people = client.get(f"/admin/calendar/{query}&by=volunteer").context["people"]
    return {
        str(row.volunteer or ""): {
            column.first: [
                " ".join([str("away" if "away" in one else one["visit_day"].visit.school), *map(str, one["chips"])])
                for one in entries
            ]
            for column, entries in row.cells
            if entries
        }
        for row in people
    }


def test_columns_are_the_days_of_a_week_and_the_weeks_of_a_month() -> None:
    week, month = Span(WEEK, THURSDAY), Span(MONTH, THURSDAY)
    assert [column.title for column in week.columns][:2] == ["Mon 23", "Tue 24"]
    assert [column.title for column in month.columns][-2:] == ["23 to 29 Nov", "30 Nov to 6 Dec"]
    for span in (week, month):
        days = [c.first + timedelta(days=n) for c in span.columns for n in range((c.last - c.first).days + 1)]
        assert days == span.days


def test_each_active_volunteer_has_a_row_and_an_empty_one_is_free(
    office: Client, school: models.School, asha: models.Volunteer, area: models.Area, elsewhere: models.Area
) -> None:
    session = factories.SessionFactory(visit__school=school, day=THURSDAY)
    factories.SessionFactory(visit=session.visit, day=THURSDAY, starts=time(10), ends=time(10, 30))
    factories.CoverFactory(session=session, volunteer=asha)
    factories.able_volunteer(area, name="Ben Free")
    factories.able_volunteer(area, name="Carl Gone", status="left")
    factories.able_volunteer(elsewhere, name="Dora Elsewhere")
    found = rows(office)
    assert list(found) == ["", "Asha Patel", "Ben Free"]
    [said] = found["Asha Patel"][THURSDAY]
    assert said.startswith("Ashfield Primary")
    assert "Accepted" in said
    assert found["Ben Free"] == {}
    assert "Needs people" in found[""][THURSDAY][0]


def test_a_month_gathers_each_week_and_names_its_days(office: Client, school: models.School, asha: models.Volunteer) -> None:
    for day in (date(2026, 11, 24), THURSDAY):
        factories.CoverFactory(session=factories.SessionFactory(visit__school=school, day=day), volunteer=asha)
    assert len(rows(office, "?view=month&day=2026-11-24")["Asha Patel"][date(2026, 11, 23)]) == 2
    answer = office.get("/admin/calendar/?view=month&day=2026-11-24&by=volunteer").content.decode()
    assert "Tue 24" in answer
    assert "Thu 26" in answer


def test_a_row_has_offers_and_what_is_held_in_other_areas_without_a_link(
    office: Client, school: models.School, asha: models.Volunteer, elsewhere: models.Area
) -> None:
    asked = factories.SessionFactory(visit__school=school, day=THURSDAY)
    factories.CoverFactory(session=asked, volunteer=asha, state="offered")
    there = factories.SessionFactory(
        visit__school=factories.SchoolFactory(area=elsewhere, name="Faraway"), day=date(2026, 11, 27)
    )
    factories.CoverFactory(session=there, volunteer=asha)
    found = rows(office)["Asha Patel"]
    assert "Offered" in found[THURSDAY][0]
    assert found[there.day][0].startswith("Faraway")
    page = office.get("/admin/calendar/?view=week&day=2026-11-24&by=volunteer").content.decode()
    assert f"/admin/visit/{asked.visit.pk}/{THURSDAY}/" in page
    assert f"/admin/visit/{there.visit.pk}/" not in page


def test_a_guest_has_a_row_with_my_sessions_alone(office: Client, school: models.School, elsewhere: models.Area) -> None:
    guest = factories.able_volunteer(elsewhere, name="Dora Guest")
    models.Away.objects.create(volunteer=guest, first_day=date(2026, 11, 24), last_day=date(2026, 11, 24))
    factories.CoverFactory(session=factories.SessionFactory(visit__school=school, day=THURSDAY), volunteer=guest)
    own = factories.SessionFactory(visit__school=factories.SchoolFactory(area=elsewhere), day=date(2026, 11, 27))
    factories.CoverFactory(session=own, volunteer=guest)
    assert list(rows(office)["Dora Guest"]) == [THURSDAY]
    page = office.get("/admin/calendar/?view=week&day=2026-11-24&by=volunteer").content.decode()
    assert "of another area" in page
    assert f"/admin/volunteer/{guest.pk}/" not in page


def test_days_away_stand_in_the_row(office: Client, asha: models.Volunteer) -> None:
    models.Away.objects.create(volunteer=asha, first_day=date(2026, 11, 26), last_day=date(2026, 12, 2))
    found = rows(office)["Asha Patel"]
    assert list(found) == [date(2026, 11, day) for day in (26, 27, 28, 29)]
    assert "Away" in found[THURSDAY][0]
    assert list(rows(office, "?view=month&day=2026-11-24")["Asha Patel"]) == [date(2026, 11, 23), date(2026, 11, 30)]


def test_whoever_may_not_be_there_by_then_and_what_is_cancelled_is_said(
    office: Client, school: models.School, asha: models.Volunteer
) -> None:
    session = factories.SessionFactory(visit__school=school, day=THURSDAY)
    factories.CoverFactory(session=session, volunteer=asha)
    models.Clearance.objects.filter(volunteer=asha).update(recheck_on=THURSDAY)
    assert "Not active, clear or signed off by then" in rows(office)["Asha Patel"][THURSDAY][0]
    models.Session.objects.filter(pk=session.pk).update(stage="cancelled", cancelled_code="weather")
    assert "Cancelled" in rows(office)["Asha Patel"][THURSDAY][0]


def test_a_search_leaves_the_people_of_a_name_or_at_a_school(
    office: Client, school: models.School, asha: models.Volunteer, area: models.Area
) -> None:
    factories.CoverFactory(session=factories.SessionFactory(visit__school=school, day=THURSDAY), volunteer=asha)
    factories.able_volunteer(area, name="Ben Free")
    week = "?view=week&day=2026-11-24&q="
    assert list(rows(office, f"{week}free")) == ["", "Ben Free"]
    assert list(rows(office, f"{week}ashfield")) == ["", "Asha Patel"]
    assert list(rows(office, f"{week}nobody")) == [""]


def test_more_people_than_anybody_reads_are_not_listed(
    office: Client, school: models.School, asha: models.Volunteer, area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_PEOPLE", 1)
    factories.able_volunteer(area, name="Ben Free")
    answer = office.get("/admin/calendar/?by=volunteer")
    assert answer.context["people"] is None
    assert b"too many visits or volunteers" in answer.content


def test_it_asks_the_same_of_one_volunteer_and_of_three(
    office: Client, school: models.School, area: models.Area, django_assert_num_queries: Callable[[int], Any]
) -> None:
    def put_on(name: str) -> None:
        session = factories.SessionFactory(visit__school=school, day=THURSDAY)
        factories.CoverFactory(session=session, volunteer=factories.able_volunteer(area, name=name))

    put_on("Asha Patel")
    office.get("/admin/calendar/?by=volunteer")
    with django_assert_num_queries(14):
        office.get("/admin/calendar/?by=volunteer")
    put_on("Ben Free")
    put_on("Cass Cole")
    with django_assert_num_queries(14):
        office.get("/admin/calendar/?by=volunteer")
