"""What people are told follows from what is true and what they know: nothing taken back, nothing twice, nothing at night."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from schools.charity.queries import kept_for_one_request
from schools.messages import actions, kinds
from schools.messages.actions import deliver_due
from schools.messages.tries import bring_back
from schools.models import Area, Batch, MessageAbout, OutboxMessage, Session, User, Volunteer
from schools.visits.actions import (
    assign_all,
    cancel_day,
    cancel_session,
    cancel_visit,
    claim,
    decline,
    offer,
    swap,
    take_off,
    withdraw,
)
from schools.visits.actions.notifications import mark_told
from schools.visits.actions.undoing import undo
from schools.visits.kinds import mornings_by_phone
from schools.visits.queries import VisitDay
from schools.visits.queries.notifications import as_read
from tests.factories import (
    AreaFactory,
    CoverFactory,
    SchoolFactory,
    SessionFactory,
    UserFactory,
    able_volunteer,
    coordinator_of,
    manager,
)
from tests.news import NEWS, tell, tell_and_send, unanswered

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 3)
EVENING = datetime(2026, 11, 24, 20, 15, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 7, 30, tzinfo=UTC)


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao")


@pytest.fixture
def session(area: Area) -> Session:
    made: Session = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=manager(), day=DAY)
    return made


def day_of(session: Session) -> VisitDay:
    return VisitDay(session.visit, session.day)


def subjects() -> list[str]:
    return [message.subject.split(":")[0] for message in mail.outbox]


def is_on(volunteer: Volunteer, session: Session) -> None:
    """They are on it since before anybody changed anything."""
    CoverFactory(session=session, volunteer=volunteer)


def test_what_was_taken_back_before_the_mail_went_out_is_never_told(
    session: Session, volunteer: Volunteer, now: datetime
) -> None:
    by = manager()
    is_on(volunteer, session)
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    tell(now)
    assert OutboxMessage.objects.get().subject.startswith("Cancelled")
    undo(Batch.objects.get(), by=by, now=now)
    assert tell_and_send(now) == 0
    assert not OutboxMessage.objects.exists()


def test_what_was_taken_back_after_the_mail_went_out_is_told_once(session: Session, volunteer: Volunteer, now: datetime) -> None:
    by = manager()
    is_on(volunteer, session)
    for _ in range(2):
        cancel_visit(session.visit, code="weather", note="", by=by, now=now)
        assert tell_and_send(now) == 1
        assert tell_and_send(now) == 0
        undo(Batch.objects.latest("pk"), by=by, now=now)
        assert tell_and_send(now) == 1
    assert subjects() == ["Cancelled", "It takes place after all"] * 2
    assert "You’re down for it again." in mail.outbox[1].body


def test_a_day_that_is_snowed_off_at_two_schools_is_one_mail(area: Area, volunteer: Volunteer, now: datetime) -> None:
    sessions = [
        SessionFactory(visit__school=SchoolFactory(area=area, name=name), day=DAY, starts=time(hour), ends=time(hour, 30))
        for name, hour in (("Ash Primary", 9), ("Ash Primary", 10), ("Oak Primary", 13))
    ]
    for session in sessions:
        is_on(volunteer, session)
    cancel_day(DAY, [session.pk for session in sessions], code="weather", note="", by=manager(), now=now)
    assert tell_and_send(now) == 1
    body = mail.outbox[0].body
    assert [body.count(words) for words in ("Ash Primary", "Oak Primary", "9:00–9:30", "1:00–1:30", "Hello Asha")] == [
        2,
        1,
        1,
        1,
        1,
    ]


def test_at_night_nobody_is_written_to_and_in_the_morning_it_is_asked_again(session: Session, volunteer: Volunteer) -> None:
    by = manager()
    offer(day_of(session), volunteer, role="presenter", by=by, now=EVENING)
    assert tell(EVENING) == 0
    assert tell(MORNING - timedelta(minutes=1)) == 0
    assert tell_and_send(MORNING) == 1
    assert subjects() == [f"Could you go to {session.visit.school}, Thu 3 December 2026?"]
    cancel_visit(session.visit, code="weather", note="", by=by, now=EVENING)
    undo(Batch.objects.get(), by=by, now=EVENING)
    assert tell(MORNING) == 0


def test_a_message_that_waited_into_the_night_goes_in_the_morning(session: Session, volunteer: Volunteer) -> None:
    offer(day_of(session), volunteer, role="presenter", by=manager(), now=EVENING)
    tell(EVENING.replace(hour=19))
    assert deliver_due(clock=lambda: EVENING) == (0, 0)
    assert tell_and_send(MORNING) == 1


def test_what_begins_within_36_hours_is_told_at_night_too(volunteer: Volunteer, area: Area) -> None:
    near = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 11, 26), starts=time(8), ends=time(8, 30))
    is_on(volunteer, near)
    cancel_visit(near.visit, code="weather", note="", by=manager(), now=EVENING)
    assert tell(EVENING - timedelta(minutes=16)) == 1, "36 hours and a minute before, but not yet quiet"
    OutboxMessage.objects.all().delete()
    MessageAbout.objects.exclude(known_by="before").delete()
    assert tell(EVENING) == 1


def test_who_takes_a_morning_at_night_has_it_confirmed_at_once(session: Session, volunteer: Volunteer) -> None:
    claim(day_of(session), volunteer, role="presenter", by=volunteer.user or UserFactory(), now=EVENING)
    assert tell_and_send(EVENING) == 1
    assert subjects() == [f"You’re down for {session.visit.school}, Thu 3 December 2026"]


def test_what_stood_before_anybody_changed_anything_is_told_to_nobody(
    session: Session, volunteer: Volunteer, area: Area, now: datetime
) -> None:
    is_on(volunteer, session)
    newcomer = able_volunteer(area, signs_in=True)
    assert tell(now) == 0
    claim(day_of(session), newcomer, role="presenter", by=newcomer.user or UserFactory(), now=now)
    assert tell_and_send(now) == 1
    assert mail.outbox[0].to == [newcomer.user.email]  # type: ignore[union-attr]  # they sign in


def test_who_was_told_on_the_phone_gets_no_mail(session: Session, volunteer: Volunteer, now: datetime) -> None:
    is_on(volunteer, session)
    by = manager()
    cancel_visit(session.visit, code="weather", note="", by=by, now=now)
    tell(now)
    cover = session.covers.get()
    assert mark_told(covers={cover.pk: as_read(cover)}, by=by, now=now) == 1
    assert tell_and_send(now) == 0
    undo(Batch.objects.get(), by=by, now=now)
    assert tell_and_send(now) == 1, "they were told that it is off, so they are told that it is on"


def test_another_address_gets_what_the_old_one_was_to_get(session: Session, volunteer: Volunteer, now: datetime) -> None:
    offer(day_of(session), volunteer, role="presenter", by=manager(), now=now)
    tell(now)
    User.objects.filter(pk=volunteer.user_id or 0).update(email="asha@new.example.org")
    assert tell_and_send(now) == 1
    assert [message.to for message in mail.outbox] == [["asha@new.example.org"]]
    assert tell_and_send(now) == 0


def test_the_words_are_those_of_the_moment_at_which_it_is_sent(session: Session, volunteer: Volunteer, now: datetime) -> None:
    offer(day_of(session), volunteer, role="presenter", by=manager(), now=now)
    tell(now)
    session.visit.school.name = "Elm Academy"
    session.visit.school.save()
    tell_and_send(now)
    assert "Elm Academy" in mail.outbox[0].body
    assert "Elm Academy" in OutboxMessage.objects.get().body


def test_a_swap_that_is_declined_or_taken_is_told_to_both(
    session: Session, volunteer: Volunteer, area: Area, now: datetime
) -> None:
    is_on(volunteer, session)
    me, ben = volunteer.user or UserFactory(), able_volunteer(area, signs_in=True, name="Ben Cole")
    his = ben.user or UserFactory()
    swap(day_of(session), volunteer, ben, by=me, now=now)
    assert tell_and_send(now) == 1
    decline(day_of(session), ben, by=his, now=now)
    assert tell_and_send(now) == 1
    now += timedelta(hours=1)
    swap(day_of(session), volunteer, ben, by=me, now=now)
    assert tell_and_send(now) == 1
    claim(day_of(session), ben, role="presenter", by=his, now=now)
    assert tell_and_send(now) == 2
    assert [subject.split(":")[0].split(",")[0] for subject in subjects()] == [
        f"Could you go instead of Asha? {session.visit.school}",
        "Ben can’t take your place",
        f"Could you go instead of Asha? {session.visit.school}",
        *sorted(["Ben goes instead of you", f"You’re down for {session.visit.school}"], key=lambda words: words[0] != "B"),
    ]


def test_a_kind_that_breaks_takes_no_other_with_it(
    session: Session, volunteer: Volunteer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks(*_: object) -> None:
        raise ValueError("a kind that breaks")

    broken = kinds.Kind("broken", "Broken", breaks, breaks, breaks, breaks)  # type: ignore[arg-type]  # never gets so far
    monkeypatch.setattr(kinds, "_kinds", {"broken": broken, **kinds._kinds})
    is_on(volunteer, session)
    withdraw(day_of(session), volunteer, by=volunteer.user or UserFactory(), now=now)
    assert tell_and_send(now) == 1
    assert subjects() == ["Needs people"]


def test_a_coordinator_is_not_told_of_what_they_did_and_nobody_of_a_place_that_is_taken_again(
    session: Session, volunteer: Volunteer, now: datetime
) -> None:
    is_on(volunteer, session)
    withdraw(day_of(session), volunteer, by=volunteer.user or UserFactory(), now=now)
    tell(now)
    assert OutboxMessage.objects.filter(subject__startswith="Needs people").count() == 1
    coordinator = session.visit.coordinator
    assert coordinator is not None
    assign_all(day_of(session), volunteer, role="presenter", by=coordinator, now=now)
    assert tell_and_send(now) == 1
    assert subjects() == [f"You’re down for {session.visit.school}, Thu 3 December 2026"]


def test_what_waits_in_the_outbox_is_not_said_once_more_by_the_next_mail(
    session: Session, volunteer: Volunteer, area: Area, now: datetime
) -> None:
    next_day = DAY + timedelta(days=1)
    other: Session = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=manager(), day=next_day)
    for asked_of in (session, other):
        offer(day_of(asked_of), volunteer, role="presenter", by=manager(), now=now)
        assert tell(now) == 1
    spoken = MessageAbout.objects.filter(message__isnull=False).order_by("message_id")
    assert list(spoken.values_list("visit", flat=True)) == [session.visit_id, other.visit_id]


def test_all_that_is_due_is_asked_in_the_same_number_of_queries_whatever_there_is(area: Area, now: datetime) -> None:
    numbers = []
    for number in (2, 6):
        for _ in range(number):
            session = SessionFactory(visit__school=SchoolFactory(area=area), visit__coordinator=coordinator_of(area), day=DAY)
            offer(day_of(session), able_volunteer(area, signs_in=True), role="presenter", by=manager(), now=now)
            gone = able_volunteer(area, signs_in=True)
            is_on(gone, session)
            withdraw(day_of(session), gone, by=gone.user or UserFactory(), now=now)
        numbers.append(number)
        with CaptureQueriesContext(connection) as queries, kept_for_one_request():
            drafts = [draft for kind in kinds.all_kinds() if kind.name in NEWS for draft in kind.due(now, None)]
        assert len(drafts) == 2 * sum(numbers)
        assert len(queries) == 13


def test_who_took_a_morning_is_told_that_it_is_off_although_no_mail_had_confirmed_it(
    session: Session, volunteer: Volunteer, area: Area, now: datetime
) -> None:
    asked = able_volunteer(area, signs_in=True)
    claim(day_of(session), volunteer, role="presenter", by=volunteer.user or UserFactory(), now=now)
    offer(day_of(session), asked, role="presenter", by=manager(), now=now)
    cancel_visit(session.visit, code="weather", note="", by=manager(), now=now)
    assert tell_and_send(now) == 1, "who was asked and never knew of it is told nothing"
    assert (mail.outbox[0].to, subjects()) == ([volunteer.user.email], ["Cancelled"])  # type: ignore[union-attr]  # they sign in


def test_who_may_not_have_got_a_mail_that_was_ended_is_told_what_is_true_now(
    session: Session, volunteer: Volunteer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = manager()
    is_on(volunteer, session)
    take_off(day_of(session), volunteer, by=by, now=now)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", unanswered)
        tell_and_send(now)
    message = OutboxMessage.objects.get(kind="mornings")
    Session.objects.update(day=date(2026, 12, 10))
    assert tell(now) == 0, "it counts as known, until somebody decides about it"
    actions.send_again(message.pk, now=now)
    assert tell_and_send(now) == 0, "it names the old day"
    assert tell_and_send(now) == 1
    assert "not expected there" in mail.outbox[0].body
    assert tell_and_send(now) == 0


@pytest.mark.parametrize("is_phoned", [False, True])
def test_what_came_back_after_other_news_had_been_heard_is_told_anew(
    session: Session, volunteer: Volunteer, now: datetime, is_phoned: bool
) -> None:
    other: Session = SessionFactory(visit=session.visit, day=DAY, starts=time(13, 5), ends=time(13, 35))
    by = manager()
    offer(day_of(session), volunteer, role="presenter", by=by, now=now)
    assert tell_and_send(now) == 1
    cancel_session(session, code="weather", note="", by=by, now=now)
    if is_phoned:
        cover = session.covers.get()
        mark_told(covers={cover.pk: as_read(cover)}, by=by, now=now)
    assert tell_and_send(now) == (0 if is_phoned else 1)
    invited = OutboxMessage.objects.order_by("pk")[0]
    bring_back(invited, "550 no such person", row=None, is_lifted=False, now=now)
    User.objects.filter(pk=volunteer.user_id or 0).update(email="asha@new.example.org")
    assert tell_and_send(now) == 1, "nobody knows that they are asked to come at five past one"
    assert mail.outbox[-1].to == ["asha@new.example.org"]
    assert "1:05" in mail.outbox[-1].body
    assert "9:15" not in mail.outbox[-1].body
    assert tell_and_send(now) == 0
    assert other.covers.get().state == "offered"


@pytest.mark.parametrize("signs_in", [True, False])
def test_what_came_back_with_other_news_is_told_anew_where_the_other_holds_no_more(
    session: Session, volunteer: Volunteer, area: Area, now: datetime, signs_in: bool
) -> None:
    other: Session = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 12, 4))
    by = manager()
    is_on(volunteer, session)
    cancel_session(session, code="weather", note="", by=by, now=now)
    offer(day_of(other), volunteer, role="presenter", by=by, now=now)
    assert tell_and_send(now) == 1, "one mail about both"
    both = OutboxMessage.objects.get(kind="mornings")
    bring_back(both, "552 mailbox full", row=None, is_lifted=False, now=now)
    cancel_session(other, code="weather", note="", by=by, now=now)
    mail.outbox.clear()
    later = now + timedelta(hours=1)
    actions.send_again(both.pk, now=later)
    deliver_due(clock=lambda: later)
    if not signs_in:
        Volunteer.objects.filter(pk=volunteer.pk).update(user=None)
        [to_phone] = mornings_by_phone(later, [session.visit_id, other.visit_id])
        assert to_phone.subject.startswith("Cancelled: ")
        return
    for _ in range(2):
        tell_and_send(later)
    [message] = mail.outbox
    assert message.subject.startswith("Cancelled: ")
    assert "3 December" in message.body
    assert "4 December" not in message.body, "of that they never heard"


def test_news_without_an_answer_goes_again_as_it_was_where_what_came_back_before_it_ended(
    session: Session, volunteer: Volunteer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other: Session = SessionFactory(visit=session.visit, day=DAY, starts=time(13, 5), ends=time(13, 35))
    by = manager()
    for each in (session, other):
        is_on(volunteer, each)
    for each in (session, other):
        cancel_session(each, code="weather", note="", by=by, now=now)
        assert tell_and_send(now) == 1
    came_back = OutboxMessage.objects.order_by("pk")[0]
    bring_back(came_back, "552 mailbox full", row=None, is_lifted=False, now=now)
    with monkeypatch.context() as patched:
        patched.setattr(actions, "send", unanswered)
        tell_and_send(now)
    anew = OutboxMessage.objects.order_by("pk")[2]
    mail.outbox.clear()
    for message in (came_back, anew):
        actions.send_again(message.pk, now=now)
    for _ in range(2):
        tell_and_send(now)
    [message_again] = mail.outbox
    assert message_again.extra_headers["Message-ID"] == anew.message_id
    assert "9:15" in message_again.body
