"""From a request to a plan to an agreement or a no."""

from datetime import date, datetime, time, timedelta

import pytest
import time_machine

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import AcademicYear
from schools.visits.actions import book, confirm
from schools.visits.actions.cancelling import cancel_visit, decline_visit
from schools.visits.actions.conversations import Conversation, log_conversation, record_agreement, request_visit
from schools.visits.actions.undoing import undo
from schools.visits.queries.requests import asked_for_by
from schools.visits.rules import NewSession
from schools.visits.rules.conversations import missing_at_confirming
from tests import factories
from tests.news import tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def by(db: None) -> models.User:
    return factories.manager()


@pytest.fixture
def school(db: None) -> models.School:
    made: models.School = factories.SchoolFactory()
    return made


def a_session() -> NewSession:
    return NewSession(models.SessionType.objects.get(slug="ks2-assembly"), date(2027, 3, 11), time(9, 15))


def test_booking_plans_the_visit_that_was_asked_for_under_its_own_reference(
    school: models.School, by: models.User, now: datetime
) -> None:
    asked = request_visit(school, preferred_month=date(2027, 3, 20), by=by, now=now)
    assert (asked.stage, asked.preferred_month) == ("requested", date(2027, 3, 1))
    reference = asked.reference
    planned = book(school, [a_session()], by=by, now=now, reference=reference)
    again = book(school, [a_session()], by=by, now=now, reference=reference)
    assert planned == again == asked
    assert (planned.stage, planned.requested_on, planned.sessions.count()) == ("planned", asked.requested_on, 1)
    assert asked_for_by(school) is None


def test_a_request_of_a_closed_school_or_a_past_month_is_refused(by: models.User, now: datetime) -> None:
    school = factories.SchoolFactory(status="closed")
    with pytest.raises(RuleBroken) as broken:
        request_visit(school, preferred_month=date(2026, 10, 1), by=by, now=now)
    assert len(broken.value.reasons) == 2


def test_a_school_that_declines_is_left_until_its_day_and_volunteers_are_told(
    school: models.School, by: models.User, now: datetime
) -> None:
    visit = book(school, [a_session()], by=by, now=now)
    volunteer = factories.able_volunteer(signs_in=True)
    factories.CoverFactory(session=visit.sessions.get(), volunteer=volunteer)
    decline_visit(visit, ask_again_on=date(2027, 9, 6), by=by, now=now)
    visit.refresh_from_db()
    school.refresh_from_db()
    assert (visit.stage, visit.declined_on, school.ask_again_on) == ("declined", date(2026, 11, 24), date(2027, 9, 6))
    session = visit.sessions.get()
    assert (session.stage, session.cancelled_code) == ("cancelled", "school")
    assert volunteer.user
    tell(now)
    assert models.OutboxMessage.objects.filter(to=volunteer.user.email).count() == 1


def test_what_took_place_cannot_be_declined(school: models.School, by: models.User, now: datetime) -> None:
    session = factories.SessionFactory(visit__school=school, day=date(2026, 11, 2), delivered=True)
    with pytest.raises(RuleBroken, match="took place"):
        decline_visit(session.visit, ask_again_on=date(2027, 9, 6), by=by, now=now)


def test_what_may_have_taken_place_is_reported_before_the_rest_is_declined(
    school: models.School, by: models.User, now: datetime
) -> None:
    over = factories.SessionFactory(visit__school=school, day=date(2026, 11, 2))
    to_come = factories.SessionFactory(visit=over.visit)
    with pytest.raises(RuleBroken, match="has begun or is over"):
        decline_visit(over.visit, ask_again_on=date(2027, 9, 6), by=by, now=now)
    cancel_visit(over.visit, code="school", note="", by=by, now=now)
    with pytest.raises(RuleBroken, match="has begun or is over"):
        decline_visit(over.visit, ask_again_on=date(2027, 9, 6), by=by, now=now)
    models.Session.objects.filter(pk=to_come.pk).delete()
    decline_visit(over.visit, ask_again_on=date(2027, 9, 6), by=by, now=now)
    over.refresh_from_db()
    assert (over.visit.stage, over.stage) == ("declined", "cancelled")


def test_what_is_missing_warns_and_never_blocks(school: models.School, by: models.User, now: datetime) -> None:
    visit = book(school, [a_session()], by=by, now=now)
    assert len(missing_at_confirming(visit)) == 3
    assert "2026/27" in missing_at_confirming(visit)[0]
    visit = confirm(visit, agreed_on=date(2026, 11, 24), agreed_with="Pat", by=by, now=now)
    assert visit.stage == "confirmed"
    record_agreement(school, year=AcademicYear(2026), accepted_on=date(2026, 11, 20), by_role="head teacher", now=now)
    lead = models.Contact.objects.create(school=school, name="Lee", role="safeguarding lead")
    visit = confirm(
        visit,
        agreed_on=date(2026, 11, 24),
        agreed_with="Pat",
        by=by,
        now=now,
        parents_told_on=date(2026, 11, 23),
        safeguarding_contact=lead,
    )
    assert missing_at_confirming(visit) == []
    visit = confirm(visit, agreed_on=date(2026, 11, 24), agreed_with="Pat Head", by=by, now=now)
    assert missing_at_confirming(visit) == []


