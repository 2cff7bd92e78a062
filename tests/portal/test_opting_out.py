"""The link that ends the mails of a kind: it needs no sign-in, a look changes nothing, and it says of nobody who they are."""

from datetime import UTC, date, datetime

import pytest
from django.core import mail
from django.core.signing import Signer
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.directory.sources import number_of
from schools.erasing.actions import erase
from schools.messages.kinds import all_kinds
from schools.messages.opting_out import SALT, token_of
from schools.models import Area, Charity, Contact, School, Volunteer
from schools.visits.actions.merging import merge_people, undo_merge
from tests.factories import AreaFactory, CoverFactory, SchoolFactory, SessionFactory, able_volunteer, manager
from tests.messages.letters import Shown, assert_says_the_same, received
from tests.news import tell, tell_and_send

pytestmark = pytest.mark.django_db

WEDNESDAY = datetime(2026, 11, 25, 8, tzinfo=UTC)
SITE = "https://speakout.example.org"


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def volunteer(area: Area) -> Volunteer:
    return able_volunteer(area, signs_in=True, name="Asha Rao", email="asha@example.org")


@pytest.fixture
def contact(area: Area) -> Contact:
    school: School = SchoolFactory(area=area, name="Oak Primary")
    made: Contact = Contact.objects.create(school=school, name="Nia", email="nia@oak.example.org", wants_invitations=True)
    return made


def page_of(kind: str, person: int) -> str:
    return reverse("opt-out", args=[token_of(kind, person)])


def wanted(volunteer: Volunteer, contact: Contact) -> tuple[bool, bool]:
    volunteer.refresh_from_db()
    contact.refresh_from_db()
    return volunteer.mornings_by_mail, contact.wants_invitations


def test_a_look_changes_nothing_and_a_press_ends_these_mails_alone(volunteer: Volunteer, contact: Contact) -> None:
    browser = Client(enforce_csrf_checks=True)
    mornings, question = page_of("near-you", volunteer.pk), page_of("school-due", contact.pk)
    assert [browser.get(page).status_code for page in (mornings, question)] == [200, 200]
    assert [browser.head(page).status_code for page in (mornings, question)] == [200, 200]
    assert wanted(volunteer, contact) == (True, True)
    assert browser.post(mornings).status_code == 200
    assert wanted(volunteer, contact) == (False, True)
    assert browser.post(question).status_code == 200
    assert wanted(volunteer, contact) == (False, False)


