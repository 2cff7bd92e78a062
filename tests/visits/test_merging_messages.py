"""Two entries of a volunteer become one: news that they have not had yet still comes, and the merge is none."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.accounts.models import Role
from schools.messages.actions import deliver_due
from schools.models import Area, Merge, MessageAbout, Session, Volunteer
from schools.visits.actions import cancel_session, cancel_visit, offer, take_off, withdraw
from schools.visits.actions.merging import merge_people, undo_merge
from schools.visits.queries import VisitDay
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    UserFactory,
    able_volunteer,
    manager,
    user_with,
)
from tests.news import tell, tell_and_send

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
