"""Two entries on one session become one and two again: nobody comes back to a place that others have, or to another time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from schools.models import Cover, Session, User, Volunteer
from schools.visits.actions.merging import merge_people, undo_merge
from tests import factories

NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
DAY = date(2026, 12, 3)

pytestmark = pytest.mark.django_db


@pytest.fixture
def by() -> User:
    return factories.manager()


@pytest.fixture
def session() -> Session:
    made: Session = factories.SessionFactory(day=DAY)
    return made


def two(session: Session, first: str = "accepted", second: str = "accepted") -> tuple[Volunteer, Volunteer]:
    """Two entries on the session; the second goes when they become one, and its place is dropped."""
    kept, gone = factories.able_volunteer(name="Asha Bell"), factories.able_volunteer(name="Asha Bel")
    for volunteer, state in ((kept, first), (gone, second)):
        factories.CoverFactory(session=session, volunteer=volunteer, state=state, told_at=NOW, answered_at=NOW)
    return kept, gone


def someone_else(session: Session, **fields: str) -> None:
    factories.CoverFactory(session=session, volunteer=factories.able_volunteer(name="Ben"), **fields)


def moved(session: Session, **fields: date | time) -> None:
    with time_machine.travel(LATER):
        for name, value in fields.items():
            setattr(session, name, value)
        session.save()


def test_nobody_comes_back_to_a_place_that_somebody_else_has_by_now(session: Session, by: User) -> None:
    kept, gone = two(session)
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    someone_else(session)
    (left,) = undo_merge(merge, by=by, now=LATER).left_alone
    assert "Asha Bel on " in left
    assert "has all the people it needs now" in left
    states = dict(Cover.objects.values_list("volunteer__name", "state"))
    assert states == {"Asha Bell": "accepted", "Asha Bel": "withdrawn", "Ben": "accepted"}
    cover = Cover.objects.get(volunteer=gone)
    assert (cover.news, cover.told_at) == ("taken_off", None), "they are to be told"
    assert cover.history.first().state == "withdrawn"


def test_a_question_is_not_asked_again_where_the_session_is_full(session: Session, by: User) -> None:
    kept, gone = two(session, second="offered")
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    someone_else(session)
    assert len(undo_merge(merge, by=by, now=LATER).left_alone) == 1
    assert Cover.objects.get(volunteer=gone).state == "withdrawn"


def test_a_yes_to_tuesday_is_none_to_thursday_where_two_are_two_again(session: Session, by: User) -> None:
    kept, gone = two(session)
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    moved(session, day=DAY + timedelta(days=2))
    (left,) = undo_merge(merge, by=by, now=LATER).left_alone
    assert "It was moved to" in left
    assert Cover.objects.get(volunteer=gone).state == "withdrawn"


def test_who_has_said_yes_elsewhere_at_that_time_is_not_in_two_places_again(session: Session, by: User) -> None:
    kept, gone = two(session)
    Cover.objects.filter(volunteer=gone).update(role="lead")
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    assert Cover.objects.get().role == "lead", "that of the kept entry says less"
    Cover.objects.update(state="withdrawn")
    factories.CoverFactory(session=factories.SessionFactory(day=DAY), volunteer=kept)
    assert "Choose somebody who is free then" in " ".join(undo_merge(merge, by=by, now=LATER).left_alone)
    assert Cover.objects.get(volunteer=kept, session=session).state == "withdrawn"


def test_what_was_reported_since_has_nobody_waiting_on_it_again(session: Session, by: User) -> None:
    kept, gone = two(session)
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=LATER)
    assert len(undo_merge(merge, by=by, now=LATER).left_alone) == 1
    assert Cover.objects.get(volunteer=gone).state == "withdrawn"


@pytest.mark.parametrize("since", ["nothing", "a quarter of an hour", "cancelled"])
def test_a_place_that_is_still_theirs_is_put_back_as_it_was(since: str, session: Session, by: User) -> None:
    kept, gone = two(session)
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    if since == "a quarter of an hour":
        moved(session, starts=time(9, 15))
    if since == "cancelled":
        Session.objects.update(stage="cancelled", cancelled_code="weather")
    assert undo_merge(merge, by=by, now=LATER).left_alone == []
    assert list(Cover.objects.values_list("state", flat=True)) == ["accepted"] * 2


@pytest.mark.parametrize("goes", ["kept", "gone"])
def test_who_is_down_for_a_session_waits_for_no_answer_whether_they_may_watch_it(goes: str, session: Session, by: User) -> None:
    kept, gone = two(session, *("asked", "accepted") if goes == "kept" else ("accepted", "asked"))
    Cover.objects.filter(state="asked").update(role="observer", answered_at=None, told_at=None)
    asked = Cover.objects.get(state="asked")
    merge = merge_people(kept, gone, chosen=(), mark=None, by=by, now=NOW)
    assert list(kept.covers.values_list("state", flat=True)) == ["accepted"]
    assert undo_merge(merge, by=by, now=LATER).left_alone == []
    assert Cover.objects.get(pk=asked.pk).state == "asked"
    assert kept.covers.count() == gone.covers.count() == 1
