"""The pack of a school's reader, where somebody else reads for it since."""

from datetime import timedelta

import pytest

from schools.erasing.actions import erase
from schools.messages.suppression import mark
from schools.models import Contact, OutboxMessage, SuppressedAddress
from tests.news import drafts, tell, tell_and_send
from tests.visits.reminded import NIA, PACK, ZOE, agreed_at, at, school_of, sent

pytestmark = pytest.mark.django_db


def test_a_pack_that_comes_back_late_goes_to_nobody_who_has_their_own() -> None:
    school, now = school_of("Oak Primary"), at(PACK, later=timedelta(days=1))
    visit = agreed_at(school)
    tell_and_send(at(PACK), kinds=[PACK])
    first = OutboxMessage.objects.get(to=NIA)
    visit.contact = Contact.objects.create(school=school, name="Zoe New", email=ZOE)
    visit.save()
    tell(now, kinds=[PACK])
    theirs = OutboxMessage.objects.get(to=ZOE)
    OutboxMessage.objects.filter(pk=theirs.pk).update(handed_over_at=now, stopped_at=now)  # no answer came
    marked = SuppressedAddress.objects.create(address=NIA, reason="bounce", since=now)
    stopped = {"sent_at": None, "handed_over_at": None, "stopped_at": now, "stopped_by": marked}
    OutboxMessage.objects.filter(pk=first.pk).update(**stopped)
    assert [draft.key for draft in drafts(PACK, now + timedelta(hours=1))] == [theirs.key]


@pytest.mark.parametrize("reason", SuppressedAddress.Reason.values)
def test_a_refused_pack_goes_to_whoever_reads_next_also_once_who_refused_it_is_erased(reason: str) -> None:
    school, now = school_of("Oak Primary"), at(PACK, later=timedelta(hours=1))
    agreed_at(school)
    mark(NIA, SuppressedAddress.Reason(reason), "No such mailbox", at=at(PACK))
    assert not sent(PACK, at(PACK))
    assert OutboxMessage.objects.undecided().get().to == NIA
    nia = school.contacts.get()
    Contact.objects.create(school=school, name="Zoe New", email=ZOE)
    erase(nia, by=None, now=now)
    [message] = sent(PACK, now)
    assert message.to == [ZOE]
    assert not sent(PACK, now + timedelta(hours=1))


def test_what_a_manager_left_at_that_goes_to_nobody_once_its_reader_is_erased() -> None:
    school, now = school_of("Oak Primary"), at(PACK, later=timedelta(hours=1))
    agreed_at(school)
    tell(at(PACK), kinds=[PACK])
    OutboxMessage.objects.update(stopped_at=at(PACK), left_at=at(PACK), last_error="refused")
    Contact.objects.create(school=school, name="Zoe New", email=ZOE)
    erase(school.contacts.get(email=NIA), by=None, now=now)
    assert not sent(PACK, now)
    assert OutboxMessage.objects.get().to == ""
