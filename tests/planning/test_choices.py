"""What follows from a school's choice: its visit is booked by the verbs of the office, or waits for somebody to look."""

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.planning.actions import choose_date, refuse_dates, take_back_dates
from schools.planning.actions.answers import Chooser
from schools.planning.rules import reasons_not_to_book_choice
from schools.visits.actions.conversations import request_visit
from schools.visits.half_days import HalfDay
from tests import factories
from tests.news import drafts, tell
from tests.planning.offering import LATER, NOW, ON, THREE, THURSDAY, TUESDAY, WEDNESDAY, a_school, offered, people

pytestmark = pytest.mark.django_db

PAT = Chooser("Pat Head")


@pytest.fixture
def area() -> models.Area:
    made: models.Area = factories.AreaFactory()
    return made


def slots(visit: models.Visit | None) -> list[tuple[date, time, str]]:
    assert visit is not None
    return list(visit.sessions.order_by("day", "starts").values_list("day", "starts", "type__slug"))


def test_the_choice_books_the_visit_as_the_office_would_and_whoever_chose_has_agreed_to_it(area: models.Area) -> None:
    school, other, by = a_school(area), a_school(area), factories.coordinator_of(area)
    people(area, 2)
    row = offered(school, by=by)
    lead = models.Contact.objects.create(school=school, name="Ian Relph", role="Safeguarding lead")
    row = choose_date(row, WEDNESDAY, PAT, now=LATER)
    visit = models.Visit.objects.get()
    assert row.visit == visit
    assert (visit.stage, visit.agreed_on, visit.agreed_with) == ("confirmed", LATER.date(), "Pat Head")
    assert (visit.school, visit.contact, visit.coordinator) == (school, school.contacts.get(name="Pat Head"), by)
    assert visit.safeguarding_contact == lead
    assert slots(visit) == [(WEDNESDAY.day, time(9, 15), "ks1-assembly"), (WEDNESDAY.day, time(9, 45), "ks2-assembly")]
    assert not models.OfferedDates.objects.holding(on=ON).exists()
    offered(other, (TUESDAY, THURSDAY, HalfDay(WEDNESDAY.day, is_afternoon=True)))
    assert choose_date(row, WEDNESDAY, Chooser("Sam"), now=LATER).visit == visit
    assert models.Session.objects.count() == 2


def test_an_afternoon_has_in_the_afternoon_what_the_template_has_in_the_morning(area: models.Area) -> None:
    people(area, 2)
    afternoon = HalfDay(TUESDAY.day, is_afternoon=True)
    row = choose_date(offered(a_school(area), (WEDNESDAY, THURSDAY, afternoon)), afternoon, PAT, now=LATER)
    assert slots(row.visit) == [(TUESDAY.day, time(13, 15), "ks1-assembly"), (TUESDAY.day, time(13, 45), "ks2-assembly")]


def test_what_the_school_asked_for_before_is_the_visit_that_is_booked_and_keeps_what_is_known_of_it(area: models.Area) -> None:
    school, by = a_school(area), factories.coordinator_of(area)
    people(area, 2)
    lead = models.Contact.objects.create(school=school, name="Lee Lead")
    visit = request_visit(school, preferred_month=None, by=None, now=NOW, contact=None)
    known: dict[str, Any] = {"safeguarding_contact": lead, "parking": "Behind the hall", "arrival_notes": "Ring twice"}
    models.Visit.objects.filter(pk=visit.pk).update(**known)
    models.Contact.objects.create(school=school, name="Anna First", email="anna@fern.example.org")
    pat = school.contacts.get(name="Pat Head")
    choose_date(offered(school, by=by, contact=pat), TUESDAY, PAT, now=LATER)
    visit = models.Visit.objects.get()
    assert (visit.stage, visit.coordinator, visit.requested_on) == ("confirmed", by, ON)
    assert visit.contact == pat, "who chose reads what follows, although somebody else is first by name"
    assert {name: getattr(visit, name) for name in known} == known


