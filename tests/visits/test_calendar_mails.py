"""What mails put into calendars: one entry a morning under one name, with rising numbers, and nobody but its reader in it."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.urls import reverse
from ical.calendar_stream import IcsCalendarStream
from ical.event import Event

from schools.messages import actions
from schools.messages.actions import TEXT_HELD, deliver_due
from schools.messages.calendar_parts import CalendarPart
from schools.models import Charity, Contact, MessageAbout, OutboxMessage, School, Session, SessionType, User, Volunteer
from schools.visits.actions import assign, cancel_session, cancel_visit, claim, confirm, swap, withdraw
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, SessionFactory, able_volunteer, manager
from tests.news import tell, tell_and_send
from tests.visits.calendar_client import CalendarClient, times_of
from tests.visits.reading import read

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""When people are written to of anything."""


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def asha() -> Volunteer:
    return able_volunteer(AreaFactory(), signs_in=True, name="Asha Rao")


@pytest.fixture
def school(asha: Volunteer) -> School:
    made: School = SchoolFactory(area=asha.areas.get(), name="Oak Primary", address="Church Lane", postcode="CA13 9AB")
    Contact.objects.create(school=made, name="Nia Head", email="nia@oak.example.org")
    return made


@pytest.fixture
def session(school: School) -> Session:
    """The first of two sessions of a morning."""
    made: Session = SessionFactory(visit__school=school, visit__arrival_notes="Ask for Mrs Secret", day=DAY)
    SessionFactory(visit=made.visit, day=DAY, starts=time(11), ends=time(11, 30))
    return made


def puts_on(volunteer: Volunteer, sessions: Iterable[Session], by: User, now: datetime) -> None:
    for session in sessions:
        assign(session, volunteer, role="presenter", by=by, now=now)


def moves(session: Session, days: int, by: User, now: datetime) -> None:
    scheduled = session.visit.sessions.scheduled()
    to = {each.pk: Slot(each.day + timedelta(days=days), each.starts, each.ends) for each in scheduled}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


def parts_of(number: int = -1) -> list[EmailMessage]:
    """The parts of one of the mails for a calendar, as its reader's program finds them."""
    message: Any = mail.outbox[number].message()
    parsed = message_from_bytes(message.as_bytes(), policy=default)
    return [part for part in parsed.walk() if part.get_content_type() == "text/calendar"]


def brought(number: int = -1) -> list[CalendarPart]:
    return [CalendarPart(part["Content-Type"].params["method"], part.get_content()) for part in parts_of(number)]


def event_of(part: CalendarPart) -> Event:
    [event] = IcsCalendarStream.calendar_from_ics(part.text).events
    return event


def test_a_morning_is_one_part_that_is_a_form_of_the_text(asha: Volunteer, session: Session, by: User) -> None:
    Charity.objects.update(name='The "Safe" Trust', sender="hello@trust.example.org")
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    assert tell_and_send(NINE) == 1
    whole = mail.outbox[0].message()
    types = [part.get_content_type() for part in whole.walk()]
    assert types == ["multipart/alternative", "text/plain", "text/html", "text/calendar"]
    [part] = parts_of()
    assert dict(part["Content-Type"].params) == {"method": "REQUEST", "charset": "utf-8"}
    assert part["Content-Disposition"] is None
    [calendar] = brought()
    event = event_of(calendar)
    assert times_of(event) == (datetime(2026, 12, 3, 8, 45, tzinfo=UTC), datetime(2026, 12, 3, 11, 30, tzinfo=UTC))
    link = f"{reverse('morning', args=[session.visit_id, DAY])}"
    assert (event.summary, event.status, event.location) == (
        "Your morning at Oak Primary", "CONFIRMED", "Oak Primary, Church Lane, CA13 9AB",
    )  # fmt: skip
    assert str(event.url).endswith(link)
    assert event.description is not None
    assert event.description.split("\n")[:3] == [
        "Be there at 8:45 am.", "9:15–9:45 am, KS2 assembly", "11:00–11:30 am, KS2 assembly",
    ]  # fmt: skip
    [alarm] = event.alarm
    assert (alarm.action, alarm.trigger) == ("DISPLAY", timedelta(hours=-2))
    assert asha.user is not None
    assert event.organizer is not None
    [attendee] = event.attendees
    assert (str(event.organizer.uri), event.organizer.common_name) == ("mailto:hello@trust.example.org", "The Safe Trust")
    assert (str(attendee.uri), attendee.rsvp) == (f"mailto:{asha.user.email}", False)
    assert mail.outbox[0].from_email.endswith("<hello@trust.example.org>")
    assert not [words for words in ("Secret", "Nia", "Rao", "DBS", "clear") if words in calendar.text]


