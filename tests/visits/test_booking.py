"""Booking a visit, agreeing it, calling it off."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest
from django.core import mail

from schools.core.errors import RuleBroken
from schools.models import (
    ClosedPeriod,
    Contact,
    Headcount,
    OutboxMessage,
    Roll,
    Session,
    SessionType,
    Visit,
)
from schools.visits.actions import NewSession, VisitDetails, book, cancel_session, cancel_visit, confirm
from schools.visits.queries import new_reference
from schools.visits.queries.days import bookings_of
from schools.visits.rules import reasons_not_to_redefine, warnings_about_booking
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    UserFactory,
    VisitFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

THURSDAY = date(2026, 11, 26)


def kind(slug: str) -> SessionType:
    return SessionType.objects.get(slug=slug)


def assembly(**facts: Any) -> NewSession:
    return replace(NewSession(kind("ks2-assembly"), THURSDAY, time(9, 15)), **facts)


def test_booking_makes_visit_sessions_and_expected_headcounts_in_one_go(now: datetime) -> None:
    school, by = SchoolFactory(), UserFactory()
    for group, pupils in {3: 30, 4: 29, 5: 31, 6: 28}.items():
        Roll.objects.create(school=school, academic_year=2025, year_group=group, pupils=pupils, source="register")
    workshop = NewSession(kind("workshop-5-6"), THURSDAY, time(10, 0), expected={5: 31})

    visit = book(school, [workshop, assembly()], by=by, now=now)

    assert visit.stage == "planned"
    assert visit.coordinator == by
    sessions = list(visit.sessions.all())
    assert [(session.type.slug, session.starts, session.ends) for session in sessions] == [
        ("ks2-assembly", time(9, 15), time(9, 45)),
        ("workshop-5-6", time(10, 0), time(11, 0)),
    ]
    expected = dict(Headcount.objects.filter(session=sessions[0]).values_list("year_group", "expected"))
    assert expected == {3: 30, 4: 29, 5: 31, 6: 28}
    assert list(Headcount.objects.filter(session=sessions[1]).values_list("year_group", "expected", "pupils")) == [(5, 31, None)]


def test_a_coordinators_roll_beats_the_registers_and_an_earlier_year_fills_what_is_unknown(now: datetime) -> None:
    school = SchoolFactory()
    Roll.objects.create(school=school, academic_year=2026, year_group=5, pupils=20, source="register")
    Roll.objects.create(school=school, academic_year=2026, year_group=5, pupils=25, source="coordinator")
    Roll.objects.create(school=school, academic_year=2024, year_group=6, pupils=11, source="register")
    Roll.objects.create(school=school, academic_year=2027, year_group=6, pupils=99, source="register")

    visit = book(school, [NewSession(kind("workshop-5-6"), THURSDAY, time(9, 0))], by=UserFactory(), now=now)

    assert dict(Headcount.objects.filter(session__visit=visit).values_list("year_group", "expected")) == {5: 25, 6: 11}


def test_without_rolls_the_registers_total_is_spread_over_the_schools_year_groups(now: datetime) -> None:
    school = SchoolFactory(low_age=3, high_age=11, pupils=100)

    visit = book(school, [assembly()], by=UserFactory(), now=now)

    # 100 × 7 ÷ 8 = 87.5, in whole pupils 88: four year groups of 13, three of 12; KS2 is the last four.
    assert dict(Headcount.objects.filter(session__visit=visit).values_list("year_group", "expected")) == {
        3: 13,
        4: 12,
        5: 12,
        6: 12,
    }


def test_a_school_of_which_nothing_is_known_has_unknown_expected_pupils_not_zero(now: datetime) -> None:
    visit = book(SchoolFactory(), [assembly()], by=UserFactory(), now=now)
    assert set(Headcount.objects.filter(session__visit=visit).values_list("expected", flat=True)) == {None}


def test_a_session_for_adults_has_no_headcounts(now: datetime) -> None:
    visit = book(SchoolFactory(), [assembly(type=kind("parents"))], by=UserFactory(), now=now)
    assert not Headcount.objects.filter(session__visit=visit).exists()


def test_a_refused_booking_lists_every_reason_and_stores_nothing(now: datetime) -> None:
    school = SchoolFactory(status="closed", low_age=4, high_age=7)
    sessions = [
        assembly(),
        assembly(),
        assembly(type=kind("ks1-assembly"), starts=time(23, 50)),
        assembly(type=kind("online-ks1"), until_day=date(2026, 11, 1)),
        assembly(type=kind("ks1-assembly"), starts=time(10, 0), expected={0: 1001}),
    ]
    with pytest.raises(RuleBroken) as refusal:
        book(school, sessions, by=UserFactory(), now=now)
    text = " ".join(refusal.value.reasons)
    for words in (
        "is closed",
        "is there twice",
        "teaches none of its year groups",
        "must end after it starts",
        "before its first",
        "1,001",
    ):
        assert words in text
    assert not Visit.objects.exists()


def test_a_contact_of_another_school_is_refused(now: datetime) -> None:
    stranger = Contact.objects.create(school=SchoolFactory(), name="Ms Head")
    with pytest.raises(RuleBroken, match="own contacts"):
        book(SchoolFactory(), [assembly()], by=UserFactory(), now=now, details=VisitDetails(contact=stranger))


def test_a_form_posted_twice_books_once(now: datetime) -> None:
    school, reference = SchoolFactory(), new_reference()
    first = book(school, [assembly()], by=UserFactory(), now=now, reference=reference)
    again = book(school, [assembly()], by=UserFactory(), now=now, reference=reference)
    assert first == again
    assert Session.objects.count() == 1


def test_booking_warns_of_weekends_past_days_big_groups_and_another_booking(today: date) -> None:
    school = SchoolFactory()
    SessionFactory(visit__school=school, visit__reference="V1")
    workshop = NewSession(kind("workshop-5-6"), date(2026, 11, 21), time(9, 0), expected={5: 30, 6: 30})
    warnings = " ".join(map(str, warnings_about_booking(school, [workshop], on=today)))
    for words in ("is a weekend", "has passed", "60 pupils are more than the 35", "booked already: V1"):
        assert words in warnings
    agreed = SchoolFactory()
    agreed.agreements.create(academic_year=2026, accepted_on=today, by_role="head teacher")
    assert warnings_about_booking(agreed, [assembly()], on=today) == []


def test_confirming_keeps_the_day_and_with_whom_it_was_agreed(now: datetime) -> None:
    visit = SessionFactory().visit
    visit = confirm(visit, agreed_on=date(2026, 11, 20), agreed_with="Ms Head", by=UserFactory(), now=now)
    visit.refresh_from_db()
    assert (visit.stage, visit.agreed_on, visit.agreed_with) == ("confirmed", date(2026, 11, 20), "Ms Head")


def test_confirming_a_visit_without_sessions_or_on_a_day_to_come_is_refused(now: datetime) -> None:
    with pytest.raises(RuleBroken) as refusal:
        confirm(VisitFactory(), agreed_on=date(2026, 12, 1), agreed_with="", by=UserFactory(), now=now)
    assert len(refusal.value.reasons) == 2


def test_cancelling_a_visit_cancels_what_is_to_come_and_tells_its_volunteers(now: datetime) -> None:
    session = SessionFactory()
    cover = CoverFactory(session=session, volunteer=able_volunteer(signs_in=True), answered_at=now)
    cancel_visit(session.visit, code="weather", note="snow", by=manager(), now=now)
    tell_and_send(now)
    session.refresh_from_db()
    cover.refresh_from_db()
    assert (session.stage, session.cancelled_code, session.visit.stage) == ("cancelled", "weather", "cancelled")
    assert cover.state == "accepted"
    assert [message.to for message in mail.outbox] == [[cover.volunteer.user.email]]
    assert OutboxMessage.objects.get().sent_at is not None


def test_a_visit_of_which_something_took_place_stays_a_visit_when_the_rest_is_cancelled(now: datetime) -> None:
    done = SessionFactory(delivered=True, day=date(2026, 11, 19))
    to_come = SessionFactory(visit=done.visit)
    cancel_visit(done.visit, code="school", note="", by=manager(), now=now)
    done.refresh_from_db()
    to_come.refresh_from_db()
    assert (to_come.visit.stage, done.stage, to_come.stage) == ("planned", "delivered", "cancelled")


def test_what_has_begun_or_is_over_waits_for_its_outcome_when_the_rest_is_cancelled(now: datetime) -> None:
    area = AreaFactory()
    locked = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 11, 19))
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 11, 1), last_day=date(2026, 11, 20))
    begun = SessionFactory(visit=locked.visit, day=now.date(), starts=time(8, 50), ends=time(9, 20))
    SessionFactory(visit=locked.visit, day=now.date(), starts=time(9, 0), ends=time(9, 30))
    SessionFactory(visit=locked.visit)
    cancel_visit(locked.visit, code="school", note="", by=coordinator_of(area), now=now)
    assert set(Session.objects.scheduled()) == {locked, begun}
    locked.visit.refresh_from_db()
    assert locked.visit.stage == "planned"
    cancel_session(begun, code="school", note="", by=coordinator_of(area), now=now)
    with pytest.raises(RuleBroken, match="Nothing of this visit is to come"):
        cancel_visit(locked.visit, code="school", note="", by=manager(), now=now)
    cancel_session(locked, code="school", note="", by=manager(), now=now)
    cancel_visit(locked.visit, code="school", note="It never took place.", by=manager(), now=now)
    locked.visit.refresh_from_db()
    assert (locked.visit.stage, Session.objects.scheduled().exists()) == ("cancelled", False)


@pytest.mark.parametrize("before", ["", "cancelled", "delivered"])
def test_of_what_is_over_all_is_cancelled_only_where_nothing_was_cancelled_or_took_place_before(
    now: datetime, before: str
) -> None:
    over = SessionFactory(day=date(2026, 11, 19))
    SessionFactory(visit=over.visit, day=date(2026, 11, 20))
    if before:
        SessionFactory(visit=over.visit, day=date(2026, 11, 18), **{before: True})
        with pytest.raises(RuleBroken, match="Nothing of this visit is to come"):
            cancel_visit(over.visit, code="school", note="", by=manager(), now=now)
    else:
        cancel_visit(over.visit, code="school", note="It never took place.", by=manager(), now=now)
    over.visit.refresh_from_db()
    assert (over.visit.stage, Session.objects.scheduled().count()) == (("planned", 2) if before else ("cancelled", 0))


def test_a_visit_is_to_come_until_its_window_closes_and_is_warned_of_until_then(today: date) -> None:
    online = kind("online-ks2")
    shown = SessionFactory(type=online, day=date(2026, 11, 19), until_day=date(2026, 12, 4), visit__stage="planned")
    over = SessionFactory(type=online, day=date(2026, 11, 16), until_day=date(2026, 11, 20), visit__stage="planned")
    there = {visit for day in (today, date(2026, 12, 4)) for visit in Visit.objects.to_come(on=day)}
    assert there == {shown.visit}
    assert not Visit.objects.to_come(on=date(2026, 12, 5)).exists()
    assert [list(bookings_of([each.visit.school_id], on=today)) for each in (shown, over)] == [[shown.visit], []]


def test_a_window_that_is_open_is_still_to_come(now: datetime) -> None:
    online = kind("online-ks2")
    shown = SessionFactory(type=online, day=date(2026, 11, 19), until_day=date(2026, 12, 4))
    over = SessionFactory(visit=shown.visit, type=online, day=date(2026, 11, 16), until_day=date(2026, 11, 20))
    cancel_visit(shown.visit, code="school", note="", by=manager(), now=now)
    assert set(Session.objects.scheduled()) == {over}


def test_what_took_place_or_was_cancelled_cannot_be_cancelled(now: datetime) -> None:
    for session, words in ((SessionFactory(delivered=True), "took place"), (SessionFactory(cancelled=True), "cancelled already")):
        with pytest.raises(RuleBroken, match=words):
            cancel_session(session, code="school", note="", by=manager(), now=now)
    done = SessionFactory(delivered=True)
    SessionFactory(visit=done.visit, cancelled=True, starts=time(10, 0), ends=time(10, 30))
    with pytest.raises(RuleBroken, match="took place or was cancelled"):
        cancel_visit(done.visit, code="school", note="", by=manager(), now=now)
    with pytest.raises(RuleBroken, match="visit was cancelled already"):
        cancel_visit(VisitFactory(stage="cancelled", cancelled_code="school"), code="school", note="", by=manager(), now=now)


def test_a_signed_off_return_locks_its_sessions_for_all_but_managers(now: datetime) -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 10, 1))
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 9, 1), last_day=date(2026, 10, 1))
    with pytest.raises(RuleBroken, match="signed off"):
        cancel_session(session, code="school", note="", by=coordinator_of(area), now=now)
    later = SessionFactory(visit=session.visit, day=date(2026, 10, 2))
    cancel_session(later, code="school", note="", by=coordinator_of(area), now=now)
    cancel_session(session, code="school", note="", by=manager(), now=now)
    assert not Session.objects.exclude(stage="cancelled").exists()


def test_a_type_that_was_used_keeps_its_audience_channel_and_series() -> None:
    assert reasons_not_to_redefine(kind("parents")) == []
    assert len(reasons_not_to_redefine(SessionFactory().type)) == 1
