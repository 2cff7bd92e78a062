"""What schools are told of online sessions: on which days they may show them, and never that somebody comes."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from pytest_django.fixtures import Settings

from schools.messages import sms_ports
from schools.models import Contact, School, Session, SessionType
from schools.visits.actions import cancel_session
from schools.visits.actions.bulk import confirm_many
from schools.visits.actions.editing import as_stored, change_session
from schools.visits.actions.moving import move, plan_move
from schools.visits.queries.notifications import people_to_tell
from schools.visits.queries.phone_lines import it_was
from schools.visits.rules import Slot
from tests.factories import (
    AreaFactory,
    CoverFactory,
    HeadcountFactory,
    SchoolFactory,
    SessionFactory,
    able_volunteer,
    manager,
)
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2026, 12, 7), date(2026, 12, 18)
"""The window: from a Monday to a Friday."""
DAYS = "Mon 7 December 2026 – Fri 18 December 2026"
NUMBER = "+447400123458"


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


@pytest.fixture
def school() -> School:
    made: School = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=made, name="Nia Head", email="nia@oak.example.org")
    return made


@pytest.fixture(params=[0, 1], ids=["by itself", "with us on the screen"])
def online(request: pytest.FixtureRequest, school: School) -> Session:
    """An agreed visit at which the school shows an assembly on a screen, by itself or with one of us there; nobody comes."""
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2), "visit__coordinator": manager()}
    SessionType.objects.filter(slug="online-ks2").update(presenters=request.param)
    of_type = SessionType.objects.get(slug="online-ks2")
    made: Session = SessionFactory(visit__school=school, day=FIRST, until_day=LAST, type=of_type, **agreed)
    HeadcountFactory(session=made, school=school, year_group=4, expected=58)
    return made


def with_an_assembly(online: Session) -> Session:
    """Somebody comes on a day of the window."""
    made: Session = SessionFactory(visit=online.visit, day=date(2026, 12, 16))
    return made


def test_what_is_agreed_names_the_window_that_its_calendar_holds_and_says_that_nobody_comes(online: Session) -> None:
    online.visit.stage = "planned"
    online.visit.save()
    now = at(date(2026, 11, 24))
    confirm_many([online.visit_id], agreed_on=now.date(), agreed_with="", by=manager(), now=now)
    assert tell_and_send(now) == 1
    (sent,) = mail.outbox
    assert sent.subject == f"To show online: Oak Primary, {DAYS}"
    assert f"- {DAYS}: Online KS2 assembly" in sent.body
    assert [words in sent.body for words in ("nobody of Speakout comes", "is coming", "9:15", "room with")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert "Please prepare a screen and sound" in sent.body


def test_news_of_a_mixed_visit_says_of_each_session_what_is_true_of_it(online: Session) -> None:
    online.visit.stage = "planned"
    online.visit.save()
    with_an_assembly(online)
    now = at(date(2026, 11, 24))
    confirm_many([online.visit_id], agreed_on=now.date(), agreed_with="", by=manager(), now=now)
    tell_and_send(now)
    (sent,) = mail.outbox
    to_show, to_come = sent.body.split("Speakout is coming, as we have agreed:")
    assert "Online KS2 assembly" in to_show
    assert "Online" not in to_come
    assert "Wed 16 December 2026, 9:15–9:45 am: KS2 assembly" in to_come
    assert "Please prepare a room" in to_come


def test_a_window_that_moves_is_told_with_its_days(online: Session) -> None:
    by, now = manager(), at(date(2026, 11, 24))
    to = {online.pk: Slot(date(2026, 12, 14), online.starts, online.ends)}
    move(online.visit, to, seen=plan_move(online.visit, to, by=by, now=now).digest, by=by, now=now)
    tell_and_send(now)
    (sent,) = mail.outbox
    assert sent.subject.startswith("Online, on other days: ")
    assert f"- Mon 14 December 2026 – Fri 25 December 2026 (it was from {DAYS}): Online" in sent.body


def test_before_it_the_school_reads_what_it_needs_and_nobody_says_that_they_come(online: Session) -> None:
    (pack,), (week,) = drafts("school-pack", at(date(2026, 11, 25))), drafts("school-week", at(date(2026, 12, 1)))
    assert pack.subject == f"Before you show it: Oak Primary, {DAYS}"
    assert "Nobody of Speakout comes:" in pack.body
    assert "act as your own policy says" in pack.body
    assert not any(words in pack.body for words in ("checked under", "before Speakout comes", "we tell"))
    assert "Soon you can show this to your pupils online." in week.body
    assert "We are coming" not in week.body
    assert not any(drafts("school-day-before", at(day)) for day in (date(2026, 12, 4), date(2026, 12, 17)))


def test_another_end_of_a_window_is_told_by_mail_and_to_whoever_has_to_phone(online: Session) -> None:
    by, now, until = manager(), at(date(2026, 11, 24)), date(2026, 12, 11)
    expected = {online.visit.school: {count.year_group: count.expected for count in online.headcounts.all()}}
    kept: dict[str, Any] = {"room": online.room, "language": online.language, "expected": expected}
    change_session(online, until_day=until, seen=as_stored(online), by=by, now=now, **kept)
    (row,) = people_to_tell(by, on=now.date())
    assert row.school
    assert "is now on Mon 7 December 2026 – Fri 11 December 2026." in row.school.text
    tell_and_send(now)
    (sent,) = mail.outbox
    assert sent.subject.startswith("Online, on other days: ")
    assert f"- Mon 7 December 2026 – Fri 11 December 2026 (it was from {DAYS}): " in sent.body
    assert tell_and_send(now) == 0


def test_before_a_mixed_visit_only_those_are_announced_who_come(online: Session) -> None:
    with_an_assembly(online)
    (pack,) = drafts("school-pack", at(date(2026, 11, 25)))
    assert "checked under" in pack.body
    assert f"- {DAYS}: Online KS2 assembly (online, nobody comes)" in pack.body
    assert drafts("school-week", at(date(2026, 12, 1))) == []
    (week,) = drafts("school-week", at(date(2026, 12, 9)))
    assert "We are coming soon." in week.body
    assert drafts("school-day-before", at(date(2026, 12, 4))) == []
    (before,) = drafts("school-day-before", at(date(2026, 12, 15)))
    assert "Online" not in before.body


def test_afterwards_nobody_is_asked_about_people_who_did_not_come(online: Session) -> None:
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=at(LAST, 15))
    online.headcounts.update(pupils=55)
    (thanks,) = drafts("school-thanks", at(date(2026, 12, 21)))
    assert "Thank you for having shown this to your pupils." in thanks.body
    assert "- Online KS2 assembly: 55" in thanks.body
    assert "the people who came" not in thanks.body
    assert "Four questions" in thanks.body
    assert "2. Did you know beforehand" in thanks.body
    assert tell_and_send(at(date(2026, 12, 21)), kinds=["school-thanks"]) == 1
    (again,) = drafts("school-thanks-again", at(date(2026, 12, 31), 10))
    assert again.subject == f"How was the online session? Oak Primary, {DAYS}"
    assert "the people who came" not in again.body


def test_the_sms_of_a_cancelled_window_names_its_days_and_no_visit(online: Session, school: School, settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    sms_ports.taken.clear()
    school.contacts.update(phone=NUMBER, sms_number=NUMBER, sms_since=at(date(2026, 11, 1)))
    now = at(date(2026, 12, 6))
    cancel_session(online, code="school", note="", by=manager(), now=now)
    tell_and_send(now)
    assert [(to, words.splitlines()[0]) for to, words in sms_ports.taken] == [
        (NUMBER, "The online session is cancelled: Oak Primary, Mon 7 Dec - Fri 18 Dec")
    ]
    assert mail.outbox[0].subject == f"The online session is cancelled: Oak Primary, {DAYS}"
    assert f"- {DAYS}: Online KS2 assembly" in mail.outbox[0].body


def test_what_the_school_shows_by_itself_from_that_day_on_makes_no_part_of_a_visit_to_which_nobody_comes_any_more(
    online: Session,
) -> None:
    assembly = SessionFactory(visit=online.visit, day=FIRST)
    now = at(date(2026, 11, 24))
    cancel_session(assembly, code="weather", note="", by=manager(), now=now)
    tell_and_send(now)
    assert [sent.subject for sent in mail.outbox] == ["Our visit is cancelled: Oak Primary, Mon 7 December 2026"]


def test_on_the_phone_a_window_that_moved_was_from_day_to_day_and_at_no_hour(online: Session) -> None:
    later = FIRST + timedelta(days=7)
    Session.objects.update(day=later, until_day=LAST + timedelta(days=7), was_day=FIRST, was_starts=online.starts)
    assert it_was(Session.objects.select_related("type").get(pk=online.pk)) == f" (it was from {DAYS})"


def test_who_is_on_the_screen_is_asked_how_it_went_once_the_window_has_ended(online: Session) -> None:
    SessionType.objects.filter(pk=online.type_id).update(presenters=1)
    area = AreaFactory()
    CoverFactory(session=online, volunteer=able_volunteer(area, signs_in=True))
    for kind, day, hour in (("outcome", FIRST, 15), ("outcome-again", FIRST + timedelta(days=2), 10)):
        assert drafts(kind, at(day, hour)) == [], "it is shown until the 18th"
    assert len(drafts("outcome", at(LAST, 15))) == 1
    assert len(drafts("outcome-again", at(LAST + timedelta(days=2), 10))) == 1
