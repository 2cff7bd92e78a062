"""A visit at a school that is closed by then says so on its page and on its day, with what to do."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from schools import models
from schools.office.bookings.closing import warnings_of_moving
from schools.visits.queries.outstanding import at_closing_schools
from schools.visits.rules.closing_schools import days_at_closing_school, warning_of_closing
from tests import factories
from tests.browsing import hidden

pytestmark = pytest.mark.django_db
DAY = factories.DAY
TODAY = date(2026, 11, 24)


def booked(area: models.Area, *, name: str = "Ashfield", **facts: Any) -> models.Session:
    made: models.Session = factories.SessionFactory(visit__school=factories.SchoolFactory(area=area, name=name, **facts))
    return made


def page_of(office: Client, visit: models.Visit) -> str:
    return " ".join(office.get(reverse("admin:visit-detail", args=[visit.pk])).content.decode().split())


def test_a_school_that_closes_before_its_visit_leads_to_moving_or_cancelling_it(office: Client, area: models.Area) -> None:
    visit = booked(area, status="closing", closed=DAY - timedelta(days=1)).visit
    body = page_of(office, visit)
    assert "This school closes before the visit" in body
    assert "Ashfield is to close on Wed 25 November 2026, but Thu 26 November 2026 is booked there after that." in body
    for link in (reverse("admin:visit-move", args=[visit.pk]), "#cancel-visit"):
        assert f'href="{link}"' in body
    assert "No school is known to follow it" in body
    day = office.get(reverse("admin:visit-day", args=[visit.pk, DAY])).content.decode()
    assert "is booked there after that" in day
    assert "See what to do" in day


def test_a_closed_school_leads_to_the_one_that_followed_it(office: Client, area: models.Area, elsewhere: models.Area) -> None:
    visit = booked(area, status="closed", closed=date(2026, 8, 31)).visit
    follower, far = factories.SchoolFactory(area=area, name="Beech"), factories.SchoolFactory(area=elsewhere, name="Far Away")
    for school in (follower, far):
        models.SchoolLink.objects.create(predecessor=visit.school, successor=school, kind="split")
    junior = factories.SchoolFactory(area=area, name="Junior")
    models.SchoolLink.objects.create(predecessor=visit.school, successor=junior, kind="feeder")
    body = page_of(office, visit)
    assert "Ashfield closed on Mon 31 August 2026, but Thu 26 November 2026 is booked there." in body
    assert f'href="{reverse("admin:book-at", args=[follower.pk])}"' in body
    assert "Far Away, which another area looks after" in body
    assert reverse("admin:school-detail", args=[far.pk]) not in body
    assert "Junior" not in body
    assert "Is there a day before?" not in body


def test_where_nobody_knows_when_it_closes_somebody_is_to_ask(office: Client, area: models.Area) -> None:
    body = page_of(office, booked(area, status="closing", phone="015394 00000").visit)
    assert "This school may be closed by then" in body
    assert 'href="tel:01539400000"' in body


def test_a_guest_school_that_closes_is_named_with_the_way_to_change_it(office: Client, area: models.Area) -> None:
    session = booked(area)
    guest = factories.SchoolFactory(area=area, name="Fern Infants", status="closed", closed=date(2026, 8, 31))
    factories.HeadcountFactory(session=session, school=guest, year_group=2)
    body = page_of(office, session.visit)
    assert "A guest school is closed by then" in body
    assert "Fern Infants closed on Mon 31 August 2026, but its pupils are expected on Thu 26 November 2026." in body
    assert "This school is closed" not in body


def test_the_list_of_visits_has_a_chip_beside_those_at_a_school_that_is_closed_by_then(office: Client, area: models.Area) -> None:
    late = booked(area, status="closing", closed=DAY - timedelta(days=1)).visit
    for facts in ({"status": "open"}, {"status": "closing", "closed": DAY}):
        booked(area, **facts)
    over = booked(area, status="closed").visit
    models.Session.objects.filter(visit=over).update(day=TODAY - timedelta(days=1))
    off = booked(area, status="closed").visit
    models.Visit.objects.filter(pk=off.pk).update(stage="cancelled", cancelled_code="school")
    rows = office.get(reverse("admin:schools_visit_changelist")).content.decode().split("<tr")
    assert [late.reference in row for row in rows if "School closed by then" in row] == [True]


def test_an_online_window_that_runs_on_after_the_school_has_closed_is_named_everywhere(office: Client, area: models.Area) -> None:
    session = booked(area, status="closing", closed=DAY + timedelta(days=3))
    models.Session.objects.filter(pk=session.pk).update(type=online(), until_day=DAY + timedelta(days=8))
    visit = session.visit
    sentence = "is to close on Sun 29 November 2026, but Fri 4 December 2026 is booked there after that."
    assert sentence in page_of(office, visit)
    assert sentence in office.get(reverse("admin:visit-day", args=[visit.pk, DAY])).content.decode()
    assert at_closing_schools(models.Visit.objects.all(), on=TODAY).get() == visit
    assert at_closing_schools(models.Visit.objects.all(), on=DAY + timedelta(days=5)).get() == visit, "it is shown on these days"
    assert "School closed by then" in office.get(reverse("admin:schools_visit_changelist")).content.decode()


def online() -> models.SessionType:
    return models.SessionType.objects.filter(channel="online")[0]


@pytest.mark.parametrize("stage", ["scheduled", "cancelled"])
@pytest.mark.parametrize("day", [TODAY - timedelta(days=1), TODAY, DAY])
@pytest.mark.parametrize(
    "facts",
    [
        {"status": "open"},
        {"status": "open", "closed": TODAY},
        {"status": "closing"},
        {"status": "closing", "closed": DAY},
        {"status": "closing", "closed": TODAY},
        {"status": "closed"},
        {"status": "closed", "closed": DAY},
    ],
)
def test_the_page_says_so_of_exactly_the_visits_that_home_counts(
    facts: dict[str, Any], day: date, stage: str, area: models.Area
) -> None:
    session = booked(area, **facts)
    cancelled = {"stage": stage, "cancelled_code": "school" if stage == "cancelled" else ""}
    models.Session.objects.filter(pk=session.pk).update(day=day, **cancelled)
    session.refresh_from_db()
    is_listed = at_closing_schools(models.Visit.objects.all(), on=TODAY).exists()
    assert bool(days_at_closing_school(session.visit.school, [session], on=TODAY)) == is_listed


def test_many_days_are_counted_instead_of_named() -> None:
    school = models.School(name="Ashfield", status="closed")
    assert warning_of_closing(school, [DAY + timedelta(days=n) for n in range(4)]) == (
        "Ashfield closed, but 4 days are booked there."
    )


def test_a_closing_school_costs_its_visit_two_questions_however_much_is_booked(
    office: Client, area: models.Area, django_assert_num_queries: Callable[[int], Any]
) -> None:
    session = booked(area, status="closing")
    school = session.visit.school

    def followed() -> None:
        models.SchoolLink.objects.create(predecessor=school, successor=factories.SchoolFactory(area=area), kind="split")

    followed()
    address = reverse("admin:visit-detail", args=[session.visit_id])
    office.get(address)
    models.School.objects.filter(pk=school.pk).update(status="open")
    with django_assert_num_queries(24):
        office.get(address)
    models.School.objects.filter(pk=school.pk).update(status="closing")
    with django_assert_num_queries(26):
        office.get(address)
    for number in (1, 2):
        factories.SessionFactory(visit=session.visit, day=DAY + timedelta(days=number))
        followed()
    with django_assert_num_queries(26):
        office.get(address)


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("host", "Ashfield is to close on Fri 27 November 2026, but Mon 30 November 2026 would be booked there after that."),
        (
            "guest",
            "Fern is to close on Fri 27 November 2026, but its pupils would be expected on Mon 30 November 2026 after that.",
        ),
    ],
)
def test_a_look_at_a_move_says_that_a_school_is_closed_by_then_and_it_can_be_moved_all_the_same(
    who: str, sentence: str, office: Client, area: models.Area
) -> None:
    closing: dict[str, Any] = {"status": "closing", "closed": DAY + timedelta(days=1)}
    session = booked(area, **(closing if who == "host" else {}))
    other = factories.SessionFactory(visit=session.visit, day=DAY, starts=time(13), ends=time(13, 30))
    if who == "guest":
        guest = factories.SchoolFactory(area=area, name="Fern", **closing)
        factories.HeadcountFactory(session=session, school=guest, year_group=2)
    address = reverse("admin:visit-move", args=[session.visit_id])

    def look(day: str, *sessions: models.Session) -> str:
        typed = {"do": "look", "sessions": [each.pk for each in sessions], "day": day}
        body: str = office.post(address, typed).content.decode()
        return body

    assert "is to close" not in look("2026-11-27", session, other)
    assert (sentence in look("2026-11-30", other)) == (who == "host"), "of a guest only where its pupils go"
    body = look("2026-11-30", session, other)
    assert body.count(sentence) == 1
    typed = {"do": "move", "sessions": [session.pk, other.pk], "day": "2026-11-30"}
    assert office.post(address, {**hidden(body), **typed}).status_code == 302
    assert set(session.visit.sessions.values_list("day", flat=True)) == {date(2026, 11, 30)}


@pytest.mark.parametrize("number", [1, 3])
def test_what_a_look_says_of_closing_schools_asks_once_however_many_there_are(
    number: int, area: models.Area, django_assert_num_queries: Callable[[int], Any]
) -> None:
    visit = booked(area, status="closed").visit
    for hour in range(number):
        session = factories.SessionFactory(visit=visit, starts=time(10 + hour), ends=time(10 + hour, 30))
        guest = factories.SchoolFactory(area=area, status="closed")
        for group in (2, 3):
            factories.HeadcountFactory(session=session, school=guest, year_group=group)
    sessions = list(visit.sessions.select_related("visit__school"))
    with django_assert_num_queries(1):
        warnings = warnings_of_moving(visit.school, sessions, on=TODAY)
    assert [warning.is_severe for warning in warnings] == [True] * (1 + number)
