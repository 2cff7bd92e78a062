"""Whose a value is: what somebody else has is theirs as a whole, and whoever asked for a visit is somebody of their own."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schools import models
from schools.erasing.actions import erase
from schools.erasing.others import is_anothers, is_somebodys, way_is_anothers
from schools.erasing.people import person_of
from schools.messages.hashed import hash_of_address
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Bea Manager")


def left(name: str, **fields: Any) -> models.Volunteer:
    """A volunteer who has left."""
    volunteer: models.Volunteer = factories.VolunteerFactory(name=name, status="left", left=date(2026, 11, 1), **fields)
    return volunteer


def mail(key: str, to: str, body: str) -> models.OutboxMessage:
    message: models.OutboxMessage = models.OutboxMessage.objects.create(key=key, to=to, subject="News", body=body, sent_at=NOW)
    return message


def test_an_address_is_theirs_alone_where_somebody_elses_only_ends_or_begins_with_it(manager: models.User) -> None:
    contact = models.Contact.objects.create(school=factories.SchoolFactory(), name="Ann Quill", email="ann@oak.org")
    others = ["joann@oak.org", "jo.ann@oak.org", "jo-ann@oak.org", "ann@oak.org.uk"]
    for address in others:
        factories.VolunteerFactory(email=address)
        mail(address, address, f"Wrote to {address}, not to ann@oak.org.")
    mail("own", "ann@oak.org", "Hello")
    models.SuppressedAddress.objects.create(address="ann@oak.org", reason="objection", since=NOW)
    note = factories.SessionFactory(outcome_note=f"Wrote to ann@oak.org, <ann@oak.org> and {', '.join(others)}.")
    assert erase(contact, by=manager, now=NOW).sheet["shared"] == 0
    note.refresh_from_db()
    assert note.outcome_note == f"Wrote to (erased), <(erased)> and {', '.join(others)}."
    assert set(models.Volunteer.objects.values_list("email", flat=True)) >= set(others)
    mails = dict(models.OutboxMessage.objects.exclude(key="own").values_list("to", "body"))
    assert mails == {address: f"Wrote to {address}, not to (erased)." for address in others}
    assert models.OutboxMessage.objects.get(key="own").to == ""
    assert models.SuppressedAddress.objects.get().address == hash_of_address("ann@oak.org")


def test_a_name_is_theirs_alone_where_somebody_elses_only_holds_its_letters(manager: models.User) -> None:
    brian = factories.VolunteerFactory(name="Brian Brown")
    factories.VolunteerFactory(name="Ian Brown-Low")
    note = factories.SessionFactory(outcome_note="Ian Brown had the key, Brian Brown and Ian Brown-Low had none.")
    ian = left("Ian Brown")
    assert erase(ian, by=manager, now=NOW).sheet["shared"] == 0
    note.refresh_from_db()
    brian.refresh_from_db()
    former = f"Former volunteer {ian.reference}"
    assert note.outcome_note == f"{former} had the key, Brian Brown and Ian Brown-Low had none."
    assert brian.name == "Brian Brown"


def test_a_number_or_an_address_is_somebodys_as_a_whole_also_where_the_charity_types_it_with_other_words() -> None:
    who = person_of(left("Ann Quill", email="ann@oak.org", phone="+447400123456"))
    models.Charity.objects.update(data_protection="joann@oak.org, 07400 1234567", concern_phone="", safeguarding_phone="")
    assert not way_is_anothers("ann@oak.org", who)
    assert not way_is_anothers("+447400123456", who)
    assert not is_somebodys("oann@oak.org")
    models.Charity.objects.update(data_protection="Ann: ann@oak.org, 07400-123456.")
    assert way_is_anothers("ann@oak.org", who)
    assert way_is_anothers("+447400123456", who)
    factories.SchoolFactory(name="St Ann Quill Primary")
    assert is_anothers(["Ann Quill"], who)
