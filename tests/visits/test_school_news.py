"""Schools are told by mail what was agreed, moved and cancelled: hosts and guests, once, and nothing that is only planned."""

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.messages.tries import bring_back
from schools.models import Batch, Contact, Headcount, OutboxMessage, School, Session, User, Visit
from schools.visits.actions import cancel_day, cancel_session, cancel_visit, confirm
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.editing import as_stored, change_session, change_visit, remove_session
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoing import undo
from schools.visits.actions.waking import wake
from schools.visits.rules import Slot, VisitDetails
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, VisitFactory, manager
from tests.news import drafts, tell, tell_and_send
from tests.visits.reading import read

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
AGREED = date(2026, 11, 20)


@pytest.fixture
def host() -> School:
    school: School = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=school, name="Nia Head", email="nia@oak.example.org")
    return school


@pytest.fixture
def guest() -> School:
    school: School = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=school, name="A. Nobody")
    Contact.objects.create(school=school, name="Fay Office", email="fay@fern.example.org")
    return school


@pytest.fixture
def session(host: School, guest: School) -> Session:
    """A planned visit to the host, where pupils of a guest school sit in the first of two sessions."""
    made: Session = SessionFactory(visit__school=host, visit__coordinator=manager(name="Cora Nwosu"), day=DAY)
    HeadcountFactory(session=made, school=guest, year_group=3)
    SessionFactory(visit=made.visit, day=DAY, starts=time(11), ends=time(11, 30))
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def agreed(session: Session, by: User, now: datetime) -> Session:
    """The same, agreed with the school; host and guest know it."""
    is_agreed(session, by, now)
    assert tell_and_send(now) == 2
    mail.outbox.clear()
    session.visit.refresh_from_db()
    return session


def is_agreed(session: Session, by: User, now: datetime) -> None:
    confirm(session.visit, agreed_on=AGREED, agreed_with="Nia Head", by=by, now=now)


def is_moved(session: Session, days: int, by: User, now: datetime) -> None:
    scheduled = session.visit.sessions.scheduled()
    to = {each.pk: Slot(each.day + timedelta(days=days), each.starts, each.ends) for each in scheduled}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


def mails() -> dict[str, str]:
    return {message.to[0]: f"{message.subject}\n\n{message.body}" for message in mail.outbox}


def test_what_is_agreed_is_written_to_the_host_and_to_its_guests(session: Session, by: User, now: datetime) -> None:
    is_agreed(session, by, now)
    assert tell_and_send(now) == 2
    to_host, to_guest = mails()["nia@oak.example.org"], mails()["fay@fern.example.org"]
    assert to_host.startswith("Our visit: Oak Primary, Thu 3 December 2026\n\nHello Nia Head,")
    assert [to_host.count(words) for words in ("9:15–9:45 am: KS2 assembly", "11:00–11:30 am: KS2", "guests")] == [1, 1, 0]
    assert [to_guest.count(words) for words in ("9:15–9:45 am: KS2 assembly", "11:00–11:30 am: KS2")] == [1, 0]
    assert "This is about pupils of Fern Primary, who are guests there." in to_guest
    cora = User.objects.get(name="Cora Nwosu")
    assert "Please tell us if this does not suit you. The reference of the visit is " in to_host
    assert "\n\nFrom Cora Nwosu\n" in to_host
    assert [message.reply_to for message in mail.outbox] == [[cora.email]] * 2
    assert tell_and_send(now) == 0


def test_the_sessions_of_a_morning_are_told_in_the_order_in_which_they_begin(agreed: Session, by: User, now: datetime) -> None:
    is_moved(agreed, 1, by, now)
    tell_and_send(now)
    lines = [line for line in mails()["nia@oak.example.org"].splitlines() if line.startswith("- ")]
    times = [line.split(" (it was ")[0].removeprefix("- Fri 4 December 2026, ") for line in lines]
    assert times == ["9:15–9:45 am", "11:00–11:30 am"]


def test_many_visits_agreed_at_once_are_written_to_each_school(session: Session, by: User, now: datetime) -> None:
    other = SessionFactory(visit__school=session.visit.school, day=date(2026, 12, 10))
    confirm_many([session.visit_id, other.visit_id], agreed_on=AGREED, agreed_with="", by=by, now=now)
    assert tell_and_send(now) == 2
    assert mails()["nia@oak.example.org"].startswith("Our visit: Oak Primary, Thu 3 December 2026, and more")
    assert "Thu 10 December 2026, 9:15–9:45 am: KS2 assembly" in mails()["nia@oak.example.org"]


def test_what_is_only_planned_is_between_the_coordinator_and_the_school(session: Session, by: User, now: datetime) -> None:
    is_moved(session, 1, by, now)
    cancel_visit(session.visit, code="school", note="", by=by, now=now)
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert tell(now) == 0


