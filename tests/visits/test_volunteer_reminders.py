"""What volunteers are reminded of before a morning and asked after it: once each, in its time, and not what they just heard."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools.core.errors import RuleBroken
from schools.models import Area, ClosedPeriod, Cover, MessageAbout, OutboxMessage, Session, Visit, Volunteer
from schools.visits.actions import assign_all, claim
from schools.visits.actions.bulk import chase_outcomes
from schools.visits.actions.undoable import held
from schools.visits.queries import VisitDay
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, UserFactory, able_volunteer, manager
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
BEFORE = ("two-days", "evening")


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


@pytest.fixture
def session(area: Area) -> Session:
    school = SchoolFactory(area=area, name="Oak Primary")
    made: Session = SessionFactory(visit__school=school, visit__coordinator=manager(), day=DAY)
    return made


@pytest.fixture
def cover(session: Session, volunteer: Volunteer) -> Cover:
    """They are down for it since before anybody changed anything."""
    made: Cover = CoverFactory(session=session, volunteer=volunteer)
    return made


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 12, 1, hour, minute, tzinfo=UTC) + timedelta(days=day - 1)


def moments_of(kind: str, *moments: tuple[int, int, int]) -> list[tuple[int, int, int]]:
    """At which of these moments (day, hour, minute) a kind is due."""
    return [moment for moment in moments if drafts(kind, at(*moment))]


def test_they_are_reminded_two_days_before_and_the_evening_before_by_day_only(cover: Cover) -> None:
    first_day = ((1, 7, 15), (1, 7, 45), (1, 19, 45), (1, 20, 15))
    second_day = ((2, 7, 15), (2, 7, 45), (2, 16, 45), (2, 17, 15), (2, 19, 45), (2, 20, 15), (3, 7, 45))
    assert moments_of("two-days", *first_day, *second_day) == [(1, 7, 45), (1, 19, 45), (2, 7, 45), (2, 16, 45)]
    assert moments_of("evening", *first_day, *second_day) == [(2, 17, 15), (2, 19, 45)]


def test_nobody_is_reminded_to_go_who_may_not_be_there(cover: Cover, volunteer: Volunteer) -> None:
    assert drafts("evening", at(2, 17, 15))
    Volunteer.objects.filter(pk=volunteer.pk).update(status="paused")
    assert drafts("evening", at(2, 17, 15)) == []
    Volunteer.objects.filter(pk=volunteer.pk).update(status="active")
    volunteer.clearances.update(withdrawn_on=DAY)
    assert [drafts(kind, at(2, 17, 15)) for kind in BEFORE] == [[], []]


def test_each_reminder_is_one_mail_for_all_of_a_day(cover: Cover, volunteer: Volunteer) -> None:
    other = SessionFactory(visit__school=SchoolFactory(name="Ash Primary"), day=DAY, starts=time(14), ends=time(15))
    CoverFactory(session=other, volunteer=volunteer)
    for now in (at(1, 9), at(1, 12), at(2, 10), at(2, 17), at(2, 19)):
        tell_and_send(now, kinds=BEFORE)
    assert [message.subject for message in mail.outbox] == [
        "In two days: Oak Primary, Thu 3 December 2026, and more",
        "Tomorrow: Oak Primary, Thu 3 December 2026, and more",
    ]
    assert "Ash Primary, Thu 3 December 2026\n- 2:00–3:00 pm: KS2 assembly" in mail.outbox[0].body
    assert "\n\nSee all of them:\n" in mail.outbox[0].body


def test_what_the_school_has_not_agreed_to_is_reminded_of_with_that_word(cover: Cover, session: Session) -> None:
    words = "The school hasn’t agreed to the day yet."
    for stage, says in (("planned", True), ("confirmed", False)):
        Visit.objects.update(stage=stage, agreed_on=DAY if stage == "confirmed" else None)
        [draft] = drafts("evening", at(2, 18))
        _, body = draft.write()
        assert (words in body) is says


def test_what_is_late_says_tomorrow_and_not_in_two_days(cover: Cover) -> None:
    tell_and_send(at(2, 8), kinds=BEFORE)
    assert [message.subject for message in mail.outbox] == ["Tomorrow: Oak Primary, Thu 3 December 2026"]


@pytest.mark.parametrize("state", ["offered", "declined", "withdrawn"])
def test_only_those_who_said_yes_are_reminded(cover: Cover, state: str) -> None:
    Cover.objects.update(state=state)
    assert drafts("evening", at(2, 18)) == []


def test_what_was_taken_or_told_inside_the_window_is_not_repeated(session: Session, volunteer: Volunteer) -> None:
    claim(VisitDay(session.visit, DAY), volunteer, role="presenter", by=volunteer.user or UserFactory(), now=at(1, 10))
    assert drafts("two-days", at(1, 11)) == []
    assert drafts("evening", at(2, 18)) != []
    Cover.objects.all().delete()
    MessageAbout.objects.all().delete()
    assign_all(VisitDay(session.visit, DAY), volunteer, role="presenter", by=manager(), now=at(2, 17))
    tell(at(2, 17))
    MessageAbout.objects.filter(message=None).delete()
    assert drafts("evening", at(2, 18)) == [], "the mail that says so is on its way"


def test_a_word_on_the_phone_in_the_three_days_before_takes_the_reminders_place(cover: Cover) -> None:
    Cover.objects.update(news="assigned", told_at=at(2, 17) - timedelta(days=3))
    assert drafts("evening", at(2, 18)) == []
    Cover.objects.update(told_at=at(2, 17) - timedelta(days=3, minutes=1))
    assert len(drafts("evening", at(2, 18))) == 1


def test_they_are_asked_an_hour_after_the_end_and_once_more_two_days_later(cover: Cover, session: Session) -> None:
    SessionFactory(visit=session.visit, day=DAY, starts=time(14), ends=time(14, 30))
    # It ends at 9:45. The later session is somebody else’s.
    moments = ((3, 10, 30), (3, 10, 45), (3, 20, 15), (5, 8, 45), (5, 9, 15), (7, 19, 45), (8, 8, 45), (8, 9, 15))
    assert moments_of("outcome", *moments) == [(3, 10, 45), (5, 8, 45)]
    assert moments_of("outcome-again", *moments) == [(5, 9, 15), (7, 19, 45), (8, 8, 45)]
    for day in (3, 4, 5, 6, 7):
        tell_and_send(at(day, 16), kinds=["outcome", "outcome-again"])
    assert [message.subject for message in mail.outbox] == ["How did it go? Oak Primary, Thu 3 December 2026"] * 2
    assert f"/mornings/{session.visit_id}/2026-12-03/outcome/" in mail.outbox[0].body


def test_what_was_reported_is_asked_of_nobody(cover: Cover, session: Session) -> None:
    tell(at(3, 11), kinds=["outcome"])
    assert OutboxMessage.objects.count() == 1
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=at(3, 11))
    assert tell_and_send(at(3, 12), kinds=["outcome"]) == 0
    assert not OutboxMessage.objects.exists()


def chases(sessions: list[int], now: datetime) -> int:
    """How many people somebody in the office asks about these sessions."""
    try:
        batch = held(lambda: chase_outcomes(sessions, by=manager(), now=now), now=now)
    except RuleBroken:
        return 0
    return len(batch.messages or ())


@pytest.fixture
def two_sessions(cover: Cover, area: Area, volunteer: Volunteer) -> list[int]:
    other = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 12, 2))
    CoverFactory(session=other, volunteer=volunteer)
    return [cover.session_id, other.pk]


def test_the_office_asks_each_person_with_one_mail_and_the_program_not_as_well(two_sessions: list[int]) -> None:
    assert drafts("outcome-again", at(5, 10)) != []
    assert chases(two_sessions, at(4, 15)) == 1
    assert [drafts("outcome-again", at(day, 10)) for day in (5, 6, 7)] == [[], [], []]
    assert drafts("outcome-again", at(8, 8)) != [], "that was four days ago"
    assert tell_and_send(at(4, 15, 2), kinds=[]) == 1
    assert [mail.outbox[0].body.count(words) for words in ("Hello Asha", "KS2 assembly")] == [1, 2]


def test_a_mail_of_the_office_leaves_out_what_was_reported_before_it_went(two_sessions: list[int]) -> None:
    chases(two_sessions, at(4, 15))
    Session.objects.filter(pk=two_sessions[0]).update(stage="delivered", went_ahead="yes", recorded_at=at(4, 15))
    assert tell_and_send(at(4, 15, 2), kinds=[]) == 1
    assert "Oak Primary" not in mail.outbox[0].body
    chases(two_sessions[1:], at(5, 15))
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=at(5, 15))
    assert tell_and_send(at(5, 15, 2), kinds=[]) == 0


def test_nobody_is_asked_by_the_office_twice_a_day_about_one_session(two_sessions: list[int]) -> None:
    assert chases(two_sessions[:1], at(4, 15)) == 1
    assert chases(two_sessions, at(4, 16)) == 1
    assert chases(two_sessions, at(4, 17)) == 0
    tell_and_send(at(4, 17), kinds=[])
    assert [message.body.count("KS2 assembly") for message in mail.outbox] == [1, 1]
    assert chases(two_sessions, at(5, 9)) == 1


def test_nobody_is_asked_of_what_was_signed_off_since_not_even_by_a_mail_that_waits(
    cover: Cover, session: Session, area: Area
) -> None:
    tell(at(3, 11), kinds=["outcome"])
    chases([session.pk], at(4, 15))
    assert set(OutboxMessage.objects.values_list("kind", flat=True)) == {"outcome", "chase"}
    ClosedPeriod.objects.create(area=area, first_day=DAY, last_day=DAY)
    assert tell_and_send(at(5, 10), kinds=["outcome", "outcome-again"]) == 0
    assert [drafts(kind, at(5, 10)) for kind in ("outcome", "outcome-again")] == [[], []]
    assert mail.outbox == []
