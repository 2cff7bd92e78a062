"""Whoever a school names is told what holds, and so is whoever reads after them, also where they are the first at the school."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from schools import models
from schools.visits.actions import cancel_session, confirm
from schools.visits.actions.new_contacts import confirm_contact
from schools.visits.actions.taking_answers import take_answers, undo_answers
from tests.factories import SchoolFactory, manager
from tests.news import tell_and_send
from tests.school_portal.taking import as_read
from tests.school_portal.visits import BEFORE, a_visit

pytestmark = pytest.mark.django_db

ABE, PAT = "abe@fern.example.org", "office@fern.example.org"


def mails_to(address: str, minutes: int) -> list[str]:
    """What goes out by then, so many minutes later, to the address."""
    before = len(mail.outbox)
    tell_and_send(BEFORE + timedelta(minutes=minutes), kinds=["visits"])
    return [str(each.body) for each in mail.outbox[before:] if each.to == [address]]


def named(visit: models.Visit, item: str = "contact", words: str = f"Abe Able\nbursar\n{ABE}") -> models.SchoolAnswer:
    facts = {"visit": visit, "school": visit.school, "given_by": "Pat Head", "at": BEFORE}
    return models.SchoolAnswer.objects.create(item=item, words=words, **facts)


@pytest.fixture
def visit() -> models.Visit:
    """A visit that asks for nobody; the first at the school is Pat, who was told of two sessions, and that the first is off."""
    visit = a_visit(day=BEFORE.date() + timedelta(days=20), contact=None, stage="planned", agreed_on=None)
    confirm(visit, agreed_on=BEFORE.date(), agreed_with="", by=manager(), now=BEFORE)
    assert mails_to(PAT, 0)
    first = visit.sessions.order_by("starts")[0]
    cancel_session(first, code="weather", note="", by=manager(), now=BEFORE)
    assert mails_to(PAT, 1)
    return visit


def test_who_is_named_and_is_the_first_at_the_school_reads_what_holds_and_what_is_off(visit: models.Visit) -> None:
    with time_machine.travel(BEFORE + timedelta(minutes=2), tick=False):
        take_answers(visit, as_read(named(visit)), by=manager(), now=BEFORE + timedelta(minutes=2))
    [text] = mails_to(ABE, 3)
    assert "This will not take place." in text
    assert "9:00" in text


def test_who_confirms_and_is_known_at_another_school_reads_what_is_off(visit: models.Visit) -> None:
    models.Contact.objects.create(school=SchoolFactory(name="Moss"), name="Abe Able", email=ABE)
    with time_machine.travel(BEFORE + timedelta(minutes=2), tick=False):
        confirm_contact(named(visit), now=BEFORE + timedelta(minutes=2))
    [text] = mails_to(ABE, 3)
    assert "This will not take place." in text
    assert "9:00" in text


def test_after_an_undo_whoever_reads_again_is_told_what_the_other_was_told_meanwhile(visit: models.Visit) -> None:
    by, answer = manager(), named(visit)
    with time_machine.travel(BEFORE + timedelta(minutes=2), tick=False):
        take_answers(visit, as_read(answer), by=by, now=BEFORE + timedelta(minutes=2))
        assert mails_to(ABE, 3)
        cancel_session(visit.sessions.order_by("starts")[1], code="weather", note="", by=by, now=BEFORE + timedelta(minutes=4))
        assert mails_to(ABE, 5)
        undo_answers(visit, as_read(answer), by=by, now=BEFORE + timedelta(minutes=6))
    [text] = mails_to(PAT, 7)
    assert "You know this already" not in text
    assert "This will not take place." in text
    assert "10:00" in text
