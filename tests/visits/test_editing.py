"""Adding sessions to a visit, changing one without moving it, taking one away; guest schools; making a cancelled visit good."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from schools.core.errors import RuleBroken
from schools.models import ClosedPeriod, Headcount, Packed, SafeguardingNotice, School, SchoolAnswer, Session, SessionType, Visit
from schools.visits.actions import NewSession, book, cancel_visit
from schools.visits.actions.editing import ChangedMeanwhile, add_sessions, as_stored, change_session, remove_session
from tests.factories import AreaFactory, CoverFactory, HeadcountFactory, SchoolFactory, SessionFactory, coordinator_of, manager
from tests.materials.stores import a_material, store_in

pytestmark = pytest.mark.django_db

THURSDAY = date(2026, 11, 26)


def new(**facts: Any) -> NewSession:
    return NewSession(SessionType.objects.get(slug="ks2-assembly"), THURSDAY, time(11, 0), **facts)


def test_a_guest_schools_pupils_are_expected_for_their_own_school(now: datetime) -> None:
    host, guest = SchoolFactory(), SchoolFactory()
    visit = book(host, [new(expected={5: 20}, guests=((guest, {5: 8, 6: None}),))], by=manager(), now=now)
    rows = Headcount.objects.filter(session__visit=visit).order_by("pk").values_list("school", "year_group", "expected")
    assert list(rows) == [(host.pk, 5, 20), (guest.pk, 5, 8), (guest.pk, 6, None)]


def test_a_guest_that_cannot_be_says_why(now: datetime) -> None:
    area = AreaFactory()
    host, closed = SchoolFactory(), SchoolFactory(area=area, status="closed", low_age=4, high_age=7)
    ClosedPeriod.objects.create(area=area, first_day=THURSDAY, last_day=THURSDAY)
    with pytest.raises(RuleBroken) as refusal:
        book(host, [new(guests=((closed, {6: 5}), (host, {5: 1}), (SchoolFactory(), {})))], by=coordinator_of(), now=now)
    text = " ".join(refusal.value.reasons)
    for words in (
        "cannot be a guest",
        "does not teach all",
        "a guest is another school",
        "say which year groups",
        "is signed off",
    ):
        assert words in text
    assert not Visit.objects.exists()


def test_sessions_are_added_all_or_none(now: datetime) -> None:
    session = SessionFactory(starts=time(11, 0), ends=time(11, 30))
    with pytest.raises(RuleBroken, match="has that session already"):
        add_sessions(session.visit, [new()], by=manager(), now=now)
    assert Session.objects.count() == 1
    Session.objects.update(stage="cancelled", cancelled_code="school")
    with pytest.raises(RuleBroken, match="has that session already, cancelled"):
        add_sessions(session.visit, [new()], by=manager(), now=now)
    (added,) = add_sessions(
        session.visit, [NewSession(SessionType.objects.get(slug="ks1-assembly"), THURSDAY, time(11, 0))], by=manager(), now=now
    )
    assert (added.ends, added.headcounts.count()) == (time(11, 20), 3)
    Visit.objects.update(stage="declined")
    with pytest.raises(RuleBroken, match="was declined"):
        add_sessions(session.visit, [new()], by=manager(), now=now)


def test_room_language_and_expected_pupils_are_changed_and_nobody_is_asked(now: datetime) -> None:
    session = SessionFactory()
    guest = SchoolFactory()
    kept = HeadcountFactory(session=session, year_group=5, expected=20)
    HeadcountFactory(session=session, year_group=3, expected=9)
    CoverFactory(session=session)
    change_session(
        session,
        room="Hall", language="cy", until_day=None,
        expected={session.visit.school: {5: 25, 6: None}, guest: {6: 7}},
        seen=as_stored(session), by=manager(), now=now,
    )  # fmt: skip
    session.refresh_from_db()
    assert (session.room, session.language) == ("Hall", "cy")
    rows = {(row.school_id, row.year_group): row.expected for row in session.headcounts.all()}
    assert rows == {(kept.school_id, 5): 25, (kept.school_id, 6): None, (guest.pk, 6): 7}
    assert session.headcounts.get(pk=kept.pk).history.count() == 2
    assert session.covers.get().state == "accepted"


def test_a_room_is_changed_though_the_type_was_retired_and_a_guest_has_closed_since(now: datetime) -> None:
    session, guest = SessionFactory(), SchoolFactory()
    HeadcountFactory(session=session, year_group=5, expected=20)
    HeadcountFactory(session=session, school=guest, year_group=5, expected=9)
    SessionType.objects.filter(pk=session.type_id).update(active=False)
    School.objects.filter(pk=guest.pk).update(status="closed")
    expected: Any = {session.visit.school: {5: 20}, School.objects.get(pk=guest.pk): {5: 9}}

    def change(room: str, **more: Any) -> None:
        seen = as_stored(Session.objects.get(pk=session.pk))
        details: Any = {"language": "en", "until_day": None, "expected": {**expected, **more.get("expected", {})}}
        change_session(session, room=room, seen=seen, by=manager(), now=now, **details)

    change("Hall")
    session.refresh_from_db()
    assert session.room == "Hall"
    with pytest.raises(RuleBroken, match="cannot be a guest"):
        change("Gym", expected={SchoolFactory(status="closed"): {5: 1}})


def test_no_session_is_added_where_the_school_has_left_the_area_or_the_day_is_signed_off(now: datetime) -> None:
    area, elsewhere = AreaFactory(), AreaFactory()
    visit = SessionFactory(visit__school=SchoolFactory(area=area)).visit
    with pytest.raises(RuleBroken) as refusal:
        add_sessions(visit, [new()], by=coordinator_of(elsewhere), now=now)
    assert [reason for reason in refusal.value.reasons if "is in another area now" in reason]
    ClosedPeriod.objects.create(area=area, first_day=THURSDAY, last_day=THURSDAY)
    with pytest.raises(RuleBroken, match="is signed off"):
        add_sessions(visit, [new()], by=coordinator_of(area), now=now)
    assert visit.sessions.count() == 1
    assert add_sessions(visit, [new()], by=manager(), now=now)


def test_no_session_is_added_with_a_guest_whose_area_has_signed_the_day_off(now: datetime) -> None:
    area, of_guest = AreaFactory(), AreaFactory()
    visit = SessionFactory(visit__school=SchoolFactory(area=area)).visit
    ClosedPeriod.objects.create(area=of_guest, first_day=THURSDAY, last_day=THURSDAY)
    guests = ((SchoolFactory(area=of_guest), {5: 9}),)
    with pytest.raises(RuleBroken, match="is signed off"):
        add_sessions(visit, [new(guests=guests)], by=coordinator_of(area), now=now)
    assert visit.sessions.count() == 1


def test_of_two_who_change_a_session_the_second_is_told_and_nothing_is_overwritten(now: datetime) -> None:
    session, first, second = SessionFactory(), manager(), manager()
    HeadcountFactory(session=session, year_group=5, expected=20)
    seen, host = as_stored(session), session.visit.school
    facts: dict[str, Any] = {"language": "en", "until_day": None, "seen": seen, "now": now}
    change_session(session, room="Hall", expected={host: {5: 25}}, by=first, **facts)
    with pytest.raises(ChangedMeanwhile, match=r"changed this session on .* at .*, after you had opened it"):
        change_session(session, room="Library", expected={host: {5: 20}}, by=second, **facts)
    stored = Session.objects.get()
    assert (stored.room, stored.headcounts.get().expected) == ("Hall", 25)
    # Who presses twice, or types what the other has stored, has it as they want it.
    change_session(session, room="Hall", expected={host: {5: 25}}, by=first, **facts)
    facts["seen"] = as_stored(stored)
    change_session(session, room="Library", expected={host: {5: 25}}, by=second, **facts)
    assert Session.objects.get().room == "Library"


def test_what_took_place_or_has_no_pupils_is_not_changed(now: datetime) -> None:
    facts: dict[str, Any] = {"room": "", "language": "en", "until_day": None, "by": manager(), "now": now}
    done = SessionFactory(delivered=True)
    with pytest.raises(RuleBroken, match="Correct its outcome"):
        change_session(done, expected={done.visit.school: {5: 1}}, seen=as_stored(done), **facts)
    session = SessionFactory()
    HeadcountFactory(session=session, school=session.visit.school, year_group=5)
    with pytest.raises(RuleBroken, match="teaches none of its year groups"):
        change_session(session, expected={}, seen=as_stored(session), **facts)


def test_a_session_booked_by_mistake_is_taken_away(now: datetime) -> None:
    first = SessionFactory()
    with pytest.raises(RuleBroken, match="only session of this visit"):
        remove_session(first, by=manager(), now=now)
    second = SessionFactory(visit=first.visit, starts=time(10, 0), ends=time(10, 30))
    CoverFactory(session=first, state="declined")
    with pytest.raises(RuleBroken, match="so that they are told"):
        remove_session(first, by=manager(), now=now)
    remove_session(second, by=manager(), now=now)
    assert list(Session.objects.all()) == [first]


def test_no_session_is_taken_away_with_what_was_written_down_said_or_packed_for_it(now: datetime) -> None:
    first, by = SessionFactory(), manager()
    told, answered, packed = (SessionFactory(visit=first.visit, day=THURSDAY + timedelta(days=days)) for days in (1, 2, 3))
    SafeguardingNotice.objects.create(session=told, told_at=now, role_told="the school’s safeguarding lead", by=by)
    SchoolAnswer.objects.create(
        visit=first.visit, school=first.visit.school, session=answered, item="room", words="Hall", given_by="Nia", at=now
    )
    box = {"store": store_in(AreaFactory()), "material": a_material(), "quantity": 1}
    Packed.objects.create(session=packed, packed_at=now, by=by, **box)
    for session, words in ((told, "a child said something"), (answered, "The school said"), (packed, "set aside or packed")):
        with pytest.raises(RuleBroken, match=f"{words}.*Cancel it"):
            remove_session(session, by=by, now=now)
    assert (Session.objects.count(), SafeguardingNotice.objects.count()) == (4, 1)


def test_what_the_school_expects_tomorrow_is_cancelled_and_not_taken_away(now: datetime) -> None:
    first = SessionFactory(visit__stage="confirmed", visit__agreed_on=now.date(), day=now.date() + timedelta(days=1))
    SessionFactory(visit=first.visit, day=first.day, starts=time(13), ends=time(13, 30))
    with pytest.raises(RuleBroken, match="Cancel it on its page instead, so that the school is told"):
        remove_session(first, by=manager(), now=now)
    assert Session.objects.count() == 2


def test_a_cancelled_visit_is_made_good_once(now: datetime) -> None:
    session = SessionFactory()
    school, by = session.visit.school, manager()
    with pytest.raises(RuleBroken, match="was not cancelled"):
        book(school, [new()], by=by, now=now, replaces=session.visit)
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    cancelled = Visit.objects.get(pk=session.visit_id)
    with pytest.raises(RuleBroken, match="Book it again there"):
        book(SchoolFactory(), [new()], by=by, now=now, replaces=cancelled)
    visit = book(school, [new()], by=by, now=now, replaces=cancelled)
    assert visit.replaces == cancelled
    with pytest.raises(RuleBroken, match="was booked again already"):
        book(school, [new()], by=by, now=now, replaces=cancelled)
