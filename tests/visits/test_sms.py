"""What goes by SMS about visits: what is urgent, in one part, to who said yes; and a correction where it was taken back."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from django.template.loader import render_to_string
from pytest_django.fixtures import Settings

from schools.erasing.actions import erase
from schools.messages import sms_ports
from schools.messages.actions import deliver, deliver_due
from schools.messages.sms import say_no, say_yes, stop
from schools.messages.sms_words import fits
from schools.models import (
    Area,
    Batch,
    Contact,
    OutboxMessage,
    SchoolAlarm,
    Session,
    SuppressedAddress,
    User,
    Visit,
    Volunteer,
)
from schools.visits.actions import cancel_day, cancel_session, confirm, end_membership, take_off, withdraw
from schools.visits.actions.guest_schools import mark_of, set_guest
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoable import held, messages_of
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ASHA, CORA, NIA, BEN = "+447400123456", "+447400123457", "+447400123458", "+447400123459"


@pytest.fixture(autouse=True)
def stub(settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    sms_ports.taken.clear()


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def cora(area: Area) -> User:
    user = coordinator_of(area, name="Cora Nwosu")
    say_yes(user, CORA, now=NOW)
    return user


@pytest.fixture
def asha(area: Area) -> Volunteer:
    volunteer = able_volunteer(area, signs_in=True, name="Asha Rao")
    assert volunteer.user
    say_yes(volunteer.user, ASHA, now=NOW)
    return volunteer


def booked(area: Area, cora: User, asha: Volunteer, *, day: date = DAY, name: str = "Oak Primary") -> Session:
    session: Session = SessionFactory(visit__school=SchoolFactory(area=area, name=name), visit__coordinator=cora, day=day)
    CoverFactory(session=session, volunteer=asha)
    return session


def cancelled(session: Session) -> None:
    cancel_session(session, code="school", note="", by=manager(), now=NOW)


@pytest.mark.parametrize(("day", "number"), [(DAY, 1), (date(2026, 11, 26), 0)])
def test_what_is_cancelled_within_36_hours_goes_by_sms_too(
    area: Area, cora: User, asha: Volunteer, day: date, number: int
) -> None:
    cancelled(booked(area, cora, asha, day=day))
    assert tell_and_send(NOW, kinds=["mornings"]) == 1 + number
    assert len(mail.outbox) == 1
    assert sms_ports.taken == [(ASHA, "Cancelled: Oak Primary, Wed 25 Nov, 9:15 am")][:number]


def test_what_moved_unheard_and_is_cancelled_is_named_by_the_day_that_its_reader_knew(
    area: Area, cora: User, asha: Volunteer
) -> None:
    session, by = booked(area, cora, asha), manager()
    to = {session.pk: Slot(date(2026, 11, 26), time(13, 15), time(14, 15))}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    cancelled(Session.objects.get(pk=session.pk))
    tell_and_send(NOW, kinds=["mornings"])
    assert [words.splitlines()[0] for _, words in sms_ports.taken] == ["Cancelled: Oak Primary, Wed 25 Nov, 9:15 am"]


def test_what_can_still_be_undone_is_on_no_phone(area: Area, cora: User, asha: Volunteer) -> None:
    session, by = booked(area, cora, asha), manager()
    batch = held(lambda: cancel_day(DAY, [session.pk], code="weather", note="", by=by, now=NOW), now=NOW)
    assert OutboxMessage.objects.filter(channel="sms").exists()
    deliver_due(clock=lambda: NOW + timedelta(seconds=30))
    assert (sms_ports.taken, mail.outbox) == ([], [])
    undo(batch, by=by, now=NOW + timedelta(seconds=40))
    tell_and_send(NOW + timedelta(minutes=5), kinds=["mornings"])
    assert sms_ports.taken == []
    assert not OutboxMessage.objects.filter(channel="sms").exists()


def test_what_somebody_else_changes_meanwhile_waits_on_the_phone_as_its_mail_does(
    area: Area, cora: User, asha: Volunteer
) -> None:
    session, ben = booked(area, cora, asha), able_volunteer(area, signs_in=True, name="Ben Osei")
    assert ben.user
    say_yes(ben.user, BEN, now=NOW)
    other: Session = SessionFactory(visit=session.visit, day=DAY, starts=time(11), ends=time(12))
    CoverFactory(session=other, volunteer=ben)
    held(lambda: cancel_session(session, code="weather", note="", by=manager(), now=NOW), now=NOW)
    cancelled(other)
    assert tell(NOW + timedelta(seconds=10), kinds=["mornings"]) == 1
    deliver_due(clock=lambda: NOW + timedelta(seconds=30))
    assert (sms_ports.taken, mail.outbox) == ([], [])
    deliver_due(clock=lambda: NOW + timedelta(minutes=2))
    assert {number for number, _ in sms_ports.taken} == {ASHA, BEN}


def test_without_a_yes_the_mail_goes_alone(area: Area, cora: User, asha: Volunteer) -> None:
    User.objects.update(sms_number="", sms_since=None)
    cancelled(booked(area, cora, asha))
    assert tell_and_send(NOW, kinds=["mornings"]) == 1
    assert sms_ports.taken == []


def test_one_decision_about_several_mornings_is_one_sms(area: Area, cora: User, asha: Volunteer) -> None:
    for name in ("Oak Primary", "Ash Primary", "Elm Primary", "Yew Primary", "Fir Primary"):
        cancelled(booked(area, cora, asha, name=name))
    tell_and_send(NOW, kinds=["mornings"])
    [(to, words)] = sms_ports.taken
    assert to == ASHA
    assert fits(words)
    assert words.splitlines()[-1] == "(and 2 more: see your mail)"


def test_the_evening_before_goes_by_sms_with_its_page(area: Area, cora: User, asha: Volunteer) -> None:
    booked(area, cora, asha)
    other = booked(area, cora, asha, name="Ash Primary")
    Session.objects.filter(pk=other.pk).update(starts=time(14), ends=time(15))
    assert tell_and_send(NOW.replace(hour=18), kinds=["evening"]) == 2
    [(to, words)] = sms_ports.taken
    lines = ["Tomorrow: Oak Primary, 9:15 am (not agreed yet)", "Ash Primary, 2:00 pm (not agreed yet)"]
    assert (to, words.splitlines()[:2]) == (ASHA, lines)
    assert words.splitlines()[2].startswith("http")
    assert tell_and_send(NOW.replace(hour=19), kinds=["evening"]) == 0


def test_a_coordinator_hears_by_sms_who_cannot_make_it(area: Area, cora: User, asha: Volunteer) -> None:
    session = booked(area, cora, asha)
    withdraw(VisitDay(session.visit, DAY), asha, by=asha.user or cora, now=NOW)
    assert tell_and_send(NOW, kinds=["given-back"]) == 2
    [(to, words)] = sms_ports.taken
    assert (to, words.splitlines()[0]) == (CORA, "Asha Rao can't make it: Oak Primary, Wed 25 Nov, 9:15 am")
    assert words.splitlines()[1].endswith(f"/visit/{session.visit_id}/")


@pytest.mark.parametrize(("number", "phone", "goes"), [(NIA, NIA, True), (NIA, "+441134960100", False), ("", NIA, False)])
def test_a_school_gets_one_where_somebody_there_said_yes_to_that_number(
    area: Area, cora: User, number: str, phone: str, *, goes: bool
) -> None:
    school = SchoolFactory(area=area, name="Oak Primary")
    yes = {"sms_number": number, "sms_since": NOW if number else None}
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", phone=phone, **yes)
    session = SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY)
    confirm(session.visit, agreed_on=NOW.date(), agreed_with="Nia", by=cora, now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    assert sms_ports.taken == []
    cancelled(session)
    tell_and_send(NOW + timedelta(minutes=1), kinds=["visits"])
    assert [(to, words.splitlines()[0]) for to, words in sms_ports.taken] == [
        (NIA, "Our visit is cancelled: Oak Primary, Wed 25 Nov, 9:15 am")
    ][:goes]


def test_a_school_reads_by_sms_which_session_is_off_while_another_of_the_morning_stands(area: Area, cora: User) -> None:
    school = SchoolFactory(area=area, name="Oak Primary")
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", phone=NIA, sms_number=NIA, sms_since=NOW)
    session = SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY)
    second = SessionFactory(visit=session.visit, day=DAY, starts=time(11, 15), ends=time(12))
    confirm(session.visit, agreed_on=NOW.date(), agreed_with="Nia", by=cora, now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    for minutes, each in enumerate((second, session), start=1):
        cancelled(each)
        tell_and_send(NOW + timedelta(minutes=minutes), kinds=["visits"])
    assert [words.splitlines()[0] for _, words in sms_ports.taken] == [
        "Part of our visit is cancelled: Oak Primary, Wed 25 Nov, 11:15 am",
        "Our visit is cancelled: Oak Primary, Wed 25 Nov, 9:15 am",
    ]


def test_a_school_reads_by_sms_which_session_alone_is_moved_or_takes_place_after_all(area: Area, cora: User) -> None:
    school, by = SchoolFactory(area=area, name="Oak Primary"), manager()
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", phone=NIA, sms_number=NIA, sms_since=NOW)
    first = SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY)
    second = SessionFactory(visit=first.visit, day=DAY, starts=time(10, 30), ends=time(11))
    confirm(first.visit, agreed_on=NOW.date(), agreed_with="Nia", by=cora, now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    to = {second.pk: Slot(DAY, time(11, 15), time(11, 45))}
    move(first.visit, to, seen=plan_move(first.visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    tell_and_send(NOW + timedelta(minutes=1), kinds=["visits"])
    for each in (first, Session.objects.get(pk=second.pk)):
        cancelled(each)
    tell_and_send(NOW + timedelta(minutes=2), kinds=["visits"])
    undo(Batch.objects.latest("pk"), by=by, now=NOW + timedelta(minutes=3))
    tell_and_send(NOW + timedelta(minutes=3), kinds=["visits"])
    moved, _off, back = [words.splitlines()[0] for _, words in sms_ports.taken]
    assert moved == "Part of our visit is moved: Oak Primary, Wed 25 Nov, 11:15 am"
    assert back == "Part of our visit takes place after all: Oak Primary, Wed 25 Nov, 11:15 am"


def test_a_guest_reads_by_sms_where_the_visit_is_and_that_its_own_pupils_alone_are_not_expected(area: Area, cora: User) -> None:
    host, guest, by = SchoolFactory(area=area, name="Oak Primary"), SchoolFactory(area=area, name="Fern Primary"), manager()
    Contact.objects.create(school=guest, name="Fay", email="fay@fern.example.org", phone=NIA, sms_number=NIA, sms_since=NOW)
    session = SessionFactory(visit__school=host, visit__coordinator=cora, day=DAY)
    HeadcountFactory(session=session, school=guest, year_group=3, expected=9)
    confirm(session.visit, agreed_on=NOW.date(), agreed_with="Nia", by=cora, now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    to = {session.pk: Slot(DAY, time(11, 15), time(12, 15))}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    tell_and_send(NOW + timedelta(minutes=2), kinds=["visits"])
    seen = mark_of({session.pk: {3: 9}})
    set_guest(Visit.objects.get(pk=session.visit_id), guest, {}, seen=seen, by=by, now=NOW + timedelta(minutes=3))
    tell_and_send(NOW + timedelta(minutes=6), kinds=["visits"])
    assert [words.splitlines()[0] for _, words in sms_ports.taken] == [
        "Our visit is moved: Oak Primary, Wed 25 Nov, 11:15 am",
        "Not for your pupils any more: Oak Primary, Wed 25 Nov, 11:15 am",
    ]


def test_a_school_reads_by_sms_of_the_day_that_it_knew_where_the_visit_moved_unheard_and_is_off(area: Area, cora: User) -> None:
    school, by = SchoolFactory(area=area, name="Oak Primary"), manager()
    Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", phone=NIA, sms_number=NIA, sms_since=NOW)
    session = SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY)
    confirm(session.visit, agreed_on=NOW.date(), agreed_with="Nia", by=cora, now=NOW)
    tell_and_send(NOW, kinds=["visits"])
    to = {session.pk: Slot(DAY + timedelta(days=7), time(11, 15), time(12, 15))}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=NOW).digest, by=by, now=NOW)
    cancelled(Session.objects.get(pk=session.pk))
    tell_and_send(NOW + timedelta(minutes=1), kinds=["visits"])
    assert [words.splitlines()[0] for _, words in sms_ports.taken] == ["Our visit is cancelled: Oak Primary, Wed 25 Nov, 9:15 am"]


def test_who_has_the_sms_but_not_the_mail_is_corrected_when_it_is_taken_back(area: Area, cora: User, asha: Volunteer) -> None:
    cancelled(booked(area, cora, asha))
    tell(NOW, kinds=["mornings"])
    later = NOW + timedelta(hours=1)
    # The mail server is away.
    OutboxMessage.objects.mails().update(next_try=later)
    assert deliver_due(clock=lambda: NOW)[0] == 1
    assert [words for _, words in sms_ports.taken] == ["Cancelled: Oak Primary, Wed 25 Nov, 9:15 am"]
    undo(Batch.objects.get(), by=manager(), now=NOW + timedelta(minutes=5))
    tell(NOW + timedelta(minutes=5), kinds=["mornings"])
    for minutes in range(3):
        tell_and_send(later + timedelta(minutes=minutes), kinds=["mornings"])
    assert [words.splitlines()[0] for _, words in sms_ports.taken[1:]] == [
        "Takes place after all: Oak Primary, Wed 25 Nov, 9:15 am"
    ]
    assert [message.subject for message in mail.outbox] == ["It takes place after all: Oak Primary, Wed 25 November 2026"]


def test_what_waited_and_what_was_said_anew_since_come_to_a_phone_once(area: Area, cora: User, asha: Volunteer) -> None:
    session, by = booked(area, cora, asha), manager()
    moments = [NOW + timedelta(minutes=minutes) for minutes in range(4)]
    batch = cancel_session(session, code="school", note="", by=by, now=moments[0])
    tell(moments[0], kinds=["mornings"])
    # Whoever takes SMS is away for a while; then the mail server is.
    OutboxMessage.objects.filter(channel="sms").update(next_try=moments[3])
    tell_and_send(moments[0], kinds=["mornings"])
    undo(batch, by=by, now=moments[1])
    tell(moments[1], kinds=["mornings"])
    OutboxMessage.objects.mails().unsent().update(next_try=moments[3] + timedelta(hours=1))
    assert deliver_due(clock=lambda: moments[1])[0] == 1
    cancel_session(session, code="school", note="", by=by, now=moments[2])
    tell(moments[2], kinds=["mornings"])
    OutboxMessage.objects.mails().unsent().update(next_try=moments[3] + timedelta(hours=1))
    deliver_due(clock=lambda: moments[2])
    deliver_due(clock=lambda: moments[3])
    assert [words.splitlines()[0] for _, words in sms_ports.taken] == [
        "Takes place after all: Oak Primary, Wed 25 Nov, 9:15 am",
        "Cancelled: Oak Primary, Wed 25 Nov, 9:15 am",
    ]


def test_who_is_down_for_it_after_all_reads_so_by_sms_and_not_that_it_takes_place(
    area: Area, cora: User, asha: Volunteer
) -> None:
    session, later = booked(area, cora, asha), NOW + timedelta(minutes=5)
    batch = take_off(VisitDay(session.visit, DAY), asha, by=cora, now=NOW)
    tell_and_send(NOW, kinds=["mornings"])
    undo(batch, by=cora, now=later)
    tell_and_send(later, kinds=["mornings"])
    assert [words.splitlines()[0] for to, words in sms_ports.taken if to == ASHA] == [
        "You're no longer down for Oak Primary, Wed 25 Nov, 9:15 am",
        "You're down after all for Oak Primary, Wed 25 Nov, 9:15 am",
    ]


def test_a_look_shows_what_goes_by_sms(area: Area, cora: User, asha: Volunteer) -> None:
    session, by = booked(area, cora, asha), manager()
    planned = messages_of(lambda: cancel_day(DAY, [session.pk], code="weather", note="", by=by, now=NOW), now=NOW)
    html = render_to_string("office/bookings/_planned.html", {"planned": planned})
    assert "1 of them by SMS too" in " ".join(html.split())
    assert f"By SMS too, to {ASHA}" in html
    assert "Cancelled: Oak Primary, Wed 25 Nov, 9:15 am" in html
    assert asha.user
    say_no(asha.user)
    unheard = messages_of(lambda: cancel_day(DAY, [session.pk], code="weather", note="", by=by, now=NOW), now=NOW)
    assert unheard.digest != planned.digest


def test_an_undo_leaves_the_mail_of_an_sms_that_has_left_so_that_it_is_corrected(area: Area, cora: User, asha: Volunteer) -> None:
    session, by = booked(area, cora, asha), manager()
    batch = held(lambda: cancel_day(DAY, [session.pk], code="weather", note="", by=by, now=NOW), now=NOW)
    # Its minute is over, and only the SMS is quick.
    deliver(OutboxMessage.objects.get(channel="sms").pk, clock=lambda: NOW + timedelta(seconds=66))
    assert [words for _, words in sms_ports.taken] == ["Cancelled: Oak Primary, Wed 25 Nov, 9:15 am"]
    undo(batch, by=by, now=NOW + timedelta(seconds=70))
    for minutes in (2, 5, 60):
        tell_and_send(NOW + timedelta(minutes=minutes), kinds=["mornings"])
    assert [words.splitlines()[0] for _, words in sms_ports.taken[1:]] == [
        "Takes place after all: Oak Primary, Wed 25 Nov, 9:15 am"
    ]
    assert [message.subject for message in mail.outbox] == ["It takes place after all: Oak Primary, Wed 25 November 2026"]


def test_what_a_mail_that_was_refused_said_by_sms_is_corrected_too(area: Area, cora: User, asha: Volunteer) -> None:
    cancelled(booked(area, cora, asha))
    tell_and_send(NOW, kinds=["mornings"])
    refused = {"sent_at": None, "handed_over_at": None, "stopped_at": NOW, "last_error": "550 no"}
    OutboxMessage.objects.mails().update(**refused)
    undo(Batch.objects.get(), by=manager(), now=NOW + timedelta(minutes=5))
    assert tell_and_send(NOW + timedelta(minutes=6), kinds=["mornings"]) == 2
    assert sms_ports.taken[-1][1].startswith("Takes place after all: ")


def test_an_sms_that_did_not_arrive_told_nobody_anything(area: Area, cora: User, asha: Volunteer) -> None:
    cancelled(booked(area, cora, asha))
    tell_and_send(NOW, kinds=["mornings"])
    refused = {"sent_at": None, "handed_over_at": None, "stopped_at": NOW, "last_error": "550 no"}
    OutboxMessage.objects.update(**refused)
    undo(Batch.objects.get(), by=manager(), now=NOW + timedelta(minutes=5))
    assert tell_and_send(NOW + timedelta(minutes=6), kinds=["mornings"]) == 0


def test_who_is_erased_leaves_no_number(area: Area, cora: User, asha: Volunteer) -> None:
    cancelled(booked(area, cora, asha))
    tell_and_send(NOW, kinds=["mornings"])
    stop(ASHA, at=NOW + timedelta(minutes=1))
    assert asha.user
    User.objects.filter(pk=asha.user.pk).update(sms_number=ASHA, sms_since=NOW)
    end_membership(asha, day=NOW.date(), by=manager(), now=NOW)
    erase(Volunteer.objects.get(pk=asha.pk), by=manager(), now=NOW)
    assert not OutboxMessage.objects.filter(to=ASHA).exists()
    assert not SuppressedAddress.objects.filter(address=ASHA).exists()
    assert list(User.objects.filter(pk=asha.user.pk).values_list("sms_number", "sms_since")) == [("", None)]


def test_what_a_school_says_on_the_day_goes_by_sms_to_the_coordinator_and_to_who_is_on_the_way(
    area: Area, cora: User, asha: Volunteer
) -> None:
    session = booked(area, cora, asha)
    alarm = SchoolAlarm.objects.create(visit=session.visit, day=DAY, what="call_off", given_by="Jo", at=NOW)
    kinds = ["school-alarm", "morning-alarm"]
    assert tell_and_send(NOW, kinds=kinds) == 4
    first = {to: words.splitlines()[0] for to, words in sms_ports.taken}
    assert first == dict.fromkeys((CORA, ASHA), "Called off by the school: Oak Primary, Wed 25 November 2026")
    sms_ports.taken.clear()
    SchoolAlarm.objects.filter(pk=alarm.pk).update(over_at=NOW, over_by="Jo")
    assert tell_and_send(NOW + timedelta(minutes=1), kinds=kinds) == 4
    assert {words.splitlines()[0] for _, words in sms_ports.taken} == {"Takes place after all: Oak Primary, Wed 25 November 2026"}
