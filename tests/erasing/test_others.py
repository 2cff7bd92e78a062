"""Whose a value is: what somebody else has is theirs as a whole, and whoever asked for a visit is somebody of their own."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schools import models
from schools.erasing.actions import erase, preview_erasure
from schools.erasing.others import is_anothers, is_somebodys, way_is_anothers
from schools.erasing.people import person_of
from schools.messages.hashed import hash_of_address
from schools.visits.actions.merging import merge_people, undo_merge
from tests import factories
from tests.erasing.dumps import dump, places_with

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


@pytest.fixture
def manager() -> models.User:
    return factories.manager(name="Bea Manager")


def left(name: str, **fields: Any) -> models.Volunteer:
    """A volunteer who has left."""
    volunteer: models.Volunteer = factories.VolunteerFactory(name=name, status="left", left=date(2026, 11, 1), **fields)
    return volunteer


def asked(name: str, email: str, **fields: Any) -> models.VisitRequest:
    values = {"role": "head", "asked_at": NOW, "confirmed_at": NOW, "state": "waits", "school_name": "Elm Primary"}
    request: models.VisitRequest = models.VisitRequest.objects.create(name=name, email=email, **values | fields)
    return request


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


@pytest.mark.parametrize("kind", ["contact", "volunteer", "colleague", "trustee", "requester"])
def test_the_request_of_a_namesake_stays_as_it_is(kind: str, manager: models.User) -> None:
    namesake = asked("Mary Green", "mary.green@elm.example.org", note="Mary Green asks.")
    of_school = asked("Mary Green", "mg@ash.example.org", school=factories.SchoolFactory(), school_name="")
    who: Any
    address = "green@oak.example.org"
    if kind == "contact":
        who = models.Contact.objects.create(school=factories.SchoolFactory(), name="Mary Green", email=address)
    elif kind == "volunteer":
        who = left("Mary Green", email=address)
    elif kind == "colleague":
        who = factories.UserFactory(name="Mary Green", email=address, is_active=False)
    elif kind == "trustee":
        who = models.Trustee.objects.create(name="Mary Green", email=address, named_by=manager, named_at=NOW, ended_at=NOW)
    else:
        who = asked("Mary Green", address)
    sheet = erase(who, by=manager, now=NOW).sheet
    assert sheet["shared"] == 1
    for request, email in ((namesake, "mary.green@elm.example.org"), (of_school, "mg@ash.example.org")):
        request.refresh_from_db()
        assert (request.name, request.email) == ("Mary Green", email)
    assert namesake.note == "Mary Green asks."
    assert places_with(dump(), {address}) == []


def test_a_mailbox_under_which_somebody_else_asked_for_a_visit_is_shared(manager: models.User) -> None:
    request = asked("Quentin Low", "home@example.org")
    volunteer = left("Mary Green", email="home@example.org")
    assert erase(volunteer, by=manager, now=NOW).sheet["shared"] == 1
    request.refresh_from_db()
    assert (request.name, request.email) == ("Quentin Low", "home@example.org")


@pytest.mark.parametrize("kind", ["volunteer", "colleague"])
def test_a_request_under_their_own_address_and_name_makes_nothing_somebody_elses(kind: str, manager: models.User) -> None:
    asked("Mrs Green", "green@oak.example.org")
    asked("Mary Green", "earlier@oak.example.org")
    who: Any = (
        left("Mary Green", email="earlier@oak.example.org")
        if kind == "volunteer"
        else factories.UserFactory(name="Mary Green", email="earlier@oak.example.org", is_active=False)
    )
    who.email = "green@oak.example.org"
    who.save()
    assert erase(who, by=manager, now=NOW).sheet["shared"] == 0
    assert places_with(dump(), {"mary green", "green@oak", "earlier@oak"}) == []


def test_who_asked_under_the_same_name_at_the_school_of_the_entry_is_the_same_person(manager: models.User) -> None:
    school = factories.SchoolFactory()
    contact = models.Contact.objects.create(school=school, name="Mary Green", email="green@oak.example.org")
    request = asked("Mary Green", "mary@private.example", school=school, school_name="")
    erase(contact, by=manager, now=NOW)
    request.refresh_from_db()
    assert request.name == "a former contact"
    assert places_with(dump(), {"mary green"}) == []


@pytest.mark.parametrize("changes_meanwhile", [False, True])
@pytest.mark.parametrize("kind", ["contact", "volunteer"])
def test_what_an_entry_had_of_another_by_a_merge_that_was_undone_goes_with_the_other(
    kind: str, changes_meanwhile: bool, manager: models.User
) -> None:
    stays: Any
    goes: Any
    mine, theirs = ({"email": "low@oak.org", "phone": "+447400654321"}, {"email": "quill@oak.org", "phone": "+447400123456"})
    if kind == "contact":
        school = factories.SchoolFactory()
        stays = models.Contact.objects.create(school=school, name="Ann Low", **mine)
        goes = models.Contact.objects.create(school=school, name="Brian Quill", **theirs)
    else:
        stays, goes = factories.VolunteerFactory(name="Ann Low", **mine), left("Brian Quill", **theirs)
    rows = type(stays).objects.filter(pk=stays.pk)
    merge = merge_people(stays, goes, chosen=("name", "email", "phone"), mark=None, by=manager, now=NOW)
    assert rows.get().email == "quill@oak.org"
    if changes_meanwhile:
        rows.update(email="ann@oak.org")
    undo_merge(merge, by=manager, now=NOW)
    mail("own", "quill@oak.org", "Hello")
    models.SuppressedAddress.objects.create(address="quill@oak.org", reason="bounce", since=NOW)
    assert erase(type(goes).objects.get(pk=goes.pk), by=manager, now=NOW).sheet["shared"] == 0
    assert places_with(dump(), {"quill", "400123456"}) == []
    email = "ann@oak.org" if changes_meanwhile else "low@oak.org"
    assert rows.values("name", "email", "phone").get() == {"name": "Ann Low", "email": email, "phone": "+447400654321"}


def test_what_people_call_a_site_and_its_address_are_decided_about_as_notes_are(manager: models.User) -> None:
    volunteer = left("Marguerite Quill", email="quill@oak.example.org", home_postcode="ZZ98 7QX")
    words = {"name": "Marguerite Quill’s hall", "address": "c/o Marguerite Quill, ZZ98 7QX", "postcode": "ZZ98 7QX"}
    site = models.Site.objects.create(school=factories.SchoolFactory(), **words)
    assert [place.column for place in preview_erasure(volunteer).to_decide] == ["name", "address"]
    erase(volunteer, by=manager, now=NOW)
    site.refresh_from_db()
    former = f"Former volunteer {volunteer.reference}"
    # Where somebody lives whom the site has for a neighbour, it is there still.
    assert (site.name, site.address, site.postcode) == (f"{former}’s hall", f"c/o {former}, ZZ98 7QX", "ZZ98 7QX")
    assert places_with(dump(), {"quill"}) == []


def test_whom_another_volunteer_named_for_an_emergency_stays_named_there_and_a_relation_is_no_name(
    manager: models.User,
) -> None:
    volunteer = left("Marguerite Quill")
    partner = factories.VolunteerFactory(name="Colin Airey", emergency_contact="Grace Smith, 01539 700000")
    models.Volunteer.objects.filter(pk=volunteer.pk).update(emergency_contact="Grace Smith, 01539 700000")
    volunteer.refresh_from_db()
    volunteer.emergency_contact = "Husband"
    volunteer.save()
    session = factories.SessionFactory(outcome_note="A husband carried the chairs.")
    assert preview_erasure(volunteer).to_decide == []
    erase(volunteer, by=manager, now=NOW)
    for row in (partner, session):
        row.refresh_from_db()
    assert partner.emergency_contact == "Grace Smith, 01539 700000"
    assert session.outcome_note == "A husband carried the chairs."
