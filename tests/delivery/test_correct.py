"""Correcting where a session that is over was, and in which language."""

from datetime import UTC, date, datetime, time

import pytest

from schools import models
from schools.core.errors import RuleBroken
from schools.core.periods import Period
from schools.delivery.actions import Restate, correct
from schools.reach.actions import close, restate, sign_off
from schools.visits.actions.editing import ChangedMeanwhile, as_stored
from tests.factories import AreaFactory, HeadcountFactory, SchoolFactory, SessionFactory, coordinator_of, manager
from tests.reach.examples import delivered, place_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 8, 50, tzinfo=UTC)
DAY = date(2025, 10, 6)
YEAR = Period.parse("2025/26")


@pytest.fixture
def area() -> models.Area:
    made: models.Area = AreaFactory(name="Cumbria")
    return made


@pytest.fixture
def coordinator(area: models.Area) -> models.User:
    return coordinator_of(area)


@pytest.fixture
def session(area: models.Area) -> models.Session:
    return delivered(SchoolFactory(area=area), "ks2-assembly", DAY, time(9, 0), {5: 28}, version=1, room="Hall")


def to(session: models.Session, by: models.User, *, told: Restate | None = None, **said: str) -> models.Session:
    facts = {"room": session.room, "language": session.language, "seen": as_stored(session), **said}
    return correct(session, **facts, by=by, now=NOW, restate=told)


def is_closed(area: models.Area) -> models.Return:
    by = manager()
    return close(sign_off(area, YEAR, by=by, now=NOW), by=by, now=NOW)


def test_room_and_language_are_put_right_and_the_outcome_stays(session: models.Session, coordinator: models.User) -> None:
    to(session, coordinator, room="Library", language="cy")
    session.refresh_from_db()
    assert (session.room, session.language) == ("Library", "cy")
    assert (session.stage, session.went_ahead, session.version) == ("delivered", "yes", 1)
    assert session.headcounts.get().pupils == 28
    assert session.history.count() == 2


def test_what_was_cancelled_is_put_right_too(area: models.Area, coordinator: models.User) -> None:
    cancelled = SessionFactory(visit__school=SchoolFactory(area=area), cancelled=True)
    to(cancelled, coordinator, language="gd")
    cancelled.refresh_from_db()
    assert (cancelled.language, cancelled.stage, cancelled.cancelled_code) == ("gd", "cancelled", "school")


def test_what_is_planned_is_not_corrected_and_nobody_elses_session_is(session: models.Session, coordinator: models.User) -> None:
    planned = SessionFactory(visit=session.visit, type=session.type)
    with pytest.raises(RuleBroken, match="Open it again to change what is planned"):
        to(planned, coordinator, room="Library")
    with pytest.raises(RuleBroken) as refusal:
        to(session, coordinator_of(AreaFactory()), room="x" * 81, language="de")
    assert refusal.value.reasons == [
        "Only the coordinator of this session’s area corrects it. Tell them what is wrong.",
        "That is no language of ours. Choose one of the languages.",
        "Name the room in at most 80 letters.",
    ]
    assert session.history.count() == 1


def test_of_two_who_correct_it_the_second_is_told(session: models.Session, coordinator: models.User) -> None:
    seen = as_stored(session)
    to(session, coordinator, room="Library")
    with pytest.raises(ChangedMeanwhile, match="after you had opened it"):
        to(session, manager(), room="Gym", seen=seen)
    session.refresh_from_db()
    assert session.room == "Library"
    # Who presses twice has it as they want it.
    to(session, coordinator, room="Library", seen=seen)
    # An outcome says who was there, nothing of what is corrected here.
    seen = as_stored(session)
    HeadcountFactory(session=session, year_group=6, pupils=30)
    to(session, coordinator, room="Gym", seen=seen)


def test_what_was_planned_when_it_was_looked_at_is_looked_at_once_more(session: models.Session, coordinator: models.User) -> None:
    planned = SessionFactory(visit=session.visit, type=session.type, room="Hall")
    seen = as_stored(planned)
    models.Session.objects.filter(pk=planned.pk).update(stage="delivered", went_ahead="yes")
    with pytest.raises(ChangedMeanwhile):
        to(planned, coordinator, room="Library", seen=seen)


def test_a_closed_return_locks_the_language_and_not_the_room(
    session: models.Session, area: models.Area, coordinator: models.User
) -> None:
    is_closed(area)
    with pytest.raises(RuleBroken, match=r"return of Cumbria .* is signed off\. Ask a manager"):
        to(session, coordinator, language="cy")
    with pytest.raises(RuleBroken, match="Open the session in the office and say there why"):
        to(session, manager(), language="cy")
    to(session, coordinator, room="Library")
    assert (session.history.count(), models.Restatement.objects.count()) == (2, 0)


def test_a_guests_closed_return_locks_the_language_too(session: models.Session) -> None:
    theirs = AreaFactory(name="Devon")
    guest = SchoolFactory(area=theirs)
    HeadcountFactory(session=session, school=guest, pupils=9, **place_of(guest))
    is_closed(theirs)
    with pytest.raises(RuleBroken, match="return of Devon"):
        to(session, coordinator_of(models.Area.objects.get(name="Cumbria")), language="cy")


def test_another_language_in_a_closed_return_is_a_restatement_by_a_manager(session: models.Session, area: models.Area) -> None:
    signed, by = is_closed(area), manager()
    seen = as_stored(session)

    def store(told: Restate | None) -> None:
        to(session, by, told=told, seen=seen, language="cy")

    with pytest.raises(RuleBroken, match="Say why it changes"):
        restate(session, store, why="", by=by, now=NOW)
    restate(session, store, why="It was held in Welsh.", by=by, now=NOW)
    [restated] = models.Restatement.objects.all()
    assert (restated.of_return, restated.session, restated.by) == (signed, session, by)
    # No figure of the area's table is another one; cut by language two are, and the line named it.
    assert (restated.outcome, restated.figures) == ([["Language", "English", "Welsh"]], [])
    session.refresh_from_db()
    assert session.language == "cy"