def test_a_mail_programs_one_click_needs_no_cookie_and_twice_is_fine(volunteer: Volunteer) -> None:
    for _ in range(2):
        answer = Client(enforce_csrf_checks=True).post(page_of("near-you", volunteer.pk), {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "You get no more of these mails" in answer.content.decode()
        assert not answer.cookies
    volunteer.refresh_from_db()
    assert not volunteer.mornings_by_mail


def test_the_page_names_nobody(volunteer: Volunteer, contact: Contact, client: Client) -> None:
    for page in (page_of("near-you", volunteer.pk), page_of("school-due", contact.pk)):
        for answer in (client.get(page), client.post(page), client.get(page)):
            shown = " ".join(Shown(answer.content.decode()).shown)
            assert not [word for word in ("Asha", "Nia", "Oak", "example.org") if word in shown]


def test_a_link_of_somebody_who_was_erased_says_so_and_does_nothing(
    volunteer: Volunteer, contact: Contact, client: Client
) -> None:
    pages = [page_of("near-you", volunteer.pk), page_of("school-due", contact.pk), page_of("near-you", 999_999)]
    volunteer.status = Volunteer.Status.LEFT
    volunteer.save()
    erase(volunteer, by=manager(), now=WEDNESDAY)
    contact.delete()
    before = Volunteer.objects.values_list("mornings_by_mail", flat=True).get(pk=volunteer.pk)
    for page in pages:
        for answer in (client.get(page), client.post(page)):
            assert (answer.status_code, "You get none of these mails" in answer.content.decode()) == (200, True)
    assert Volunteer.objects.values_list("mornings_by_mail", flat=True).get(pk=volunteer.pk) == before


def test_only_what_we_signed_for_this_acts(volunteer: Volunteer, contact: Contact, client: Client) -> None:
    good = token_of("near-you", volunteer.pk)
    signed = Signer(salt=SALT, sep=".")
    forged = [
        good[:-1],
        good.replace("near-you", "school-due"),
        good.replace(f".{volunteer.pk}.", f".{volunteer.pk + 1}."),
        Signer(sep=".").sign(f"near-you.{volunteer.pk}"),
        Signer(salt="another", sep=".").sign(f"near-you.{volunteer.pk}"),
        signed.sign(f"mornings.{volunteer.pk}"),
        signed.sign(f"no-kind.{volunteer.pk}"),
        "x",
    ]
    for token in forged:
        for answer in (client.get(reverse("opt-out", args=[token])), client.post(reverse("opt-out", args=[token]))):
            assert (answer.status_code, "This link cannot be read" in answer.content.decode()) == (404, True), token
    assert wanted(volunteer, contact) == (True, True)


def test_the_link_follows_somebody_who_was_entered_twice(volunteer: Volunteer, area: Area, client: Client) -> None:
    kept = able_volunteer(area, name="Asha Rao")
    page = page_of("near-you", volunteer.pk)
    merge = merge_people(kept, volunteer, chosen=[], mark=None, by=manager(), now=WEDNESDAY)
    client.post(page)
    assert not Volunteer.objects.get(pk=kept.pk).mornings_by_mail
    undo_merge(merge, by=manager(), now=WEDNESDAY)
    assert "No more of these mails?" in client.get(page).content.decode()


def test_these_mails_carry_the_link_in_their_headers_and_under_their_text(
    volunteer: Volunteer, contact: Contact, area: Area, settings: Settings, client: Client
) -> None:
    settings.SPEAKOUT_ADDRESS = SITE
    Charity.objects.update(name="Kind Words", reply_to="office@kind.example.org")
    SessionFactory(visit__school=SchoolFactory(area=area, name="Near"), day=date(2026, 12, 3))
    assert tell_and_send(WEDNESDAY, kinds=["near-you", "school-due"]) == 2
    question = ("school-due-mail", number_of(contact.pk, contact.email))
    people = {volunteer.mail_address: ("near-you", volunteer.pk), contact.email: question}
    for message in mail.outbox:
        address = SITE + page_of(*people[message.to[0]])
        got = received(message)
        assert got["List-Unsubscribe"] == f"<{address}>, <mailto:office@kind.example.org?subject=unsubscribe>"
        assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert f"\n{address}\n" in str(message.body)
        assert address in assert_says_the_same(message).addresses
        assert client.post(address.removeprefix(SITE)).status_code == 200
    assert wanted(volunteer, contact) == (False, False)


def test_mail_that_is_part_of_the_service_has_no_such_header(area: Area, volunteer: Volunteer) -> None:
    assert {kind.name for kind in all_kinds() if kind.opt_out} == {"near-you", "school-due"}
    session = SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 11, 26))
    CoverFactory(session=session, volunteer=volunteer)
    tell_and_send(datetime(2026, 11, 25, 18, tzinfo=UTC), kinds=["evening"])
    (message,) = mail.outbox
    assert "List-Unsubscribe" not in received(message)


def test_what_waits_in_the_outbox_is_not_sent_after_the_press(volunteer: Volunteer, area: Area, client: Client) -> None:
    SessionFactory(visit__school=SchoolFactory(area=area), day=date(2026, 12, 3))
    assert tell(WEDNESDAY, kinds=["near-you"]) == 1
    client.post(page_of("near-you", volunteer.pk))
    assert tell_and_send(WEDNESDAY, kinds=[]) == 0