def test_the_school_gets_the_confirmation_and_the_coordinator_hears_what_was_chosen_once(area: models.Area) -> None:
    school, by = a_school(area), factories.coordinator_of(area)
    people(area, 2)
    choose_date(offered(school, by=by), TUESDAY, PAT, now=LATER)
    [to_school] = drafts("visits", LATER)
    assert to_school.to == school.contacts.get().email
    assert "Tue 15 December 2026, 9:15" in to_school.body
    [to_coordinator] = drafts("date-chosen", LATER)
    assert (to_coordinator.to, to_coordinator.subject) == (by.email, "Booked: Fern Primary, Tue 15 December 2026, morning")
    assert "Pat Head has chosen" in to_coordinator.body
    assert "Look for people who go" in to_coordinator.body
    assert [tell(LATER, kinds=["date-chosen"]) for _ in range(2)] == [1, 0]
    assert drafts("date-chosen", LATER + timedelta(days=4)) == []


def test_at_night_nobody_is_told_and_in_the_morning_what_is_true_then(area: models.Area) -> None:
    by = factories.coordinator_of(area)
    people(area, 2)
    row = choose_date(offered(a_school(area), by=by), TUESDAY, PAT, now=LATER.replace(hour=22))
    assert drafts("date-chosen", LATER.replace(hour=23)) == []
    models.Visit.objects.filter(pk=row.visit_id or 0).update(stage="cancelled", cancelled_code="school")
    assert drafts("date-chosen", LATER + timedelta(days=1)) == []


@pytest.mark.parametrize("day", [TUESDAY.day, THURSDAY.day])
def test_what_the_office_has_booked_meanwhile_is_not_called_booked_by_the_choice(area: models.Area, day: date) -> None:
    by = factories.coordinator_of(area)
    one, _ = people(area, 2)
    row = offered(a_school(area), by=by)
    models.Away.objects.create(volunteer=one, first_day=TUESDAY.day, last_day=TUESDAY.day)
    row = choose_date(row, TUESDAY, PAT, now=LATER.replace(hour=22))
    assert len(drafts("date-chosen", LATER + timedelta(days=1))) == 1
    models.Visit.objects.filter(pk=row.visit_id or 0).update(stage="planned")
    factories.SessionFactory(visit=row.visit, day=day)
    assert drafts("date-chosen", LATER + timedelta(days=1)) == []


def test_no_day_is_named_on_which_the_visit_stands_no_more(area: models.Area) -> None:
    people(area, 2)
    choose_date(offered(a_school(area), by=factories.coordinator_of(area)), TUESDAY, PAT, now=LATER.replace(hour=22))
    assert len(drafts("date-chosen", LATER + timedelta(days=1))) == 1
    models.Session.objects.update(day=THURSDAY.day)
    assert drafts("date-chosen", LATER + timedelta(days=1)) == []


def test_where_people_went_the_visit_is_asked_for_and_the_coordinator_is_told_so(area: models.Area) -> None:
    by = factories.coordinator_of(area)
    one, _ = people(area, 2)
    row = offered(a_school(area), by=by)
    models.Away.objects.create(volunteer=one, first_day=TUESDAY.day, last_day=TUESDAY.day)
    row = choose_date(row, TUESDAY, PAT, now=LATER)
    assert row.visit is not None
    assert (row.visit.stage, row.is_short, slots(row.visit)) == ("requested", True, [])
    assert reasons_not_to_book_choice(row, on=LATER.date()) == []
    [told] = drafts("date-chosen", LATER)
    assert told.subject == "To be booked: Fern Primary, Tue 15 December 2026, morning"
    assert "Too few people are left for it" in told.body


def a_week_later(row: models.OfferedDates) -> None:
    assert row.template
    workshop = models.SessionType.objects.get(slug="workshop-5-6")
    models.VisitTemplateLine.objects.create(template=row.template, position=9, type=workshop, days_later=7)


def too_long(row: models.OfferedDates) -> None:
    models.SessionType.objects.filter(slug="ks2-assembly").update(minutes=200)


def more_people(row: models.OfferedDates) -> None:
    models.SessionType.objects.filter(slug="ks2-assembly").update(presenters=3)


def out_of_term(row: models.OfferedDates) -> None:
    days = {"first_day": date(2026, 9, 1), "last_day": date(2026, 12, 11)}
    models.Term.objects.create(nation="england", authority=row.school.authority, name="Own", **days)


def closed(row: models.OfferedDates) -> None:
    area = models.Area.objects.get()
    models.ClosedPeriod.objects.create(area=area, first_day=TUESDAY.day, last_day=TUESDAY.day)


def nobody_there(row: models.OfferedDates) -> None:
    models.User.objects.update(is_active=False)


def several_sites(row: models.OfferedDates) -> None:
    models.Site.objects.create(school=row.school, name="Lower Site", postcode="CA1 2AB")


