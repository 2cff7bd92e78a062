"""What has ended is news to nobody, although its day is not over: neither that evening nor at night, by mail or by SMS."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from schools.messages import sms_ports
from schools.messages.sms import say_yes
from schools.models import Area, Contact, Cover, MessageAbout, SchoolAlarm, Session, User, Visit, Volunteer
from schools.visits.actions import assign_all, cancel_session, confirm, drop_out, take_off
from schools.visits.actions.moving import move, plan_move
from schools.visits.queries import VisitDay, people_to_tell
from schools.visits.rules import Slot
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 11, 25)
THE_DAY_BEFORE = datetime(2026, 11, 24, 9, tzinfo=UTC)
NOON, NIGHT = datetime(2026, 11, 25, 12, tzinfo=UTC), datetime(2026, 11, 25, 21, 30, tzinfo=UTC)
IN_A_MINUTE = timedelta(minutes=1)
NEWS = ("mornings", "visits", "given-back", "morning-alarm")


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
    say_yes(user, "+447400123457", now=THE_DAY_BEFORE)
    return user


@pytest.fixture
def ben(area: Area) -> Volunteer:
    return person(area, "Ben Cole", "+447400123458")


@pytest.fixture
def dee(area: Area) -> Volunteer:
    return person(area, "Dee Hall", "+447400123459")


@pytest.fixture
def session(area: Area, cora: User) -> Session:
    """From 9:15 to 9:45."""
    school = SchoolFactory(area=area, name="Oak")
    made: Session = SessionFactory(visit__school=school, visit__coordinator=cora, day=DAY)
    return made


def person(area: Area, name: str, number: str) -> Volunteer:
    made = able_volunteer(area, signs_in=True, name=name)
    assert made.user
    say_yes(made.user, number, now=THE_DAY_BEFORE)
    return made


def late_that_day(session: Session) -> Session:
    made: Session = SessionFactory(visit=session.visit, day=DAY, starts=time(23), ends=time(23, 30))
    return made


def put_on(session: Session, volunteer: Volunteer, now: datetime, *, only: list[int] | None = None) -> None:
    day = VisitDay(session.visit, DAY)
    assign_all(day, volunteer, role="presenter", by=manager(), now=now, note="They agreed.", only=only)


def told(now: datetime) -> list[str]:
    """The subjects of all that goes out a minute later, and whether anything goes by SMS."""
    before = len(mail.outbox)
    tell_and_send(now + IN_A_MINUTE, kinds=NEWS)
    return [str(message.subject) for message in mail.outbox[before:]] + [words for _, words in sms_ports.taken]


@pytest.mark.parametrize("now", [NOON, NIGHT])
@pytest.mark.parametrize("is_taken_off", [False, True])
def test_that_somebody_did_not_make_it_is_told_to_nobody_once_it_has_ended(
    now: datetime, is_taken_off: bool, session: Session, ben: Volunteer
) -> None:
    CoverFactory(session=session, volunteer=ben)
    day = VisitDay(session.visit, DAY)
    if is_taken_off:
        take_off(day, ben, by=manager(), now=now)
    else:
        drop_out(day, ben, by=manager(), now=now)
    assert told(now) == []
    assert people_to_tell(manager(), on=DAY) == []


def test_of_what_somebody_gave_back_that_day_the_coordinator_reads_what_is_to_come_alone(
    session: Session, ben: Volunteer
) -> None:
    later = late_that_day(session)
    for each in (session, later):
        CoverFactory(session=each, volunteer=ben)
    drop_out(VisitDay(session.visit, DAY), ben, by=manager(), now=NIGHT)
    (draft,) = drafts("given-back", NIGHT + IN_A_MINUTE)
    assert "11:00–11:30 pm" in draft.body
    assert "9:15" not in draft.body
    (draft,) = drafts("mornings", NIGHT + IN_A_MINUTE)
    assert "11:00–11:30 pm" in draft.body
    assert "9:15" not in draft.body


@pytest.mark.parametrize("now", [NOON, NIGHT])
def test_who_is_put_on_afterwards_so_that_it_can_be_reported_is_told_nothing_and_phoned_by_nobody(
    now: datetime, session: Session, dee: Volunteer
) -> None:
    put_on(session, dee, now)
    assert told(now) == []
    assert Cover.objects.get().state == "accepted"
    assert people_to_tell(manager(), on=DAY) == []
    assert not MessageAbout.objects.filter(phone_until__isnull=False).exists()


def test_who_is_put_on_while_it_lasts_is_told(session: Session, dee: Volunteer) -> None:
    begun = NOON.replace(hour=9, minute=30)
    put_on(session, dee, begun)
    assert told(begun)[0] == "You’re down for Oak, Wed 25 November 2026"


def test_a_mail_that_waited_until_it_had_ended_does_not_go(session: Session, dee: Volunteer) -> None:
    put_on(session, dee, NOON.replace(hour=8))
    assert tell(NOON.replace(hour=8, minute=1), kinds=["mornings"]) == 1
    assert told(NOON) == []


def test_who_waits_for_a_time_to_come_that_day_is_told_that_the_right_one_is_over(session: Session, ben: Volunteer) -> None:
    Session.objects.update(starts=time(23), ends=time(23, 30))
    session = Session.objects.get()
    CoverFactory(session=session, volunteer=ben)
    by, to = manager(), {session.pk: Slot(DAY, time(9), time(9, 30))}
    move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=NIGHT).digest, by=by, now=NIGHT)
    assert [draft.subject for draft in drafts("mornings", NIGHT + IN_A_MINUTE)] == ["Moved a little: Oak, Wed 25 November 2026"]


def test_whose_calendar_has_what_has_ended_is_not_mailed_to_take_it_out(session: Session, dee: Volunteer) -> None:
    put_on(session, dee, THE_DAY_BEFORE)
    assert told(THE_DAY_BEFORE)
    sms_ports.taken.clear()
    take_off(VisitDay(session.visit, DAY), dee, by=manager(), now=NOON)
    assert told(NOON) == []


@pytest.mark.parametrize("now", [NOON, NIGHT])
def test_a_school_is_told_nothing_of_what_has_ended(now: datetime, session: Session) -> None:
    number = "+447400123460"
    yes = {"phone": number, "sms_number": number, "sms_since": THE_DAY_BEFORE}
    Contact.objects.create(school=session.visit.school, name="Nia", email="nia@oak.example.org", **yes)
    confirm(session.visit, agreed_on=DAY - timedelta(days=3), agreed_with="Nia", by=manager(), now=THE_DAY_BEFORE)
    assert told(THE_DAY_BEFORE)
    sms_ports.taken.clear()
    cancel_session(Session.objects.get(), code="school", note="", by=manager(), now=now)
    assert told(now) == []


def says_that_nobody_came(visit: Visit, now: datetime) -> SchoolAlarm:
    return SchoolAlarm.objects.create(visit=visit, day=DAY, what="nobody", given_by="Jo", at=now)


def test_no_school_is_said_to_wait_for_somebody_once_it_has_ended(session: Session, ben: Volunteer, dee: Volunteer) -> None:
    at_nine = NOON.replace(hour=9, minute=5)
    CoverFactory(session=session, volunteer=ben)
    says_that_nobody_came(session.visit, at_nine)
    assert tell(at_nine, kinds=["morning-alarm"]) == 1
    put_on(session, dee, NOON.replace(hour=16))
    assert told(NOON.replace(hour=16)) == [], "mail was away, and Dee is put on so that it can be reported"
    assert [draft.to for draft in drafts("school-alarm", NOON)] == [User.objects.get(name="Cora Nwosu").email]


def test_of_two_sessions_whoever_is_down_for_both_reads_of_the_one_at_which_the_school_can_wait(
    session: Session, ben: Volunteer
) -> None:
    for each in (session, late_that_day(session)):
        CoverFactory(session=each, volunteer=ben)
    says_that_nobody_came(session.visit, NOON)
    (draft,) = drafts("morning-alarm", NOON)
    assert "11:00–11:30 pm" in draft.body
    assert "9:15" not in draft.body


def test_that_it_was_a_mistake_is_told_to_nobody_once_it_has_ended(session: Session, ben: Volunteer) -> None:
    at_nine = NOON.replace(hour=9, minute=5)
    CoverFactory(session=session, volunteer=ben)
    says_that_nobody_came(session.visit, at_nine)
    assert told(at_nine)
    SchoolAlarm.objects.update(over_at=NOON, over_by="Jo")
    sms_ports.taken.clear()
    assert told(NOON) == []


def test_the_list_of_the_morning_asks_for_nobody_for_what_has_ended(session: Session) -> None:
    assert "Needs people" in drafts("morning-list", NOON.replace(hour=9, minute=30))[0].body
    assert "Needs people" not in drafts("morning-list", NOON.replace(hour=10))[0].body
