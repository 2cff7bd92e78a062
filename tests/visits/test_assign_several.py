"""Several people are put on several sessions of a visit at once: all of them or nobody, and one undo takes it back."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from schools.core.errors import RuleBroken
from schools.messages.actions import deliver_due
from schools.models import Area, Away, Batch, Cover, MessageAbout, OutboxMessage, Session, User, Visit, Volunteer
from schools.planning.queries import candidates_for_visit
from schools.visits.actions import assign_several, end_membership, offer
from schools.visits.actions.undoable import held
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.rules import slot_of
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, coordinator_of
from tests.news import tell

pytestmark = pytest.mark.django_db

THURSDAY, FRIDAY = date(2026, 12, 3), date(2026, 12, 4)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def by(area: Area) -> User:
    return coordinator_of(area)


@pytest.fixture
def visit(area: Area) -> Visit:
    session = SessionFactory(visit__school=SchoolFactory(area=area, name="Ash"), day=THURSDAY)
    SessionFactory(visit=session.visit, day=FRIDAY, starts=time(13), ends=time(13, 30))
    made: Visit = session.visit
    return made


@pytest.fixture
def people(area: Area) -> list[Volunteer]:
    return [able_volunteer(area, signs_in=True, name=name) for name in ("Asha Rao", "Ben Osei")]


def put_on(visit: Visit, people: list[Volunteer], by: User, now: datetime, **more: Any) -> Batch:
    shown = {session.pk: slot_of(session) for session in visit.sessions.all()}
    return assign_several(visit, people, **{"shown": shown, "role": "presenter", "by": by, "now": now, **more})


def on() -> list[tuple[str, str]]:
    rows = Cover.objects.filter(state="accepted").order_by("session__day", "volunteer__name")
    return [(f"{day:%a}", name) for day, name in rows.values_list("session__day", "volunteer__name")]


def test_two_people_are_put_on_two_days_and_each_has_one_mail(
    visit: Visit, people: list[Volunteer], by: User, now: datetime
) -> None:
    batch = held(lambda: put_on(visit, people, by, now), now=now)
    assert batch.words == "Put 2 people on 2 sessions at Ash", "without a name: it stays when somebody is erased"
    assert on() == [("Thu", "Asha Rao"), ("Thu", "Ben Osei"), ("Fri", "Asha Rao"), ("Fri", "Ben Osei")]
    assert OutboxMessage.objects.filter(kind="mornings").count() == 2
    assert deliver_due(clock=lambda: now + timedelta(seconds=30))[0] == 0


def test_an_undo_in_time_is_as_if_nobody_had_been_put_on(visit: Visit, people: list[Volunteer], by: User, now: datetime) -> None:
    other = able_volunteer(*people[0].areas.all(), signs_in=True, name="Cal Dunn")
    for person in (people[1], other):
        offer(VisitDay(visit, THURSDAY), person, role="presenter", by=by, now=now)
    tell(now)
    deliver_due(clock=lambda: now)
    before = list(Cover.objects.order_by("pk").values())
    known = MessageAbout.objects.exclude(known_by="before").count()
    later = now + timedelta(hours=1)
    batch = held(lambda: put_on(visit, people, by, later), now=later)
    assert Cover.objects.get(volunteer=other).state == "withdrawn", "others go now, so the offer ended"
    assert undo(batch, by=by, now=later + timedelta(seconds=30)).left_alone == []
    assert list(Cover.objects.order_by("pk").values()) == before
    assert MessageAbout.objects.exclude(known_by="before").count() == known
    tell(later + timedelta(minutes=5))
    assert not OutboxMessage.objects.filter(sent_at=None).exists()


def test_an_undo_asks_nobody_again_who_has_left_since(visit: Visit, people: list[Volunteer], by: User, now: datetime) -> None:
    other = able_volunteer(*people[0].areas.all(), signs_in=True, name="Cal Dunn")
    for person in (people[1], other):
        offer(VisitDay(visit, THURSDAY), person, role="presenter", by=by, now=now)
    batch = put_on(visit, people, by, now)
    end_membership(other, day=now.date(), by=by, now=now)
    (left,) = undo(batch, by=by, now=now).left_alone
    assert "They have left since." in left
    states = dict(Cover.objects.filter(session__day=THURSDAY).values_list("volunteer__name", "state"))
    assert states == {"Asha Rao": "withdrawn", "Ben Osei": "offered", "Cal Dunn": "withdrawn"}


def test_who_heard_of_it_is_told_that_they_are_off_again(visit: Visit, people: list[Volunteer], by: User, now: datetime) -> None:
    batch = held(lambda: put_on(visit, people, by, now), now=now)
    later = now + timedelta(minutes=5)
    assert deliver_due(clock=lambda: later)[0] == 2
    undo(batch, by=by, now=later)
    assert on() == []
    assert tell(later) == 2
    assert set(OutboxMessage.objects.filter(sent_at=None).values_list("subject", flat=True)) == {
        "You’re no longer down for Ash, Thu 3 December 2026, and more"
    }


def test_all_of_them_or_nobody_and_each_reason_is_said(
    visit: Visit, people: list[Volunteer], area: Area, by: User, now: datetime
) -> None:
    third = able_volunteer(area, name="Cal Dunn")
    with pytest.raises(RuleBroken, match="2 places for the 3 people who are ticked"):
        put_on(visit, [*people, third], by, now)
    Away.objects.create(volunteer=people[1], first_day=FRIDAY, last_day=FRIDAY)
    with pytest.raises(RuleBroken, match="Ben Osei is away on Fri 4 December 2026"):
        put_on(visit, people, by, now)
    with pytest.raises(RuleBroken, match="Tick somebody"):
        put_on(visit, [], by, now)
    assert (on(), Batch.objects.count()) == ([], 0)
    put_on(visit, people, by, now, note="He comes back for it.")
    assert len(on()) == 4
    with pytest.raises(RuleBroken, match="has all the people it needs now"):
        put_on(visit, [third], by, now)


def test_what_was_moved_or_cancelled_since_the_look_is_looked_at_again(
    visit: Visit, people: list[Volunteer], by: User, now: datetime
) -> None:
    shown = {session.pk: slot_of(session) for session in visit.sessions.all()}
    Session.objects.filter(day=FRIDAY).update(starts=time(14), ends=time(14, 30))
    with pytest.raises(RuleBroken, match=r"was moved to Fri 4 December 2026, 2:00–2:30 pm\. Ask them"):
        put_on(visit, people, by, now, shown=shown)
    Session.objects.filter(day=FRIDAY).update(stage="cancelled", cancelled_code="weather")
    with pytest.raises(RuleBroken, match="was cancelled or reported just now"):
        put_on(visit, people, by, now, shown=shown)
    with pytest.raises(RuleBroken, match="in another area now"):
        put_on(visit, people, coordinator_of(AreaFactory()), now)
    assert on() == []


def test_who_is_on_one_day_already_is_put_on_the_other(visit: Visit, people: list[Volunteer], by: User, now: datetime) -> None:
    CoverFactory(session=visit.sessions.get(day=THURSDAY), volunteer=people[0])
    put_on(visit, people, by, now)
    assert on() == [("Thu", "Asha Rao"), ("Thu", "Ben Osei"), ("Fri", "Asha Rao"), ("Fri", "Ben Osei")]
    with pytest.raises(RuleBroken, match="Asha Rao is on all of it already"):
        put_on(visit, [people[0]], by, now)


def test_who_could_says_which_session_does_not_fit_and_why(
    visit: Visit, people: list[Volunteer], area: Area, today: date
) -> None:
    Away.objects.create(volunteer=people[1], first_day=FRIDAY, last_day=FRIDAY)
    busy = able_volunteer(area, name="Cal Dunn")
    elsewhere = SessionFactory(visit__school=SchoolFactory(area=area), day=THURSDAY)
    CoverFactory(session=elsewhere, volunteer=busy)
    sessions = list(visit.sessions.all())
    asha, ben, cal = candidates_for_visit(*sessions, on=today)
    assert (asha.volunteer, asha.misfits) == (people[0], [])
    assert (ben.can, [session.day for misfit in ben.misfits for session in misfit.sessions]) == (True, [FRIDAY])
    assert "is away" in ben.misfits[0].reasons[0]
    assert (cal.can, [session.day for misfit in cal.misfits for session in misfit.sessions]) == (False, [THURSDAY])
    SessionFactory(visit=visit, day=FRIDAY, starts=time(14), ends=time(14, 30))
    _, ben, _ = candidates_for_visit(*visit.sessions.all(), on=today)
    assert [misfit.when for misfit in ben.misfits] == [
        "Fri 4 December 2026, 1:00–1:30 pm and Fri 4 December 2026, 2:00–2:30 pm"
    ], "what is said of both is said once"


def test_of_more_people_than_there_are_places_it_says_how_many_to_untick(
    visit: Visit, people: list[Volunteer], by: User, now: datetime
) -> None:
    more = able_volunteer(*people[0].areas.all(), signs_in=True, name="Cal Dunn")
    with pytest.raises(RuleBroken) as refused:
        put_on(visit, [*people, more], by, now)
    assert refused.value.reasons == ["KS2 assembly has 2 places for the 3 people who are ticked. Untick 1."]
    put_on(visit, people[:1], by, now)
    with pytest.raises(RuleBroken) as refused:
        put_on(visit, [people[1], more], by, now)
    assert refused.value.reasons == ["KS2 assembly has 1 place for the 2 people who are ticked. Untick 1."]
    assert {name for _, name in on()} == {"Asha Rao"}
    put_on(visit, people[1:], by, now)
    assert {name for _, name in on()} == {"Asha Rao", "Ben Osei"}
