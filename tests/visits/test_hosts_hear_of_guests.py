"""A host is told whose pupils come to it: with what is agreed or moved, by a mail of its own, or on the phone."""

from datetime import UTC, date, datetime, time, timedelta
from unittest.mock import patch

import pytest
from django.core import mail

from schools.messages.actions import deliver_due, send_again
from schools.models import Batch, Contact, MessageAbout, OutboxMessage, School, Session, User
from schools.visits.actions import cancel_visit, confirm
from schools.visits.actions.booked import set_guest_to_undo
from schools.visits.actions.editing import remove_session
from schools.visits.actions.guest_schools import mark_of
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoing import undo
from schools.visits.guests_to_tell import everybody_to_tell
from schools.visits.rules import Slot
from tests.factories import SchoolFactory, SessionFactory
from tests.news import tell, tell_and_send, unanswered
from tests.visits.hosts import DAY, FAY, FIRST, NIA, by, comes, guest, is_moved, put, read_at, session

__all__ = ["by", "guest", "session"]
pytestmark = pytest.mark.django_db


def test_a_host_is_told_once_who_comes_to_it_besides_and_who_does_no_longer(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    assert tell_and_send(now) == 2
    (text,) = read_at(NIA)
    assert text.startswith("Guests at our visit: Oak Primary, Thu 3 December 2026\n")
    assert f"The guests at this have changed:\n\nOak Primary\n{FIRST}, with pupils of Fern Primary\n\n" in text
    assert "11:00" not in text, "nothing is different there"
    (theirs,) = read_at(FAY)
    assert "with pupils of" not in theirs, "a guest reads of its own pupils"
    put(session, guest, {session.pk: {3: 14, 4: 9}}, by=by, now=now)
    assert tell_and_send(now) == 0, "how many come is no news"
    put(session, guest, {}, by=by, now=now)
    assert tell_and_send(now) == 2
    (text,) = read_at(NIA)
    assert f"{FIRST}, without pupils of other schools\n" in text
    assert tell_and_send(now) == 0


def test_a_second_guest_is_told_of_beside_the_first(session: Session, guest: School, by: User, now: datetime) -> None:
    comes(session, guest, by, now)
    comes(session, SchoolFactory(name="Ash Primary"), by, now)
    tell_and_send(now)
    assert f"{FIRST}, with pupils of Ash Primary and Fern Primary\n" in read_at(NIA)[0]


def test_who_is_added_and_taken_off_before_the_mail_is_no_news(session: Session, guest: School, by: User, now: datetime) -> None:
    comes(session, guest, by, now)
    put(session, guest, {}, by=by, now=now)
    assert tell_and_send(now) == 0


def test_an_undo_is_told_to_a_host_that_had_read_of_it_and_to_nobody_else(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    coming = {session.pk: {3: 12}}
    set_guest_to_undo(session.visit, guest, coming, seen=mark_of({}), by=by, now=now)
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert tell_and_send(now) == 0
    set_guest_to_undo(session.visit, guest, coming, seen=mark_of({}), by=by, now=now)
    tell_and_send(now)
    mail.outbox.clear()
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert tell_and_send(now) == 2
    assert f"{FIRST}, without pupils of other schools\n" in read_at(NIA)[0]


def test_what_is_agreed_moved_and_off_says_it_in_its_own_mail(session: Session, guest: School, by: User, now: datetime) -> None:
    is_moved(session, by, now)
    comes(session, guest, by, now)
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert text.startswith("Our visit has moved: Oak Primary")
    assert "The guests at this" not in text
    moved = "- Thu 10 December 2026, 9:15–9:45 am (it was Thu 3 December 2026, 9:15–9:45 am): KS2 assembly"
    assert f"{moved}, with pupils of Fern Primary\n" in text
    assert "(it was Thu 3 December 2026, 11:00–11:30 am): KS2 assembly\n" in text, "none come to the other one"
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    tell_and_send(now)
    assert "pupils of" not in read_at(NIA)[0], "to what is off nobody comes"
    undo(Batch.objects.latest("pk"), by=by, now=now)
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert text.startswith("Our visit takes place after all")
    assert "9:15–9:45 am: KS2 assembly, with pupils of Fern Primary\n" in text


def test_a_move_there_and_back_with_another_guest_is_no_move(session: Session, guest: School, by: User, now: datetime) -> None:
    comes(session, guest, by, now)
    tell_and_send(now)
    is_moved(session, by, now)
    undo(Batch.objects.latest("pk"), by=by, now=now)
    put(session, guest, {}, by=by, now=now)
    mail.outbox.clear()
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert text.startswith("Guests at our visit")


def test_of_what_is_only_planned_nobody_is_told_until_it_is_agreed(guest: School, by: User, now: datetime) -> None:
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email=NIA)
    planned: Session = SessionFactory(visit__school=host, day=DAY)
    comes(planned, guest, by, now)
    assert tell_and_send(now) == 0
    confirm(planned.visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=by, now=now)
    tell_and_send(now)
    assert f"{FIRST}, with pupils of Fern Primary\n" in read_at(NIA)[0]


def test_what_was_written_before_hosts_heard_of_guests_is_news_once_where_there_are_any(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell_and_send(now)
    mail.outbox.clear()
    for row in MessageAbout.objects.filter(school=session.visit.school):
        row.says = [values[:9] for values in row.says]
        row.save(update_fields=["says"])
    assert tell_and_send(now) == 1
    assert f"{FIRST}, with pupils of Fern Primary\n" in read_at(NIA)[0]
    assert tell_and_send(now) == 0


def test_of_whom_nobody_comes_besides_it_is_written_as_before(session: Session, guest: School, by: User, now: datetime) -> None:
    comes(session, guest, by, now)
    put(session, guest, {}, by=by, now=now)
    is_moved(session, by, now)
    tell_and_send(now)
    assert {len(values) for row in MessageAbout.objects.all() for values in row.says} == {9}


def test_that_nobody_comes_any_more_is_said_with_a_move_and_with_what_is_after_all(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell_and_send(now)
    mail.outbox.clear()
    is_moved(session, by, now)
    put(session, guest, {}, by=by, now=now)
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert "(it was Thu 3 December 2026, 9:15–9:45 am): KS2 assembly, without pupils of other schools\n" in text
    assert "(it was Thu 3 December 2026, 11:00–11:30 am): KS2 assembly\n" in text, "there never were any"


def test_who_may_have_read_of_another_day_hears_of_that_and_not_of_guests_alone(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    is_moved(session, by, now)
    tell(now)
    with patch("schools.messages.actions.send", unanswered):
        deliver_due(clock=lambda: now)
    comes(session, guest, by, now)
    silent = OutboxMessage.objects.get(kind="visits", to=NIA, sent_at=None)
    send_again(silent.pk, now=now)
    tell_and_send(now)
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert text.startswith("Our visit has moved: Oak Primary")
    assert "(it was Thu 3 December 2026, 9:15–9:45 am): KS2 assembly, with pupils of Fern Primary\n" in text


def test_whoever_reads_for_host_and_guest_gets_one_mail_of_both(session: Session, guest: School, by: User, now: datetime) -> None:
    guest.contacts.update(email=NIA)
    comes(session, guest, by, now)
    assert tell_and_send(now) == 1
    (text,) = read_at(NIA)
    assert text.count(FIRST) == 2
    assert "The guests at this have changed:" in text
    agreed = text[text.index("is coming, as we have agreed:\n\nOak Primary\n- ") :]
    assert agreed.index(FIRST) < agreed.index("\n\nThis is about pupils of Fern Primary, who are guests there.")


def test_a_host_without_an_address_stands_among_those_to_phone_until_it_is_ticked(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    session.visit.school.contacts.update(email="")
    comes(session, guest, by, now)
    assert tell_and_send(now) == 1
    (row,) = everybody_to_tell(by, on=now.date())
    (to_ring,) = row.guests
    assert (to_ring.school, to_ring.role) == (session.visit.school, "the school")
    assert f"The guests at this have changed:\n\nOak Primary\n{FIRST}, with pupils of Fern Primary\n" in to_ring.text
    assert [contact.name for contact in to_ring.contacts] == ["Nia Head"]
    read = {(session.visit_id, session.visit.school_id): to_ring.box.partition(":")[2]}
    assert mark_told(guests=read, by=by, now=now) == 1
    assert everybody_to_tell(by, on=now.date()) == []
    put(session, guest, {}, by=by, now=now)
    assert tell_and_send(now) == 1, "the guest alone"
    ((to_ring,),) = [row.guests for row in everybody_to_tell(by, on=now.date())]
    assert "without pupils of other schools" in to_ring.text


def test_a_host_that_never_had_an_address_stands_there_for_its_guests(guest: School, by: User, now: datetime) -> None:
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", phone="+441539720002")
    planned: Session = SessionFactory(visit__school=host, visit__coordinator=by, day=DAY)
    confirm(planned.visit, agreed_on=date(2026, 11, 20), agreed_with="Nia Head", by=by, now=now)
    assert everybody_to_tell(by, on=now.date()) == [], "with whom else was it agreed?"
    comes(planned, guest, by, now)
    ((to_ring,),) = [[each for each in row.guests if each.role == "the school"] for row in everybody_to_tell(by, on=now.date())]
    assert f"{FIRST}, with pupils of Fern Primary\n" in to_ring.text
    assert tick(planned, to_ring.box, by, now) == 1
    assert everybody_to_tell(by, on=now.date()) == []


def tick(session: Session, box: str, by: User, now: datetime) -> int:
    read = {(session.visit_id, session.visit.school_id): box.partition(":")[2]}
    return mark_told(guests=read, by=by, now=now)


def test_a_tick_of_guests_ticks_no_move(session: Session, guest: School, by: User, now: datetime) -> None:
    second = session.visit.sessions.exclude(pk=session.pk).get()
    session.visit.school.contacts.update(email="")
    to = {second.pk: Slot(DAY, time(13), time(13, 30))}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)
    comes(session, guest, by, now)
    (row,) = everybody_to_tell(by, on=now.date())
    (to_ring,) = [each for each in row.guests if each.role == "the school"]
    assert "1:00" not in to_ring.text
    assert tick(session, to_ring.box, by, now + timedelta(minutes=1)) == 1
    (row,) = everybody_to_tell(by, on=now.date())
    assert row.school is not None
    assert row.school.is_phoned
    session.visit.school.contacts.update(email=NIA)
    tell_and_send(now)
    (text,) = read_at(NIA)
    assert "1:00–1:30 pm (it was Thu 3 December 2026, 11:00–11:30 am): KS2 assembly\n" in text
    assert "pupils of" not in text, "that was heard on the phone"


def test_a_page_that_was_opened_before_somebody_else_came_ticks_nothing(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    is_moved(session, by, now)
    (row,) = everybody_to_tell(by, on=now.date())
    assert row.school is not None
    boxes = dict(each.split(":", 1) for each in row.school.box.split())
    comes(session, guest, by, now)
    shown = {int(pk): words for pk, words in boxes.items()}
    assert mark_told(sessions=shown, by=by, now=now) == 1, "the other session alone"
    (row,) = everybody_to_tell(by, on=now.date())
    assert row.school is not None
    assert "with pupils of Fern Primary" in row.school.text
    shown = {int(pk): words for pk, words in (each.split(":", 1) for each in row.school.box.split())}
    assert mark_told(sessions=shown, by=by, now=now) == 1


def test_what_was_taken_out_of_the_visit_of_a_host_without_an_address_is_told_on_the_phone(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    session.visit.school.contacts.update(email="")
    comes(session, guest, by, now)
    remove_session(session.visit.sessions.exclude(pk=session.pk).get(), by=by, now=now)
    (row,) = everybody_to_tell(by, on=now.date())
    (to_ring,) = [each for each in row.guests if each.role == "the school"]
    assert "- Thu 3 December 2026, 11:00–11:30 am\n" in to_ring.text
    assert "with pupils of Fern Primary" in to_ring.text
    assert tick(session, to_ring.box, by, now) == 1
    assert [each.role for row in everybody_to_tell(by, on=now.date()) for each in row.guests] == []


def test_a_host_without_an_address_that_is_told_of_a_move_stands_there_once(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    comes(session, guest, by, now)
    tell_and_send(now)
    session.visit.school.contacts.update(email="")
    is_moved(session, by, now)
    (row,) = everybody_to_tell(by, on=now.date())
    assert row.school is not None
    assert row.school.is_phoned
    assert "(it was Thu 3 December 2026, 9:15 am), with pupils of Fern Primary." in row.school.text
    assert "(it was Thu 3 December 2026, 11:00 am)." in row.school.text
    assert [each.role for each in row.guests] == ["a guest"]


def test_a_guest_of_tomorrow_is_told_at_once_and_by_phone_as_well(
    session: Session, guest: School, by: User, now: datetime
) -> None:
    evening = datetime(2026, 12, 2, 21, tzinfo=UTC)
    comes(session, guest, by, evening)
    assert tell_and_send(evening) == 2
    (row,) = everybody_to_tell(by, on=evening.date())
    assert row.school is not None
    assert row.school.is_soon
    assert "takes place, with pupils of Fern Primary." in row.school.text
    assert "11:00" not in row.school.text
    put(session, guest, {}, by=by, now=evening + timedelta(minutes=5))
    tell_and_send(evening + timedelta(minutes=5))
    (row,) = everybody_to_tell(by, on=evening.date())
    assert row.school is not None
    assert "takes place, without pupils of other schools." in row.school.text


def test_a_guest_of_next_week_waits_for_the_morning(session: Session, guest: School, by: User, now: datetime) -> None:
    night = datetime(2026, 11, 25, 22, tzinfo=UTC)
    comes(session, guest, by, night)
    assert tell(night) == 0
    assert tell(datetime(2026, 11, 26, 8, tzinfo=UTC)) == 2
