"""What one party is told takes nothing from another: a reader of two schools, and who was told of another day of the visit."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core import mail

from schools import models
from schools.models import Headcount, MessageAbout, Visit
from schools.visits.actions import ask_to_observe, cancel_session
from schools.visits.actions.moving import move, plan_move
from schools.visits.actions.undoing import undo
from schools.visits.queries import VisitDay
from schools.visits.rules import Slot
from tests.factories import AreaFactory, CoverFactory, HeadcountFactory, SessionFactory, able_volunteer, manager
from tests.news import drafts, tell_and_send
from tests.visits.reminded import DAY, PACK, agreed_at, at, school_of, took_place

pytestmark = pytest.mark.django_db

BEFORE = (PACK, "school-week", "school-day-before")
EARLIER = date(2026, 12, 10)


def test_who_reads_for_the_host_and_for_a_guest_gets_one_mail_with_what_each_needs() -> None:
    visit, guest = agreed_at(school_of("Oak Primary"), expected=58), school_of("Fern Primary")
    first = visit.sessions.get()
    second = SessionFactory(visit=visit, day=DAY, starts=time(13), ends=time(14))
    for session in (first, second):
        HeadcountFactory(session=session, school=guest, year_group=3, expected=9)
    for kind in BEFORE:
        (draft,) = drafts(kind, at(kind))
        assert [draft.body.count(f"- {each.when}: ") for each in (first, second)] == [2, 2], "as host and as guest"
        assert f"({visit.reference}, {guest})" in draft.body
    took_place(visit)
    Headcount.objects.filter(school=guest).update(pupils=9)
    (thanks,) = drafts("school-thanks", at("school-thanks"))
    assert [thanks.body.count(words) for words in ("have us again?", ": 21\n", ": 9\n")] == [1, 1, 2]


def cancelled_at_night(visit: Visit) -> None:
    """The other day of the visit is cancelled at nine in the evening, so that both sides read of it in the morning."""
    other = visit.sessions.exclude(day=EARLIER).get()
    cancel_session(other, code="other", note="", by=manager(), now=datetime(2026, 12, 8, 21, tzinfo=UTC))
    assert tell_and_send(datetime(2026, 12, 9, 8, tzinfo=UTC), kinds=["visits", "mornings"]) > 0


def test_a_school_that_was_told_of_another_day_is_reminded_of_tomorrow_all_the_same() -> None:
    visit = agreed_at(school_of("Oak Primary"), EARLIER)
    SessionFactory(visit=visit, day=DAY)
    MessageAbout.objects.all().delete()
    cancelled_at_night(visit)
    assert "Thu 17 December 2026" in str(mail.outbox[-1].body)
    (reminder,) = drafts("school-day-before", datetime(2026, 12, 9, 9, tzinfo=UTC))
    assert "Thu 10 December 2026" in reminder.body


def test_a_school_that_was_told_that_a_later_day_moves_is_asked_a_week_before_the_first_all_the_same() -> None:
    visit, by = agreed_at(school_of("Oak Primary"), EARLIER), manager()
    later = SessionFactory(visit=visit, day=DAY)
    MessageAbout.objects.all().delete()
    week_before = datetime(2026, 12, 3, 9, tzinfo=UTC)
    to = {later.pk: Slot(DAY + timedelta(days=1), later.starts, later.ends)}
    move(visit, to, seen=plan_move(visit, to, by=by, now=week_before).digest, by=by, now=week_before)
    assert tell_and_send(week_before, kinds=["visits"]) == 1
    (question,) = drafts("school-week", week_before + timedelta(hours=1))
    assert "Thu 10 December 2026" in question.body
    first = visit.sessions.get(day=EARLIER)
    to = {first.pk: Slot(EARLIER, time(10), time(11))}
    move(visit, to, seen=plan_move(visit, to, by=by, now=week_before).digest, by=by, now=week_before)
    assert tell_and_send(week_before + timedelta(hours=2), kinds=["visits"]) == 1
    assert drafts("school-week", week_before + timedelta(hours=3)) == [], "of that day they have just heard"


def test_a_volunteer_who_was_told_of_another_day_is_reminded_of_tomorrow_all_the_same() -> None:
    area = AreaFactory()
    visit = agreed_at(school_of("Oak Primary", area=area), EARLIER)
    SessionFactory(visit=visit, day=DAY)
    volunteer = able_volunteer(area, signs_in=True, name="Asha Rao")
    for session in visit.sessions.all():
        CoverFactory(session=session, volunteer=volunteer)
    evening = datetime(2026, 12, 9, 18, tzinfo=UTC)
    cancel_session(visit.sessions.get(day=DAY), code="other", note="", by=manager(), now=evening)
    assert tell_and_send(evening, kinds=["mornings"]) == 1
    (reminder,) = drafts("evening", evening)
    assert "Thu 10 December 2026" in reminder.body + reminder.subject


def test_who_asked_to_watch_what_is_cancelled_is_told_so_once() -> None:
    area = AreaFactory()
    session = SessionFactory(visit__school=school_of("Oak Primary", area=area), visit__coordinator=manager(), day=DAY)
    trainee = able_volunteer(area, signs_in=True, name="Asha Rao")
    now = datetime(2026, 12, 8, 9, tzinfo=UTC)
    assert trainee.user
    ask_to_observe(VisitDay(session.visit, DAY), trainee, by=trainee.user, now=now)
    assert tell_and_send(now, kinds=["mornings"]) == 0
    cancel_session(session, code="weather", note="", by=manager(), now=now + timedelta(hours=1))
    later = now + timedelta(hours=2)
    assert [tell_and_send(later, kinds=["mornings"]) for _ in range(2)] == [1, 0]
    assert mail.outbox[-1].to == [trainee.user.email]
    assert mail.outbox[-1].subject.startswith("Cancelled")
    undo(models.Batch.objects.latest("pk"), by=manager(), now=later + timedelta(minutes=5))
    assert tell_and_send(later + timedelta(minutes=10), kinds=["mornings"]) == 1
    assert "You asked to watch it, and we shall answer you." in str(mail.outbox[-1].body)
