"""Every direct mail as it goes out: one button, which is the link of its text, the same words as HTML, and whom it is from."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from schools.accounts.actions import add_user
from schools.accounts.models import Role
from schools.directory.actions import add_stand_in
from schools.messages.actions import deliver, deliver_due
from schools.messages.links import Link
from schools.messages.masking import LETS_IN, text_to_show
from schools.models import (
    AreaCoordinator,
    Charity,
    OutboxMessage,
    SchoolAnswer,
    User,
    VisitRequest,
    Volunteer,
)
from schools.reach.actions import send_monthly, subscribe
from schools.recovery.actions import agree, ask, confirm_new_address
from schools.recovery.actions import settle_due as settle_ways_back
from schools.recovery.emails import ask_trustee
from schools.visits.contact_emails import ask_new_contact
from schools.visits.new_contacts import NewContact
from schools.visits.request_emails import ask_to_confirm
from schools.volunteers import actions, emails
from schools.volunteers.actions.onboarding import add_first_manager
from tests.factories import AreaFactory, SchoolFactory, SessionFactory, VolunteerFactory, able_volunteer, coordinator_of, manager
from tests.house import assert_none
from tests.messages.letters import assert_says_the_same, received
from tests.recovery import people

pytestmark = pytest.mark.django_db

NOW = people.NOW
SITE = "https://speakout.example.org"
OFFICE = ["office@kind.example.org"]
CORA = ["cora@example.org"]
NAMED = "From Cora Nwosu, 01632 960123"


@pytest.fixture(autouse=True)
def _an_installation(settings: Settings) -> None:
    settings.SPEAKOUT_ADDRESS = SITE
    Charity.objects.update(name="Kind Words", reply_to=OFFICE[0])


@pytest.fixture
def cora() -> User:
    """Who coordinates the one area."""
    area = AreaFactory(name="Lakes")
    SchoolFactory(area=area)  # an area is looked after where it holds an authority
    return coordinator_of(area, name="Cora Nwosu", email=CORA[0], phone="+441632960123")


def area_of(cora: User) -> Any:
    return AreaCoordinator.objects.get(user=cora).area


def asha(cora: User) -> Volunteer:
    return able_volunteer(area_of(cora), signs_in=True, name="Asha Rao")


def invitation(cora: User) -> None:
    volunteer = VolunteerFactory(name="Asha Rao", email="asha@example.org")
    volunteer.areas.set([area_of(cora)])
    actions.invite(volunteer, by=manager(), now=NOW)


def invitation_without_area(cora: User) -> None:
    actions.invite(VolunteerFactory(email="asha@example.org"), by=cora, now=NOW)


def welcome(cora: User) -> None:
    actions.add_person("ben@example.org", "Ben Fell", role=Role.COORDINATOR, by=cora)


def welcome_by_the_operator(cora: User) -> None:
    add_first_manager("first@example.org", "First", now=NOW)


def change_of_address(cora: User) -> None:
    user = asha(cora).user
    assert user
    actions.request_address_change(user, new_email="new@example.org", now=NOW)
    OutboxMessage.objects.filter(to="new@example.org").delete()


def new_address(cora: User) -> None:
    user = asha(cora).user
    assert user
    actions.request_address_change(user, new_email="new@example.org", now=NOW)
    OutboxMessage.objects.exclude(to="new@example.org").delete()


def address_that_is_taken(cora: User) -> None:
    owner = asha(cora).user
    assert owner
    actions.request_address_change(manager(), new_email=owner.email, now=NOW)
    OutboxMessage.objects.exclude(key__contains=":taken:").delete()


def address_that_is_changed(cora: User) -> None:
    user = asha(cora).user
    assert user
    change = actions.request_address_change(user, new_email="new@example.org", now=NOW)
    OutboxMessage.objects.all().delete()
    emails.tell_changed(change, old_email=user.email, now=NOW)
    change.delete()


def request_of_a_school(cora: User) -> None:
    school = SchoolFactory(area=area_of(cora), name="Fern Primary")
    asks = {"name": "Pat Head", "role": "head", "email": "pat@fern.example.org", "asked_at": NOW}
    ask_to_confirm(VisitRequest.objects.create(school=school, **asks))


def request_by_a_poster(cora: User) -> None:
    asks = {"name": "Pat Head", "role": "head", "email": "pat@fern.example.org", "asked_at": NOW}
    ask_to_confirm(VisitRequest.objects.create(school_name="Fern", area=area_of(cora), **asks))


def request_of_nobody_knows_where(cora: User) -> None:
    asks = {"name": "Pat Head", "role": "head", "email": "pat@fern.example.org", "asked_at": NOW}
    ask_to_confirm(VisitRequest.objects.create(school_name="Fern", **asks))


def new_contact(cora: User) -> None:
    visit = SessionFactory(visit__coordinator=cora, visit__school__area=area_of(cora)).visit
    words = NewContact("Zoe New", "", "zoe@oak.example.org").words
    answer = SchoolAnswer.objects.create(visit=visit, school=visit.school, item="contact", words=words, given_by="Nia", at=NOW)
    ask_new_contact(answer, visit)


def trustee(cora: User) -> None:
    ask_trustee(people.trustee(cora), now=NOW)
    OutboxMessage.objects.exclude(to="tess@example.com").delete()


def trustee_named(cora: User) -> None:
    people.bea()
    ask_trustee(people.trustee(cora), now=NOW)
    OutboxMessage.objects.filter(to="tess@example.com").delete()


def way_back(cora: User) -> None:
    by, other, ravi = people.bea(), people.mo(), people.coordinator()
    people.trustee(by)
    recovery = ask(ravi, people.address(), by=by, now=NOW)
    confirm_new_address(recovery, now=NOW)
    agree(recovery, by=other, now=NOW)
    settle_ways_back(now=NOW + people.WAIT)


def figures(cora: User) -> None:
    subscribe(cora, now=NOW)
    send_monthly(now=NOW)


def trial(cora: User) -> None:
    client = Client()
    client.force_login(manager(email="mo@example.org"))
    client.post(reverse("admin:charity"), {"do": "trial"})
    assert OutboxMessage.objects.exists()


def signing_in(cora: User) -> None:
    client, user = Client(), asha(cora).user
    assert user
    client.post(reverse("account_login"), {"login": user.email})
    client.post(reverse("account_reset_password"), {"email": user.email})
    User.objects.create_user("fresh@example.org", "a-long-password", name="Fresh")
    client.post(reverse("account_login"), {"login": "fresh@example.org", "password": "a-long-password"})


def without_a_sign_in(cora: User) -> None:
    Client().post(reverse("account_login"), {"login": "nobody@example.org"})


def changed_password(cora: User) -> None:
    user, client, new = (
        add_user("ben@example.org", "Ben", role=Role.VOLUNTEER, password="a-long-password"),
        Client(),
        "a-walk-along",
    )
    client.force_login(user)
    form = {"oldpassword": "a-long-password", "password1": new, "password2": new}
    client.post(reverse("account_change_password"), form)


MAILS: dict[str, tuple[Callable[[User], None], list[str]]] = {
    "invitation": (invitation, CORA),
    "invitation of somebody without an area": (invitation_without_area, CORA),
    "welcome": (welcome, CORA),
    "welcome by the operator": (welcome_by_the_operator, OFFICE),
    "change of address": (change_of_address, CORA),
    "change of address, at the new one": (new_address, OFFICE),
    "address that is taken": (address_that_is_taken, CORA),
    "address that is changed": (address_that_is_changed, CORA),
    "request of a school": (request_of_a_school, OFFICE),
    "request by a poster": (request_by_a_poster, OFFICE),
    "request of nobody knows where": (request_of_nobody_knows_where, OFFICE),
    "new contact": (new_contact, OFFICE),
    "trustee": (trustee, CORA),
    "trustee named": (trustee_named, OFFICE),
    "way back": (way_back, OFFICE),
    "figures": (figures, OFFICE),
    "trial": (trial, OFFICE),
    "signing in": (signing_in, OFFICE),
    "without a sign-in": (without_a_sign_in, OFFICE),
    "changed password": (changed_password, OFFICE),
}
"""What writes direct mails, and where an answer to them goes."""

WITHOUT_A_LINK = {
    "address that is taken": 1, "address that is changed": 2, "way back": 2, "without a sign-in": 1, "changed password": 1,
}  # fmt: skip
"""How many of them have no link, since they say what has happened."""

WRITERS = {
    "messages/adapter.py", "messages/asking.py", "office/charity/views/charity.py", "reach/actions/mails.py",
    "recovery/emails.py", "visits/contact_emails.py", "visits/request_emails.py", "volunteers/emails.py",
}  # fmt: skip
"""The modules that write into the outbox: the kinds by one of them, and all direct mails, each of which stands above."""


def written(name: str, cora: User) -> list[OutboxMessage]:
    """The direct mails as they are stored."""
    with time_machine.travel(NOW, tick=False):
        MAILS[name][0](cora)
    stored = list(OutboxMessage.objects.order_by("pk"))
    assert stored
    assert {message.kind for message in stored} == {""}
    return stored


def sent(at: datetime = NOW + timedelta(minutes=1)) -> list[EmailMessage]:
    """What goes out of it."""
    mail.outbox.clear()
    for pk in OutboxMessage.objects.order_by("pk").values_list("pk", flat=True):
        deliver(pk, clock=lambda: at)
    return list(mail.outbox)


@pytest.mark.parametrize("name", MAILS)
def test_a_direct_mail_has_one_button_the_same_words_as_html_and_says_whom_it_is_from(name: str, cora: User) -> None:
    stored = written(name, cora)
    messages = sent()
    assert len(messages) == len(stored)
    assert sum(Link.in_body(row.body) is None for row in stored) == WITHOUT_A_LINK.get(name, 0)
    for message, row in zip(messages, stored, strict=True):
        shown, text = assert_says_the_same(message), str(message.body)
        assert received(message).get_body(["html"]) is not None
        assert text.startswith(row.body.rstrip("\n"))
        assert text.endswith(f"\n\n-- \nKind Words\n{SITE}\n")
        links = re.findall(r"https?://\S+/\S+", row.body)
        assert shown.buttons == links == [link for link in shown.addresses if link != SITE]
        assert len(links) == (Link.in_body(row.body) is not None)
        assert message.reply_to == MAILS[name][1]
        assert (f"\n\n{NAMED}\n\n-- " in text) == (MAILS[name][1] == CORA)


@pytest.mark.parametrize("name", MAILS)
def test_no_secret_of_a_direct_mail_is_shown_and_what_lets_in_is_gone_once_it_was_sent(name: str, cora: User) -> None:
    stored = written(name, cora)
    links = {message.pk: link for message in stored if (link := Link.in_body(message.body))}
    for message in stored:
        if message.pk not in links:
            continue
        shown, link = text_to_show(message), links[message.pk]
        if message.expires_at is None:
            secret = re.search(r"[\w.:-]{30,}", link.address.removeprefix(SITE))
            assert secret is None or secret[0] not in shown
        else:
            assert shown == LETS_IN
    sent()
    for message in OutboxMessage.objects.exclude(expires_at=None).filter(pk__in=links):
        assert links[message.pk].address not in message.body


def test_every_module_that_writes_into_the_outbox_is_looked_at_here(settings: Settings) -> None:
    slices = Path(settings.BASE_DIR) / "schools"
    importing = re.compile(r"from schools\.messages\.actions import [^\n]*\bput\b")
    writers = {str(path.relative_to(slices)) for path in slices.rglob("*.py") if importing.search(path.read_text())}
    assert_none(sorted(writers ^ WRITERS), to_do="Write its mails in MAILS, and name the module in WRITERS.")


def test_a_stand_in_is_named_for_whoever_is_away_when_the_mail_is_sent(cora: User) -> None:
    written("invitation", cora)
    ben = manager(name="Ben Fell", email="ben@example.org")
    add_stand_in(cora, ben, first=NOW.date(), last=NOW.date(), on=NOW.date())
    (message,) = sent()
    assert message.reply_to == ["ben@example.org"]
    assert "\n\nFrom Ben Fell for Cora Nwosu, who is away\n\n-- " in str(message.body)


def test_who_stands_in_for_whoever_invited_is_named_only_if_they_see_everything(cora: User) -> None:
    ben = coordinator_of(area_of(cora), name="Ben Fell", email="ben@example.org")
    add_stand_in(cora, ben, first=NOW.date(), last=NOW.date(), on=NOW.date())
    written("invitation of somebody without an area", cora)
    assert sent()[0].reply_to == CORA
    OutboxMessage.objects.all().delete()
    ben.groups.set(manager().groups.all())
    written("invitation of somebody without an area", cora)
    assert sent()[0].reply_to == ["ben@example.org"]


def test_whoever_signs_in_no_more_is_named_in_no_mail(cora: User) -> None:
    written("invitation of somebody without an area", cora)
    User.objects.filter(pk=cora.pk).update(is_active=False)
    (message,) = sent()
    assert message.reply_to == OFFICE
    assert "From " not in str(message.body)


def test_a_code_stands_by_itself_and_its_button_leads_to_where_it_is_entered(client: Client) -> None:
    add_user("asha@example.org", "Asha", role=Role.VOLUNTEER)
    client.post(reverse("account_login"), {"login": "asha@example.org"})
    deliver_due(clock=lambda: datetime.now(UTC))
    (message,) = mail.outbox
    shown = assert_says_the_same(message)
    code = re.search(r"\n\n    (\S+)\n\n", str(message.body))
    assert code
    assert code[1] in shown.shown
    assert "set-out" in shown.attributes["class"]
    assert shown.buttons == [f"http://testserver{reverse('account_confirm_login_code')}"]


def test_the_figures_have_a_line_for_each_area_that_a_phone_can_show(cora: User) -> None:
    written("figures", cora)
    (message,) = sent()
    assert [attachment[2] for attachment in message.attachments] == ["text/csv"]
    assert_says_the_same(message)
    lines = [line for line in str(message.body).splitlines() if line.startswith("- ")]
    assert lines == [f"- {name}: pupils, at least 0; pupils reached 0; pupils, at most 0" for name in ("Lakes", "All together")]
    assert [part.get_content_type() for part in received(message).iter_parts()] == ["multipart/alternative", "text/csv"]


def test_a_link_is_the_button_only_where_it_is_a_paragraph_with_its_words() -> None:
    link = Link(f"{SITE}/a/?b=c&d", "Come: in")
    assert Link.in_body(f"Hello,\n\n{link.text}\n\nBye\n") == link
    assert Link.in_body(f"Hello,\n\n{link.address}\n\nBye\n") is None
    assert Link.in_body(f"Hello,\nopen {link.address} soon:\nnow\n") is None
    assert Link.in_body(f"A\n{link.text}\n") is None
    other = Link(f"{SITE}/other/", "Other")
    assert Link.in_body(f"{other.text}\n\n{link.text}\n") == other
