"""What a school is told around a visit that is for adults alone, such as a workshop for parents: nothing about its pupils."""

from datetime import UTC, date, datetime, time

import pytest

from schools.models import Contact, School, Session, SessionType
from schools.programme.models import PackItem
from tests.factories import HeadcountFactory, SchoolFactory, SessionFactory, manager
from tests.news import drafts, tell_and_send

pytestmark = pytest.mark.django_db

DAY = date(2026, 12, 17)  # a Thursday


def at(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=UTC)


@pytest.fixture
def workshop() -> Session:
    """An agreed visit with a workshop for parents and nothing else."""
    school: School = SchoolFactory(name="Oak Primary")
    Contact.objects.create(school=school, name="Nia Head", email="nia@oak.example.org")
    agreed = {"visit__stage": "confirmed", "visit__agreed_on": date(2026, 11, 2), "visit__coordinator": manager()}
    made: Session = SessionFactory(visit__school=school, day=DAY, type=SessionType.objects.get(slug="parents"), **agreed)
    return made


def with_an_assembly(workshop: Session) -> None:
    """Pupils have a session at the same visit."""
    assembly = SessionFactory(visit=workshop.visit, day=DAY, starts=time(14), ends=time(14, 30))
    HeadcountFactory(session=assembly, school=workshop.visit.school, year_group=4, expected=58)


@pytest.mark.parametrize("has_items", [False, True])
def test_before_it_nobody_says_what_children_learn_unless_there_is_something_for_pupils_too(
    workshop: Session, *, has_items: bool
) -> None:
    on_the_page = "On the page of the visit is what we have put together for you"
    if has_items:
        PackItem.objects.create(session_type=workshop.type, title="Slides", words="What they see.")
    (pack,) = drafts("school-pack", at(date(2026, 12, 1)))
    assert "Children learn" not in pack.body
    assert (on_the_page in pack.body, "You are welcome to ask us for the plan" in pack.body) == (has_items, not has_items)
    assert "checked under DBS" in pack.body
    with_an_assembly(workshop)
    (pack,) = drafts("school-pack", at(date(2026, 12, 1)))
    assert "Children learn to recognise abuse" in pack.body


def test_before_it_nobody_is_asked_to_tell_parents_or_about_classes_unless_pupils_are_there_too(workshop: Session) -> None:
    (pack,), (week,) = drafts("school-pack", at(date(2026, 12, 1))), drafts("school-week", at(date(2026, 12, 10)))
    assert "Please tell parents" not in pack.body
    assert "Please tell those whom it is for beforehand, and have a member of staff in the room" in pack.body
    assert "the room, the times." in week.body
    with_an_assembly(workshop)
    (pack,), (week,) = drafts("school-pack", at(date(2026, 12, 1))), drafts("school-week", at(date(2026, 12, 10)))
    assert "Please tell parents beforehand" in pack.body
    assert "the room, the times, the classes." in week.body


def test_afterwards_nobody_is_asked_about_pupils_who_were_not_there(workshop: Session) -> None:
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=at(DAY, 15))
    after = at(date(2026, 12, 18))
    (thanks,) = drafts("school-thanks", after)
    assert "your pupils" not in thanks.body
    assert "A few questions, which" in thanks.body
    assert "1. Did the people who came keep to what was agreed?\n2. Do you feel surer" in thanks.body
    assert "3. Would you have us again?" in thanks.body
    assert tell_and_send(after, kinds=["school-thanks"]) == 1
    (again,) = drafts("school-thanks-again", at(date(2026, 12, 28), 10))
    assert "your pupils" not in again.body
    with_an_assembly(workshop)
    Session.objects.update(stage="delivered", went_ahead="yes", recorded_at=at(DAY, 15))
    (again,) = drafts("school-thanks-again", at(date(2026, 12, 28), 10))
    assert "1. Was it right for the age of your pupils?" in again.body