def test_a_move_is_told_once_to_host_and_guest_with_what_it_was(agreed: Session, by: User, now: datetime) -> None:
    is_moved(agreed, 1, by, now)
    is_moved(agreed, 4, by, now)
    assert tell_and_send(now) == 2
    assert (
        "- Tue 8 December 2026, 9:15–9:45 am (it was Thu 3 December 2026, 9:15–9:45 am): KS2" in mails()["fay@fern.example.org"]
    )
    assert mails()["nia@oak.example.org"].count("(it was Thu 3 December 2026") == 2


def test_a_move_there_and_back_before_the_mail_is_told_to_nobody(agreed: Session, by: User, now: datetime) -> None:
    is_moved(agreed, 1, by, now)
    tell(now)
    is_moved(agreed, -1, by, now)
    assert tell_and_send(now) == 0
    assert not OutboxMessage.objects.filter(sent_at=None).exists()


def is_read_by(visit: Visit, contact: Contact | None, by: User, now: datetime) -> None:
    details = VisitDetails(**{each.name: getattr(visit, each.name) for each in fields(VisitDetails)} | {"contact": contact})
    change_visit(visit, details, by=by, now=now)
    visit.refresh_from_db()


def test_whoever_reads_for_the_school_from_now_on_is_told_all_that_holds_once(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    zoe = Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org")
    is_read_by(agreed.visit, zoe, by, now)
    assert tell_and_send(now) == 1
    assert mails()["zoe@oak.example.org"].startswith("Our visit: Oak Primary, Thu 3 December 2026")
    assert "9:15–9:45 am: KS2 assembly" in mails()["zoe@oak.example.org"]
    assert tell_and_send(now) == 0
    is_moved(agreed, 1, by, now)
    assert tell_and_send(now) == 2
    assert mails()["zoe@oak.example.org"].startswith("Our visit has moved: ")


def test_who_is_written_to_again_before_anybody_else_read_of_it_is_told_nothing(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    zoe = Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org")
    is_read_by(agreed.visit, zoe, by, now)
    is_read_by(agreed.visit, None, by, now)
    assert tell_and_send(now) == 0


def test_who_reads_for_the_school_once_more_hears_that_what_they_read_of_is_off(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    is_read_by(agreed.visit, Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org"), by, now)
    tell_and_send(now)
    cancel_visit(agreed.visit, code="weather", note="", by=by, now=now)
    tell_and_send(now + timedelta(minutes=1))
    mail.outbox.clear()
    is_read_by(agreed.visit, host.contacts.get(name="Nia Head"), by, now + timedelta(minutes=2))
    assert tell_and_send(now + timedelta(minutes=2)) == 1
    assert mails()["nia@oak.example.org"].startswith("Our visit is cancelled: ")
    assert tell_and_send(now + timedelta(minutes=3)) == 0


def test_who_begins_to_read_is_told_of_everything_but_what_they_have_heard_on_the_phone(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    night = now.replace(hour=22)
    is_read_by(agreed.visit, Contact.objects.create(school=host, name="Zoe", email="zoe@oak.example.org"), by, night)
    cancel_session(agreed, code="weather", note="", by=by, now=night)
    agreed.refresh_from_db()
    mark_told(sessions=read([agreed]), by=by, now=night)
    tell_and_send(night + timedelta(hours=11))
    to_zoe = mails()["zoe@oak.example.org"]
    assert "11:00–11:30 am: KS2 assembly" in to_zoe
    assert "9:15" not in to_zoe


def test_who_begins_to_read_gets_no_pack_before_they_are_told_of_the_visit(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    is_read_by(agreed.visit, Contact.objects.create(school=host, name="Zoe", email="zoe@oak.example.org"), by, now)
    assert "zoe@oak.example.org" not in {draft.to for draft in drafts("school-pack", now)}
    tell_and_send(now)
    assert "zoe@oak.example.org" in {draft.to for draft in drafts("school-pack", now)}


def test_who_is_asked_for_again_is_told_what_only_the_one_in_between_may_have_read(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    is_read_by(agreed.visit, Contact.objects.create(school=host, name="Zoe", email="zoe@oak.example.org"), by, now)
    is_moved(agreed, 1, by, now)
    tell(now)
    to_zoe = OutboxMessage.objects.filter(to="zoe@oak.example.org", kind="visits")
    assert to_zoe.update(handed_over_at=now, stopped_at=now, last_error="no answer") == 1
    is_read_by(agreed.visit, host.contacts.get(name="Nia Head"), by, now)
    tell_and_send(now + timedelta(minutes=1))
    assert "Fri 4 December 2026, 9:15–9:45 am" in mails()["nia@oak.example.org"]


def test_who_is_asked_for_again_is_told_what_the_one_in_between_heard_on_the_phone(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    is_read_by(agreed.visit, Contact.objects.create(school=host, name="Zoe", email="zoe@oak.example.org"), by, now)
    cancel_session(agreed, code="weather", note="", by=by, now=now)
    agreed.refresh_from_db()
    mark_told(sessions=read([agreed]), by=by, now=now)
    is_read_by(agreed.visit, host.contacts.get(name="Nia Head"), by, now)
    tell_and_send(now + timedelta(minutes=1))
    assert "This will not take place." in mails()["nia@oak.example.org"]


def test_a_school_whose_reader_changes_in_the_night_hears_in_the_morning_that_it_is_off(
    agreed: Session, host: School, by: User, now: datetime
) -> None:
    night = now.replace(hour=22)
    is_read_by(agreed.visit, Contact.objects.create(school=host, name="Zoe", email="zoe@oak.example.org"), by, night)
    cancel_visit(agreed.visit, code="weather", note="", by=by, now=night)
    assert tell_and_send(night + timedelta(hours=11)) == 2
    assert mails()["zoe@oak.example.org"].startswith("Our visit is cancelled: ")


def test_what_came_back_after_the_next_mail_was_written_is_told_although_that_mail_took_it_for_known(
    agreed: Session, guest: School, by: User, now: datetime
) -> None:
    second = agreed.visit.sessions.latest("starts")
    Headcount.objects.filter(school=guest).delete()
    wake([agreed.visit_id])
    tell_and_send(now)
    taken_off = OutboxMessage.objects.filter(to="fay@fern.example.org").latest("pk")
    assert "no longer expected" in taken_off.body
    HeadcountFactory(session=second, school=guest, year_group=3)
    wake([agreed.visit_id])
    tell_and_send(now + timedelta(minutes=1))
    assert "11:00–11:30 am" in mails()["fay@fern.example.org"]
    bring_back(taken_off, "452 full", row=None, is_lifted=True, now=now + timedelta(minutes=2))
    for minutes in (3, 4):
        tell_and_send(now + timedelta(minutes=minutes))
    assert "no longer expected" in mails()["fay@fern.example.org"]
    assert "9:15–9:45 am" in mails()["fay@fern.example.org"]


@pytest.mark.parametrize(("stage", "is_sought"), [("planned", False), ("cancelled", True)])
def test_no_other_day_is_looked_for_once_the_visit_was_booked_again(
    agreed: Session, by: User, now: datetime, stage: str, is_sought: bool
) -> None:
    cancel_visit(agreed.visit, code="weather", note="", by=by, now=now)
    code = "other" if stage == "cancelled" else ""
    VisitFactory(school=agreed.visit.school, replaces=agreed.visit, stage=stage, cancelled_code=code)
    tell_and_send(now)
    assert ("We would like to find another day with you." in mails()["nia@oak.example.org"]) == is_sought


def test_a_cancelled_day_and_its_undoing_are_told_to_both(agreed: Session, by: User, now: datetime) -> None:
    ids = agreed.visit.sessions.values_list("pk", flat=True)
    cancel_day(DAY, ids, code="weather", note="", by=by, now=now)
    assert tell_and_send(now) == 2
    assert {text.split(":")[0] for text in mails().values()} == {"Our visit is cancelled"}
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert tell_and_send(now) == 2
    assert {text.split(":")[0] for text in mails().values()} == {"Our visit takes place after all"}


def test_a_guest_of_the_other_session_hears_nothing_of_it(agreed: Session, by: User, now: datetime) -> None:
    second = agreed.visit.sessions.exclude(pk=agreed.pk).get()
    cancel_session(second, code="weather", note="", by=by, now=now)
    assert tell_and_send(now) == 1
    assert list(mails()) == ["nia@oak.example.org"]


def test_guests_who_come_to_a_booked_visit_and_leave_it_are_told(agreed: Session, guest: School, by: User, now: datetime) -> None:
    newcomer = SchoolFactory(name="Ash Primary")
    Contact.objects.create(school=newcomer, name="Ash Office", email="ash@example.org")
    changes(agreed, {agreed.visit.school: {3: 20}, newcomer: {4: 12}}, by, now)
    assert tell_and_send(now) == 3
    assert mails()["ash@example.org"].startswith("Our visit: Oak Primary")
    assert mails()["nia@oak.example.org"].startswith("Guests at our visit: Oak Primary")
    assert mails()["fay@fern.example.org"].startswith("Not at our visit any more: Oak Primary")
    assert not Headcount.objects.filter(school=guest).exists()


def changes(session: Session, expected: dict[School, dict[int, int | None]], by: User, now: datetime) -> None:
    change_session(
        session, room="", language=session.language, until_day=None, expected=expected, seen=as_stored(session), by=by, now=now
    )


def test_a_session_that_is_removed_is_taken_back(agreed: Session, by: User, now: datetime) -> None:
    remove_session(agreed.visit.sessions.exclude(pk=agreed.pk).get(), by=by, now=now)
    assert tell_and_send(now) == 1
    assert mails()["nia@oak.example.org"].startswith("Not at part of our visit any more: Oak Primary")
    assert (
        "Your pupils are no longer expected at this:\n\nOak Primary\n- Thu 3 December 2026, 11:00–11:30 am\n"
        in (mails()["nia@oak.example.org"])
    )


def test_agreement_that_was_pressed_by_mistake_is_taken_back(session: Session, by: User, now: datetime) -> None:
    confirm_many([session.visit_id], agreed_on=AGREED, agreed_with="", by=by, now=now)
    assert tell_and_send(now) == 2
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert tell_and_send(now) == 2
    assert {text.split(":")[0] for text in mails().values()} == {"Our visit is not agreed yet"}


def test_a_school_that_was_phoned_is_told_nothing_more_but_for_its_calendar_and_its_guest_is(
    agreed: Session, by: User, now: datetime
) -> None:
    cancel_visit(agreed.visit, code="weather", note="", by=by, now=now)
    tell(now)
    mark_told(sessions=read(agreed.visit.sessions.all()), by=by, now=now)
    assert tell_and_send(now) == 2
    assert {to: text.split(":")[0] for to, text in mails().items()} == {
        "nia@oak.example.org": "For your calendar", "fay@fern.example.org": "Our visit is cancelled",
    }  # fmt: skip


def test_schools_are_not_written_to_on_weekends_but_of_tomorrow(agreed: Session, by: User) -> None:
    saturday, monday = datetime(2026, 11, 28, 10, tzinfo=UTC), datetime(2026, 11, 30, 7, 30, tzinfo=UTC)
    is_moved(agreed, 7, by, saturday)
    assert tell(saturday) == 0
    assert tell(monday) == 2
    near = SessionFactory(visit__school=agreed.visit.school, day=date(2026, 11, 29))
    is_agreed(near, by, saturday)
    assert tell(saturday) == 1


def test_what_was_reported_is_no_news(agreed: Session, by: User) -> None:
    at = datetime(2026, 12, 3, 12, tzinfo=UTC)
    agreed.visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=at)
    Headcount.objects.filter(session=agreed).delete()
    assert tell(at) == 0


def test_whoever_the_visit_names_is_written_to(agreed: Session, by: User, now: datetime) -> None:
    agreed.visit.contact = Contact.objects.create(school=agreed.visit.school, name="Zoe Deputy", email="zoe@oak.example.org")
    agreed.visit.save()
    is_moved(agreed, 1, by, now)
    assert tell_and_send(now) == 2
    assert "Hello Zoe Deputy," in mails()["zoe@oak.example.org"]


def host_is_deleted(host: School, guest: School) -> None:
    Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org")
    host.contacts.filter(name="Nia Head").delete()


def host_is_emptied(host: School, guest: School) -> None:
    Contact.objects.create(school=host, name="Zoe New", email="zoe@oak.example.org")
    host.contacts.filter(name="Nia Head").update(email="")


def somebody_sorts_first(host: School, guest: School) -> None:
    Visit.objects.update(contact=None)
    Contact.objects.create(school=host, name="Aaron New", email="aaron@oak.example.org")


def guest_has_somebody_else(host: School, guest: School) -> None:
    guest.contacts.filter(name="Fay Office").update(name="Gil New", email="gil@fern.example.org")


@pytest.mark.parametrize("change", [host_is_deleted, host_is_emptied, somebody_sorts_first, guest_has_somebody_else])
def test_whoever_is_written_to_at_another_address_reads_what_is_agreed(
    change: Callable[[School, School], None], agreed: Session, host: School, guest: School, now: datetime
) -> None:
    change(host, guest)
    assert tell_and_send(now) == 1
    [text] = mails().values()
    assert "Thu 3 December 2026, 9:15–9:45 am: KS2 assembly" in text
    assert ("11:00–11:30 am" in text) is (change is not guest_has_somebody_else)
    assert ("This is about pupils of Fern Primary" in text) is (change is guest_has_somebody_else)
    assert "come to this address from now on. This is what is agreed:" in text
    assert "You know this already" not in text
    assert tell_and_send(now) == 0


def test_a_school_without_an_address_is_left_to_the_phone(agreed: Session, host: School, by: User, now: datetime) -> None:
    host.contacts.update(email="")
    is_moved(agreed, 1, by, now)
    assert tell_and_send(now) == 1
    assert Session.objects.school_to_tell(on=now.date()).count() == 2
