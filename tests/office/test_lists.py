"""What the office's lists say of each row, and where a row leads."""

import re
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from schools import models
from schools.core import searchable
from schools.office.frame import change_list
from schools.office.home import views
from tests import factories
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(area: models.Area) -> models.School:
    made: models.School = factories.SchoolFactory(area=area, name="Ashfield")
    return made


def test_a_visit_lasts_from_its_first_to_its_last_session_and_what_was_cancelled_counts_only_alone(
    school: models.School,
) -> None:
    def days(*sessions: tuple[int, bool]) -> tuple[date | None, date | None]:
        visit = factories.VisitFactory(school=school)
        for day, cancelled in sessions:
            factories.SessionFactory(visit=visit, day=date(2026, 11, day), cancelled=cancelled)
        found = models.Visit.objects.with_days().get(pk=visit.pk)
        return found.begins_on, found.ends_on

    first, middle, last = (date(2026, 11, day) for day in (2, 9, 16))
    assert days() == (None, None)
    assert days((9, False)) == (middle, middle)
    assert days((16, False), (2, False), (9, False)) == (first, last)
    assert days((2, True), (9, False), (16, True)) == (middle, middle)
    assert days((16, True), (2, True)) == (first, last)


def test_the_list_of_visits_says_when_and_is_put_in_order_by_it(office: Client, school: models.School) -> None:
    for day in (17, 3, 10):
        visit = factories.VisitFactory(school=school, reference=f"VDAY{day:03}")
        # Several sessions, with people and pupils, are one visit in one row.
        for hour in (9, 10, 11):
            session = factories.SessionFactory(visit=visit, day=date(2026, 11, day), starts=time(hour, 0), ends=time(hour, 30))
            factories.CoverFactory(session=session)
            for group in (3, 4):
                factories.HeadcountFactory(session=session, year_group=group)
    body = office.get(f"{reverse('admin:schools_visit_changelist')}?o=3").content.decode()
    assert "3 visits" in body
    assert "Tue 10 November 2026" in body
    places = [body.index(reference) for reference in ("VDAY003", "VDAY010", "VDAY017")]
    assert places == sorted(places)


def test_a_place_that_somebody_may_not_hold_leads_to_the_day_where_it_is_filled(office: Client, school: models.School) -> None:
    lapsed = factories.CoverFactory(session__visit__school=school, volunteer__name="Asha Bell")
    body = office.get(f"{reverse('admin:schools_cover_changelist')}?needs=lapsed").content.decode()
    assert "Asha Bell" in body
    assert reverse("admin:visit-day", args=[lapsed.session.visit_id, lapsed.session.day]) in body


def test_a_row_of_a_filtered_list_leads_to_its_page_and_keeps_what_the_list_is_filtered_by(
    office: Client, school: models.School
) -> None:
    visit, contact = factories.VisitFactory(school=school), models.Contact.objects.create(school=school, name="Sian")
    pages = {
        models.Visit: reverse("admin:visit-detail", args=[visit.pk]),
        models.Contact: url(models.Contact, "change", contact.pk),
    }
    for table, page in pages.items():
        filtered = office.get(url(table, "changelist"), {"q": "Ashfield", "o": "1"}).content.decode()
        assert f'<a href="{page}?_changelist_filters=q%3DAshfield%26o%3D1">' in filtered
        assert f'<a href="{page}">' in office.get(url(table, "changelist")).content.decode()


def test_visits_are_filtered_by_the_people_whom_a_visit_names(
    managers_office: Client, school: models.School, coordinator: models.User
) -> None:
    for _ in range(3):
        factories.able_volunteer(factories.AreaFactory())
    factories.VisitFactory(school=school, coordinator=coordinator)
    [people] = [
        one for one in managers_office.get("/admin/schools/visit/").context["cl"].filter_specs if one.title == "coordinator"
    ]
    assert [pk for pk, _ in people.lookup_choices] == [coordinator.pk]


