"""The pack of a school's reader, where somebody else reads for it since."""

from datetime import timedelta

import pytest

from schools.models import Contact, OutboxMessage, SuppressedAddress
from tests.news import drafts, tell, tell_and_send
from tests.visits.reminded import NIA, PACK, ZOE, agreed_at, at, school_of

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