def test_the_organizer_of_an_entry_is_called_as_the_charity_in_any_alphabet(asha: Volunteer, session: Session, by: User) -> None:
    Charity.objects.update(name="Llais y Plant, Môn – Children’s Voice", sender="hello@trust.example.org")
    puts_on(asha, [session], by, NINE)
    assert tell_and_send(NINE) == 1
    organizer = event_of(brought()[0]).organizer
    assert organizer is not None
    assert (str(organizer.uri), organizer.common_name) == (
        "mailto:hello@trust.example.org", "Llais y Plant, Môn – Children’s Voice",
    )  # fmt: skip
    sender = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=default)["From"].addresses[0]
    assert (sender.display_name, sender.addr_spec) == (organizer.common_name, "hello@trust.example.org")


def test_a_school_has_its_own_entry_from_the_first_start_with_an_alarm_the_day_before(
    school: School, session: Session, by: User
) -> None:
    guest = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=guest, name="Fay Office", email="fay@fern.example.org")
    HeadcountFactory(session=session, school=guest, year_group=3)
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="", by=by, now=NINE)
    assert tell_and_send(NINE) == 2
    events = {mail.outbox[number].to[0]: event_of(brought(number)[0]) for number in range(2)}
    host, guests = events["nia@oak.example.org"], events["fay@fern.example.org"]
    assert times_of(host) == (datetime(2026, 12, 3, 9, 15, tzinfo=UTC), datetime(2026, 12, 3, 11, 30, tzinfo=UTC))
    assert times_of(guests) == (datetime(2026, 12, 3, 9, 15, tzinfo=UTC), datetime(2026, 12, 3, 9, 45, tzinfo=UTC))
    assert host.uid != guests.uid
    assert guests.location == "Oak Primary, Church Lane, CA13 9AB"
    assert [alarm.trigger for alarm in host.alarm] == [timedelta(days=-1)]
    assert session.visit.reference in (host.description or "")


def test_who_reads_the_mails_of_host_and_guest_has_the_entry_once(school: School, session: Session, by: User) -> None:
    guest = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=guest, name="Nia Head", email="nia@oak.example.org")
    HeadcountFactory(session=session, school=guest, year_group=3)
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="", by=by, now=NINE)
    assert tell_and_send(NINE) == 1
    assert len(brought()) == 1


def test_an_online_window_is_whole_days_at_a_school(school: School, by: User) -> None:
    online = SessionType.objects.get(slug="online-ks2")
    session = SessionFactory(visit__school=school, type=online, day=DAY, until_day=date(2026, 12, 11))
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="", by=by, now=NINE)
    assert tell_and_send(NINE) == 1
    event = event_of(brought()[0])
    assert (event.dtstart, event.dtend) == (DAY, date(2026, 12, 12))
    Session.objects.filter(pk=session.pk).update(until_day=date(2026, 12, 14))
    assert tell_and_send(NINE) == 1
    assert (event_of(brought()[0]).dtend, event_of(brought()[0]).uid) == (date(2026, 12, 15), event.uid)


def test_what_changed_while_a_mail_waited_is_in_it_and_not_said_once_more(school: School, by: User) -> None:
    online = SessionType.objects.get(slug="online-ks2")
    session = SessionFactory(visit__school=school, type=online, day=DAY, until_day=date(2026, 12, 11))
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="", by=by, now=NINE)
    assert tell(NINE) == 1
    Session.objects.filter(pk=session.pk).update(until_day=date(2026, 12, 14))
    assert deliver_due(clock=lambda: NINE)[0] == 0, "what it says is not so any more"
    assert tell_and_send(NINE) == 1
    assert event_of(brought()[0]).dtend == date(2026, 12, 15)
    assert tell_and_send(NINE) == 0


def test_several_mornings_are_a_part_each_and_those_to_come_stand_before_those_that_end(
    asha: Volunteer, school: School, by: User
) -> None:
    first, second, third = (SessionFactory(visit__school=school, day=DAY + timedelta(days=days)) for days in (0, 4, 5))
    puts_on(asha, [second, first], by, NINE)
    assert tell_and_send(NINE) == 1
    assert [event_of(part).dtstart.day for part in brought()] == [3, 7]  # type: ignore[union-attr]  # both begin some day
    whole = mail.outbox[-1].message()
    assert [part.get_content_type() for part in whole.walk()] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "text/calendar",
    ]  # fmt: skip
    assert [part.get_filename() for part in parts_of()] == [None, "morning-2.ics"]
    cancel_session(first, code="weather", note="", by=by, now=NINE)
    puts_on(asha, [third], by, NINE)
    assert tell_and_send(NINE) == 1
    assert [part.method for part in brought()] == ["REQUEST", "CANCEL"]


