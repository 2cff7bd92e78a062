"""News comes before a reminder: nobody is reminded of what they were not told, and what a reminder says counts as known."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.messages.actions import deliver, deliver_due, leave_unsent
from schools.messages.tries import bring_back
from schools.models import Area, Batch, Contact, Cover, MessageAbout, OutboxMessage, School, Session, User, Visit, Volunteer
from schools.visits.actions import cancel_session, cancel_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoing import undo
from schools.visits.queries.notifications import as_read
from schools.visits.rules import Slot
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    manager,
)
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 17)
"""A Thursday."""
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""In the days of the pack."""
EVENING = datetime(2026, 12, 16, 18, tzinfo=UTC)
HOST, GUEST = "nia@oak.example.org", "fay@fern.example.org"


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def visit(area: Area) -> Visit:
    """An agreed visit with a guest school."""
    host: School = SchoolFactory(name="Oak Primary", area=area)
    guest: School = SchoolFactory(name="Fern Primary")
    for school, address in ((host, HOST), (guest, GUEST)):
        Contact.objects.create(school=school, name="Somebody", email=address)
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    session: Session = SessionFactory(visit__school=host, visit__coordinator=manager(), day=DAY, **agreed)
    HeadcountFactory(session=session, school=guest, year_group=3, expected=21)
    return session.visit


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


def is_cancelled(visit: Visit, by: User, now: datetime) -> None:
    cancel_visit(Visit.objects.get(pk=visit.pk), code="weather", note="", by=by, now=now)


def is_put_back(visit: Visit, by: User) -> None:
    """It was cancelled, which everybody was mailed, and takes place after all, which nobody knows yet."""
    is_cancelled(visit, by, NOW)
    tell_and_send(NOW)
    undo(Batch.objects.latest("pk"), by=by, now=NOW)
    mail.outbox.clear()


def is_moved(visit: Visit, days: int, by: User) -> None:
    to = {each.pk: Slot(each.day + timedelta(days=days), each.starts, each.ends) for each in visit.sessions.all()}
    move(visit, to, seen=plan_move(visit, to, by=by, now=NOW).digest, by=by, now=NOW)


def news_to(address: str) -> OutboxMessage:
    """The latest message to them that told of a change."""
    return OutboxMessage.objects.filter(to=address, kind__in=("visits", "mornings")).latest("pk")


def is_put_back_and_the_mail_is_refused(visit: Visit, volunteer: Volunteer, by: User) -> OutboxMessage:
    """They are down for it, and know that it is cancelled; that it takes place after all reaches them not."""
    CoverFactory(session=visit.sessions.get(), volunteer=volunteer)
    is_put_back(visit, by)
    tell(NOW)
    OutboxMessage.objects.filter(to=volunteer.mail_address).update(stopped_at=NOW, last_error="550 we like no such words")
    return news_to(volunteer.mail_address)


def test_schools_are_told_that_it_takes_place_after_all_before_they_get_the_pack(visit: Visit, by: User) -> None:
    assert len(drafts("school-pack", NOW)) == 2
    is_put_back(visit, by)
    assert drafts("school-pack", NOW) == [], "no news is written yet"
    assert tell(NOW) == 2
    assert drafts("school-pack", NOW) == [], "the news waits"
    deliver_due(clock=lambda: NOW)
    assert {draft.to for draft in drafts("school-pack", NOW)} == {HOST, GUEST}


def test_a_pack_that_waits_gives_way_to_news_and_comes_after_it(visit: Visit, by: User) -> None:
    tell(NOW, kinds=["school-pack"])
    is_moved(visit, 1, by)
    for hours in range(3):
        tell_and_send(NOW + timedelta(hours=hours), kinds=["visits", "school-pack"])
    openings = [message.subject.split(":")[0] for message in mail.outbox if message.to == [HOST]]
    assert openings == ["Our visit has moved", "Before our visit"]


def test_the_week_and_the_agreement_wait_for_news_as_well(visit: Visit, by: User) -> None:
    week_before = datetime(2026, 12, 10, 9, tzinfo=UTC)
    is_put_back(visit, by)
    assert drafts("school-week", week_before) == []
    tell_and_send(NOW)
    assert len(drafts("school-week", week_before)) == 2


def test_whoever_got_no_news_of_a_morning_is_not_reminded_until_somebody_tells_them(
    visit: Visit, volunteer: Volunteer, by: User
) -> None:
    is_put_back_and_the_mail_is_refused(visit, volunteer, by)
    assert drafts("evening", EVENING) == []
    cover = Cover.objects.get()
    mark_told(covers={cover.pk: as_read(cover)}, by=by, now=NOW)
    assert [draft.to for draft in drafts("evening", EVENING)] == [volunteer.mail_address]


def test_where_a_manager_left_the_news_unsent_the_reminder_tells_and_counts(visit: Visit, volunteer: Volunteer, by: User) -> None:
    refused = is_put_back_and_the_mail_is_refused(visit, volunteer, by)
    leave_unsent(refused.pk, now=NOW + timedelta(minutes=1))
    tell_and_send(EVENING, kinds=["evening"])
    is_cancelled(visit, by, EVENING)
    tell_and_send(EVENING, kinds=["mornings"])
    theirs = [message.subject.split(":")[0] for message in mail.outbox if message.to == [volunteer.mail_address]]
    assert theirs == ["Tomorrow", "Cancelled"]


def test_what_a_reminder_said_is_known_though_the_news_before_it_came_back_later(visit: Visit, by: User) -> None:
    is_put_back(visit, by)
    tell_and_send(NOW)
    assert tell_and_send(NOW, kinds=["school-pack"]) == 2
    bring_back(news_to(HOST), "550 full", row=None, is_lifted=False, now=NOW)
    is_cancelled(visit, by, NOW)
    mail.outbox.clear()
    tell_and_send(NOW)
    assert {message.to[0] for message in mail.outbox} == {HOST, GUEST}
    assert {message.subject.split(":")[0] for message in mail.outbox} == {"Our visit is cancelled"}


def test_a_reminder_says_what_is_known_when_it_goes_and_not_when_it_was_written(visit: Visit, by: User) -> None:
    is_put_back(visit, by)
    tell_and_send(NOW)
    tell(NOW, kinds=["school-pack"])
    is_moved(visit, 1, by)
    tell(NOW)
    for message in OutboxMessage.objects.filter(kind="visits", sent_at=None):
        assert deliver(message.pk, clock=lambda: NOW)
    assert deliver_due(clock=lambda: NOW) == (2, 0)
    latest = MessageAbout.objects.filter(school=visit.school).latest("pk")
    assert latest.message is not None
    assert (latest.message.kind, latest.says[0][1]) == ("school-pack", "2026-12-18")


def test_of_a_visit_that_nobody_has_changed_a_reminder_keeps_nothing(visit: Visit) -> None:
    assert tell_and_send(NOW, kinds=["school-pack"]) == 2
    assert list(MessageAbout.objects.values_list("is_reminder", "says")) == [(True, [])] * 2


def test_what_stays_waits_with_its_pack_while_news_of_another_session_of_the_visit_is_on_its_way(visit: Visit, by: User) -> None:
    first = visit.sessions.get()
    SessionFactory(visit=visit, day=DAY, starts=time(11), ends=time(11, 30))
    cancel_session(first, code="weather", note="", by=by, now=NOW)
    tell(NOW)
    assert HOST not in {draft.to for draft in drafts("school-pack", NOW)}
    deliver_due(clock=lambda: NOW)
    assert HOST in {draft.to for draft in drafts("school-pack", NOW)}
