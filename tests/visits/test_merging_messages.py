"""Two entries of a volunteer become one: news that they have not had yet still comes, and nothing comes a second time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.accounts.models import Role
from schools.messages.actions import deliver_due
from schools.messages.kinds import Audience, all_kinds
from schools.models import Area, Cover, Merge, MessageAbout, OutboxMessage, Session, User, Volunteer
from schools.visits.actions import cancel_session, cancel_visit, offer, take_off, withdraw
from schools.visits.actions.merging import merge_people, preview_merge, undo_merge
from schools.visits.queries import VisitDay
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    UserFactory,
    able_volunteer,
    coordinator_of,
    manager,
    user_with,
)
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
"""A Thursday."""


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the days before: 1 is Tuesday, the first of December."""
    return datetime(2026, 12, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


EVENING, LATER, MORNING = at(-1, 21), at(-1, 21, 10), at(0, 7, 45)
"""Sunday evening, ten minutes later, and Monday morning."""


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def session(area: Area) -> Session:
    made: Session = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=UserFactory(), day=DAY)
    return made


@pytest.fixture
def asha(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao", reference="V-1")


@pytest.fixture
def double(area: Area) -> Volunteer:
    return able_volunteer(area, name="Asha Roa", reference="V-2")


def made_one(kept: Volunteer, gone: Volunteer, now: datetime, *chosen: str) -> Merge:
    return merge_people(kept, gone, chosen=chosen, mark=None, by=manager(), now=now)


def off(session: Session, now: datetime) -> None:
    cancel_session(session, code="weather", note="", by=manager(), now=now)


def later_of(session: Session, hour: int = 11) -> Session:
    """Another session of the same visit."""
    made: Session = SessionFactory(visit=session.visit, day=DAY, starts=time(hour), ends=time(hour, 45))
    return made


type Roles = tuple[Volunteer, Volunteer, tuple[str, ...]]


@pytest.fixture(params=["the volunteer stays", "the volunteer's entry goes"])
def roles(request: pytest.FixtureRequest, asha: Volunteer, double: Volunteer) -> Roles:
    """Which of the two is kept, which goes, and what is chosen of the one that goes; Asha signs in afterwards either way."""
    return (asha, double, ()) if request.param == "the volunteer stays" else (double, asha, ("user",))


def test_news_of_the_quiet_hours_comes_in_the_morning_though_the_two_become_one_at_night(
    session: Session, asha: Volunteer, roles: Roles
) -> None:
    CoverFactory(session=session, volunteer=asha)
    off(session, EVENING)
    assert tell(EVENING) == 0
    made_one(*roles[:2], LATER, *roles[2])
    assert tell_and_send(MORNING) == 1
    assert mail.outbox[0].subject.startswith("Cancelled")
    assert tell_and_send(MORNING) == 0


def test_news_that_waits_in_the_outbox_goes_once(session: Session, asha: Volunteer, roles: Roles) -> None:
    CoverFactory(session=session, volunteer=asha)
    off(session, at(0, 9))
    assert tell(at(0, 9)) == 1
    made_one(*roles[:2], at(0, 10), *roles[2])
    assert tell_and_send(at(0, 11)) + deliver_due(clock=lambda: at(0, 12))[0] == 1
    assert [message.subject.split(":")[0] for message in mail.outbox] == ["Cancelled"]
    assert tell_and_send(at(0, 13)) == 0


@pytest.mark.parametrize("is_told", [True, False])
def test_what_either_knew_of_a_visit_is_known_and_what_neither_was_told_is_told(
    session: Session, asha: Volunteer, double: Volunteer, roles: Roles, *, is_told: bool
) -> None:
    second = later_of(session)
    third = later_of(session, 12)
    CoverFactory(session=session, volunteer=asha)
    CoverFactory(session=third, volunteer=asha)
    CoverFactory(session=second, volunteer=double)
    off(session, at(0, 9))
    if is_told:
        assert tell_and_send(at(0, 9)) == 1
    made_one(*roles[:2], at(0, 10), *roles[2])
    assert tell_and_send(at(0, 11)) == (0 if is_told else 1)
    cancel_visit(session.visit, code="weather", note="", by=manager(), now=at(0, 12))
    assert tell_and_send(at(0, 12)) == 1, "all that is still on was known, so its end is told"
    assert tell_and_send(at(0, 13)) == 0


def test_a_place_that_one_entry_lost_unheard_is_told_though_the_other_had_none(
    session: Session, asha: Volunteer, double: Volunteer, roles: Roles
) -> None:
    by = manager()
    CoverFactory(session=session, volunteer=double)
    offer(VisitDay(session.visit, DAY), asha, role="presenter", by=by, now=EVENING)
    take_off(VisitDay(session.visit, DAY), double, by=by, now=EVENING)
    made_one(*roles[:2], LATER, *roles[2])
    assert tell_and_send(MORNING) == 1
    assert "Could you go" in mail.outbox[0].subject
    assert tell_and_send(MORNING) == 0


@pytest.mark.parametrize("is_told", [True, False])
def test_of_a_session_on_which_both_are_its_end_is_told_once(
    session: Session, asha: Volunteer, double: Volunteer, roles: Roles, *, is_told: bool
) -> None:
    CoverFactory(session=session, volunteer=asha)
    CoverFactory(session=session, volunteer=double, state="offered")
    off(session, at(0, 9))
    told = tell_and_send(at(0, 9)) if is_told else 0
    made_one(*roles[:2], at(0, 10), *roles[2])
    assert told + tell_and_send(at(0, 11)) == 1
    assert tell_and_send(at(0, 12)) == 0


def test_what_somebody_gave_back_by_themselves_is_no_news_under_another_sign_in(area: Area, session: Session) -> None:
    kept = able_volunteer(area, name="Asha Rao")
    gone = able_volunteer(area, name="Asha Roa", user=UserFactory(last_login=None))
    CoverFactory(session=session, volunteer=gone)
    withdraw(VisitDay(session.visit, DAY), gone, by=gone.user or UserFactory(), now=at(0, 9))
    made_one(kept, gone, at(0, 10))
    kept.user = user_with(Role.VOLUNTEER)
    kept.save()
    assert tell_and_send(at(0, 11), kinds=["mornings"]) == 0


def test_who_is_to_be_phoned_as_well_still_is(session: Session, asha: Volunteer, roles: Roles) -> None:
    CoverFactory(session=session, volunteer=asha)
    off(session, at(2, 16))
    tell_and_send(at(2, 16))
    MessageAbout.objects.filter(message__isnull=False).update(phone_until=DAY)
    made_one(*roles[:2], at(2, 17), *roles[2])
    assert MessageAbout.objects.get(phone_until=DAY).volunteer == roles[0]


def test_undoing_tells_nobody_what_they_knew(session: Session, asha: Volunteer, double: Volunteer, roles: Roles) -> None:
    second = later_of(session)
    CoverFactory(session=session, volunteer=asha)
    CoverFactory(session=second, volunteer=double)
    CoverFactory(session=second, volunteer=asha, state="offered")
    off(session, at(0, 9))
    tell_and_send(at(0, 9))
    merge = made_one(*roles[:2], at(0, 10), *roles[2])
    assert tell(at(0, 11)) == 0
    undo_merge(merge, by=manager(), now=at(0, 12))
    assert tell(at(0, 13)) == 0


@pytest.mark.parametrize(("kind", "hour"), [("two-days", (1, 9)), ("evening", (2, 17, 30)), ("outcome", (3, 15))])
def test_who_was_reminded_or_asked_is_not_once_more(
    session: Session, asha: Volunteer, double: Volunteer, kind: str, hour: tuple[int, ...]
) -> None:
    CoverFactory(session=session, volunteer=asha)
    assert tell_and_send(at(*hour), kinds=[kind]) == 1
    merge = made_one(double, asha, at(*hour) + timedelta(minutes=5), "user")
    assert drafts(kind, at(*hour) + timedelta(minutes=5)) != [], "it is due"
    assert tell_and_send(at(*hour) + timedelta(minutes=5), kinds=[kind]) == 0, "and was said"
    undo_merge(merge, by=manager(), now=at(*hour) + timedelta(minutes=10))
    assert tell_and_send(at(*hour) + timedelta(minutes=10), kinds=[kind]) == 0


def test_a_reminder_that_waits_goes_once(session: Session, asha: Volunteer, double: Volunteer) -> None:
    CoverFactory(session=session, volunteer=asha)
    assert tell(at(1, 9), kinds=["two-days"]) == 1
    made_one(double, asha, at(1, 9, 5), "user")
    assert tell_and_send(at(1, 9, 10), kinds=["two-days"]) == 1
    assert len(mail.outbox) == 1
    assert tell_and_send(at(1, 9, 15), kinds=["two-days"]) == 0


def test_coordinators_are_not_told_again_who_cannot_come(area: Area, asha: Volunteer, roles: Roles) -> None:
    cora: User = coordinator_of(area, name="Cora Nwosu")
    session = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=cora, day=DAY)
    CoverFactory(session=session, volunteer=asha)
    withdraw(VisitDay(session.visit, DAY), asha, by=asha.user or cora, now=at(0, 9))
    assert tell_and_send(at(0, 9), kinds=["given-back"]) == 1
    made_one(*roles[:2], at(0, 10), *roles[2])
    assert Cover.objects.get().volunteer_id == roles[0].pk
    assert tell_and_send(at(0, 11), kinds=["given-back"]) == 0