def test_a_follow_up_leads_to_the_next_call(office: Client, school: models.School, coordinator: models.User) -> None:
    models.ContactLog.objects.create(
        school=school, day=date(2026, 11, 2), how="phone", who="the office", follow_up_on=date(2026, 11, 20), by=coordinator
    )
    body = office.get(f"{reverse('admin:schools_contactlog_changelist')}?needs=follow-up").content.decode()
    assert reverse("admin:log-talk", args=[school.pk]) in body


def test_who_is_paid_is_said_in_words_and_nobody_else_is_marked(office: Client, area: models.Area) -> None:
    factories.able_volunteer(area, name="Paid Person", staff=True)
    factories.able_volunteer(area, name="Unpaid Person")
    body = office.get(reverse("admin:schools_volunteer_changelist")).content.decode()
    assert body.count(">paid staff<") == 1
    assert "icon-no" not in body


def test_home_shows_whole_days_and_says_that_there_are_more(
    office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in (25, 26, 27):
        visit = factories.VisitFactory(school=school)
        for hour in (9, 10):
            factories.SessionFactory(visit=visit, day=date(2026, 11, day), starts=time(hour, 0), ends=time(hour, 30))

    def shown() -> tuple[list[date], bool]:
        context = office.get("/admin/").context
        return [row["day"].day for row in context["fortnight"]], "The calendar has them all" in office.get(
            "/admin/"
        ).content.decode()

    all_days = [date(2026, 11, day) for day in (25, 26, 27)]
    assert shown() == (all_days, False)
    monkeypatch.setattr(views, "MOST_SHOWN", 5)
    # The third day would be there with one of its two sessions.
    assert shown() == (all_days[:2], True)
    monkeypatch.setattr(views, "MOST_SHOWN", 1)
    assert shown() == (all_days[:1], True)


def test_a_visit_day_of_more_sessions_than_home_shows_is_judged_by_all_of_them(
    office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = factories.VisitFactory(school=school)
    for hour in (9, 10, 11, 12):
        factories.SessionFactory(visit=visit, day=date(2026, 11, 25), starts=time(hour, 0), ends=time(hour, 30))
    monkeypatch.setattr(views, "MOST_SHOWN", 2)
    [row] = office.get("/admin/").context["fortnight"]
    assert (len(row["names"]), row["when"]) == (4, "9:00 am–12:30 pm")


@pytest.mark.parametrize(
    ("words", "number"),
    [("fellside", 1), ("FELL asha", 1), ("asha v-77", 1), ("bram", 1), ("asha beck", 0), ("side", 0), ("106123", 1), ("", 2)],
)
def test_a_list_is_searched_through_the_tables_that_its_rows_lead_to(
    words: str, number: int, office: Client, area: models.Area, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number_of_school, person in (("Fellside", "106123", "Asha Rai"), ("Beckside", "106124", "Bram Lowe")):
        school = factories.SchoolFactory(area=area, name=name, register_id=number_of_school)
        visit = factories.VisitFactory(school=school, reference=f"V-77-{name[0]}")
        volunteer = factories.able_volunteer(area, name=person)
        factories.CoverFactory(session=factories.SessionFactory(visit=visit), volunteer=volunteer)
    for few in (searchable.FEW, 0):  # as a few rows and as very many
        monkeypatch.setattr(searchable, "FEW", few)
        rows = office.get("/admin/schools/cover/", {"q": words}).context["cl"]
        assert rows.result_count == len(rows.result_list) == number


@pytest.mark.parametrize("table", ["cover", "school", "volunteer"])
def test_a_page_of_text_is_not_searched_for_and_the_list_says_so(table: str, office: Client, area: models.Area) -> None:
    volunteer = factories.able_volunteer(area)
    factories.CoverFactory(session=factories.SessionFactory(visit__school__area=area), volunteer=volunteer)
    answer = office.get(f"/admin/schools/{table}/", {"q": " ".join(map(str, range(3000)))})
    assert "Search for fewer words: at most 250 characters. The list is not searched." in answer.content.decode()
    assert answer.context["cl"].result_count == answer.context["cl"].full_result_count == 1
    chosen = {"app_label": "schools", "model_name": "cover", "field_name": "volunteer", "term": "a " * 3000}
    assert office.get("/admin/autocomplete/", chosen).json()["results"] == []


def test_a_visit_is_added_by_booking_it(office: Client, school: models.School) -> None:
    body = office.get("/admin/schools/visit/").content.decode()
    assert body.count("Book a visit") == 3  # the way that every page has, the list's own, and what it says while it is empty
    assert "Add visit" not in body


def test_years_and_year_groups_are_chosen_and_shown_in_words(office: Client, area: models.Area) -> None:
    for nation, year, group in (("england", 2025, 5), ("england", 2024, 0), ("scotland", 2025, 5)):
        school = factories.SchoolFactory(area=area, nation=nation)
        models.Roll.objects.create(school=school, academic_year=year, year_group=group, pupils=30, source="coordinator")
    answer = office.get("/admin/schools/roll/", {"academic_year": "2025", "year_group": "5"})
    chosen: dict[str, Any] = {spec.title: getattr(spec, "lookup_choices", []) for spec in answer.context["cl"].filter_specs}
    assert chosen["academic year"] == [("2025", "2025/26"), ("2024", "2024/25")]
    assert chosen["year group"][0] == ("0", "Reception, P1")
    assert {str(roll).partition(", ")[2] for roll in answer.context["cl"].result_list} == {
        "2025/26, Year 5: 30",
        "2025/26, P6: 30",
    }
    body = answer.content.decode()
    assert (body.count(">2025/26</"), body.count(">Year 5</td>"), body.count(">P6</td>")) == (3, 1, 1)


def test_the_years_of_a_long_list_are_those_from_its_first_row_to_its_last(
    office: Client, school: models.School, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = factories.VisitFactory(school=school)
    for year in (2023, 2025, 2026):
        factories.CoverFactory(session=factories.SessionFactory(visit=visit, day=date(year, 11, 5)))

    def years(asked: str = "") -> list[str]:
        body = office.get(f"/admin/schools/cover/{asked}").content.decode()
        return re.findall(r'<a href="\?session__day__year=(\d{4})">\1</a>', body)

    assert years() == ["2023", "2025", "2026"]
    monkeypatch.setattr(change_list, "MANY", 3)
    assert years() == ["2023", "2024", "2025", "2026"]
    assert "November 2025" in office.get("/admin/schools/cover/?session__day__year=2025").content.decode()


def test_lists_say_yes_and_no_in_words(managers_office: Client, area: models.Area) -> None:
    school = factories.SchoolFactory(area=area)
    models.Site.objects.create(school=school, name="Upper", address="Road 1", postcode="LA9 4AA")
    models.Site.objects.create(school=school, name="Lower", address="Road 2", postcode="LA9 4AB", active=False)
    for table, column in (("site", "active"), ("user", "is_active"), ("sessiontype", "active")):
        body = managers_office.get(f"/admin/schools/{table}/").content.decode()
        assert f'<td class="field-{column}">yes</td>' in body
        assert "icon-yes" not in body
    assert '<td class="field-active">no</td>' in managers_office.get("/admin/schools/site/").content.decode()


def test_no_picture_of_the_stock_admin_stands_before_a_link() -> None:
    sheet = (Path(settings.BASE_DIR) / "schools/static/office/controls.css").read_text()
    rule = next(line for line in sheet.splitlines() if ".inlinechangelink" in line)
    for name in (".addlink", ".changelink", ".inlinechangelink", ".viewlink", ".inlineviewlink"):
        assert name in rule
    assert "background-image: none" in rule
