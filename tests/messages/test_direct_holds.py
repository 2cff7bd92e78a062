"""Direct mails that come too late: what nobody can use any more is not sent, and is written anew where somebody asks for it."""

from collections.abc import Callable

import pytest
import time_machine

from schools.directory.accesses import access_of
from schools.directory.models import AccessPurpose
from schools.models import Contact, MessageAbout, OutboxMessage, SchoolAnswer, User, Visit, Volunteer
from schools.visits.actions.new_contacts import is_named_again, name_contact
from schools.visits.actions.school_answers import Giver
from schools.visits.new_contacts import NewContact
from tests.factories import SessionFactory
from tests.messages.test_direct import NOW, area_of, cora, sent, written

pytestmark = pytest.mark.django_db

__all__ = ["cora"]


def _corrected() -> None:
    Volunteer.objects.update(email="right@example.org")


def _left() -> None:
    Volunteer.objects.update(status="left")


def _cancelled() -> None:
    Visit.objects.update(stage="cancelled", cancelled_code="school")


def _left_as_it_was() -> None:
    SchoolAnswer.objects.update(state="left")


def test_who_is_named_again_after_the_mail_could_not_go_is_mailed_anew(cora: User) -> None:
    with time_machine.travel(NOW, tick=False):
        visit = SessionFactory(visit__coordinator=cora, visit__school__area=area_of(cora)).visit
        Contact.objects.create(school=visit.school, name="Nia", email="nia@oak.example.org")
        giver = Giver("Nia", visit.school_id, access_of(visit.school.contacts.get(), AccessPurpose.VISITS, on=NOW.date()))
        zoe = NewContact("Zoe New", "", "zoe@oak.example.org")
        name_contact(visit.pk, zoe, giver, now=NOW)
        assert is_named_again(visit, zoe, school=visit.school_id, now=NOW)
        Visit.objects.update(stage="cancelled", cancelled_code="school")
        assert "zoe@oak.example.org" not in [letter.to[0] for letter in sent()]
        Visit.objects.update(stage="planned", cancelled_code="")
        assert not is_named_again(visit, zoe, school=visit.school_id, now=NOW)
        name_contact(visit.pk, zoe, giver, now=NOW)
    assert "zoe@oak.example.org" in [letter.to[0] for letter in sent()]


@pytest.mark.parametrize(
    ("name", "meanwhile"),
    [("invitation", _corrected), ("invitation", _left), ("new contact", _cancelled), ("new contact", _left_as_it_was)],
)
def test_a_direct_mail_whose_button_would_refuse_is_not_sent(name: str, meanwhile: Callable[[], None], cora: User) -> None:
    written(name, cora)
    meanwhile()
    assert sent() == []
    assert not OutboxMessage.objects.exists()
    assert not MessageAbout.objects.exists()
    written(name, cora)
    with time_machine.travel(NOW, tick=False):
        OutboxMessage.objects.update(handed_over_at=NOW, attempts=1)
    meanwhile()
    assert sent() == []
    assert OutboxMessage.objects.get().stopped_at is not None, "somebody may have it"
