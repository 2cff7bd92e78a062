"""The details of a visit or a session, and a conversation, are undone whole, or stay with a sentence that says why."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from schools.core.errors import RuleBroken
from schools.delivery.actions import correct_to_undo
from schools.models import (
    Area,
    Batch,
    ClosedPeriod,
    Contact,
    ContactLog,
    Headcount,
    MessageAbout,
    OutboxMessage,
    School,
    Session,
    SessionType,
    User,
    Visit,
)
from schools.visits.actions.calls import talk_to_undo
from schools.visits.actions.changed import change_session_to_undo, change_visit_to_undo
from schools.visits.actions.conversations import Conversation
from schools.visits.actions.editing import as_stored, change_session, change_visit
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.models.batches import CLOCKS_APART, HELD_FOR
from schools.visits.rules import VisitDetails
from tests.factories import (
    AreaFactory,
    AuthorityFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
IN_TIME, RELEASED = timedelta(seconds=59), HELD_FOR + CLOCKS_APART
CHANGED_SINCE = "Somebody changed it again since, so nothing is undone."


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory(name="Cumbria")
    return made


@pytest.fixture
def by(area: Area) -> User:
    return coordinator_of(area)


@pytest.fixture
def school(area: Area) -> School:
    made: School = SchoolFactory(area=area, name="Ash")
    Contact.objects.create(school=made, name="Nia Head", email="nia@ash.example.org")
    return made


@pytest.fixture
def session(school: School) -> Session:
    """Agreed with its school; two year groups come."""
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 20), "visit__agreed_with": "Nia"}
    made: Session = SessionFactory(visit__school=school, day=DAY, room="Hall", **agreed)
    HeadcountFactory(session=made, year_group=3, expected=30)
    HeadcountFactory(session=made, year_group=4, expected=28)
    return made


def details_of(visit: Visit, **typed: Any) -> VisitDetails:
    stored = Visit.objects.get(pk=visit.pk)
    return replace(VisitDetails(**{field.name: getattr(stored, field.name) for field in fields(VisitDetails)}), **typed)


def visit_changed(visit: Visit, by: User, now: datetime, **typed: Any) -> Batch:
    details = details_of(visit, **typed)
    return held(lambda: change_visit_to_undo(visit, details, by=by, now=now), now=now)


def session_changed(session: Session, by: User, now: datetime, **typed: Any) -> Batch:
    """Change what is given of the session as it stands, as somebody does it who has just looked."""
    stored = Session.objects.get(pk=session.pk)
    facts: dict[str, Any] = {
        "room": stored.room, "language": stored.language, "until_day": stored.until_day,
        "expected": expected_in(stored), "seen": as_stored(stored), "by": by, "now": now,
    }  # fmt: skip
    return held(lambda: change_session_to_undo(session, **facts | typed), now=now)


def expected_in(session: Session) -> dict[School, dict[int, int | None]]:
    expected: dict[School, dict[int, int | None]] = {}
    for row in session.headcounts.select_related("school"):
        expected.setdefault(row.school, {})[row.year_group] = row.expected
    return expected


def standing() -> list[Any]:
    models = (Visit, Session, Headcount, School, ContactLog)
    return [list(model._default_manager.order_by("pk").values()) for model in models]


def refused(batch: Batch, by: User, now: datetime) -> list[str]:
    """The reasons for which nothing of the batch is undone."""
    before = standing()
    with pytest.raises(RuleBroken) as broken:
        undo(batch, by=by, now=now)
    assert standing() == before
    assert Batch.objects.get(pk=batch.pk).undone_at is None
    return broken.value.reasons


def test_the_details_of_a_visit_are_as_they_were_and_its_history_has_both(session: Session, by: User, now: datetime) -> None:
    visit, before = session.visit, standing()
    typed = {
        "parking": "Behind the hall",
        "arrival_notes": "Ring twice",
        "coordinator": by,
        "parents_told_on": date(2026, 11, 20),
    }
    batch = visit_changed(visit, by, now, **typed)
    assert batch.words == f"Changed the details of visit {visit.reference}, Ash"
    visit.refresh_from_db()
    assert (visit.parking, visit.coordinator) == ("Behind the hall", by)
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert standing() == before
    assert [row.parking for row in visit.history.all()] == ["", "Behind the hall", ""]


def test_details_that_are_stored_as_they_stand_are_nothing_to_undo(session: Session, by: User, now: datetime) -> None:
    assert visit_changed(session.visit, by, now).pk is None
    assert session_changed(session, by, now).pk is None
    assert not Batch.objects.exists()


def test_a_detail_that_somebody_else_changed_since_stays_and_another_one_does_not_matter(
    session: Session, by: User, now: datetime
) -> None:
    visit, other = session.visit, manager()
    batch = visit_changed(visit, by, now, parking="Yard", arrival_notes="Ring twice")
    change_visit(visit, details_of(visit, parking="Road"), by=other, now=now)
    assert refused(batch, by, now)[0].startswith(CHANGED_SINCE)
    change_visit(visit, details_of(visit, parking="Yard", preferred_month=None, parents_told_on=now.date()), by=other, now=now)
    assert undo(batch, by=by, now=now).left_alone == []
    visit.refresh_from_db()
    assert (visit.parking, visit.arrival_notes, visit.parents_told_on) == ("", "", now.date())


def test_nobody_is_named_again_who_is_not_at_the_school_any_more(session: Session, by: User, now: datetime) -> None:
    visit, pat = session.visit, Contact.objects.create(school=session.visit.school, name="Pat")
    change_visit(visit, details_of(visit, safeguarding_contact=pat), by=by, now=now)
    batch = visit_changed(visit, by, now, safeguarding_contact=None)
    Contact.objects.filter(pk=pat.pk).update(school=SchoolFactory())
    assert refused(batch, by, now) == ["Pat is not at Ash. Choose one of the school's own contacts."]
    pat.delete()
    assert refused(batch, by, now) == ["Whoever it named before is not there any more. Change it by hand."]


def is_read_by_zoe(session: Session, by: User, now: datetime) -> Batch:
    """Another person reads for the school from now on; nobody was ever mailed, as they agreed on the phone."""
    session_changed(session, by, now, room="Gym")
    zoe = Contact.objects.create(school=session.visit.school, name="Zoe New", email="zoe@ash.example.org")
    return visit_changed(session.visit, by, now, contact=zoe)


def read_news() -> list[str]:
    """Who was told of the visit, or is about to be."""
    return list(OutboxMessage.objects.filter(kind="visits").order_by("pk").values_list("to", flat=True))


def test_whoever_reads_for_the_school_again_in_time_hears_nothing_and_nobody_else_does(
    session: Session, by: User, now: datetime
) -> None:
    batch = is_read_by_zoe(session, by, now)
    assert read_news() == ["zoe@ash.example.org"]
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert [row.facts for row in MessageAbout.objects.filter(is_reminder=False)] == ["before"]
    tell_and_send(now + RELEASED)
    assert read_news() == []


def test_whoever_reads_again_once_another_was_mailed_is_told_all_that_holds(session: Session, by: User, now: datetime) -> None:
    batch = is_read_by_zoe(session, by, now)
    tell_and_send(now + RELEASED)
    assert undo(batch, by=by, now=now + RELEASED).left_alone == []
    tell_and_send(now + RELEASED + RELEASED)
    assert read_news() == ["zoe@ash.example.org", "nia@ash.example.org"]


def test_a_session_has_its_room_its_language_and_its_pupils_back(session: Session, area: Area, by: User, now: datetime) -> None:
    guest = SchoolFactory(area=area, name="Fern")
    asha = CoverFactory(session=session, volunteer=able_volunteer(area))
    HeadcountFactory(session=session, school=guest, year_group=5, expected=7)
    before = standing()
    expected = {session.visit.school: {3: 25, 6: None}}
    batch = session_changed(session, by, now, room="Library", language="cy", expected=expected)
    assert batch.words == f"Changed the details of {session}, Ash"
    assert {row.year_group for row in session.headcounts.all()} == {3, 6}
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert standing() == before
    asha.refresh_from_db()
    assert asha.state == "accepted"
    assert tell_and_send(now + RELEASED) == 0


def other_room(session: Session, by: User, now: datetime) -> None:
    session_changed(session, by, now, room="Gym")


def other_number(session: Session, by: User, now: datetime) -> None:
    session_changed(session, by, now, expected=expected_in(session) | {session.visit.school: {3: 26}})


def comes_anew(session: Session, by: User, now: datetime) -> None:
    session_changed(session, by, now, expected=expected_in(session) | {session.visit.school: {3: 25, 4: 11}})


@pytest.mark.parametrize("since", [other_room, other_number, comes_anew])
def test_a_session_stays_whole_where_somebody_changed_part_of_it_since(
    since: Callable[[Session, User, datetime], None], session: Session, by: User, now: datetime
) -> None:
    batch = session_changed(session, by, now, room="Library", expected={session.visit.school: {3: 25}})
    since(session, manager(), now)
    assert refused(batch, by, now)[0].startswith(CHANGED_SINCE)


def test_what_was_expected_stays_once_the_session_was_reported_or_cancelled(session: Session, by: User, now: datetime) -> None:
    of_pupils = session_changed(session, by, now, expected={session.visit.school: {3: 25}})
    of_room = session_changed(session, by, now, room="Library")
    Session.objects.update(stage="delivered", went_ahead="yes")
    took_place = ["This session took place. Correct its outcome, its room or its language instead."]
    assert refused(of_pupils, by, now) == refused(of_room, by, now) == took_place


def test_nothing_comes_back_into_days_that_are_signed_off_but_by_a_manager(
    session: Session, area: Area, by: User, now: datetime
) -> None:
    batch = session_changed(session, by, now, expected={session.visit.school: {3: 25}})
    ClosedPeriod.objects.create(area=area, first_day=DAY, last_day=DAY)
    [reason] = refused(batch, by, now)
    assert "is signed off. Ask a manager to restate it." in reason
    assert undo(batch, by=manager(), now=now).left_alone == []


def test_what_is_in_another_area_by_now_is_its_coordinators_to_change(session: Session, by: User, now: datetime) -> None:
    of_visit, of_session = visit_changed(session.visit, by, now, parking="Yard"), session_changed(session, by, now, room="Gym")
    School.objects.update(authority=AuthorityFactory())
    for batch in (of_visit, of_session):
        [reason] = refused(batch, by, now)
        assert "is in another area now." in reason


def test_pupils_of_a_guest_that_closed_since_do_not_come_again(session: Session, area: Area, by: User, now: datetime) -> None:
    guest = SchoolFactory(area=area, name="Fern")
    HeadcountFactory(session=session, school=guest, year_group=5, expected=7)
    batch = session_changed(session, by, now, expected={session.visit.school: {3: 30, 4: 28}})
    School.objects.filter(pk=guest.pk).update(status="closed")
    [reason] = refused(batch, by, now)
    assert "Fern" in reason


def test_who_was_told_of_another_end_of_a_window_is_told_that_it_is_as_before(session: Session, by: User, now: datetime) -> None:
    online = SessionType.objects.get(slug="online-ks2")
    Session.objects.update(type=online, until_day=date(2026, 12, 18))
    batch = session_changed(session, by, now, until_day=date(2026, 12, 11))
    assert tell_and_send(now + RELEASED, kinds=["visits"]) == 1
    Session.objects.update(school_told_at=now)
    assert undo(batch, by=by, now=now + RELEASED).left_alone == []
    session.refresh_from_db()
    assert (session.until_day, session.school_news, session.school_told_at) == (date(2026, 12, 18), "back", None)
    assert tell_and_send(now + RELEASED, kinds=["visits"]) == 1


def test_a_correction_is_undone_until_a_return_rests_on_its_language(
    session: Session, area: Area, by: User, now: datetime
) -> None:
    Session.objects.update(stage="delivered", went_ahead="yes", area=area, day=date(2026, 11, 20))
    stored = Session.objects.get()
    of_room = correct_to_undo(session, room="Gym", language="en", seen=as_stored(stored), by=by, now=now)
    stored = Session.objects.get()
    of_language = correct_to_undo(session, room="Gym", language="cy", seen=as_stored(stored), by=by, now=now)
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 11, 20), last_day=date(2026, 11, 20))
    for who in (by, manager()):
        assert refused(of_language, who, now) == [
            "A signed-off return rests on its language. Correct that on its page, and say there why."
        ]
    assert undo(of_room, by=by, now=now).left_alone == []
    assert (Session.objects.get().room, Session.objects.get().language) == ("Hall", "cy")
    ClosedPeriod.objects.all().delete()
    assert undo(of_language, by=by, now=now).left_alone == []
    assert Session.objects.get().language == "en"


def talk(now: datetime, **said: Any) -> Conversation:
    values: dict[str, Any] = {"day": now.date(), "how": "phone", "who": "Nia"}
    return Conversation(**values | said)


def test_dates_that_were_offered_by_a_slip_are_mailed_to_nobody(school: School, by: User, now: datetime) -> None:
    visit = Visit.objects.create(reference="V10001", school=school, stage="planned")
    before = standing()
    offered = talk(now, dates_offered="12 January")
    batch = talk_to_undo(school, offered, visit=visit, ask_again_on=date(2027, 1, 11), by=by, now=now)
    assert OutboxMessage.objects.filter(kind="school-dates").count() == 1
    assert tell_and_send(now, kinds=["school-dates"]) == 0, "it is held"
    assert undo(batch, by=by, now=now + IN_TIME).left_alone == []
    assert standing() == before
    assert tell_and_send(now + RELEASED, kinds=["school-dates"]) == 0


def test_a_conversation_that_somebody_corrected_since_stays_with_the_day_on_which_the_school_is_asked(
    school: School, by: User, now: datetime
) -> None:
    batch = talk_to_undo(school, talk(now), ask_again_on=date(2027, 1, 11), by=by, now=now)
    ContactLog.objects.update(note="Rings back.")
    assert undo(batch, by=by, now=now).left_alone == [
        "Tue 24 November 2026: Nia was changed since, so it stays as it is.",
        "Ash stays as it is. The conversation stays.",
    ]
    school.refresh_from_db()
    assert school.ask_again_on == date(2027, 1, 11)


def test_an_undone_conversation_wakes_the_kinds_of_messages_about_its_visit(
    school: School, by: User, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = Visit.objects.create(reference="V10001", school=school, stage="planned")
    batch = talk_to_undo(school, talk(now), visit=visit, by=by, now=now)
    woken: list[list[int]] = []
    monkeypatch.setattr("schools.visits.actions.undoing.wake", lambda visits: woken.append(list(visits)))
    undo(batch, by=by, now=now)
    assert woken == [[visit.pk]]


def test_who_changes_a_session_at_once_with_the_one_who_undoes_is_refused_by_what_they_saw(
    session: Session, by: User, now: datetime
) -> None:
    batch = session_changed(session, by, now, room="Library")
    stored = Session.objects.get()
    seen, expected = as_stored(stored), expected_in(stored)
    undo(batch, by=by, now=now)
    with pytest.raises(RuleBroken, match="after you had opened it"):
        change_session(session, room="Gym", language="en", until_day=None, expected=expected, seen=seen, by=manager(), now=now)
    assert Session.objects.get().room == "Hall"