def test_a_morning_keeps_its_name_through_all_that_happens_to_it_and_its_number_rises(
    asha: Volunteer, session: Session, by: User
) -> None:
    client = CalendarClient()
    versions: list[tuple[str, int]] = []

    def next_mail(moment: datetime) -> list[str]:
        assert tell_and_send(moment) == 1
        client.take(brought())
        versions.extend((event_of(part).uid or "", event_of(part).sequence or 0) for part in brought())
        return [part.method for part in brought()]

    puts_on(asha, session.visit.sessions.all(), by, NINE)
    assert next_mail(NINE) == ["REQUEST"]
    moves(session, 1, by, NINE + timedelta(hours=1))
    assert next_mail(NINE + timedelta(hours=1)) == ["CANCEL"], "they are asked whether they can come then"
    assert client.mornings == []
    session.refresh_from_db()
    claim(VisitDay(session.visit, session.day), asha, role="presenter", by=by, now=NINE + timedelta(hours=2))
    assert next_mail(NINE + timedelta(hours=2)) == ["REQUEST"]
    assert [start.day for start, _ in client.mornings] == [4]
    cancel_visit(session.visit, code="weather", note="", by=by, now=NINE + timedelta(hours=3))
    assert next_mail(NINE + timedelta(hours=3)) == ["CANCEL"]
    assert client.entries == {}
    uids, numbers = zip(*versions, strict=True)
    assert len(set(uids)) == 1
    assert list(numbers) == sorted(set(numbers))


def test_who_goes_instead_has_the_morning_and_who_went_has_not(asha: Volunteer, session: Session, by: User) -> None:
    ben = able_volunteer(asha.areas.get(), signs_in=True, name="Ben Rao")
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    tell_and_send(NINE)
    day = VisitDay(session.visit, DAY)
    assert asha.user is not None
    assert ben.user is not None
    swap(day, asha, ben, by=asha.user, now=NINE)
    assert tell_and_send(NINE) == 1
    assert brought() == []
    claim(day, ben, role="presenter", by=ben.user, now=NINE)
    assert tell_and_send(NINE) == 2
    methods = {mail.outbox[number].to[0]: [part.method for part in brought(number)] for number in (-1, -2)}
    assert methods == {asha.user.email: ["CANCEL"], ben.user.email: ["REQUEST"]}
    assert not [part for number in (-1, -2) for part in brought(number) if "Asha" in part.text or "Ben" in part.text]


def test_what_somebody_gave_back_themselves_leaves_their_calendar(asha: Volunteer, session: Session, by: User) -> None:
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    tell_and_send(NINE)
    assert asha.user is not None
    withdraw(VisitDay(session.visit, DAY), asha, by=asha.user, now=NINE)
    tell_and_send(NINE)
    message = OutboxMessage.objects.get(subject__startswith="For your calendar")
    assert (message.to, message.subject) == (asha.user.email, "For your calendar: Oak Primary, Thu 3 December 2026")
    assert "- Oak Primary, Thu 3 December 2026: it is taken out\n" in message.body
    [number] = [number for number, each in enumerate(mail.outbox) if each.subject == message.subject]
    assert [part.method for part in brought(number)] == ["CANCEL"]
    assert tell_and_send(NINE + timedelta(hours=1)) == 0


def test_what_no_mail_put_into_a_calendar_is_not_taken_out_by_one(asha: Volunteer, session: Session, by: User) -> None:
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    assert asha.user is not None
    withdraw(VisitDay(session.visit, DAY), asha, by=asha.user, now=NINE)
    tell_and_send(NINE)
    assert not [each for each in mail.outbox if each.to == [asha.user.email]]


def test_a_school_that_was_phoned_is_only_put_right_in_its_calendar_and_not_at_night(
    school: School, session: Session, by: User
) -> None:
    confirm(session.visit, agreed_on=date(2026, 11, 20), agreed_with="", by=by, now=NINE)
    tell_and_send(NINE)
    night = NINE.replace(hour=23)
    cancel_visit(session.visit, code="weather", note="", by=by, now=night)
    mark_told(sessions=read(session.visit.sessions.all()), by=by, now=night)
    assert tell_and_send(night) == 0
    assert tell_and_send(night + timedelta(hours=10)) == 1
    assert mail.outbox[-1].subject == "For your calendar: Oak Primary, Thu 3 December 2026"
    assert [part.method for part in brought()] == ["CANCEL"]
    assert tell_and_send(night + timedelta(hours=11)) == 0


