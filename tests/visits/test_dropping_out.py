"""Somebody drops out and somebody else goes: one step that waits a minute, can be undone, and is refused after the day."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail

from schools.core.errors import RuleBroken
from schools.messages.actions import deliver_due
from schools.models import Area, Batch, Cover, MessageAbout, OutboxMessage, Session, User, Volunteer
from schools.planning.actions import offer_due
from schools.planning.queries import candidates_for
from schools.visits.actions import assign, claim, drop_out, end_membership, swap, take_off
from schools.visits.actions.cover.written_answers import accept_to_undo
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.queries import VisitDay
from schools.visits.queries.notifications import as_read
from schools.visits.rules import later, slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of
from tests.news import tell

pytestmark = pytest.mark.django_db

RELEASED = HELD_FOR + CLOCKS_APART
IN_TIME = timedelta(seconds=59)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(auto_offers=True)
    return made


@pytest.fixture
def by(area: Area) -> User:
    return coordinator_of(area)


@pytest.fixture
def session(area: Area, by: User) -> Session:
    """Two people have to be there, and one besides Asha is."""
    school = SchoolFactory(area=area, name="Ash", easting=330_000, northing=520_000)
    made: Session = SessionFactory(visit__school=school, visit__coordinator=by)
    CoverFactory(session=made, volunteer=person(area, "There already"))
    return made


@pytest.fixture
def asha(area: Area, session: Session) -> Volunteer:
    made = person(area, "Asha")
    CoverFactory(session=session, volunteer=made, role="lead")
    return made


def person(area: Area, name: str, *, signs_in: bool = True, away: int = 1) -> Volunteer:
    return able_volunteer(area, signs_in=signs_in, name=name, easting=330_000, northing=520_000 + 1_000 * away)


def day_of(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def states() -> dict[str, str]:
    covers = Cover.objects.exclude(volunteer__name="There already").order_by("pk")
    return dict(covers.values_list("volunteer__name", "state"))


def told(at: datetime) -> dict[str, str]:
    """The subject of what each reader is sent at that moment, by address."""
    before = len(mail.outbox)
    tell(at)
    deliver_due(clock=lambda: at)
    return {message.to[0]: str(message.subject) for message in mail.outbox[before:]}


def rows() -> list[list[Any]]:
    return [list(Cover.objects.order_by("pk").values()), list(Session.objects.order_by("pk").values())]


def test_one_goes_and_the_other_comes_in_the_same_role_and_both_hear_of_it_after_a_minute(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    second = SessionFactory(visit=session.visit, starts=time(10), ends=time(10, 30))
    CoverFactory(session=second, volunteer=asha)
    ben = person(area, "Ben")
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben), now=now)
    assert batch.words == "Put somebody on Ash, Thu 26 November 2026 in place of who can’t make it"
    theirs = Cover.objects.filter(volunteer=ben).order_by("session__starts")
    assert list(theirs.values_list("role", "state")) == [("lead", "accepted"), ("presenter", "accepted")]
    gone = Cover.objects.get(volunteer=asha, session=session)
    assert (gone.state, gone.gave_back, gone.ended_by) == ("withdrawn", True, by)
    assert told(now + IN_TIME) == {}
    assert told(now + RELEASED) == {
        asha.mail_address: "You’re no longer down for Ash, Thu 26 November 2026",
        ben.mail_address: "You’re down for Ash, Thu 26 November 2026",
    }


@pytest.mark.parametrize("how", ["put on", "asked", "nobody", "taken off"])
def test_what_is_undone_in_time_never_was(
    how: str, area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    before = rows()
    acts: dict[str, Callable[[], Batch]] = {
        "put on": lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben),
        "asked": lambda: drop_out(day_of(session), asha, by=by, now=now, ask=[ben]),
        "nobody": lambda: drop_out(day_of(session), asha, by=by, now=now),
        "taken off": lambda: take_off(day_of(session), asha, by=by, now=now),
    }
    batch = held(acts[how], now=now)
    assert states()["Asha"] == "withdrawn"
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert rows() == before
    assert told(now + RELEASED) == {}
    assert not OutboxMessage.objects.exists()
    assert not MessageAbout.objects.exclude(known_by="before").exists()


def test_an_offer_that_became_a_yes_is_an_offer_again(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    swap(day_of(session), asha, ben, by=by, now=now - timedelta(days=1))
    before = rows()
    told(now - timedelta(hours=23))
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben), now=now)
    assert states() == {"Asha": "withdrawn", "Ben": "accepted"}
    undo(batch, by=by, now=now + IN_TIME)
    assert rows() == before
    assert told(now + RELEASED) == {}


def test_whom_somebody_had_asked_to_go_instead_is_asked_again_where_that_is_undone(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    tom, ben = (person(area, name) for name in ("Tom", "Ben"))
    swap(day_of(session), asha, tom, by=by, now=now - timedelta(days=1))
    told(now - timedelta(hours=23))
    before = rows()
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben), now=now)
    assert states() == {"Asha": "withdrawn", "Tom": "withdrawn", "Ben": "accepted"}
    undo(batch, by=by, now=now + IN_TIME)
    assert rows() == before
    assert told(now + RELEASED) == {}


def test_what_is_undone_late_is_told_to_those_who_had_heard(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    late = now + RELEASED
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben), now=now)
    assert len(told(late)) == 2
    assert undo(batch, by=by, now=late).left_alone == []
    assert states() == {"Asha": "accepted", "Ben": "withdrawn"}
    assert told(late + timedelta(minutes=1)) == {
        asha.mail_address: "You’re down for it after all: Ash, Thu 26 November 2026",
        ben.mail_address: "You’re no longer down for Ash, Thu 26 November 2026",
    }


def test_who_was_taken_off_by_mistake_is_down_for_it_after_all_and_reads_that_nothing_was_called_off(
    session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    late = now + RELEASED
    batch = held(lambda: take_off(day_of(session), asha, by=by, now=now), now=now)
    told(late)
    undo(batch, by=by, now=late)
    assert told(late + timedelta(minutes=1)) == {asha.mail_address: "You’re down for it after all: Ash, Thu 26 November 2026"}
    sent = mail.outbox[-1]
    assert "You’re down for this after all, as before." in sent.body
    assert "I can’t make it" in sent.body
    assert "takes place" not in sent.body
    assert told(late + timedelta(minutes=2)) == {}


def test_who_was_rung_that_they_are_off_is_rung_that_they_are_on_it_and_not_that_it_takes_place(
    area: Area, session: Session, by: User, now: datetime
) -> None:
    ben = person(area, "Ben", signs_in=False)
    CoverFactory(session=session, volunteer=ben)
    batch = held(lambda: take_off(day_of(session), ben, by=by, now=now), now=now)
    late = now + RELEASED
    cover = Cover.objects.get(volunteer=ben)
    assert mark_told(covers={cover.pk: as_read(cover)}, sessions={}, by=by, now=late) == 1
    undo(batch, by=by, now=late)
    assert list(Cover.objects.to_tell(on=session.day).values_list("volunteer__name", "news")) == [("Ben", "assigned")]


def test_who_agreed_by_phone_and_gets_no_mail_is_to_be_phoned_once_the_undo_is_late(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben", signs_in=False)
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben), now=now)
    undo(batch, by=by, now=now + RELEASED)
    assert list(Cover.objects.to_tell(on=session.day).values_list("volunteer__name", "news")) == [("Ben", "taken_off")]


def test_nobody_comes_back_onto_a_place_that_somebody_has_taken_since(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now), now=now)
    assign(session, person(area, "Cora"), role="presenter", by=by, now=now)
    (sentence,) = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert "has all the people it needs now" in sentence
    assert states() == {"Asha": "withdrawn", "Cora": "accepted"}


def test_whoever_came_instead_stays_where_the_first_one_cannot_come_back(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben), now=now)
    CoverFactory(session=SessionFactory(visit__school=SchoolFactory(area=area)), volunteer=asha)
    before = rows()
    left = undo(batch, by=by, now=now + IN_TIME).left_alone
    assert rows() == before
    assert [sentence for sentence in left if "Whose place it was does not come back." in sentence]
    assert told(now + RELEASED).keys() == {asha.mail_address, ben.mail_address}


@pytest.mark.parametrize("later_by", [timedelta(days=1), timedelta(minutes=45), timedelta(minutes=20)])
@pytest.mark.parametrize("how", ["put on", "nobody", "taken off", "has left", "handed over"])
def test_nobody_comes_back_to_another_time_than_the_one_that_they_gave_up(
    how: str, later_by: timedelta, area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    if how == "handed over":
        swap(day_of(session), asha, ben, by=by, now=now - timedelta(hours=1))
    acts: dict[str, Callable[[], Batch]] = {
        "put on": lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben),
        "nobody": lambda: drop_out(day_of(session), asha, by=by, now=now),
        "taken off": lambda: take_off(day_of(session), asha, by=by, now=now),
        "has left": lambda: end_membership(asha, day=now.date(), by=by, now=now),
        "handed over": lambda: accept_to_undo(day_of(session), ben, by=by, now=now),
    }
    batch = held(acts[how], now=now)
    days, minutes = timedelta(days=later_by.days), timedelta(seconds=later_by.seconds)
    slot = later(slot_of(session), day=session.day + days, by=minutes)
    assert slot is not None
    seen = plan_move(session.visit, {session.pk: slot}, by=by, now=now).digest
    move(session.visit, {session.pk: slot}, seen=seen, by=by, now=now + timedelta(seconds=5))

    left = " ".join(undo(batch, by=by, now=now + timedelta(seconds=10)).left_alone)
    is_asked = f"It was moved to {slot} since. Ask them whether they can come then." in left
    is_far = later_by > timedelta(minutes=30)
    # Who came instead was told of the new minutes, and stays.
    is_taken = how in {"put on", "handed over"} and not is_far
    assert (states()["Asha"], is_asked) == ("withdrawn" if is_far or is_taken else "accepted", is_far), left


def test_once_the_day_is_over_nobody_comes_back_or_goes(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    acts: tuple[Callable[[], Batch], ...] = (
        lambda: drop_out(day_of(session), asha, by=by, now=now, instead=ben),
        lambda: take_off(day_of(session), ben, by=by, now=now),
    )
    for act in acts:
        batch = held(act, now=now)
        before = rows()
        left = undo(batch, by=by, now=now + timedelta(days=3)).left_alone
        assert rows() == before
        assert "is over. Say who was not there where you record how it went." in " ".join(left)


def test_who_was_asked_and_said_yes_stays_and_who_dropped_out_does_not_come_back_beside_them(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben, cora = person(area, "Ben"), person(area, "Cora")
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now, ask=[ben, cora]), now=now)
    assert batch.words == "Asked 2 people to go to Ash, Thu 26 November 2026 in place of who can’t make it"
    assert ben.user is not None
    claim(day_of(session), ben, role="presenter", by=ben.user, now=now + timedelta(seconds=20))
    assert len(undo(batch, by=by, now=now + IN_TIME).left_alone) == 3, "Asha, Ben, and Cora, who is needed no more"
    assert states() == {"Asha": "withdrawn", "Ben": "accepted", "Cora": "withdrawn"}


def test_the_next_is_asked_by_itself_only_once_it_can_be_heard_of(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    ben = person(area, "Ben")
    held(lambda: drop_out(day_of(session), asha, by=by, now=now), now=now)
    assert offer_due(now=now + IN_TIME) == 0
    assert offer_due(now=now + RELEASED) == 1
    assert Cover.objects.get(state="offered").volunteer == ben


def test_nothing_changes_where_one_of_them_cannot(area: Area, session: Session, asha: Volunteer, by: User, now: datetime) -> None:
    before, there = rows(), Volunteer.objects.get(name="There already")
    far = able_volunteer(area, name="Fay", easting=330_000, northing=590_000, furthest_km=10)
    day = day_of(session)
    acts: dict[str, Callable[[], Batch]] = {
        "on this session already": lambda: drop_out(day, asha, by=by, now=now, instead=there),
        "who goes up to 10 km": lambda: drop_out(day, asha, by=by, now=now, ask=[far]),
        "Choose somebody else": lambda: drop_out(day, asha, by=by, now=now, instead=asha),
        "Look at the day again": lambda: drop_out(day, far, by=by, now=now),
        "is over": lambda: drop_out(day, asha, by=by, now=now + timedelta(days=30), instead=person(area, "Ben")),
        "Say who was not there": lambda: take_off(day, asha, by=by, now=now + timedelta(days=30)),
    }
    for words, act in acts.items():
        with pytest.raises(RuleBroken, match=words):
            held(act, now=now)
        assert rows() == before, words
    assert not Batch.objects.exists()


def test_who_could_says_what_became_of_it_before_and_asks_those_last(
    area: Area, session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    off, far = person(area, "Olwen"), person(area, "Far Away", away=9)
    drop_out(day_of(session), asha, by=by, now=now)
    assign(session, off, role="presenter", by=by, now=now)
    take_off(day_of(session), off, by=by, now=now)
    CoverFactory(session=session, volunteer=person(area, "Dora"), state="declined")
    CoverFactory(session=session, volunteer=person(area, "Una"), state="withdrawn")
    said = {each.volunteer.name: each.said for each in candidates_for(session, on=session.day)}
    assert said == {
        "Olwen": "was taken off this",
        "Una": "was asked for this before",
        "Far Away": "",
        "Asha": "said they can’t make it",
        "Dora": "said no to this",
    }
    assert list(said)[-3:] == [far.name, "Asha", "Dora"]


def test_who_was_to_be_phoned_as_well_before_dropping_out_is_so_again_where_that_is_undone(
    session: Session, asha: Volunteer, by: User, now: datetime
) -> None:
    MessageAbout.objects.create(
        visit=session.visit,
        volunteer=asha,
        known_by="message",
        facts="moved",
        phone_until=session.day,
        at=now - timedelta(hours=1),
    )
    batch = held(lambda: drop_out(day_of(session), asha, by=by, now=now), now=now)
    assert not MessageAbout.objects.filter(phone_until__isnull=False).exists()
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert MessageAbout.objects.get(phone_until__isnull=False).volunteer == asha
