"""What was changed in one go can be undone once: what is still as it was left is put back, what is not is listed."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction

from schools.core.errors import RuleBroken
from schools.models import AreaAuthority, Batch, ClosedPeriod, Cover, Session, Visit
from schools.visits.actions import cancel_day, cancel_session, cancel_visit, claim, take_off
from schools.visits.actions.batches import Changes
from schools.visits.actions.cancelling import decline_visit
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.rules import later, slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of, manager
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY = date(2026, 11, 26), date(2026, 11, 27)


def standing() -> dict[str, Any]:
    """Everything that a batch may change, but for history."""
    return {
        "visits": list(Visit.objects.order_by("pk").values()),
        "sessions": list(Session.objects.order_by("pk").values()),
        "covers": list(Cover.objects.order_by("pk").values()),
    }


def moved_to_friday(session: Session, now: datetime) -> Batch:
    by = manager()
    slot = later(slot_of(session), day=FRIDAY, by=timedelta())
    assert slot is not None
    to = {session.pk: slot}
    return move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)


def test_undoing_at_once_leaves_everything_as_it_was(now: datetime) -> None:
    session = SessionFactory()
    CoverFactory(session=session, volunteer=able_volunteer())
    CoverFactory(session=session, volunteer=able_volunteer(), state="offered")
    before, by = standing(), manager()

    undo(moved_to_friday(session, now), by=by, now=now)
    assert standing() == before
    cancel_session(session, code="weather", note="", by=by, now=now)
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert standing() == before
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    undo(Batch.objects.latest("pk"), by=by, now=now)
    assert standing() == before
    undo(cancel_day(THURSDAY, [session.pk], code="weather", note="snow", by=by, now=now), by=by, now=now)
    assert standing() == before
    assert [batch.left_alone for batch in Batch.objects.all()] == [[], [], [], []]


def test_sessions_that_followed_one_another_are_put_back_in_turn(now: datetime) -> None:
    first = SessionFactory(starts=time(9, 0), ends=time(9, 30))
    second = SessionFactory(visit=first.visit, starts=time(9, 30), ends=time(10, 0))
    before, by = standing(), manager()
    for minutes in (30, -30):
        slots = {one.pk: later(slot_of(one), day=one.day, by=timedelta(minutes=minutes)) for one in (first, second)}
        to = {pk: slot for pk, slot in slots.items() if slot is not None}
        batch = move(first.visit, to, seen=plan_move(first.visit, to, by=by, now=now).digest, by=by, now=now)
        assert undo(batch, by=by, now=now).left_alone == []
        assert standing() == before


def test_a_batch_is_undone_once(now: datetime) -> None:
    batch, by = moved_to_friday(SessionFactory(), now), manager()
    undo(batch, by=by, now=now)
    with pytest.raises(RuleBroken, match="undone already"):
        undo(batch, by=by, now=now)


def test_snow_cancels_a_day_and_visits_of_which_nothing_is_left(now: datetime) -> None:
    whole, part = SessionFactory(), SessionFactory()
    SessionFactory(visit=part.visit, day=FRIDAY)
    cover = CoverFactory(session=whole, volunteer=able_volunteer())

    batch = cancel_day(THURSDAY, [whole.pk, part.pk], code="weather", note="snow", by=manager(), now=now)

    assert batch.words == "Called off 2 visits of Thu 26 November 2026"
    assert set(Session.objects.filter(stage="cancelled")) == {whole, part}
    assert [(visit.stage, visit.cancelled_note) for visit in Visit.objects.order_by("pk")] == [
        ("cancelled", "snow"),
        ("planned", ""),
    ]
    cover.refresh_from_db()
    assert (cover.state, cover.news) == ("accepted", "cancelled")
    with pytest.raises(RuleBroken, match="It was called off already"):
        cancel_day(THURSDAY, [whole.pk], code="weather", note="", by=manager(), now=now)
    with pytest.raises(RuleBroken, match="Tick at least one"):
        cancel_day(THURSDAY, [], code="weather", note="", by=manager(), now=now)


def test_what_was_changed_since_stays_and_is_listed(now: datetime) -> None:
    one, other = SessionFactory(), SessionFactory()
    batch = cancel_day(THURSDAY, [one.pk, other.pk], code="weather", note="", by=manager(), now=now)
    Session.objects.filter(pk=one.pk).update(cancelled_note="burst pipe")

    undo(batch, by=manager(), now=now)

    stages = dict(Session.objects.values_list("pk", "stage"))
    assert stages == {one.pk: "cancelled", other.pk: "scheduled"}
    assert batch.left_alone == []
    batch.refresh_from_db()
    (sentence,) = batch.left_alone
    assert sentence.startswith(str(one))
    assert "changed since" in sentence


def test_somebody_who_took_something_else_meanwhile_is_not_in_two_places(now: datetime) -> None:
    area = AreaFactory()
    volunteer = able_volunteer(area, signs_in=True)
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    cover = CoverFactory(session=session, volunteer=volunteer)
    batch = cancel_day(THURSDAY, [session.pk], code="weather", note="", by=manager(), now=now)
    elsewhere = SessionFactory(visit__school=SchoolFactory(area=area), starts=time(9, 30), ends=time(10, 0))
    assert volunteer.user is not None
    claim(VisitDay(elsewhere.visit, THURSDAY), volunteer, role="presenter", by=volunteer.user, now=now)

    undo(batch, by=manager(), now=now)

    cover.refresh_from_db()
    assert (cover.state, cover.news) == ("withdrawn", "dropped")
    assert Session.objects.get(pk=session.pk).stage == "scheduled"
    batch.refresh_from_db()
    assert "is no longer on" in batch.left_alone[0]


@pytest.mark.parametrize(("note", "state"), [("", "withdrawn"), ("She has a car there.", "accepted")])
@pytest.mark.parametrize("noted", ["elm", "oak"])
def test_who_took_what_is_too_far_away_meanwhile_comes_back_only_with_a_note(
    now: datetime, note: str, state: str, noted: str
) -> None:
    by, volunteer = manager(), able_volunteer()
    elm = SessionFactory(visit__school=SchoolFactory(easting=300_000, northing=500_000))
    oak = SessionFactory(visit__school=SchoolFactory(easting=330_000, northing=500_000), starts=time(10, 0), ends=time(10, 30))
    notes = {"elm": "", "oak": ""} | {noted: note}
    cover = CoverFactory(session=elm, volunteer=volunteer, override_note=notes["elm"])
    snow = cancel_day(THURSDAY, [elm.pk], code="weather", note="", by=by, now=now)
    there = CoverFactory(session=oak, volunteer=volunteer, override_note=notes["oak"])

    left = undo(snow, by=by, now=now).left_alone
    cover.refresh_from_db()
    assert (cover.state, len(left)) == (state, 0 if note else 1)
    Cover.objects.filter(pk=cover.pk).update(state="accepted", news="")
    Cover.objects.filter(pk=there.pk).delete()
    dropped = take_off(VisitDay(elm.visit, THURSDAY), volunteer, by=by, now=now)
    CoverFactory(session=oak, volunteer=volunteer, override_note=notes["oak"])
    left = undo(dropped, by=by, now=now).left_alone
    cover.refresh_from_db()
    assert cover.state == state
    assert ["take about 67 minutes" in sentence for sentence in left] == ([] if note else [True])


@pytest.mark.parametrize(
    ("how", "moved"), [("cancelled", ""), ("cancelled", "oak"), ("taken off", ""), ("taken off", "oak"), ("taken off", "elm")]
)
def test_who_was_at_both_before_comes_back_however_tight_the_way_is_unless_one_was_moved_since(
    now: datetime, how: str, moved: str
) -> None:
    by, volunteer = manager(), able_volunteer()
    elm = SessionFactory(visit__school=SchoolFactory(easting=300_000, northing=500_000))
    oak = SessionFactory(visit__school=SchoolFactory(easting=330_000, northing=500_000), starts=time(10, 0), ends=time(10, 30))
    cover, _ = (CoverFactory(session=each, volunteer=volunteer, answered_at=now - timedelta(days=9)) for each in (elm, oak))
    if how == "cancelled":
        batch = cancel_day(THURSDAY, [elm.pk], code="weather", note="", by=by, now=now)
    else:
        batch = take_off(VisitDay(elm.visit, THURSDAY), volunteer, by=by, now=now)
    if moved:
        session = {"elm": elm, "oak": oak}[moved]
        slot = later(slot_of(session), day=THURSDAY, by=timedelta(minutes=5))
        assert slot is not None
        with time_machine.travel(now + timedelta(seconds=5)):
            seen = plan_move(session.visit, {session.pk: slot}, by=by, now=now).digest
            move(session.visit, {session.pk: slot}, seen=seen, by=by, now=now)

    left = undo(batch, by=by, now=now + timedelta(seconds=10)).left_alone
    cover.refresh_from_db()
    assert (cover.state, len(left)) == (("withdrawn", 1) if moved else ("accepted", 0))


def test_who_said_yes_to_the_new_time_is_not_moved_back_unasked(now: datetime) -> None:
    area = AreaFactory()
    volunteer = able_volunteer(area, signs_in=True)
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    CoverFactory(session=session, volunteer=volunteer)
    batch = moved_to_friday(session, now)
    assert volunteer.user is not None
    claim(VisitDay(session.visit, FRIDAY), volunteer, role="presenter", by=volunteer.user, now=now)

    undo(batch, by=manager(), now=now)

    session.refresh_from_db()
    assert session.day == FRIDAY
    batch.refresh_from_db()
    assert "said yes to the new time" in batch.left_alone[0]


@pytest.mark.parametrize("since", ["delivered", "cancelled"])
def test_what_took_place_or_was_cancelled_since_is_not_moved_back(since: str, now: datetime, today: date) -> None:
    session, by = SessionFactory(), manager()
    CoverFactory(session=session, volunteer=able_volunteer())
    batch = moved_to_friday(session, now)
    if since == "cancelled":
        cancel_session(session, code="weather", note="", by=by, now=now)
    else:
        Session.objects.update(stage="delivered", went_ahead="yes")
    before = standing()

    undone = undo(batch, by=by, now=now)

    assert standing() == before
    assert "is not moved any more" in undone.left_alone[0]
    told = list(Session.objects.school_to_tell(on=today).values_list("day", "school_news"))
    assert told == [(FRIDAY, "cancelled" if since == "cancelled" else "moved")]


def test_who_was_taken_off_since_is_still_to_be_told_that(now: datetime, today: date) -> None:
    session, by, volunteer = SessionFactory(), manager(), able_volunteer()
    cover = CoverFactory(session=session, volunteer=volunteer)
    slot = later(slot_of(session), day=session.day, by=timedelta(minutes=15))
    assert slot is not None
    to = {session.pk: slot}
    batch = move(session.visit, to, seen=plan_move(session.visit, to, by=by, now=now).digest, by=by, now=now)
    take_off(VisitDay(session.visit, session.day), volunteer, by=by, now=now)

    undone = undo(batch, by=by, now=now)

    [left] = undone.left_alone
    assert left.startswith(f"{volunteer} on ")
    assert "was changed since" in left
    assert list(Cover.objects.to_tell(on=today).values_list("pk", "news")) == [(cover.pk, "taken_off")]
    session.refresh_from_db()
    assert session.starts == time(9, 15)


def test_who_was_told_is_told_again_and_who_was_not_has_nothing_to_learn(now: datetime, today: date) -> None:
    session = SessionFactory()
    told, other = (CoverFactory(session=session, volunteer=able_volunteer()) for _ in range(2))
    batch = cancel_day(THURSDAY, [session.pk], code="weather", note="", by=manager(), now=now)
    read: dict[str, Any] = {
        "covers": {told.pk: "cancelled:2026-11-26T09:15"},
        "sessions": {session.pk: "cancelled:2026-11-26T09:15"},
    }
    assert mark_told(**read, by=manager(), now=now) == 2
    assert mark_told(**read, by=manager(), now=now) == 0

    undo(batch, by=manager(), now=now)

    assert list(Cover.objects.to_tell(on=today).values_list("pk", "news")) == [(told.pk, "back")]
    assert list(Session.objects.school_to_tell(on=today).values_list("school_news", flat=True)) == ["back"]
    other.refresh_from_db()
    assert (other.state, other.news) == ("accepted", "")


def test_a_move_is_not_undone_into_days_that_are_signed_off(now: datetime) -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    batch = moved_to_friday(session, now)
    ClosedPeriod.objects.create(area=area, first_day=THURSDAY, last_day=THURSDAY)

    undone = undo(batch, by=coordinator_of(area), now=now)
    session.refresh_from_db()
    assert session.day == FRIDAY
    (sentence,) = undone.left_alone
    assert "signed off" in sentence


def test_a_visit_that_was_booked_again_stays_cancelled(now: datetime) -> None:
    session = SessionFactory()
    batch = cancel_day(THURSDAY, [session.pk], code="weather", note="", by=manager(), now=now)
    SessionFactory(visit__replaces=session.visit, day=FRIDAY)
    undo(batch, by=manager(), now=now)
    assert Visit.objects.get(pk=session.visit_id).stage == "cancelled"
    assert Session.objects.get(pk=session.pk).stage == "cancelled"


def test_a_session_stays_cancelled_once_its_visit_was_declined_and_comes_back_only_after_that_is_undone(now: datetime) -> None:
    first, by = SessionFactory(), manager()
    SessionFactory(visit=first.visit, day=FRIDAY)
    CoverFactory(session=first, volunteer=able_volunteer(signs_in=True))
    batch = cancel_session(first, code="weather", note="", by=by, now=now)
    tell_and_send(now)
    no = decline_visit(first.visit, ask_again_on=date(2027, 9, 6), by=by, now=now)
    before = standing()

    left = undo(batch, by=by, now=now).left_alone

    assert f"{Session.objects.get(pk=first.pk)} stays as it is. Its visit stays declined." in left
    assert standing() == before
    assert tell_and_send(now + timedelta(hours=1)) == 0
    assert undo(no, by=by, now=now).left_alone == []
    Batch.objects.filter(pk=batch.pk).update(undone_at=None)
    assert undo(batch, by=by, now=now).left_alone == []
    assert set(Session.objects.values_list("stage", flat=True)) == {"scheduled"}


def test_a_visit_whose_new_booking_was_called_off_comes_back(now: datetime) -> None:
    session, by = SessionFactory(), manager()
    batch = cancel_day(THURSDAY, [session.pk], code="weather", note="", by=by, now=now)
    again = SessionFactory(visit__replaces=session.visit, day=FRIDAY)
    cancel_visit(again.visit, code="school", note="", by=by, now=now)
    assert undo(batch, by=by, now=now).left_alone == []
    assert Session.objects.get(pk=session.pk).stage == "scheduled"


def test_nothing_is_moved_back_to_a_time_that_is_over(now: datetime) -> None:
    session = SessionFactory()
    batch, by = moved_to_friday(session, now), manager()
    before = standing()
    undone = undo(batch, by=by, now=now.replace(day=THURSDAY.day, hour=15))
    assert standing() == before
    assert "Thu 26 November 2026 is over. Move it to a day to come instead." in undone.left_alone[0]


def test_what_was_cancelled_and_is_over_is_written_down_as_it_went(now: datetime) -> None:
    session = SessionFactory()
    CoverFactory(session=session, volunteer=able_volunteer())
    cancel_visit(session.visit, code="weather", note="", by=manager(), now=now)
    before = standing()
    for hour in (15, 23):
        batch = Batch.objects.get()
        Batch.objects.update(undone_at=None)
        undone = undo(batch, by=manager(), now=now.replace(day=THURSDAY.day, hour=hour))
        assert [left for left in undone.left_alone if "If it took place after all, write down how it went." in left]
        assert list(Session.objects.values()) == before["sessions"]


def test_undoing_that_the_rest_of_a_visit_was_cancelled_leaves_all_of_it_as_it_was(now: datetime) -> None:
    over = SessionFactory(day=date(2026, 11, 23))
    to_come = SessionFactory(visit=over.visit)
    for session in (over, to_come):
        CoverFactory(session=session, volunteer=able_volunteer())
    before, by = standing(), manager()
    batch = cancel_visit(over.visit, code="weather", note="", by=by, now=now)
    assert [row["stage"] for row in standing()["sessions"]] == ["scheduled", "cancelled"]
    assert undo(batch, by=by, now=now).left_alone == []
    assert standing() == before


def test_who_did_it_undoes_nothing_of_an_area_that_is_not_theirs_any_more(now: datetime) -> None:
    area, other = AreaFactory(), AreaFactory()
    by = coordinator_of(area)
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    cover = CoverFactory(session=session, volunteer=able_volunteer(area))
    batch = take_off(VisitDay(session.visit, session.day), cover.volunteer, by=by, now=now)
    AreaAuthority.objects.filter(area=area).update(area=other)
    before = standing()
    undone = undo(batch, by=by, now=now)
    assert standing() == before
    assert "is in another area now" in undone.left_alone[0]


def test_only_managers_see_the_batches_of_others(now: datetime, today: date) -> None:
    batch = moved_to_friday(SessionFactory(), now)
    assert not Batch.objects.for_user(coordinator_of(AreaFactory()), on=today).exists()
    assert batch in Batch.objects.for_user(manager(), on=today)


def test_every_row_is_held_to_every_rule_and_the_sentence_says_which_is_broken(now: datetime) -> None:
    session, other = SessionFactory(), SessionFactory()
    before = standing()
    for values, sentence in (
        ({"stage": "cancelled", "cancelled_code": ""}, "Say why the session was cancelled, and only then."),
        ({"ends": session.starts}, "A session must end after it starts, on the same day."),
        ({"stage": "elsewhere"}, "not a valid choice"),
    ):
        with pytest.raises(ValidationError, match=sentence), transaction.atomic():
            Changes().write(Session.objects.get(pk=session.pk), **values)
    with pytest.raises(RuleBroken, match="Say on which day the school agreed"), transaction.atomic():
        Changes().write(session.visit, stage="confirmed", agreed_on=None)
    with pytest.raises(ValidationError, match="Another visit has this reference"), transaction.atomic():
        Changes().write(other.visit, reference=session.visit.reference)
    assert standing() == before
