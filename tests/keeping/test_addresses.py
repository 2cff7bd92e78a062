"""Addresses that were typed and never confirmed: no mail and no mark keeps them once their row is gone or replaced."""

from datetime import datetime, timedelta

import pytest
from pytest_django.fixtures import Settings

from schools import models
from schools.erasing.actions import erase
from schools.keeping.actions import purge
from schools.messages.actions import GONE
from schools.messages.hashed import hash_of_address
from schools.messages.models import TO_STRANGERS, OutboxMessage
from schools.messages.suppression import Reason, mark
from schools.recovery.actions import stop
from schools.recovery.models import StepHow
from schools.visits.actions.new_contacts import name_contact
from schools.visits.actions.school_answers import Giver
from schools.visits.new_contacts import NewContact
from schools.volunteers.actions import request_address_change
from tests import factories
from tests.erasing.dumps import dump, places_with
from tests.keeping.things import NOW
from tests.recovery import people
from tests.school_portal.visits import BEFORE, a_visit, access_at

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=60)


def nowhere(*addresses: str) -> bool:
    """Whether none of the addresses stands anywhere."""
    return places_with(dump(), set(addresses)) == []


def bounced(address: str, *, at: datetime = NOW) -> None:
    mark(address, Reason.BOUNCE, "No such mailbox.", at=at)


def test_an_address_that_was_asked_for_and_replaced_by_another_is_nowhere_any_more() -> None:
    user = factories.UserFactory(email="asha@example.org")
    request_address_change(user, new_email="work@x.example", now=NOW)
    bounced("work@x.example")
    request_address_change(user, new_email="home@y.example", now=NOW + timedelta(minutes=1))
    assert nowhere("work@x.example")
    mails = models.OutboxMessage.objects.filter(key__startswith="address:").exclude(to="")
    assert set(mails.values_list("to", flat=True)) == {"asha@example.org", "home@y.example"}


def test_an_address_that_nobody_confirmed_goes_with_its_mails_and_its_mark() -> None:
    user = factories.UserFactory(email="asha@example.org")
    request_address_change(user, new_email="work@x.example", now=NOW)
    bounced("work@x.example")
    models.OutboxMessage.objects.update(sent_at=NOW)
    purge(clock=lambda: LATER)
    assert nowhere("work@x.example")


def test_an_address_that_a_stranger_typed_to_sign_in_goes_with_its_mark_and_is_kept_as_long_as_one_to_be_confirmed() -> None:
    for number, (to, days) in enumerate((("asha@exampel.org", 14), ("asha@example.org", 13))):
        mail = OutboxMessage.objects.create(
            key=f"{TO_STRANGERS}{number}", to=to, subject="Nobody signs in", body=GONE, expires_at=NOW, sent_at=NOW
        )
        OutboxMessage.objects.filter(pk=mail.pk).update(created_at=NOW - timedelta(days=days))
        bounced(to)
    purge(clock=lambda: NOW)
    assert nowhere("asha@exampel.org")
    assert OutboxMessage.objects.exclude(to="").get().to == "asha@example.org"


def test_the_address_of_a_way_back_in_goes_with_the_last_row_that_leads_to_it(settings: Settings) -> None:
    settings.SPEAKOUT_KEEP_RECOVERIES_MONTHS, settings.SPEAKOUT_KEEP_MESSAGES_MONTHS = 12, 24
    ravi, _ = people.coordinator(), people.mo()
    then = NOW - timedelta(days=400)
    recovery = people.asked(ravi, people.bea(), people.address("ravi.lost@x.example"), now=then)
    stop(recovery, by=None, how=StepHow.LINK, now=then)
    models.OutboxMessage.objects.update(sent_at=then)
    purge(clock=lambda: NOW)
    assert places_with(dump(), {"ravi.lost@x.example"}) == []


def test_the_address_of_a_way_back_in_that_was_stopped_is_erased_with_the_person() -> None:
    ravi, _ = people.coordinator(), people.mo()
    recovery = people.asked(ravi, people.bea(), people.address("ravi.lost@x.example"))
    stop(recovery, by=None, how=StepHow.LINK, now=NOW)
    models.OutboxMessage.objects.update(sent_at=NOW)
    models.User.objects.filter(pk=ravi.pk).update(is_active=False)
    erase(models.User.objects.get(pk=ravi.pk), by=None, now=NOW)
    assert nowhere("ravi.lost@x.example", "ravi@example.org")


@pytest.mark.parametrize("has_entry", [False, True])
def test_the_mark_of_a_strangers_address_goes_with_the_request_unless_somebody_has_it(has_entry: bool) -> None:
    asked = {"school": factories.SchoolFactory(), "name": "Philippa Quill", "role": "head", "asked_at": NOW}
    models.VisitRequest.objects.create(email="stranger@x.example", **asked)
    models.VisitRequest.objects.create(email="angry@x.example", **asked)
    bounced("stranger@x.example")
    mark("angry@x.example", Reason.COMPLAINT, "Unwanted.", at=NOW)
    if has_entry:
        factories.VolunteerFactory(email="Stranger@x.example")
    purge(clock=lambda: LATER)
    kept = {"stranger@x.example"} if has_entry else set[str]()
    there = set(models.SuppressedAddress.objects.values_list("address", flat=True))
    assert there == kept | {hash_of_address("angry@x.example")}


def test_a_trustee_who_never_said_yes_leaves_no_mark() -> None:
    by = factories.manager()
    models.Trustee.objects.create(name="Trudi", email="trudi@x.example", named_by=by, named_at=NOW)
    bounced("trudi@x.example")
    purge(clock=lambda: LATER)
    assert nowhere("trudi@x.example")


def named(visit: models.Visit, person: NewContact, *, minutes: int = 0) -> None:
    """The school names the person."""
    giver = Giver("Pat Head", visit.school_id, access_at(visit.school))
    name_contact(visit.pk, person, giver, now=BEFORE + timedelta(minutes=minutes))


def test_a_colleague_who_was_named_and_never_confirmed_goes_from_answer_and_mails() -> None:
    visit = a_visit()
    named(visit, NewContact("Samuel Hillcrest", "bursar", "sam@x.example"))
    bounced("sam@x.example", at=BEFORE)
    answer = models.SchoolAnswer.objects.get()
    words = {"to": "office@fern.example.org", "subject": "News", "body": "Samuel Hillcrest looks after it.", "sent_at": BEFORE}
    models.OutboxMessage.objects.create(key=f"school-contact-before:{answer.pk}:abc", **words)
    purge(clock=lambda: BEFORE + timedelta(days=13))
    assert models.SchoolAnswer.objects.exists()
    purge(clock=lambda: BEFORE + timedelta(days=15))
    assert not models.SchoolAnswer.objects.exists()
    assert nowhere("sam@x.example", "samuel hillcrest")


def test_whoever_was_named_first_is_nowhere_once_another_is_named() -> None:
    visit = a_visit()
    named(visit, NewContact("Samuel Hillcrest", "bursar", "sam@x.example"))
    bounced("sam@x.example", at=BEFORE)
    models.OutboxMessage.objects.update(sent_at=BEFORE)
    named(visit, NewContact("Tess Dale", "head", "tess@y.example"), minutes=5)
    assert nowhere("sam@x.example", "samuel hillcrest")
    assert models.OutboxMessage.objects.filter(to="tess@y.example").exists()