def test_keys_that_name_the_volunteer_name_the_one_that_stays_and_no_other_key_changes(
    asha: Volunteer, double: Volunteer
) -> None:
    one, other = asha.pk, double.pk
    keys = {
        f"near-you:{other}:2026-12-02": f"near-you:{one}:2026-12-02",
        f"term-thanks:{other}:england:2026-09-03": f"term-thanks:{one}:england:2026-09-03",
        f"evening:{other}:2026-12-02": f"evening:{one}:2026-12-02",
        f"sms:evening:{other}:2026-12-02": f"sms:evening:{one}:2026-12-02",
        f"morning-alarm:7:{other}:over": f"morning-alarm:7:{one}:over",
        # Those of other people, of what has this number in another table, and what the kept one was told too.
        f"evening:{other}9:2026-12-02": f"evening:{other}9:2026-12-02",
        f"outcome:{other}9:{other}:2026-12-02": f"outcome:{other}9:{other}:2026-12-02",
        f"morning-alarm:{other}:99": f"morning-alarm:{other}:99",
        f"clearance-ends:{other}:2026-12-30:30": f"clearance-ends:{other}:2026-12-30:30",
        f"school-due:{other}:2026:4-5": f"school-due:{other}:2026:4-5",
        f"near-you:{other}:2026-11-25": f"near-you:{other}:2026-11-25",
        f"near-you:{one}:2026-11-25": f"near-you:{one}:2026-11-25",
    }
    rows = {key: OutboxMessage.objects.create(key=key, kind=key.removeprefix("sms:").split(":")[0]).pk for key in keys}
    assert "Messages" not in str(preview_merge(asha, double, by=manager(), now=at(0, 9)).moved)
    merge = made_one(asha, double, at(0, 9))
    assert {before: OutboxMessage.objects.get(pk=pk).key for before, pk in rows.items()} == keys
    undo_merge(merge, by=manager(), now=at(0, 10))
    assert {before: OutboxMessage.objects.get(pk=pk).key for before, pk in rows.items()} == {key: key for key in keys}


def test_every_kind_to_volunteers_says_where_its_keys_name_them() -> None:
    of_volunteers = {kind.name for kind in all_kinds() if kind.audience is Audience.VOLUNTEERS}
    assert {kind.name for kind in all_kinds() if kind.volunteer_at} == of_volunteers - {"clearance-ends"} | {"given-back"}
