"""A mailbox that several people share is asked once whether its schools would like a visit, and ends that for all of them."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools.messages.opting_out import token_of
from schools.models import Area, Contact, OutboxMessage, School, SuppressedAddress
from schools.visits.queries.message_log import parties_of
from tests.factories import AreaFactory, SchoolFactory, coordinator_of
from tests.news import drafts, tell, tell_and_send

pytestmark = pytest.mark.django_db

DUE = "school-due"


@pytest.fixture
def area() -> Area:
    made: Area = AreaFactory()
    return made


@pytest.fixture
def oak(area: Area) -> School:
    made: School = SchoolFactory(area=area, name="Oak Primary")
    return made


def reader(name: str, school: School, *, email: str = "office@oak.example.org", wants: bool = True) -> Contact:
    return Contact.objects.create(school=school, name=name, email=email, wants_invitations=wants)


def pressed(contact: Contact) -> None:
    """Somebody follows the link under the mail that names this contact, and presses the button."""
    page = reverse("opt-out", args=[token_of(DUE, contact.pk)])
    assert "No more of these mails?" in Client().get(page).content.decode()
    assert "You get no more of these mails" in Client().post(page).content.decode()
    assert "You get no more of these mails" in Client().get(page).content.decode()


def link_under_the_mail() -> str:
    """The path of the way out in the latest mail."""
    (link,) = re.findall(r"/no-more/\S+/", str(mail.outbox[-1].body))
    return str(link)


@pytest.mark.parametrize("how", ["corrected", "deleted"])
def test_whoever_ends_it_by_a_mail_ends_it_for_the_address_that_got_it(oak: School, now: datetime, how: str) -> None:
    ann, bea = reader("Ann", oak), reader("Bea", oak)
    assert tell_and_send(now, kinds=[DUE]) == 1
    if how == "corrected":
        ann.email = "ann@oak.example.org"
        ann.save()
    else:
        ann.delete()
    link = link_under_the_mail()
    page = Client().get(link).content.decode()
    assert "No more of these mails?" in page
    assert "It ends for everybody who reads mail at the address at which you got it." in page
    assert "You get no more of these mails" in Client().post(link).content.decode()
    bea.refresh_from_db()
    assert not bea.wants_invitations
    if how == "corrected":
        ann.refresh_from_db()
        assert ann.wants_invitations, "nothing was said of the mails to another address"
        Contact.objects.filter(pk=bea.pk).update(email="bea@oak.example.org", wants_invitations=True)
        assert "You get no more of these mails" in Client().get(link).content.decode(), "nobody has that address"


def test_two_people_of_one_mailbox_get_one_mail_that_greets_both(oak: School, now: datetime) -> None:
    ann, bea = reader("Ann", oak), reader("Bea", oak, email="Office@Oak.example.org")
    assert tell_and_send(now, kinds=[DUE]) == 1
    (sent,) = mail.outbox
    assert str(sent.body).startswith("Hello Ann and Bea,")
    assert sent.subject == "Shall we come this school year? Oak Primary"
    assert parties_of(OutboxMessage.objects.all()).popitem()[1].readers == [ann, bea], "on the log of both"
    for days in (1, 29, 200):
        assert tell_and_send(now + timedelta(days=days), kinds=[DUE]) == 0
    assert len(drafts(DUE, now.replace(year=2027))) == 1


def test_it_names_the_schools_of_both_and_comes_from_those_who_look_after_them(oak: School, area: Area, now: datetime) -> None:
    elsewhere: Area = AreaFactory()
    cora, ben = coordinator_of(area), coordinator_of(elsewhere)
    reader("Ann", oak)
    reader("Bea", SchoolFactory(area=elsewhere, name="Ash Primary"))
    assert tell_and_send(now, kinds=[DUE]) == 1
    (sent,) = mail.outbox
    assert sent.subject == "Shall we come this school year? Ash Primary and Oak Primary"
    assert set(sent.reply_to) == {cora.email, ben.email}


def test_the_mailbox_is_asked_four_weeks_later_at_the_earliest_about_what_a_colleague_there_looks_after(
    oak: School, area: Area, now: datetime
) -> None:
    reader("Ann", oak)
    assert tell_and_send(now, kinds=[DUE]) == 1
    reader("Bea", SchoolFactory(area=area, name="Ash Primary"))
    assert tell_and_send(now + timedelta(days=7), kinds=[DUE]) == 0
    assert tell_and_send(now + timedelta(days=29), kinds=[DUE]) == 1
    assert [message.subject for message in mail.outbox] == [
        "Shall we come this school year? Oak Primary",
        "Shall we come this school year? Ash Primary",
    ]
    assert [str(message.body).partition(",")[0] for message in mail.outbox] == ["Hello Ann", "Hello Bea"]


def test_what_was_asked_of_who_wants_it_no_more_is_asked_of_no_colleague_there(oak: School, now: datetime) -> None:
    ann = reader("Ann", oak)
    assert tell_and_send(now, kinds=[DUE]) == 1
    Contact.objects.filter(pk=ann.pk).update(wants_invitations=False)
    reader("Bea", oak)
    assert tell(now + timedelta(days=60), kinds=[DUE]) == 0


def test_a_mailbox_that_refuses_is_asked_nothing_for_a_colleague_there(oak: School, now: datetime) -> None:
    ann = reader("Ann", oak)
    SuppressedAddress.objects.create(address=ann.email, reason="bounce", since=now)
    assert tell_and_send(now, kinds=[DUE]) == 0
    bea = reader("Bea", oak)
    assert drafts(DUE, now + timedelta(days=1)) == []
    Contact.objects.filter(pk=bea.pk).update(email="bea@oak.example.org")
    (draft,) = drafts(DUE, now + timedelta(days=1))
    assert draft.to == "bea@oak.example.org"


def test_who_unticks_it_while_the_mail_waits_is_not_greeted(oak: School, now: datetime) -> None:
    reader("Ann", oak)
    bea = reader("Bea", oak)
    assert tell(now, kinds=[DUE]) == 1
    Contact.objects.filter(pk=bea.pk).update(wants_invitations=False)
    assert tell_and_send(now, kinds=[]) == 1
    assert str(mail.outbox[0].body).startswith("Hello Ann,")
    assert parties_of(OutboxMessage.objects.all()).popitem()[1].names == "Ann"


@pytest.mark.parametrize("named", ["Ann", "Bea"])
def test_the_link_ends_it_for_everybody_who_reads_there(named: str, oak: School, now: datetime) -> None:
    people = {name: reader(name, oak) for name in ("Ann", "Bea")}
    other = reader("Cat", oak, email="cat@oak.example.org")
    pressed(people[named])
    assert list(Contact.objects.filter(wants_invitations=True)) == [other]
    assert [draft.to for draft in drafts(DUE, now)] == [other.email]


def test_the_link_ends_it_also_where_the_one_whom_it_names_wants_it_no_more(oak: School) -> None:
    ann = reader("Ann", oak, wants=False)
    reader("Bea", oak)
    pressed(ann)
    assert not Contact.objects.filter(wants_invitations=True).exists()


def test_of_who_has_no_address_any_more_it_ends_nobody_elses(oak: School) -> None:
    ann, other = reader("Ann", oak, email=""), reader("Bea", oak, email="")
    pressed(ann)
    assert list(Contact.objects.filter(wants_invitations=True)) == [other]


@pytest.mark.parametrize("number", [1, 4])
def test_many_mailboxes_are_asked_in_the_same_number_of_queries(
    number: int, area: Area, now: datetime, django_assert_max_num_queries: Callable[[int], AbstractContextManager[object]]
) -> None:
    for each in range(number):
        for name in ("Ann", "Bea"):
            reader(name, SchoolFactory(area=area, name=f"School {each} of {name}"), email=f"office@{each}.example.org")
    with django_assert_max_num_queries(24):
        assert len(drafts(DUE, now)) == number