def test_a_new_address_gets_what_stood_at_the_old_one(asha: Volunteer, session: Session, by: User) -> None:
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    tell_and_send(NINE)
    before = event_of(brought()[0])
    User.objects.filter(volunteer=asha).update(email="asha.new@example.org")
    assert tell_and_send(NINE) == 1
    after = event_of(brought()[0])
    assert (mail.outbox[-1].to, after.uid) == (["asha.new@example.org"], before.uid)
    assert (after.sequence or 0) > (before.sequence or 0)
    assert tell_and_send(NINE) == 0


def test_a_volunteers_third_address_hears_nothing_of_what_the_second_took_out(
    asha: Volunteer, session: Session, by: User
) -> None:
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    tell_and_send(NINE)
    for number in (2, 3):
        User.objects.filter(volunteer=asha).update(email=f"asha{number}@example.org")
        if number == 2:
            cancel_visit(session.visit, code="weather", note="", by=by, now=NINE)
        assert tell_and_send(NINE) == (number == 2)
    assert [part.method for part in brought()] == ["CANCEL"]


def test_a_mail_that_only_puts_a_calendar_right_is_no_news_so_the_reminder_goes(
    asha: Volunteer, session: Session, by: User
) -> None:
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    tell_and_send(NINE)
    two_days_before = datetime(2026, 12, 1, 8, tzinfo=UTC)
    User.objects.filter(volunteer=asha).update(email="asha.new@example.org")
    assert tell_and_send(two_days_before) == 1
    assert tell(two_days_before + timedelta(minutes=5), kinds=["two-days"]) == 1


def test_a_morning_that_was_reported_stays_in_the_calendar(asha: Volunteer, session: Session, by: User) -> None:
    puts_on(asha, [session], by, NINE)
    tell_and_send(NINE)
    Session.objects.filter(pk=session.pk).update(recorded_at=NINE)
    assert tell_and_send(NINE) == 0


def test_every_try_of_a_mail_has_the_same_number_and_a_mail_that_waited_has_what_is_true(
    asha: Volunteer, session: Session, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    tries: list[CalendarPart] = []

    def send(message: OutboxMessage, *, before_text: Any) -> str:
        before_text()
        tries.extend(message.calendar)
        if len(tries) == 1:
            raise Killed
        return ""

    monkeypatch.setattr(actions, "send", send)
    puts_on(asha, session.visit.sessions.all(), by, NINE)
    tell(NINE)
    with pytest.raises(Killed):
        deliver_due(clock=lambda: NINE)
    later = NINE + TEXT_HELD
    assert deliver_due(clock=lambda: later)[0] == 1
    first, second = (event_of(part) for part in tries)
    assert (first.uid, first.sequence) == (second.uid, second.sequence)
    assert first.dtstamp < second.dtstamp
    row = MessageAbout.objects.get(message__isnull=False, volunteer=asha)
    assert (row.pk, [each[0] for each in row.calendar or ()]) == (second.sequence, [second.uid])


@pytest.mark.parametrize(
    ("day", "starts", "begins"),
    [
        # The weekdays beside the clock changes.
        (date(2026, 10, 23), time(9, 15), datetime(2026, 10, 23, 7, 45, tzinfo=UTC)),
        (date(2026, 10, 26), time(9, 15), datetime(2026, 10, 26, 8, 45, tzinfo=UTC)),
        (date(2027, 3, 26), time(9, 15), datetime(2027, 3, 26, 8, 45, tzinfo=UTC)),
        (date(2027, 3, 29), time(9, 15), datetime(2027, 3, 29, 7, 45, tzinfo=UTC)),
        # The nights themselves: the half hour before begins on the other side of the change.
        (date(2027, 3, 28), time(2, 10), datetime(2027, 3, 28, 0, 40, tzinfo=UTC)),
        (date(2026, 10, 25), time(2, 10), datetime(2026, 10, 25, 1, 40, tzinfo=UTC)),
        (date(2026, 10, 25), time(1, 45), datetime(2026, 10, 25, 0, 15, tzinfo=UTC)),
    ],
)
def test_one_has_to_be_there_half_an_hour_before_on_either_side_of_both_clock_changes(
    day: date, starts: time, begins: datetime, asha: Volunteer, school: School, by: User
) -> None:
    moment = begins - timedelta(days=7)
    session = SessionFactory(visit__school=school, day=day, starts=starts, ends=time(starts.hour + 1, starts.minute))
    puts_on(asha, [session], by, moment.replace(hour=10))
    tell_and_send(moment.replace(hour=10))
    event = event_of(brought()[0])
    assert times_of(event) == (begins, datetime.combine(day, session.ends, ZoneInfo("Europe/London")).astimezone(UTC))
