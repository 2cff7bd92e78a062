"""The second of two small moves is undone: it wrote nothing of who stayed down and had not been told of the first."""

from datetime import datetime, timedelta

import pytest
import time_machine

from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.rules import later, slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, manager

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("joins", [False, True], ids=["nobody came since", "somebody came since"])
def test_the_second_of_two_small_moves_is_undone_unless_somebody_came_to_the_session_since(now: datetime, *, joins: bool) -> None:
    area = AreaFactory()
    session, by = SessionFactory(visit__school=SchoolFactory(area=area)), manager()
    CoverFactory(session=session, volunteer=able_volunteer(area))
    begins = session.starts
    for _ in range(2):
        now += timedelta(minutes=1)
        session.refresh_from_db()
        slot = later(slot_of(session), day=session.day, by=timedelta(minutes=15))
        assert slot is not None
        to = {session.pk: slot}
        batch = move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)
    with time_machine.travel(now + timedelta(seconds=20)):
        if joins:
            CoverFactory(session=session, volunteer=able_volunteer(area, name="Ben Ray"))

        left = undo(batch, by=by, now=now + timedelta(seconds=30)).left_alone

    session.refresh_from_db()
    moved_by = datetime.combine(session.day, session.starts) - datetime.combine(session.day, begins)
    assert moved_by == timedelta(minutes=30 if joins else 15)
    assert [sentence.partition("said")[0].endswith("Ben Ray ") for sentence in left] == [True] * joins