def test_another_schools_contact_and_a_day_to_come_are_refused(school: models.School, by: models.User, now: datetime) -> None:
    visit = book(school, [a_session()], by=by, now=now)
    stranger = models.Contact.objects.create(school=factories.SchoolFactory(), name="Lee")
    with pytest.raises(RuleBroken) as broken:
        confirm(
            visit,
            agreed_on=date(2026, 11, 24),
            agreed_with="Pat",
            by=by,
            now=now,
            parents_told_on=date(2026, 11, 25),
            safeguarding_contact=stranger,
        )
    assert len(broken.value.reasons) == 2
    with pytest.raises(RuleBroken, match="day to come"):
        record_agreement(school, year=AcademicYear(2026), accepted_on=date(2026, 11, 25), by_role="head", now=now)


def test_a_declined_school_can_change_its_mind(school: models.School, by: models.User, now: datetime) -> None:
    visit = book(school, [a_session()], by=by, now=now)
    models.Visit.objects.filter(pk=visit.pk).update(stage="declined", declined_on=date(2026, 11, 2))
    visit = confirm(visit, agreed_on=date(2026, 11, 24), agreed_with="Pat", by=by, now=now)
    assert (visit.stage, visit.declined_on) == ("confirmed", None)


def test_a_request_and_what_was_said_about_it_wake_the_kinds_of_messages(
    school: models.School, by: models.User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    woken: list[list[int]] = []
    monkeypatch.setattr("schools.visits.actions.conversations.wake", lambda visits: woken.append(list(visits)))
    visit = request_visit(school, preferred_month=None, by=by, now=now)
    talk = Conversation(day=now.date(), how="phone", who="Nia", dates_offered="12 January")
    log_conversation(school, talk, by=by, now=now, visit=visit)
    log_conversation(school, talk, by=by, now=now)
    assert woken == [[visit.pk], [visit.pk]]


def test_undoing_that_a_school_declined_leaves_nothing_of_it(school: models.School, by: models.User, now: datetime) -> None:
    visit = book(school, [a_session()], by=by, now=now)
    models.School.objects.update(ask_again_on=date(2027, 1, 11))
    batch = decline_visit(visit, ask_again_on=date(2027, 9, 6), by=by, now=now)
    assert undo(batch, by=by, now=now).left_alone == []
    visit.refresh_from_db()
    school.refresh_from_db()
    assert (visit.stage, school.ask_again_on) == ("planned", date(2027, 1, 11))


@pytest.mark.parametrize("since", ["asked", "asked under another number", "booked", "booked what it asked for"])
@pytest.mark.parametrize("how", ["declined", "cancelled"])
def test_a_request_that_was_called_off_stays_so_where_the_school_has_another_visit_by_now(
    how: str, since: str, school: models.School, by: models.User, now: datetime
) -> None:
    first, asks = request_visit(school, preferred_month=None, by=by, now=now), school
    if how == "declined":
        batch = decline_visit(first, ask_again_on=date(2027, 9, 6), by=by, now=now)
    else:
        batch = cancel_visit(first, code="school", note="", by=by, now=now)
    if since == "asked under another number":
        asks = factories.SchoolFactory()
        models.School.objects.filter(pk__in=[school.pk, asks.pk]).update(chain=school.pk, lineage=school.pk)
    with time_machine.travel(now + timedelta(seconds=5)):
        reference = "" if since == "booked" else request_visit(asks, preferred_month=None, by=by, now=now).reference
        if since.startswith("booked"):
            reference = book(school, [a_session()], by=by, now=now, reference=reference).reference
    again_on = models.School.objects.values_list("ask_again_on", flat=True).get(pk=school.pk)

    left = undo(batch, by=by, now=now + timedelta(seconds=10)).left_alone

    first.refresh_from_db()
    assert f"{first} stays as it is. The school has visit {reference} by now. Use that one." in left
    assert first.stage == how
    assert models.School.objects.values_list("ask_again_on", flat=True).get(pk=school.pk) == again_on


def test_a_request_beside_what_was_booked_before_it_was_declined_stands_again(
    school: models.School, by: models.User, now: datetime
) -> None:
    book(school, [a_session()], by=by, now=now)
    asked = request_visit(school, preferred_month=None, by=by, now=now)
    batch = decline_visit(asked, ask_again_on=date(2027, 9, 6), by=by, now=now)
    assert undo(batch, by=by, now=now).left_alone == []
    asked.refresh_from_db()
    assert asked.stage == "requested"
