"""The same change to many visits at once, and its undo."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from schools.core.errors import RuleBroken
from schools.messages.actions import deliver_due
from schools.models import AreaCoordinator, Batch, ClosedPeriod, MessageAbout, OutboxMessage, Session, SessionType, User, Visit
from schools.visits.actions import cancel_session
from schools.visits.actions.bulk import chase_outcomes, confirm_many, hand_over, reassign
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    UserFactory,
    VisitFactory,
    able_volunteer,
    coordinator_of,
    manager,
)

pytestmark = pytest.mark.django_db

TUESDAY = date(2026, 11, 24)


def test_many_are_confirmed_all_or_none_and_undone(now: datetime) -> None:
    area = AreaFactory()
    by = coordinator_of(area)
    visits = [SessionFactory(visit__school=SchoolFactory(area=area)).visit for _ in range(2)]
    stranger = SessionFactory().visit
    with pytest.raises(RuleBroken, match="is in another area now"):
        confirm_many([visits[0].pk, stranger.pk], agreed_on=TUESDAY, agreed_with="offices", by=by, now=now)
    with pytest.raises(RuleBroken, match="on a day to come"):
        confirm_many([visits[0].pk], agreed_on=date(2026, 11, 25), agreed_with="offices", by=by, now=now)
    assert set(Visit.objects.values_list("stage", flat=True)) == {"planned"}

    batch = confirm_many([visit.pk for visit in visits], agreed_on=TUESDAY, agreed_with="offices", by=by, now=now)

    assert batch.words == "Confirmed 2 visits"
    assert Visit.objects.filter(stage="confirmed", agreed_on=TUESDAY, agreed_with="offices").count() == 2
    undo(batch, by=by, now=now)
    assert set(Visit.objects.values_list("stage", "agreed_on", "agreed_with")) == {("planned", None, "")}


@pytest.mark.parametrize(
    ("since", "words"),
    [
        ({"stage": "confirmed", "agreed_on": TUESDAY, "agreed_with": "Pat"}, "It is agreed already"),
        ({"stage": "declined", "declined_on": TUESDAY}, "has said no since"),
    ],
)
def test_what_a_colleague_has_agreed_or_declined_since_is_not_confirmed_with_the_others(
    now: datetime, since: dict[str, Any], words: str
) -> None:
    area = AreaFactory()
    visits = [SessionFactory(visit__school=SchoolFactory(area=area)).visit for _ in range(2)]
    Visit.objects.filter(pk=visits[0].pk).update(**since)
    before = list(Visit.objects.order_by("pk").values())
    agreed: dict[str, Any] = {"agreed_on": TUESDAY, "agreed_with": "offices", "by": coordinator_of(area), "now": now}
    with pytest.raises(RuleBroken, match=words):
        confirm_many([visit.pk for visit in visits], **agreed)
    assert list(Visit.objects.order_by("pk").values()) == before


def test_reassigning_gives_visits_to_somebody_who_coordinates(now: datetime) -> None:
    area = AreaFactory()
    by, other = coordinator_of(area), coordinator_of(area)
    visit = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=by).visit
    with pytest.raises(RuleBroken, match="coordinates nothing here"):
        reassign([visit.pk], to=UserFactory(), by=by, now=now)
    batch = reassign([visit.pk], to=other, by=by, now=now)
    assert Visit.objects.get().coordinator == other
    undo(batch, by=by, now=now)
    assert Visit.objects.get().coordinator == by


def test_nobody_is_given_visits_of_an_area_that_they_do_not_see(now: datetime) -> None:
    area, elsewhere = AreaFactory(name="Lakes"), AreaFactory(name="Moors")
    by, far, boss = coordinator_of(area), coordinator_of(elsewhere, name="Fay Far"), manager()
    visits = [SessionFactory(visit__school=SchoolFactory(area=area, name=name)).visit.pk for name in ("Ashfield", "Birchwood")]
    with pytest.raises(RuleBroken) as refused:
        reassign(visits, to=far, by=boss, now=now)
    [reason] = refused.value.reasons
    assert reason.startswith("Fay Far does not coordinate Lakes, so they would not see the visit to Ashfield.")
    assert reason.endswith("Choose somebody who does, or let a manager name them under Lakes first.")
    nowhere = SessionFactory(visit__school=SchoolFactory(name="Copse", authority=None)).visit
    with pytest.raises(RuleBroken, match="visit to Copse, which is in no area"):
        reassign([nowhere.pk], to=by, by=boss, now=now)
    reassign([*visits, nowhere.pk], to=boss, by=boss, now=now)
    assert not Visit.objects.exclude(coordinator=boss).exists()


def test_an_area_is_handed_over_with_what_is_to_come_and_the_past_keeps_its_name(now: datetime) -> None:
    area, elsewhere = AreaFactory(), AreaFactory()
    leaving, to = coordinator_of(area, elsewhere), coordinator_of()
    school = SchoolFactory(area=area)
    coming = SessionFactory(visit__school=school, visit__coordinator=leaving, day=date(2026, 12, 3)).visit
    requested = VisitFactory(school=school, coordinator=leaving, stage="requested")
    past = SessionFactory(visit__school=school, visit__coordinator=leaving, day=date(2026, 11, 3), delivered=True).visit
    theirs = SessionFactory(visit__school=SchoolFactory(area=elsewhere), visit__coordinator=leaving, day=date(2026, 12, 3)).visit
    of_others = SessionFactory(visit__school=school, visit__coordinator=manager(), day=date(2026, 12, 3)).visit
    before = list(AreaCoordinator.objects.order_by("pk").values())

    batch = hand_over(area, leaving=leaving, to=to, from_day=date(2026, 12, 1), by=manager(), now=now)

    named = {visit.pk: visit.coordinator for visit in Visit.objects.select_related("coordinator")}
    assert (named[coming.pk], named[requested.pk]) == (to, to)
    assert (named[past.pk], named[theirs.pk]) == (leaving, leaving)
    assert named[of_others.pk] not in {leaving, to}
    assert AreaCoordinator.objects.get(area=area, user=leaving).to_day == date(2026, 11, 30)
    assert AreaCoordinator.objects.get(area=area, user=to).from_day == date(2026, 12, 1)
    undo(batch, by=manager(), now=now)
    assert list(AreaCoordinator.objects.order_by("pk").values()) == before
    assert set(Visit.objects.filter(coordinator=to)) == set()


def test_a_visit_with_an_open_window_is_handed_over_with_what_is_to_come(now: datetime) -> None:
    area = AreaFactory()
    leaving, to = coordinator_of(area), coordinator_of()
    online = {"type": SessionType.objects.filter(channel="online")[0], "visit__coordinator": leaving, "day": date(2026, 11, 23)}
    last_days = (date(2026, 11, 30), date(2026, 12, 1))
    over, still_open = (
        SessionFactory(**online, until_day=last, visit__school=SchoolFactory(area=area)).visit for last in last_days
    )
    hand_over(area, leaving=leaving, to=to, from_day=date(2026, 12, 1), by=manager(), now=now)
    assert dict(Visit.objects.values_list("pk", "coordinator")) == {over.pk: leaving.pk, still_open.pk: to.pk}


def test_who_may_not_sign_in_by_now_gets_no_visits_back(now: datetime) -> None:
    area = AreaFactory()
    by, gone, still_there = (coordinator_of(area) for _ in range(3))
    school = SchoolFactory(area=area)
    theirs, of_others = (SessionFactory(visit__school=school, visit__coordinator=each).visit for each in (gone, still_there))
    batch = reassign([theirs.pk, of_others.pk], to=by, by=by, now=now)
    User.objects.filter(pk=gone.pk).update(is_active=False)

    [left] = undo(batch, by=by, now=now).left_alone

    assert left == f"{theirs} stays as it is. {gone} coordinates nothing here. Choose a coordinator or a manager who may sign in."
    assert dict(Visit.objects.values_list("pk", "coordinator")) == {theirs.pk: by.pk, of_others.pk: still_there.pk}


def test_who_does_not_see_the_area_by_now_gets_no_visits_back(now: datetime) -> None:
    area = AreaFactory(name="Kent")
    by, gone = coordinator_of(area), coordinator_of(area)
    theirs = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=gone).visit
    batch = reassign([theirs.pk], to=by, by=by, now=now)
    AreaCoordinator.objects.filter(user=gone).update(to_day=date(2026, 11, 1))
    [left] = undo(batch, by=by, now=now).left_alone
    assert f"{gone} does not coordinate Kent, so they would not see the visit to {theirs.school}." in left
    theirs.refresh_from_db()
    assert theirs.coordinator == by


def test_who_handed_an_area_over_gets_it_back_with_its_visits_after_the_day_too(now: datetime) -> None:
    area = AreaFactory()
    leaving, to = coordinator_of(area), coordinator_of()
    school = SchoolFactory(area=area)
    visit = SessionFactory(visit__school=school, visit__coordinator=leaving, day=date(2026, 12, 3)).visit
    batch = hand_over(area, leaving=leaving, to=to, from_day=TUESDAY, by=manager(), now=now)
    assert undo(batch, by=manager(), now=now + timedelta(hours=1)).left_alone == []
    visit.refresh_from_db()
    assert visit.coordinator == leaving


@pytest.mark.parametrize("is_gone", [True, False])
def test_whose_area_stays_handed_over_gets_no_visits_back(now: datetime, is_gone: bool) -> None:
    area = AreaFactory(name="Kent")
    leaving, to = coordinator_of(area), coordinator_of()
    visit = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=leaving, day=date(2026, 12, 3)).visit
    batch = hand_over(area, leaving=leaving, to=to, from_day=TUESDAY, by=manager(), now=now)
    theirs = AreaCoordinator.objects.filter(user=leaving)
    theirs.delete() if is_gone else theirs.update(to_day=TUESDAY - timedelta(days=3))
    left = "\n".join(undo(batch, by=manager(), now=now + timedelta(hours=1)).left_alone)
    assert f"{leaving} does not coordinate Kent, so they would not see the visit to {visit.school}." in left
    assert "Whoever left it does not get it back." in left
    visit.refresh_from_db()
    assert visit.coordinator == to
    assert Visit.objects.for_user(to, on=TUESDAY).get() == visit


def test_who_is_to_begin_later_gets_visits_back_that_were_theirs_already(now: datetime) -> None:
    area = AreaFactory()
    first, second, third = coordinator_of(area), coordinator_of(), coordinator_of()
    school = SchoolFactory(area=area)
    visit = SessionFactory(visit__school=school, visit__coordinator=first, day=date(2027, 3, 20)).visit
    hand_over(area, leaving=first, to=second, from_day=date(2027, 1, 4), by=manager(), now=now)
    slip = reassign([visit.pk], to=first, by=manager(), now=now)
    assert undo(slip, by=manager(), now=now).left_alone == []
    later = hand_over(area, leaving=second, to=third, from_day=date(2027, 2, 4), by=manager(), now=now)
    assert undo(later, by=manager(), now=now).left_alone == []
    visit.refresh_from_db()
    assert visit.coordinator == second


def test_who_begins_once_the_visit_is_over_does_not_get_it_back(now: datetime) -> None:
    area = AreaFactory(name="Kent")
    first, second = coordinator_of(area), coordinator_of(area)
    visit = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=first, day=date(2026, 12, 3)).visit
    batch = reassign([visit.pk], to=second, by=manager(), now=now)
    AreaCoordinator.objects.filter(user=first).update(to_day=TUESDAY - timedelta(days=1))
    AreaCoordinator.objects.create(user=first, area=area, from_day=date(2026, 12, 4))
    [left] = undo(batch, by=manager(), now=now).left_alone
    assert f"{first} does not coordinate Kent" in left
    assert Visit.objects.get().coordinator == second


@pytest.mark.parametrize("has_it_again", [True, False])
def test_an_area_of_which_somebody_had_two_rows_is_theirs_alone_again(now: datetime, has_it_again: bool) -> None:
    area = AreaFactory()
    leaving, to = coordinator_of(area), coordinator_of()
    AreaCoordinator.objects.create(user=leaving, area=area, to_day=date(2027, 1, 31))
    before = list(AreaCoordinator.objects.order_by("pk").values_list("user", "to_day"))
    batch = hand_over(area, leaving=leaving, to=to, from_day=TUESDAY, by=manager(), now=now)
    if has_it_again:  # a manager has mended it by hand
        AreaCoordinator.objects.filter(user=leaving, to_day__lt=TUESDAY).order_by("pk")[0].delete()
        AreaCoordinator.objects.filter(user=leaving).update(to_day=None)
    left = undo(batch, by=manager(), now=now).left_alone
    assert "does not get it back" not in "".join(left)
    assert not AreaCoordinator.objects.filter(user=to, area=area).exists()
    if not has_it_again:
        assert left == []
        assert list(AreaCoordinator.objects.filter(area=area).order_by("pk").values_list("user", "to_day")) == before


@pytest.mark.parametrize("number", [1, 5])
def test_each_visit_that_is_given_back_costs_the_same_few_queries(
    now: datetime, number: int, django_assert_num_queries: Any
) -> None:
    area = AreaFactory()
    first, second = coordinator_of(area), coordinator_of(area)
    school, by = SchoolFactory(area=area), manager()
    visits = [SessionFactory(visit__school=school, visit__coordinator=first).visit.pk for _ in range(number)]
    batch = reassign(visits, to=second, by=by, now=now)
    with django_assert_num_queries(13 + 6 * number):
        undo(batch, by=by, now=now)


def test_only_visits_that_change_hands_are_counted_and_without_one_there_is_nothing_to_undo(now: datetime) -> None:
    area = AreaFactory()
    by, other = coordinator_of(area), coordinator_of(area)
    school = SchoolFactory(area=area)
    theirs, of_others = (SessionFactory(visit__school=school, visit__coordinator=each).visit for each in (other, by))

    assert reassign([theirs.pk, of_others.pk], to=other, by=by, now=now).words == f"Gave 1 visit to {other}"
    assert reassign([theirs.pk, of_others.pk], to=other, by=by, now=now).pk is None
    assert Batch.objects.count() == 1


@pytest.mark.parametrize("begins", [None, date(2027, 1, 4)])
def test_an_area_stays_with_whoever_took_it_over_from_somebody_who_may_not_sign_in(begins: date | None, now: datetime) -> None:
    area = AreaFactory()
    leaving, to = coordinator_of(area), coordinator_of()
    if begins:
        AreaCoordinator.objects.create(area=area, user=to, from_day=begins)
    visit = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=leaving, day=date(2026, 12, 3)).visit
    batch = hand_over(area, leaving=leaving, to=to, from_day=date(2026, 12, 1), by=manager(), now=now)
    User.objects.filter(pk=leaving.pk).update(is_active=False)

    left = undo(batch, by=manager(), now=now).left_alone

    assert len(left) == 3
    assert all(f"stays as it is. {leaving} coordinates nothing here." in sentence for sentence in left)
    visit.refresh_from_db()
    assert visit.coordinator == to
    held = AreaCoordinator.objects.filter(area=area).values_list("user", "from_day", "to_day")
    assert set(held) == {(leaving.pk, None, date(2026, 11, 30)), (to.pk, date(2026, 12, 1), None)}


def test_who_was_to_begin_later_begins_with_the_hand_over(now: datetime) -> None:
    area = AreaFactory()
    leaving, to = coordinator_of(area), coordinator_of()
    AreaCoordinator.objects.create(area=area, user=to, from_day=date(2027, 1, 4))
    before = list(AreaCoordinator.objects.order_by("pk").values())

    batch = hand_over(area, leaving=leaving, to=to, from_day=date(2026, 12, 1), by=manager(), now=now)

    assert AreaCoordinator.objects.get(area=area, user=to).from_day == date(2026, 12, 1)
    assert undo(batch, by=manager(), now=now).left_alone == []
    assert list(AreaCoordinator.objects.order_by("pk").values()) == before


def test_a_hand_over_that_makes_no_sense_says_why(now: datetime) -> None:
    area = AreaFactory()
    by = manager()
    with pytest.raises(RuleBroken) as refusal:
        hand_over(area, leaving=by, to=by, from_day=TUESDAY, by=by, now=now)
    text = " ".join(refusal.value.reasons)
    assert "Choose two people" in text
    assert "does not coordinate" in text
    newcomer = coordinator_of()
    AreaCoordinator.objects.create(area=area, user=newcomer, from_day=TUESDAY)
    with pytest.raises(RuleBroken, match="begins in"):
        hand_over(area, leaving=newcomer, to=by, from_day=TUESDAY, by=by, now=now)


def test_missing_outcomes_are_asked_for_once_a_day_of_those_who_were_there(
    now: datetime, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 11, 19))
    there, trainee, by_phone = able_volunteer(signs_in=True), able_volunteer(signs_in=True), able_volunteer()
    CoverFactory(session=session, volunteer=there)
    CoverFactory(session=session, volunteer=by_phone)
    CoverFactory(session=session, volunteer=trainee, role="trainee")
    CoverFactory(session=session, volunteer=able_volunteer(signs_in=True), state="declined")
    told = SessionFactory(day=date(2026, 11, 19), delivered=True, starts=time(11, 0), ends=time(11, 30))
    CoverFactory(session=told, volunteer=there)
    ids = [session.pk, told.pk]
    with django_capture_on_commit_callbacks(execute=True):
        batch = held(lambda: chase_outcomes(ids, by=manager(), now=now), now=now)
        assert batch.words == f"Asked 1 person how it went; ring {by_phone}, who get no mail"
        with pytest.raises(RuleBroken, match=f"Nobody is left to be asked by mail: ring {by_phone}, who get no mail"):
            chase_outcomes(ids, by=manager(), now=now)
    assert there.user is not None
    assert list(OutboxMessage.objects.values_list("to", flat=True)) == [there.user.email]
    tomorrow = now.replace(day=25)
    assert held(lambda: chase_outcomes(ids, by=manager(), now=tomorrow), now=tomorrow).messages is not None
    assert OutboxMessage.objects.count() == 2


def test_nobody_is_asked_about_what_was_called_off_before_the_question_left(now: datetime) -> None:
    off, stays = (SessionFactory(day=date(2026, 11, 19), starts=time(hour), ends=time(hour, 30)) for hour in (9, 11))
    there = able_volunteer(signs_in=True)
    for session in (off, stays):
        CoverFactory(session=session, volunteer=there)
    held(lambda: chase_outcomes([off.pk, stays.pk], by=manager(), now=now), now=now)
    cancel_session(off, code="weather", note="", by=manager(), now=now)
    deliver_due(clock=lambda: now + timedelta(minutes=2))
    [text] = [message.body for message in OutboxMessage.objects.filter(kind="chase").exclude(sent_at=None)]
    assert "11:00" in text
    assert "9:00" not in text


def test_nobody_is_asked_how_it_went_where_the_return_is_signed_off_and_whoever_asks_reads_why(now: datetime) -> None:
    area, later = AreaFactory(name="Kent"), AreaFactory()
    closed, other = (SessionFactory(visit__school=SchoolFactory(area=place), day=date(2026, 11, 19)) for place in (area, later))
    there = able_volunteer(signs_in=True)
    for session in (closed, other):
        CoverFactory(session=session, volunteer=there)
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 11, 1), last_day=date(2026, 11, 20))
    words = "obody is asked about 1 session, whose return is signed off (Kent): a manager can still enter how it went"
    with pytest.raises(RuleBroken) as refused:
        chase_outcomes([closed.pk], by=manager(), now=now)
    assert refused.value.reasons == [f"N{words}."]
    batch = held(lambda: chase_outcomes([closed.pk, other.pk], by=manager(), now=now), now=now)
    assert batch.words == f"Asked 1 person how it went; n{words}"
    assert [sessions for about in MessageAbout.objects.all() for sessions in about.speaks_of or ()] == [other.pk]


def test_of_sessions_of_which_some_are_signed_off_it_says_why_nobody_is_asked_of_the_others_either(now: datetime) -> None:
    area = AreaFactory(name="Kent")
    closed, other = (
        SessionFactory(visit__school=SchoolFactory(area=each), day=date(2026, 11, 19)) for each in (area, AreaFactory())
    )
    ClosedPeriod.objects.create(area=area, first_day=date(2026, 11, 1), last_day=date(2026, 11, 20))
    CoverFactory(session=closed, volunteer=able_volunteer(signs_in=True))
    for ticked, number in (([closed, other], 2), ([other], 1)):
        with pytest.raises(RuleBroken) as refused:
            chase_outcomes([session.pk for session in ticked], by=manager(), now=now)
        reasons = refused.value.reasons
        whom = "the others" if number == 2 else "them"
        assert reasons[0] == f"Nobody is left to be asked by mail: nobody who could be asked is down for {whom}."
        assert len(reasons) == number
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=now)
    with pytest.raises(RuleBroken) as refused:
        chase_outcomes([closed.pk, other.pk], by=manager(), now=now)
    assert refused.value.reasons == ["Nobody is left to be asked by mail: all of it was reported meanwhile."]
