"""What a school reads in the thanks after a visit: words for a guest, numbers that can be told apart, all of its days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from schools.models import Contact, Headcount, School, Session
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 17)
NIA, FAY = "nia@oak.example.org", "fay@fern.example.org"


@pytest.fixture
def guest() -> School:
    school: School = SchoolFactory(name="Fern Primary")
    Contact.objects.create(school=school, name="Fay Office", email=FAY)
    return school


@pytest.fixture
def session(guest: School) -> Session:
    """A visit that took place, with pupils of a guest expected in its only session."""
    host = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=host, name="Nia Head", email=NIA)
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2)}
    made: Session = SessionFactory(visit__school=host, day=DAY, **agreed)
    HeadcountFactory(session=made, school=host, year_group=4, pupils=28)
    HeadcountFactory(session=made, school=guest, year_group=4, expected=21, pupils=21)
    is_over(made)
    return made


def is_over(session: Session) -> None:
    recorded_at = datetime.combine(session.day, time(15), tzinfo=UTC)
    session.visit.sessions.update(stage="delivered", went_ahead="yes", recorded_at=recorded_at)


def thanks(day: date = DAY, kind: str = "school-thanks") -> dict[str, tuple[str, str]]:
    """Who is thanked on the morning after the day, with the subject and text that they read."""
    now = datetime.combine(day + timedelta(days=1), time(9), tzinfo=UTC)
    return {draft.to: draft.mail for draft in drafts(kind, now)}


def test_a_guest_is_thanked_for_having_come_and_the_host_for_having_had_us(session: Session) -> None:
    texts = {to: text for to, (_, text) in thanks().items()}
    assert "Thank you for having had Speakout there." in texts[NIA]
    assert "Thank you for having come with your pupils." in texts[FAY]
    assert "having had" not in texts[FAY]
    for text in texts.values():
        assert f"please tell us. The reference of the visit is {session.visit.reference}." in text
        assert "does not suit you" not in text, "it is over"


def test_a_guest_of_which_nobody_came_is_neither_thanked_nor_asked(session: Session, guest: School) -> None:
    Headcount.objects.filter(school=guest).update(pupils=0)
    assert thanks().keys() == {NIA}
    Headcount.objects.filter(school=guest).update(pupils=None)
    assert thanks().keys() == {NIA, FAY}, "that nobody counted them is no 0"
    tell_and_send(datetime.combine(DAY + timedelta(days=1), time(9), tzinfo=UTC), kinds=["school-thanks"])
    Headcount.objects.filter(school=guest).update(pupils=0)
    assert thanks(DAY + timedelta(days=10), "school-thanks-again").keys() == {NIA}, "it was corrected meanwhile"


def test_numbers_of_sessions_of_one_name_are_told_apart_by_their_times(session: Session) -> None:
    second = SessionFactory(visit=session.visit, day=DAY, type=session.type, starts=time(11), ends=time(11, 30))
    HeadcountFactory(session=second, year_group=4, pupils=31)
    is_over(session)
    text = thanks()[NIA][1]
    assert "- KS2 assembly (Thu 17 December 2026, 9:15–9:45 am): 28\n" in text
    assert "- KS2 assembly (Thu 17 December 2026, 11:00–11:30 am): 31\n" in text
    Headcount.objects.update(expected=20)
    Session.objects.update(stage="scheduled", went_ahead="", recorded_at=None)
    week_before = dict(draft.mail for draft in drafts("school-week", datetime(2026, 12, 10, 9, tzinfo=UTC)) if draft.to == NIA)
    (text,) = week_before.values()
    assert "- KS2 assembly (Thu 17 December 2026, 11:00–11:30 am): about 20 pupils" in text


def test_the_thanks_for_a_series_name_all_of_its_days(session: Session) -> None:
    last = DAY + timedelta(days=42)
    SessionFactory(visit=session.visit, day=last)
    is_over(session)
    subject = thanks(last)[NIA][0]
    assert subject.startswith("Thank you: Oak Primary, ")
    assert "17 December 2026" in subject
    assert "28 January 2027" in subject
