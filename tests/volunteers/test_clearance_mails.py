"""Volunteers are told that a clearance of theirs ends: 90, 30 and 7 days before, and nobody else is."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail

from schools.models import Clearance, Volunteer
from tests.factories import AreaAuthorityFactory, ClearanceFactory, able_volunteer, coordinator_of
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

ENDS = date(2027, 3, 1)
KIND = "clearance-ends"


@pytest.fixture
def volunteer() -> Volunteer:
    person = able_volunteer(signs_in=True, name="Asha Rao")
    Clearance.objects.update(recheck_on=ENDS, reference="001234567890")
    return person


def before(days: int, hour: int = 9) -> datetime:
    return datetime(ENDS.year, ENDS.month, ENDS.day, hour, tzinfo=UTC) - timedelta(days=days)


def test_its_owner_reads_of_it_three_times(volunteer: Volunteer) -> None:
    for days in range(95, -3, -1):
        tell_and_send(before(days), kinds=[KIND])
    assert [message.subject for message in mail.outbox] == [f"Yours ends in {days} days: DBS" for days in (90, 30, 7)]
    assert {message.to[0] for message in mail.outbox} == {volunteer.mail_address}
    assert not any("001234567890" in message.body for message in mail.outbox)


def test_where_it_is_known_late_the_nearest_alone_is_told(volunteer: Volunteer) -> None:
    for days in (20, 19, 8, 7, 1):
        tell_and_send(before(days), kinds=[KIND])
    assert [message.subject for message in mail.outbox] == ["Yours ends in 20 days: DBS", "Yours ends in 7 days: DBS"]


def test_nothing_is_told_at_night_of_a_renewed_or_withdrawn_one_or_to_who_is_paused(volunteer: Volunteer) -> None:
    assert drafts(KIND, before(30, hour=21)) == []
    assert len(drafts(KIND, before(30))) == 1
    renewed = ClearanceFactory(volunteer=volunteer, recheck_on=ENDS + timedelta(days=700))
    assert drafts(KIND, before(30)) == []
    renewed.delete()
    Clearance.objects.update(withdrawn_on=before(31).date())
    assert drafts(KIND, before(30)) == []
    Clearance.objects.update(withdrawn_on=None)
    volunteer.status = "paused"
    volunteer.save()
    assert drafts(KIND, before(30)) == []


def test_one_that_was_renewed_before_the_mail_went_is_not_told(volunteer: Volunteer) -> None:
    assert tell(before(30), kinds=[KIND]) == 1
    ClearanceFactory(volunteer=volunteer, recheck_on=ENDS + timedelta(days=700))
    assert tell_and_send(before(30), kinds=[]) == 0


def test_it_names_the_coordinators_of_their_areas_with_whom_to_speak(volunteer: Volunteer) -> None:
    area = AreaAuthorityFactory().area
    cora = coordinator_of(area, name="Cora Nwosu", phone="+441632960123")
    tell_and_send(before(30), kinds=[KIND])
    assert (mail.outbox[0].reply_to or []) == [], "who is in no area reads of nobody"
    volunteer.areas.add(area)
    tell_and_send(before(7), kinds=[KIND])
    assert "\nFrom Cora Nwosu, 01632 960123" in str(mail.outbox[1].body)
    assert mail.outbox[1].reply_to == [cora.email]
