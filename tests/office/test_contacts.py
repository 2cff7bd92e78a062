"""Somebody at several schools: a trust, a federation, a shared mailbox."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from schools import models
from schools.directory.actions import share_contact, unshare_contact
from schools.directory.actions.by_hand import save_contact
from schools.messages.sms import stop
from schools.visits.queries.notifications import SchoolNotification
from schools.visits.rules import reasons_of_contacts
from tests import factories
from tests.browsing import hidden
from tests.office.test_visibility import url

pytestmark = pytest.mark.django_db


@pytest.fixture
def first(area: models.Area) -> models.School:
    school: models.School = factories.SchoolFactory(area=area, name="Fellside")
    return school


@pytest.fixture
def second(first: models.School) -> models.School:
    school: models.School = factories.SchoolFactory(authority=first.authority, name="Beckside")
    return school


@pytest.fixture
def head(first: models.School) -> models.Contact:
    return models.Contact.objects.create(school=first, name="Pat Head", email="office@trust.example", phone="+441539720001")


def address(school: models.School) -> str:
    return reverse("admin:school-detail", args=[school.pk])


def names(office: Client, school: models.School) -> list[str]:
    return [line.contact.name for line in office.get(address(school)).context["people"]]


@pytest.mark.parametrize("text", ["pat head", "pat haed", "office trust", "fellside"])
def test_somebody_of_another_school_is_found_and_written_down_here_too(
    text: str, office: Client, first: models.School, second: models.School, head: models.Contact
) -> None:
    assert names(office, second) == []
    assert office.get(address(second), {"person": text}).context["people_found"] == [head]
    for _ in range(2):  # twice is once
        assert office.post(address(second), {"do": "share", "person": head.pk}).status_code == 302
    assert names(office, first) == names(office, second) == ["Pat Head"]
    assert "also at Beckside" in office.get(address(first)).content.decode()
    assert "also at Fellside" in office.get(address(second)).content.decode()
    assert office.get(address(second), {"person": text}).context["people_found"] == []


def test_whoever_leaves_their_first_school_stays_at_the_other_and_at_none_only_by_being_removed(
    office: Client, first: models.School, second: models.School, head: models.Contact
) -> None:
    share_contact(head, second)
    office.post(address(first), {"do": "unshare", "person": head.pk})
    assert (names(office, first), names(office, second)) == ([], ["Pat Head"])
    head.refresh_from_db()
    assert (head.school, list(head.also_at.all())) == (second, [])
    page = office.post(address(second), {"do": "unshare", "person": head.pk})
    assert "is at no other school. Remove them, or say first where they are now." in page.content.decode()
    assert names(office, second) == ["Pat Head"]


def test_a_person_of_another_area_is_neither_found_nor_shared(
    office: Client, second: models.School, elsewhere: models.Area
) -> None:
    stranger = models.Contact.objects.create(school=factories.SchoolFactory(area=elsewhere), name="Pat Head")
    assert office.get(address(second), {"person": "pat"}).context["people_found"] == []
    for pk in (stranger.pk, 0, "9" * 30, "x"):
        for do in ("share", "unshare"):
            assert office.post(address(second), {"do": do, "person": pk}).status_code == 404
    assert not stranger.also_at.exists()


def test_somebody_of_two_areas_is_seen_in_both_and_deleted_only_by_who_sees_all_their_schools(
    office: Client, first: models.School, elsewhere: models.Area, head: models.Contact, client: Client
) -> None:
    other = factories.SchoolFactory(area=elsewhere, name="Far away")
    share_contact(head, other)
    assert office.get(url(models.Contact, "change", head.pk)).status_code == 200
    assert office.post(url(models.Contact, "delete", head.pk), {"post": "yes"}).status_code == 403
    office.force_login(factories.coordinator_of(elsewhere))
    assert office.get(url(models.Contact, "change", head.pk)).status_code == 200
    assert names(office, other) == ["Pat Head"]
    office.force_login(factories.coordinator_of(factories.AreaFactory()))
    assert office.get(url(models.Contact, "change", head.pk)).status_code == 404
    office.force_login(factories.manager())
    assert office.post(url(models.Contact, "delete", head.pk), {"post": "yes"}).status_code == 302


def test_a_tick_in_the_form_of_the_school_deletes_only_whom_the_list_of_people_would_delete(
    office: Client, first: models.School, second: models.School, elsewhere: models.Area, head: models.Contact
) -> None:
    address = f"/admin/schools/school/{first.pk}/change/"
    typed = {"contacts-0-name": head.name, "contacts-0-email": head.email, "contacts-0-DELETE": "on"}
    typed |= {"contacts-TOTAL_FORMS": "1", "contacts-INITIAL_FORMS": "1"}

    def sent() -> str:
        return office.post(address, {**hidden(office.get(address).content.decode()), **typed}).content.decode()

    far = factories.SchoolFactory(area=elsewhere, name="Far away")
    share_contact(head, far)
    assert "is at other schools too. Ask a manager." in sent()
    unshare_contact(head, far)
    share_contact(head, second)
    visit = factories.VisitFactory(school=first, contact=head)
    assert "is named elsewhere, such as by a visit" in sent()
    assert models.Contact.objects.get() == head
    models.Visit.objects.filter(pk=visit.pk).update(contact=None)
    sent()
    assert not models.Contact.objects.exists()


def test_a_visit_may_name_somebody_of_several_schools_and_messages_reach_them(
    office: Client, second: models.School, head: models.Contact
) -> None:
    share_contact(head, second)
    offered = office.get(f"/admin/book/{second.pk}/").context["booking"].visit.fields["contact"].queryset
    assert list(offered) == [head]
    visit = factories.VisitFactory(school=second)
    assert SchoolNotification(visit, ()).contacts == [head]
    edit = office.get(reverse("admin:visit-edit", args=[visit.pk])).content.decode()
    assert "Pat Head" in edit
    assert not reasons_of_contacts(second, head)
    assert reasons_of_contacts(factories.SchoolFactory(), head)


def test_the_list_has_everybody_once_with_all_their_schools(
    office: Client, second: models.School, first: models.School, head: models.Contact
) -> None:
    share_contact(head, second)
    share_contact(head, factories.SchoolFactory(authority=first.authority, name="Beckside Infants"))
    for text in ("", "beckside", "fellside", "pat beckside"):
        page = office.get("/admin/schools/contact/", {"q": text})
        assert list(page.context["cl"].result_list) == [head]
    assert "Fellside, Beckside, Beckside Infants" in page.content.decode()


def test_leaving_a_school_twice_changes_nothing(first: models.School, second: models.School, head: models.Contact) -> None:
    share_contact(head, second)
    assert list(unshare_contact(unshare_contact(head, second), second).also_at.all()) == []
    assert head.school == first


TYPED = {"do": "contact", "name": "Nia Head", "role": "", "email": "nia@oak.example.org"}


def yes_of(name: str) -> tuple[str, bool]:
    contact = models.Contact.objects.get(name=name)
    return str(contact.sms_number.as_e164) if contact.sms_number else "", contact.sms_since is not None


def test_a_yes_to_sms_on_the_phone_is_ticked_for_the_number_of_that_moment(
    office: Client, first: models.School, settings: Settings
) -> None:
    settings.SPEAKOUT_SMS = "stub"
    assert office.post(address(first), TYPED | {"phone": "07400 123456", "gets_sms": "on"}).status_code == 302
    assert yes_of("Nia Head") == ("+447400123456", True)
    assert "said yes to SMS" in office.get(address(first)).content.decode()
    contact = models.Contact.objects.get(name="Nia Head")
    changing = f"{address(first)}?contact={contact.pk}"
    models.Contact.objects.filter(pk=contact.pk).update(phone="+447400123457")
    assert "said yes to SMS" not in office.get(address(first)).content.decode(), "that was another number"
    models.Contact.objects.filter(pk=contact.pk).update(phone="+447400123456")
    seen = office.get(changing).context["contact_form"].seen
    assert office.post(changing, TYPED | {"phone": "07400 123456", "seen": seen}).status_code == 302
    assert yes_of("Nia Head") == ("", False)


def test_sms_go_to_no_landline(office: Client, first: models.School, settings: Settings) -> None:
    settings.SPEAKOUT_SMS = "stub"
    answer = office.post(address(first), TYPED | {"phone": "0113 496 0100", "gets_sms": "on"})
    assert "SMS go to mobile phones alone" in answer.content.decode()
    assert not models.Contact.objects.exists()


def test_a_new_yes_lifts_a_stop(office: Client, first: models.School, settings: Settings, now: datetime) -> None:
    settings.SPEAKOUT_SMS = "stub"
    models.SuppressedAddress.objects.create(address="+447400123456", reason="stop", since=now)
    office.post(address(first), TYPED | {"phone": "07400 123456", "gets_sms": "on"})
    assert models.SuppressedAddress.objects.get().lifted_at is not None


def test_stop_takes_the_yes_of_somebody_at_a_school_back_until_they_say_it_anew(
    office: Client, first: models.School, settings: Settings, now: datetime
) -> None:
    settings.SPEAKOUT_SMS = "stub"
    typed = TYPED | {"phone": "07400 123456", "gets_sms": "on"}
    office.post(address(first), typed)
    assert yes_of("Nia Head") == ("+447400123456", True)
    stop("+447400123456", at=timezone.now() + timedelta(minutes=1))
    assert yes_of("Nia Head") == ("", False)
    changing = f"{address(first)}?contact={models.Contact.objects.get().pk}"
    office.post(changing, typed | {"seen": office.get(changing).context["contact_form"].seen})
    assert yes_of("Nia Head") == ("+447400123456", True)
    assert models.SuppressedAddress.objects.get().lifted_at is not None


def test_where_no_sms_go_nobody_is_asked_and_a_yes_stays(office: Client, head: models.Contact, first: models.School) -> None:
    models.Contact.objects.filter(pk=head.pk).update(sms_number=head.phone, sms_since="2026-11-01T00:00:00Z")
    changing = f"{address(first)}?contact={head.pk}"
    form = office.get(changing).context["contact_form"]
    assert "gets_sms" not in form.fields
    office.post(changing, TYPED | {"name": "Pat Head", "phone": "01539 720001", "seen": form.seen})
    assert yes_of("Pat Head") == ("+441539720001", True)


def test_who_is_written_down_twice_with_the_same_facts_is_there_once() -> None:
    school = factories.SchoolFactory()
    facts = {"name": "Pat Head", "role": "Head teacher", "email": "pat@oak.example.org", "phone": ""}
    first, second = (save_contact(school, None, **facts) for _ in range(2))
    assert first == second
    assert save_contact(school, None, **facts | {"role": "SENCo"}) != first
    assert models.Contact.objects.filter(school=school).count() == 2


@pytest.mark.parametrize("owner", [None, "signs in", "volunteers"])
def test_an_address_is_from_a_list_until_its_owner_gives_it_by_themselves(
    owner: str | None, office: Client, first: models.School, head: models.Contact
) -> None:
    listed = {"imported_email": head.email, "imported_from": "the council’s list", "imported_on": timezone.localdate()}
    models.Contact.objects.filter(pk=head.pk).update(**listed)
    if owner == "signs in":
        factories.UserFactory(email="office@trust.example")
    if owner == "volunteers":
        factories.VolunteerFactory(email="office@trust.example")
    assert ("from the council’s list" in office.get(address(first)).content.decode()) is (owner is None)
