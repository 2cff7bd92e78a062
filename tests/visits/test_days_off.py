"""A day is called off at many schools at once: what is under way stays, nothing else is half done, and one undo takes it back."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from schools.core.errors import RuleBroken
from schools.messages.sms import say_yes
from schools.models import (
    Area,
    Batch,
    ClosedPeriod,
    Contact,
    Cover,
    OutboxMessage,
    SchoolAlarm,
    Session,
    SessionType,
    User,
    Visit,
)
from schools.visits.actions import cancel_day, cancel_visit, claim
from schools.visits.actions.undoable import held, messages_of
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.queries.outstanding import not_rebooked
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.visits.test_undoable import agreed

pytestmark = pytest.mark.django_db

DAY, NEXT = date(2026, 12, 3), date(2026, 12, 4)
AT_TEN = datetime(2026, 12, 3, 10, 0, tzinfo=UTC)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by(area: Area) -> User:
    return coordinator_of(area)


def off(by: User, now: datetime, *sessions: Session, **choices: Any) -> Batch:
    return cancel_day(DAY, [session.pk for session in sessions], by=by, now=now, **{"code": "weather", "note": "", **choices})


def stages() -> list[str]:
    return list(Session.objects.order_by("pk").values_list("stage", flat=True))


def standing() -> dict[str, list[Any]]:
    return {table.__name__: list(table._default_manager.order_by("pk").values()) for table in (Visit, Session, Cover)}


def test_what_was_added_to_a_ticked_visit_since_somebody_looked_is_called_off_with_it(
    area: Area, by: User, now: datetime
) -> None:
    ash = agreed(area, "Ash")
    SessionFactory(visit=ash.visit, day=DAY, starts=time(13, 0), ends=time(13, 30))
    assert off(by, now, ash).left_out == []
    assert stages() == ["cancelled", "cancelled"]


def test_what_was_booked_anew_after_a_colleague_had_called_the_day_off_stays(area: Area, by: User, now: datetime) -> None:
    ash, birch = agreed(area, "Ash"), agreed(area, "Birch")
    off(by, now, ash)
    SessionFactory(visit=ash.visit, day=DAY, starts=time(13, 0), ends=time(13, 30))
    assert off(by, now, ash, birch).left_out == ["Ash, Thu 3 December 2026: What you ticked of it was called off already."]
    assert stages() == ["cancelled", "cancelled", "scheduled"]


def test_what_has_begun_stays_whole_and_the_rest_is_called_off(area: Area, by: User) -> None:
    begun, coming = agreed(area, "Ash"), agreed(area, "Birch", starts=time(11, 0), ends=time(11, 30))
    later = SessionFactory(visit=begun.visit, day=DAY, starts=time(13, 0), ends=time(13, 30))
    batch = off(by, AT_TEN, begun, later, coming)
    assert stages() == ["scheduled", "cancelled", "scheduled"]
    (sentence,) = batch.left_out
    assert sentence.startswith("Ash, Thu 3 December 2026: It began at 9:15 am, so it stays.")
    assert "cancel each session on its own page" in sentence
    assert batch.words == "Called off 1 visit of Thu 3 December 2026"


@pytest.mark.parametrize(
    ("said_at", "is_over", "stays"),
    [(time(9, 5), False, False), (time(9, 20), False, True), (time(9, 5), True, True), (None, False, True)],
)
def test_what_was_to_begin_after_the_school_called_the_day_off_goes_with_its_visit(
    area: Area, by: User, said_at: time | None, is_over: bool, stays: bool
) -> None:
    begun = agreed(area, "Ash")
    SessionFactory(visit=begun.visit, day=DAY, starts=time(11, 0), ends=time(11, 30))
    if said_at:
        said = datetime.combine(DAY, said_at, tzinfo=UTC)
        ended = said + timedelta(minutes=2) if is_over else None
        SchoolAlarm.objects.create(visit=begun.visit, day=DAY, what="call_off", given_by="Jo", at=said, over_at=ended)
    cancel_visit(begun.visit, code="school", note="", by=by, now=AT_TEN)
    assert list(Session.objects.scheduled()) == ([begun] if stays else [])
    assert Visit.objects.get(pk=begun.visit_id).stage == ("confirmed" if stays else "cancelled")
    assert Cover.objects.filter(session=begun, news="cancelled").exists() is not stays


def test_what_was_reported_stays_whole(area: Area, by: User, now: datetime) -> None:
    reported = agreed(area, "Ash", stage="delivered", went_ahead="yes", recorded_at=now)
    rest = SessionFactory(visit=reported.visit, day=DAY, starts=time(13, 0), ends=time(13, 30))
    other = agreed(area, "Birch")
    batch = off(by, now, rest, other)
    assert stages() == ["delivered", "scheduled", "cancelled"]
    assert "It was reported how part of it went" in batch.left_out[0]


def test_what_a_school_shows_by_itself_never_begins(area: Area, by: User) -> None:
    online = agreed(area, "Ash", type=SessionType.objects.get(slug="online-ks2"), volunteers=0)
    off(by, AT_TEN, online)
    assert stages() == ["cancelled"]


def test_what_was_moved_away_meanwhile_stays_and_it_says_where_it_is(area: Area, by: User, now: datetime) -> None:
    moved, other = agreed(area, "Ash"), agreed(area, "Birch")
    Session.objects.filter(pk=moved.pk).update(day=NEXT)
    assert off(by, now, moved, other).left_out == ["Ash: it was moved to Fri 4 December 2026, so it stays. Look at that day."]
    assert stages() == ["scheduled", "cancelled"]


def test_where_nothing_is_left_nothing_is_done_and_it_says_why(area: Area, by: User, now: datetime) -> None:
    session = agreed(area, "Ash")
    off(by, now, session)
    with pytest.raises(RuleBroken) as refusal:
        off(manager(), now, session)
    assert refusal.value.reasons == [
        "Ash, Thu 3 December 2026: It was called off already.",
        "Nothing of it is left to call off. Look at the day again.",
    ]
    assert Batch.objects.count() == 1
    with pytest.raises(RuleBroken, match="Tick at least one visit"):
        off(by, now)
    with pytest.raises(RuleBroken, match="Say why it is cancelled"):
        off(by, now, session, code="boredom")


def test_a_school_of_another_area_refuses_all_of_it(area: Area, by: User, now: datetime) -> None:
    with pytest.raises(RuleBroken, match="is in another area now"):
        off(by, now, agreed(area, "Ash"), agreed(AreaFactory(), "Far"))
    assert stages() == ["scheduled", "scheduled"]


def test_a_signed_off_day_stays_and_the_next_one_does_not(area: Area, by: User) -> None:
    signed, after = agreed(area, "Ash"), agreed(area, "Ash too", day=NEXT)
    ClosedPeriod.objects.create(area=area, first_day=DAY, last_day=DAY)
    batch = off(by, datetime(2026, 12, 7, 9, tzinfo=UTC), signed, after, last_day=NEXT)
    assert "is signed off" in batch.left_out[0]
    assert stages() == ["scheduled", "cancelled"]


def test_postponed_waits_to_be_booked_again_and_cancelled_waits_for_nothing(area: Area, by: User, now: datetime) -> None:
    postponed, cancelled = agreed(area, "Ash"), agreed(area, "Birch")
    held(lambda: off(by, now, postponed), now=now)
    held(lambda: off(by, now, cancelled, for_good=True), now=now)
    assert list(not_rebooked(Visit.objects.all(), on=now.date())) == [postponed.visit]
    bodies = dict(OutboxMessage.objects.filter(kind="visits").values_list("subject", "body"))
    words = "We would like to find another day with you."
    assert words in bodies["Our visit is cancelled: Ash, Thu 3 December 2026"]
    assert words not in bodies["Our visit is cancelled: Birch, Thu 3 December 2026"]


def test_what_is_called_off_at_three_schools_of_one_mailbox_is_one_mail_however_each_wrote_its_address(
    area: Area, by: User, now: datetime
) -> None:
    addresses = ("trust@schools.example.org", "Trust@schools.example.org", "trust@Schools.example.org")
    names = ("Ash", "Birch", "Cedar")
    sessions = [agreed(area, name, email=address) for name, address in zip(names, addresses, strict=True)]
    held(lambda: off(by, now, *sessions), now=now)
    [letter] = OutboxMessage.objects.filter(kind="visits")
    assert letter.to in addresses
    assert all(name in letter.body for name in names)


def test_two_days_at_once_are_one_mail_for_each_and_one_undo(area: Area, by: User, now: datetime) -> None:
    first, second = agreed(area, "Ash"), agreed(area, "Birch", day=NEXT, email="office0@schools.example.org")
    everywhere = able_volunteer(area, signs_in=True)
    for session in (first, second):
        CoverFactory(session=session, volunteer=everywhere)
    before = standing()
    batch = held(lambda: off(by, now, first, second, last_day=NEXT), now=now)
    assert batch.words == "Called off 2 visits of Thu 3 December 2026 – Fri 4 December 2026"
    addresses = list(OutboxMessage.objects.values_list("to", flat=True))
    assert everywhere.user is not None
    assert sorted(addresses) == sorted(set(addresses)), "one mail for each reader, of both days"
    assert {everywhere.user.email, "office0@schools.example.org"} <= set(addresses)
    assert undo(batch, by=by, now=now + timedelta(seconds=30)).left_alone == []
    assert standing() == before
    assert not OutboxMessage.objects.exists()


def test_who_has_no_address_is_named_with_the_phone(area: Area, by: User, now: datetime) -> None:
    session = agreed(area, "Ash")
    Contact.objects.update(email="", phone="+441539720001")
    CoverFactory(session=session, volunteer=able_volunteer(area, name="Olwen Lee", phone="+447400123456"))
    planned = messages_of(lambda: off(by, now, session), now=now)
    assert {(message.who, message.phone) for message in planned.phoned} == {
        ("Ash", "01539 720001"),
        ("Olwen Lee", "07400 123456"),
    }


def test_somebody_who_said_yes_since_the_look_is_told_too(area: Area, by: User, now: datetime) -> None:
    session, newcomer = agreed(area, "Ash"), able_volunteer(area, signs_in=True)
    assert newcomer.user is not None
    claim(VisitDay(session.visit, DAY), newcomer, role="presenter", by=newcomer.user, now=now)
    held(lambda: off(by, now, session), now=now)
    mail = OutboxMessage.objects.get(to=newcomer.user.email)
    assert mail.subject == "Cancelled: Ash, Thu 3 December 2026"


def test_of_today_an_sms_goes_too_to_whoever_is_on_the_way(area: Area, by: User, settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    session = agreed(area, "Ash")
    person = session.covers.get().volunteer.user
    assert person is not None
    at_six = datetime(2026, 12, 3, 6, 0, tzinfo=UTC)
    say_yes(person, "+447400123456", now=at_six)
    planned = messages_of(lambda: off(by, at_six, session), now=at_six)
    assert [message.sms for message in planned.mailed if message.sms] == ["Cancelled: Ash, Thu 3 Dec, 9:15 am"]
    assert len(planned.mailed) == 2, "in the quiet hours too: it begins soon"


def test_each_row_has_a_line_in_its_history_by_whoever_did_it(area: Area, by: User, now: datetime) -> None:
    session = agreed(area, "Ash")
    off(by, now, session)
    for row in (session, session.visit, session.covers.get()):
        line = row.history.first()
        assert (line.history_type, line.history_user, line.history_date) == ("~", by, now)


def called_off(area: Area, by: User, now: datetime, number: int) -> tuple[int, Batch]:
    sessions = [agreed(area, f"School {each}", volunteers=2) for each in range(number)]
    with CaptureQueriesContext(connection) as queries:
        batch = off(by, now, *sessions)
    return len(queries), batch


def test_six_visits_take_as_many_statements_as_two(area: Area, now: datetime) -> None:
    by = manager()
    called_off(area, by, now, 1)  # who they are is read once
    few, _ = called_off(area, by, now, 2)
    many, batch = called_off(area, by, now, 6)
    assert few == many
    assert len(batch.changes) == 6 * 4


@pytest.mark.exhaustive
def test_a_hundred_visits_are_called_off_and_all_of_it_is_undone(area: Area, by: User, now: datetime) -> None:
    people = [able_volunteer(area, signs_in=True) for _ in range(20)]
    sessions = []
    for number in range(100):
        school = SchoolFactory(area=area, name=f"School {number}")
        Contact.objects.create(school=school, name="The office", email=f"office{number}@schools.example.org")
        hour = 8 + 2 * (number // 20)
        agreement = {"visit__stage": "confirmed", "visit__agreed_on": now.date(), "visit__agreed_with": "The office"}
        times = {"day": DAY, "starts": time(hour), "ends": time(hour, 30)}
        session = SessionFactory(visit__school=school, **agreement, **times)
        CoverFactory(session=session, volunteer=people[number % 20])
        sessions.append(session)
    before = standing()
    batch = held(lambda: off(by, now, *sessions), now=now)
    assert len(batch.messages or ()) == 120, "each school, and each of twenty people once"
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before
    assert not OutboxMessage.objects.exists()
