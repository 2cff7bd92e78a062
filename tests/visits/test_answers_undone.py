"""An answer that was written down by a slip is taken back: the question stands again, and nobody hears of it in time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from schools.models import Area, Batch, Cover, MessageAbout, OutboxMessage, Session, User, Volunteer
from schools.planning.actions import offer_due
from schools.visits.actions import ask_to_observe, assign, offer, swap, withdraw
from schools.visits.actions.cover.written_answers import accept_to_undo, answer_wish_to_undo, decline_to_undo, end_swap_to_undo
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries import VisitDay
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import tell, tell_and_send

pytestmark = pytest.mark.django_db

IN_TIME, RELEASED = timedelta(seconds=59), HELD_FOR + CLOCKS_APART


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(auto_offers=True)
    return made


@pytest.fixture
def by() -> User:
    return manager()


@pytest.fixture
def session(area: Area) -> Session:
    """Two places; the clock has told nobody anything yet."""
    school = SchoolFactory(area=area, name="Ash", easting=330_000, northing=520_000)
    made: Session = SessionFactory(visit__school=school, visit__coordinator=coordinator_of(area))
    return made


def person(area: Area, name: str, *, signs_in: bool = True) -> Volunteer:
    return able_volunteer(area, signs_in=signs_in, name=name, easting=330_000, northing=521_000)


def day_of(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def rows() -> list[dict[str, Any]]:
    return [dict(row) for row in Cover.objects.order_by("pk").values()]


def states() -> dict[str, str]:
    return dict(Cover.objects.order_by("pk").values_list("volunteer__name", "state"))


def asked(session: Session, *people: Volunteer, by: User, now: datetime) -> None:
    """Each is asked, and has heard of it."""
    for each in people:
        offer(day_of(session), each, role="presenter", by=by, now=now)
    tell_and_send(now)


def accepts(session: Session, volunteer: Volunteer, by: User, now: datetime) -> Batch:
    return held(lambda: accept_to_undo(day_of(session), volunteer, by=by, now=now), now=now)


def declines(session: Session, volunteer: Volunteer, by: User, now: datetime) -> Batch:
    return held(lambda: decline_to_undo(day_of(session), volunteer, by=by, now=now), now=now)


def test_a_yes_that_is_undone_lets_every_question_stand_again(area: Area, session: Session, by: User, now: datetime) -> None:
    asha, ben, cora = (person(area, name) for name in ("Asha", "Ben", "Cora"))
    CoverFactory(session=session, volunteer=cora)
    asked(session, asha, ben, by=by, now=now - timedelta(hours=1))
    before, messages = rows(), OutboxMessage.objects.count()
    batch = accepts(session, asha, by, now)
    assert batch.words == "Wrote down a yes to Ash, Thu 26 November 2026"
    assert states() == {"Cora": "accepted", "Asha": "accepted", "Ben": "withdrawn"}
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert rows() == before
    tell(now + RELEASED)
    assert OutboxMessage.objects.count() == messages
    assert not MessageAbout.objects.filter(at=batch.made_at, known_by="otherwise").exists()


def test_who_heard_of_a_yes_hears_what_holds_now(area: Area, session: Session, by: User, now: datetime) -> None:
    asha, ben, cora = (person(area, name) for name in ("Asha", "Ben", "Cora"))
    CoverFactory(session=session, volunteer=cora)
    asked(session, asha, ben, by=by, now=now - timedelta(hours=1))
    batch = accepts(session, asha, by, now)
    assert tell_and_send(now + RELEASED) >= 1
    assert undo(batch, by=by, now=now + RELEASED).left_alone == []
    assert states() == {"Cora": "accepted", "Asha": "offered", "Ben": "offered"}
    told = OutboxMessage.objects.count()
    tell_and_send(now + 2 * RELEASED)
    assert set(OutboxMessage.objects.order_by("pk")[told:].values_list("to", flat=True)) == {asha.mail_address, ben.mail_address}


def test_whose_place_was_taken_has_it_again_where_it_is_still_free(area: Area, session: Session, by: User, now: datetime) -> None:
    asha, ben = person(area, "Asha"), person(area, "Ben")
    CoverFactory(session=session, volunteer=asha, role="lead")
    swap(day_of(session), asha, ben, by=by, now=now - timedelta(hours=1))
    before = rows()
    batch = accepts(session, ben, by, now)
    assert states() == {"Asha": "withdrawn", "Ben": "accepted"}
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert rows() == before


def test_whoever_took_the_place_stays_where_the_first_one_cannot_come_back(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    asha, ben = person(area, "Asha"), person(area, "Ben")
    CoverFactory(session=session, volunteer=asha)
    swap(day_of(session), asha, ben, by=by, now=now - timedelta(hours=1))
    batch = accepts(session, ben, by, now)
    CoverFactory(session=SessionFactory(visit__school=SchoolFactory(area=area)), volunteer=asha)
    before = rows()
    left = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert rows() == before
    assert [sentence for sentence in left if "Whose place it was does not come back." in sentence]


def test_a_no_that_is_undone_in_time_lets_nobody_else_be_asked(area: Area, session: Session, by: User, now: datetime) -> None:
    asha, _, gone = (person(area, name) for name in ("Asha", "Nell", "Gone"))
    CoverFactory(session=session, volunteer=gone)
    withdraw(day_of(session), gone, by=by, now=now - timedelta(hours=1))
    asked(session, asha, by=by, now=now - timedelta(hours=1))
    before = rows()
    batch = declines(session, asha, by, now)
    assert states()["Asha"] == "declined"
    assert offer_due(now=now + IN_TIME) == 0
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert rows() == before
    declines(session, asha, by, now)
    assert offer_due(now=now + RELEASED) == 1
    assert states() == {"Gone": "withdrawn", "Asha": "declined", "Nell": "offered"}


def test_a_no_stays_where_they_were_asked_again_or_the_place_went_to_others(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    asha, ben, cora = (person(area, name) for name in ("Asha", "Ben", "Cora"))
    asked(session, asha, by=by, now=now)
    batch = declines(session, asha, by, now)
    asked(session, asha, by=by, now=now)
    (sentence,) = undo(batch, by=by, now=now).left_alone
    assert "what was there before no longer fits" in sentence
    assert list(Cover.objects.order_by("pk").values_list("state", flat=True)) == ["declined", "offered"]
    batch = declines(session, asha, by, now)
    for each in (ben, cora):
        assign(session, each, role="presenter", by=by, now=now)
    undo(batch, by=by, now=now)
    assert states() == {"Asha": "withdrawn", "Ben": "accepted", "Cora": "accepted"}, "nobody is asked for a place that is taken"


def test_who_comes_after_all_may_look_for_somebody_again(area: Area, session: Session, by: User, now: datetime) -> None:
    asha, ben = person(area, "Asha"), person(area, "Ben")
    CoverFactory(session=session, volunteer=asha)
    swap(day_of(session), asha, ben, by=by, now=now - timedelta(hours=1))
    before = rows()
    batch = held(lambda: end_swap_to_undo(day_of(session), asha, by=by, now=now), now=now)
    assert states() == {"Asha": "accepted", "Ben": "withdrawn"}
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert rows() == before


@pytest.mark.parametrize(("is_yes", "state"), [(True, "accepted"), (False, "declined")])
def test_an_answer_to_who_would_like_to_watch_is_taken_back(
    is_yes: bool, state: str, area: Area, session: Session, by: User, now: datetime
) -> None:
    tess = person(area, "Tess")
    assert tess.user
    ask_to_observe(day_of(session), tess, by=tess.user, now=now)
    before, messages = rows(), OutboxMessage.objects.count()
    batch = held(lambda: answer_wish_to_undo(day_of(session), tess, is_yes=is_yes, by=by, now=now), now=now)
    assert states() == {"Tess": state}
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert rows() == before
    tell(now + RELEASED)
    assert OutboxMessage.objects.count() == messages


@pytest.mark.parametrize("act", [accepts, declines])
def test_once_the_day_is_over_or_the_school_is_anothers_an_answer_stays(
    act: Callable[..., Batch], area: Area, session: Session, by: User, now: datetime
) -> None:
    asha = person(area, "Asha")
    asked(session, asha, by=by, now=now)
    batch = act(session, asha, by, now)
    before = rows()
    assert "is over" in " ".join(undo(batch, by=by, now=now + timedelta(days=3)).left_alone)
    Batch.objects.update(undone_at=None, undone_by=None)
    far = coordinator_of(AreaFactory())
    assert "is in another area now." in " ".join(undo(batch, by=far, now=now).left_alone)
    assert rows() == before


@pytest.mark.parametrize("act", [accepts, declines])
def test_who_was_to_be_phoned_as_well_before_the_answer_is_so_again_where_it_is_taken_back(
    act: Callable[..., Batch], area: Area, session: Session, by: User, now: datetime
) -> None:
    asha = person(area, "Asha")
    asked(session, asha, by=by, now=now)
    to_phone = MessageAbout.objects.filter(phone_until__isnull=False)
    MessageAbout.objects.filter(volunteer=asha, message__isnull=False).update(phone_until=session.day)
    before = list(to_phone.values())
    batch = act(session, asha, by, now)
    assert not to_phone.exists()
    assert undo(batch, by=by, now=now + RELEASED).left_alone == []
    assert list(to_phone.values()) == before
    batch = act(session, asha, by, now + 2 * RELEASED)
    Cover.objects.update(
        answered_at=now + 3 * RELEASED
    )  # somebody changed the answer since, so it stays, and nobody is phoned about the question
    assert "What they answered stays." in " ".join(undo(batch, by=by, now=now + 3 * RELEASED).left_alone)
    assert not to_phone.exists()


def they_leave(session: Session, volunteer: Volunteer) -> None:
    Volunteer.objects.filter(pk=volunteer.pk).update(status="left", left=date(2026, 11, 24))


def it_is_called_off(session: Session, volunteer: Volunteer) -> None:
    Session.objects.filter(pk=session.pk).update(stage="cancelled", cancelled_code="weather")


@pytest.mark.parametrize(
    ("since", "why"), [(they_leave, "They have left since."), (it_is_called_off, "It was cancelled or reported since.")]
)
def test_a_no_stays_where_there_is_nobody_to_ask_or_nothing_to_come_to(
    since: Callable[[Session, Volunteer], None], why: str, area: Area, session: Session, by: User, now: datetime
) -> None:
    asha = person(area, "Asha")
    asked(session, asha, by=by, now=now)
    batch = declines(session, asha, by, now)
    since(session, asha)
    before = rows()
    assert why in " ".join(undo(batch, by=by, now=now + RELEASED).left_alone)
    assert rows() == before
