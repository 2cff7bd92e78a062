"""Moving sessions: everybody is judged on the new day, shown first, and then exactly that is done."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.core.errors import RuleBroken
from schools.models import Away, Batch, ClosedPeriod, Cover, Session, SessionType, Visit, Volunteer
from schools.visits.actions import assign, cancel_visit
from schools.visits.actions.moving import MoveChanged, move, plan_move
from schools.visits.emails import News, mail_to_volunteer
from schools.visits.queries import people_to_tell
from schools.visits.queries.standings import Standing
from schools.visits.rules import Slot, later, slot_of
from schools.visits.rules.notices import Telling
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import tell_and_send

pytestmark = pytest.mark.django_db

TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (24, 25, 26, 27))


def to_day(visit: Visit, day: date, *, minutes: int = 0) -> dict[int, Slot]:
    """Every scheduled session of the visit on the day, so many minutes later."""
    slots = {}
    for session in visit.sessions.scheduled():
        slot = later(slot_of(session), day=day, by=timedelta(minutes=minutes))
        assert slot is not None
        slots[session.pk] = slot
    return slots


def becomes(visit: Visit, to: dict[int, Slot], now: datetime) -> dict[Volunteer, str]:
    planned = plan_move(visit, to, by=manager(), now=now)
    return {effect.cover.volunteer: effect.becomes.value for effect in planned.effects}


def moved(visit: Visit, to: dict[int, Slot], now: datetime) -> Batch:
    by = manager()
    return move(visit, to, seen=plan_move(visit, to, by=by, now=now).digest, by=by, now=now)


def a_covered_session(volunteer: Volunteer, **fields: object) -> Session:
    session: Session = SessionFactory(**fields)
    CoverFactory(session=session, volunteer=volunteer)
    return session


@pytest.mark.parametrize(
    ("day", "minutes", "what"),
    [(THURSDAY, 30, "stays"), (THURSDAY, -30, "stays"), (THURSDAY, 31, "asked"), (THURSDAY, -31, "asked"), (FRIDAY, 0, "asked")],
)
def test_another_day_or_more_than_half_an_hour_asks_again(day: date, minutes: int, what: str, now: datetime) -> None:
    volunteer = able_volunteer()
    session = a_covered_session(volunteer)
    to = to_day(session.visit, day, minutes=minutes)

    assert becomes(session.visit, to, now) == {volunteer: what}
    moved(session.visit, to, now)

    session.refresh_from_db()
    assert slot_of(session) == to[session.pk]
    assert (session.was_day, session.was_starts, session.school_news) == (THURSDAY, time(9, 15), "moved")
    cover = Cover.objects.get()
    assert (cover.state, cover.news) == (("accepted", "moved") if what == "stays" else ("offered", "ask_again"))
    assert Session.objects.with_cover().get().places_taken == (1 if what == "stays" else 0)


def test_everybody_is_judged_on_the_new_day(now: datetime) -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    away, lapsed, elsewhere, free = (able_volunteer(area) for _ in range(4))
    for volunteer in (away, lapsed, elsewhere, free):
        CoverFactory(session=session, volunteer=volunteer, role="trainee")
    Away.objects.create(volunteer=away, first_day=FRIDAY, last_day=FRIDAY)
    lapsed.clearances.update(recheck_on=FRIDAY)
    a_covered_session(elsewhere, day=FRIDAY, starts=time(9, 30), ends=time(10, 0))
    # Away on the old day alone says nothing about the new one.
    Away.objects.create(volunteer=free, first_day=THURSDAY, last_day=THURSDAY)

    to = to_day(session.visit, FRIDAY)
    planned = plan_move(session.visit, to, by=manager(), now=now)

    said = {effect.cover.volunteer: (effect.becomes.value, " ".join(effect.reasons)) for effect in planned.effects}
    assert said[away][0] == said[lapsed][0] == said[elsewhere][0] == "drops"
    assert "is away on Fri 27 November 2026" in said[away][1]
    assert "no clear DBS decision on Fri 27 November 2026" in said[lapsed][1]
    assert "9:30–10:00 am" in said[elsewhere][1]
    assert said[free] == ("asked", "")
    moved(session.visit, to, now)
    assert set(Cover.objects.filter(session=session, state="withdrawn", news="dropped").values_list("volunteer", flat=True)) == {
        away.pk, lapsed.pk, elsewhere.pk,
    }  # fmt: skip
    assert "is away" in Cover.objects.get(volunteer=away).news_why


def test_travel_is_judged_on_the_new_day(now: datetime) -> None:
    volunteer = able_volunteer()
    here = {"easting": 340_000, "northing": 555_000}
    # 40 km away in a straight line; and the school next door.
    far, next_door = SchoolFactory(easting=380_000, northing=555_000), SchoolFactory(easting=340_150, northing=555_000)
    early = {"day": FRIDAY, "starts": time(9, 0), "ends": time(9, 30)}
    session = a_covered_session(volunteer, visit__school=SchoolFactory(**here), starts=time(9, 45), ends=time(10, 15))
    other = a_covered_session(volunteer, visit__school=far, **early)

    assert becomes(session.visit, to_day(session.visit, FRIDAY), now) == {volunteer: "drops"}
    Visit.objects.filter(pk=other.visit_id).update(school=next_door)
    assert becomes(session.visit, to_day(session.visit, FRIDAY), now) == {volunteer: "asked"}
    # Back to back, without a minute between.
    assert becomes(session.visit, to_day(session.visit, FRIDAY, minutes=-15), now) == {volunteer: "asked"}
    assert becomes(session.visit, to_day(session.visit, FRIDAY, minutes=-16), now) == {volunteer: "drops"}


def test_sessions_that_move_together_are_judged_where_they_go(now: datetime) -> None:
    volunteer = able_volunteer()
    first = a_covered_session(volunteer, starts=time(9, 0), ends=time(9, 30))
    second = a_covered_session(volunteer, visit=first.visit, starts=time(9, 30), ends=time(10, 0))
    to = to_day(first.visit, THURSDAY, minutes=30)

    # The first goes where the second still stands in the table.
    assert becomes(first.visit, to, now) == {volunteer: "stays"}
    moved(first.visit, to, now)

    assert [session.starts for session in first.visit.sessions.all()] == [time(9, 30), time(10, 0)]
    assert Cover.objects.filter(state="accepted").count() == 2
    assert second.visit_id == first.visit_id


def test_a_half_day_on_which_they_cannot_usually_come_asks_and_lets_them_say_yes(now: datetime) -> None:
    area = AreaFactory()
    volunteer = able_volunteer(area)
    volunteer.availabilities.create(weekday=3, part="morning")
    session = a_covered_session(volunteer, visit__school=SchoolFactory(area=area))
    moved(session.visit, to_day(session.visit, FRIDAY), now)
    cover = Cover.objects.get()
    assert (cover.state, cover.override_note) == ("offered", "Asked again after the visit was moved.")
    assert "Friday mornings" in cover.news_why


def test_if_the_world_changed_since_the_preview_nothing_moves_and_it_is_shown_again(now: datetime) -> None:
    by, volunteer = manager(), able_volunteer()
    session = a_covered_session(volunteer)
    to = to_day(session.visit, FRIDAY)
    seen = plan_move(session.visit, to, by=by, now=now).digest
    Away.objects.create(volunteer=volunteer, first_day=FRIDAY, last_day=FRIDAY)

    with pytest.raises(MoveChanged) as refusal:
        move(session.visit, to, seen=seen, by=by, now=now)

    assert [effect.becomes.value for effect in refusal.value.move.effects] == ["drops"]
    session.refresh_from_db()
    assert session.day == THURSDAY
    assert not Batch.objects.exists()
    move(session.visit, to, seen=refusal.value.move.digest, by=by, now=now)
    assert Cover.objects.get().state == "withdrawn"


def test_a_move_that_cannot_be_done_says_every_reason(now: datetime) -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=SchoolFactory(area=area))
    SessionFactory(visit=session.visit, day=FRIDAY)
    stranger = coordinator_of(AreaFactory())
    ClosedPeriod.objects.create(area=area, first_day=FRIDAY, last_day=FRIDAY)
    slot = later(slot_of(session), day=FRIDAY, by=timedelta())
    assert slot is not None
    with pytest.raises(RuleBroken) as refusal:
        plan_move(session.visit, {session.pk: slot}, by=stranger, now=now)
    text = " ".join(refusal.value.reasons)
    for words in ("is in another area now", "has a session “KS2 assembly”", "is signed off"):
        assert words in text
    with pytest.raises(RuleBroken, match="where it stands already"):
        plan_move(session.visit, {session.pk: slot_of(session)}, by=manager(), now=now)
    SessionFactory(visit=session.visit, day=date(2026, 11, 30), cancelled=True)
    Visit.objects.update(stage="cancelled", cancelled_code="school")
    with pytest.raises(RuleBroken, match="Book it again"):
        plan_move(session.visit, {session.pk: slot}, by=manager(), now=now)


def test_two_sessions_cannot_change_places_but_follow_one_another(now: datetime) -> None:
    first = SessionFactory(starts=time(9, 0), ends=time(9, 30))
    second = SessionFactory(visit=first.visit, starts=time(9, 30), ends=time(10, 0))
    with pytest.raises(RuleBroken, match="change places"):
        moved(first.visit, {first.pk: slot_of(second), second.pk: slot_of(first)}, now)
    moved(first.visit, to_day(first.visit, THURSDAY, minutes=-30), now)
    assert [session.starts for session in first.visit.sessions.all()] == [time(8, 30), time(9, 0)]


def test_two_sessions_of_a_type_do_not_move_to_one_time(now: datetime) -> None:
    first = SessionFactory(starts=time(9, 0), ends=time(9, 30))
    second = SessionFactory(visit=first.visit, starts=time(9, 30), ends=time(10, 0))
    slot = slot_of(second)
    with pytest.raises(RuleBroken, match="has a session “KS2 assembly”"):
        moved(first.visit, {first.pk: replace(slot, day=FRIDAY), second.pk: replace(slot, day=FRIDAY)}, now)
    assert set(first.visit.sessions.values_list("starts", flat=True)) == {time(9, 0), time(9, 30)}


def test_a_window_moves_whole(now: datetime) -> None:
    session = SessionFactory(type=SessionType.objects.get(slug="online-ks2"), until_day=date(2026, 12, 9))
    moved(session.visit, to_day(session.visit, date(2026, 12, 1)), now)
    session.refresh_from_db()
    assert (session.day, session.until_day) == (date(2026, 12, 1), date(2026, 12, 14))


def test_a_day_that_has_passed_is_put_right_and_nobody_is_asked(now: datetime) -> None:
    volunteer = able_volunteer()
    session = a_covered_session(volunteer, day=date(2026, 11, 12))
    moved(session.visit, to_day(session.visit, date(2026, 11, 11)), now)
    cover = Cover.objects.get()
    assert (cover.state, cover.news) == ("accepted", "")
    session.refresh_from_db()
    assert session.school_news == ""


@pytest.mark.parametrize(
    ("hour", "was", "day", "becomes", "stored"),
    [
        (14, 13, TUESDAY, 9, ("accepted", "", "")),
        (14, 15, TUESDAY, 9, ("accepted", "moved", "moved")),  # who would come at three has to know
        (14, 9, WEDNESDAY, 9, ("offered", "ask_again", "moved")),
        (8, 13, TUESDAY, 9, ("offered", "ask_again", "moved")),
    ],
)
def test_a_time_of_today_that_is_over_is_put_right_and_nobody_is_asked_or_phoned(
    hour: int, was: int, day: date, becomes: int, stored: tuple[str, ...], now: datetime
) -> None:
    session = a_covered_session(able_volunteer(), day=TUESDAY, starts=time(was), ends=time(was, 30))
    moved(session.visit, {session.pk: Slot(day, time(becomes), time(becomes, 30))}, now.replace(hour=hour))
    cover = Cover.objects.select_related("session").get()
    assert (cover.state, cover.news, cover.session.school_news) == stored


def test_everybody_with_an_address_is_mailed_once_for_each_day(now: datetime) -> None:
    area = AreaFactory()
    comes, drops = able_volunteer(area, signs_in=True), able_volunteer(area, signs_in=True)
    session = a_covered_session(comes)
    second = a_covered_session(comes, visit=session.visit, starts=time(10, 0), ends=time(10, 30))
    CoverFactory(session=session, volunteer=drops)
    Away.objects.create(volunteer=drops, first_day=FRIDAY, last_day=FRIDAY)
    moved(session.visit, to_day(session.visit, FRIDAY), now)
    assert tell_and_send(now) == 2
    bodies = {message.to[0]: message.body for message in mail.outbox}
    assert len(mail.outbox) == 2
    assert comes.user is not None
    assert drops.user is not None
    assert bodies[comes.user.email].count("(it was Thu 26 November 2026") == 2
    assert "Can you come then too?" in bodies[comes.user.email]
    assert "so you’re not expected there" in bodies[drops.user.email]
    assert second.visit_id == session.visit_id


def test_who_was_down_for_what_is_cancelled_before_they_heard_of_its_move_reads_when_it_was(now: datetime) -> None:
    session = a_covered_session(able_volunteer(signs_in=True))
    moved(session.visit, to_day(session.visit, FRIDAY), now)
    cancel_visit(session.visit, code="school", note="", by=manager(), now=now)
    assert tell_and_send(now) == 1
    assert mail.outbox[0].subject == f"Cancelled: {session.where}, Thu 26 November 2026"
    assert "This will not take place:" in mail.outbox[0].body
    assert "(it was Thu 26 November 2026" in mail.outbox[0].body


def test_what_was_of_one_day_and_is_off_stands_in_one_place_wherever_it_was_moved_meanwhile(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    session = a_covered_session(volunteer)
    other = SessionFactory(visit=session.visit, day=session.day, starts=time(13), ends=time(14))
    CoverFactory(session=other, volunteer=volunteer)
    moved(session.visit, {other.pk: Slot(FRIDAY, time(13), time(14))}, now)
    cancel_visit(session.visit, code="school", note="", by=manager(), now=now)
    assert tell_and_send(now) == 1
    assert mail.outbox[0].subject == f"Cancelled: {session.where}, Thu 26 November 2026"
    assert mail.outbox[0].body.count("This will not take place:") == 1


@pytest.mark.parametrize("telling", [Telling.CANCELLED, Telling.TAKEN_OFF, Telling.HANDED_ON, Telling.UNNEEDED])
def test_whatever_is_off_for_somebody_is_named_by_the_day_that_they_know(telling: Telling) -> None:
    volunteer = able_volunteer(signs_in=True)
    session = a_covered_session(volunteer, day=FRIDAY)
    cover = Cover.objects.get()
    known = Standing(session.pk, THURSDAY.isoformat(), "09:15:00", "09:45:00", cover.pk, "down", "", 0)
    subject, body = mail_to_volunteer(volunteer, [News(telling, cover, known)])
    assert subject.endswith(f" {session.where}, Thu 26 November 2026")
    assert "(it was Thu 26 November 2026" in body


def test_who_was_asked_for_what_moved_unheard_and_is_full_reads_of_the_day_for_which_they_were_asked(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    session: Session = SessionFactory()
    CoverFactory(session=session, volunteer=volunteer, state="offered")
    moved(session.visit, to_day(session.visit, FRIDAY), now)
    session = Session.objects.get(pk=session.pk)
    for number, role in enumerate(("lead", "presenter")[: session.type.presenters]):
        assign(session, able_volunteer(name=f"Other {number}"), role=role, by=manager(), now=now)
    assert tell_and_send(now) == 1
    assert mail.outbox[0].subject == f"No answer needed any more: {session.where}, Thu 26 November 2026"
    assert "(it was Thu 26 November 2026" in mail.outbox[0].body


def test_of_two_sessions_of_which_one_moved_unheard_that_one_alone_says_when_it_was(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    session = a_covered_session(volunteer)
    other = SessionFactory(visit=session.visit, day=session.day, starts=time(13), ends=time(14))
    CoverFactory(session=other, volunteer=volunteer)
    moved(session.visit, {session.pk: Slot(session.day, time(9, 30), time(10, 30))}, now)
    cancel_visit(session.visit, code="school", note="", by=manager(), now=now)
    assert tell_and_send(now) == 1
    assert mail.outbox[0].body.count("(it was") == 1


def test_who_was_down_for_what_moved_and_is_full_by_now_is_phoned_until_somebody_ticks_it(now: datetime) -> None:
    volunteer = able_volunteer(signs_in=True)
    session = a_covered_session(volunteer)
    moved(session.visit, to_day(session.visit, FRIDAY), now)
    session, cover = Session.objects.get(pk=session.pk), Cover.objects.get(volunteer=volunteer)
    assert (cover.state, cover.news) == ("offered", "ask_again")
    for number in range(session.type.presenters):
        assign(
            session, able_volunteer(name=f"Other {number}"), role="lead" if number == 0 else "presenter", by=manager(), now=now
        )
    cover.refresh_from_db()
    assert (cover.state, cover.news, cover.told_at) == ("withdrawn", "dropped", None)
    told = next(row for row in people_to_tell(manager(), on=now.date()) if row.visit.pk == session.visit_id)
    [text] = [each.text for each in told.volunteers if each.volunteer == volunteer]
    assert "(it was Thu 26 November 2026" in text
    assert "you’re not expected there." in text