def no_template(row: models.OfferedDates) -> None:
    models.VisitTemplate.objects.update(active=False)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (a_week_later, "sessions beyond the half-day that the school chose"),
        (too_long, "sessions beyond the half-day that the school chose"),
        (more_people, "asks for other people than when the dates were offered"),
        (out_of_term, "is outside term at Fern Primary"),
        (closed, "is signed off"),
        (nobody_there, "Nobody looks after the area"),
        (no_template, "no session for the school any more"),
        (several_sites, "Ask at which one it would be"),
    ],
)
def test_where_somebody_in_the_office_would_have_to_look_the_visit_is_asked_for_and_its_page_says_why(
    area: models.Area, happens: Callable[[models.OfferedDates], None], reason: str
) -> None:
    people(area, 3)
    row = offered(a_school(area))
    happens(row)
    row = choose_date(row, TUESDAY, PAT, now=LATER)
    assert row.visit is not None
    assert (row.state, row.visit.stage, row.is_short) == ("chosen", "requested", False)
    assert not models.Session.objects.exists()
    [said] = reasons_not_to_book_choice(row, on=LATER.date())
    assert reason in said


def test_whoever_offered_and_has_left_since_hands_the_visit_to_whoever_looks_after_the_school(area: models.Area) -> None:
    left, now_there = factories.coordinator_of(area), factories.coordinator_of(area)
    people(area, 4)
    first, second = offered(a_school(area), by=left), offered(a_school(area, name="Moss"), by=left)
    models.User.objects.filter(pk=left.pk).update(is_active=False)
    assert coordinator(choose_date(first, TUESDAY, PAT, now=LATER)) == now_there
    models.User.objects.filter(pk=left.pk).update(is_active=True)
    models.AreaCoordinator.objects.filter(user=left).delete()
    assert coordinator(choose_date(second, TUESDAY, PAT, now=LATER)) == now_there


def test_a_visit_of_somebody_who_sees_the_school_no_more_goes_to_whoever_offered_the_dates(area: models.Area) -> None:
    school, by, left = a_school(area), factories.coordinator_of(area), factories.coordinator_of(area)
    people(area, 4)
    asked = factories.VisitFactory(school=school, stage="requested", coordinator=left, requested_on=ON)
    row = offered(school, by=by)
    models.AreaCoordinator.objects.filter(user=left).delete()
    row = choose_date(row, TUESDAY, PAT, now=LATER)
    assert (row.visit, coordinator(row)) == (asked, by)


def coordinator(row: models.OfferedDates) -> models.User | None:
    assert row.visit is not None
    assert row.visit.stage == "confirmed"
    return row.visit.coordinator


def test_a_school_that_was_closed_since_reads_so_and_its_dates_are_free_and_on_home(area: models.Area) -> None:
    people(area, 2)
    row = offered(a_school(area))
    models.School.objects.filter(pk=row.school_id).update(status="closed", closed=ON)
    assert not models.OfferedDates.objects.holding(on=LATER.date()).exists()
    with pytest.raises(RuleBroken) as refused:
        choose_date(row, TUESDAY, PAT, now=LATER)
    assert "In the register Fern Primary is closed" in " ".join(refused.value.reasons)
    row.refresh_from_db()
    assert (row.state, row.answered_at) == ("lapsed", LATER)
    assert models.OfferedDates.objects.without_a_date(on=LATER.date()).get() == row
    assert not models.Visit.objects.exists()
    with pytest.raises(RuleBroken, match="not held for you any more"):
        choose_date(row, TUESDAY, PAT, now=LATER)


def test_each_of_two_schools_that_choose_the_same_half_day_is_booked_where_there_are_people_for_both(area: models.Area) -> None:
    people(area, 4)
    rows = [offered(a_school(area, name=name), THREE) for name in ("Fern", "Moss")]
    chosen = [choose_date(row, TUESDAY, PAT, now=LATER) for row in rows]
    assert [row.visit.stage for row in chosen if row.visit] == ["confirmed", "confirmed"]


def test_dates_that_the_school_has_refused_meanwhile_are_not_called_taken_back(area: models.Area) -> None:
    people(area, 2)
    row = refuse_dates(offered(a_school(area)), PAT, now=LATER)
    with pytest.raises(RuleBroken, match="Pat Head has said meanwhile that none of these suits"):
        take_back_dates(row, now=LATER)
