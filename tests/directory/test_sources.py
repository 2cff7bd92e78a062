"""The first mail to an address that came out of a list says from where it is and how to object, once, whatever happens."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any, ClassVar

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from schools.directory.actions.contact_files import import_contacts
from schools.directory.actions.table_kinds import Importer
from schools.directory.sources import mark_imported, number_of
from schools.messages import actions
from schools.messages.actions import deliver_due
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.messages.opting_out import address_for
from schools.messages.smtp import Unanswered
from schools.messages.suppression import mark
from schools.messages.tries import bring_back
from schools.models import Charity, Contact, School, User
from schools.visits.actions.merging import merge_people, proposed
from schools.visits.queries.unreachable import unreachable
from tests.factories import SchoolFactory, UserFactory, VolunteerFactory, manager
from tests.profiles import examples

BEGIN = datetime(2026, 11, 24, 9, tzinfo=UTC)
COUNCIL = "the council’s list of schools of May 2026"
HEADER = "register_id,name,email"


def imported(folder: Path, *rows: str, origin: str = COUNCIL, now: datetime = BEGIN) -> None:
    path = folder / "contacts.csv"
    path.write_text("\n".join((HEADER, *rows)))
    assert not import_contacts(path, Importer(None, now, origin)).refused


def mailed(address: str, key: str = "direct:1", **facts: Any) -> str:
    """Send a direct mail to the address, and return its text."""
    OutboxMessage.objects.create(key=key, to=address, subject="Hello", body="Good day", **facts)
    deliver_due(clock=lambda: BEGIN)
    return str(mail.outbox[-1].body) if mail.outbox else ""


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["pat@oak.example.org", "Pat@Oak.example.org"])
def test_an_address_that_a_colleague_typed_with_whatever_capitals_is_not_said_to_be_of_a_list(tmp_path: Path, typed: str) -> None:
    Contact.objects.create(school=SchoolFactory(), name="Pat Head", email=typed)
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    assert COUNCIL not in mailed("pat@oak.example.org")


@pytest.mark.django_db
def test_the_first_mail_says_from_where_the_address_is_and_the_second_does_not(tmp_path: Path) -> None:
    SchoolFactory(register_id="100001")
    Charity.objects.update(name="Kind Words", reply_to="office@kind.example.org")
    imported(tmp_path, "100001,Pat Head,Pat@oak.example.org")
    first = mailed("pat@oak.example.org")
    assert f"it is from {COUNCIL}, which was handed in on Tue 24 November 2026" in first
    assert first.index("Good day") < first.index("Object: send nothing more") < first.index("-- \nKind Words")
    assert "/no-more/" in mail.outbox[-1].extra_headers["List-Unsubscribe"]
    assert mail.outbox[-1].extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert Contact.objects.get().source_told_at == BEGIN
    assert "You have not given us" not in mailed("pat@oak.example.org", "direct:2")
    assert "List-Unsubscribe" not in mail.outbox[-1].extra_headers


@pytest.mark.django_db
def test_nobody_is_told_who_gave_the_address_themselves_or_signs_in(tmp_path: Path) -> None:
    school, other = SchoolFactory(register_id="100001"), SchoolFactory(register_id="100002")
    Contact.objects.create(school=school, name="Pat Head", email="pat@oak.example.org")
    imported(
        tmp_path, "100001,Pat Head,pat@oak.example.org", "100002,Pat Head,pat@oak.example.org", "100002,Sam,sam@oak.example.org"
    )
    assert Contact.objects.get(school=other, name="Pat Head").imported_email == ""
    assert "You have not given us" not in mailed("pat@oak.example.org")
    assert "You have not given us" not in mailed("sam@oak.example.org", "sign-in:1")
    assert f"it is from {COUNCIL}" in mailed("sam@oak.example.org", "direct:2")


@pytest.mark.django_db
@pytest.mark.parametrize("first", ["the volunteer", "the list"])
@pytest.mark.parametrize("signs_in", [True, False])
def test_an_address_that_a_volunteer_gave_is_not_said_to_be_of_a_list(tmp_path: Path, first: str, *, signs_in: bool) -> None:
    SchoolFactory(register_id="100001")
    if first == "the list":
        imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    if signs_in:
        UserFactory(email="pat@oak.example.org")
    else:
        VolunteerFactory(user=None, email="Pat@oak.example.org")
    if first == "the volunteer":
        imported(tmp_path, "100001,Pat Head,Pat@oak.example.org")
        assert Contact.objects.get().imported_email == ""
    assert "You have not given us" not in mailed("pat@oak.example.org")
    assert "List-Unsubscribe" not in mail.outbox[-1].extra_headers


@pytest.mark.django_db
def test_where_nobody_said_from_where_the_list_is_the_mail_says_that_it_was_a_list(tmp_path: Path) -> None:
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org", origin="")
    assert "it is from a list of people at schools, which" in mailed("pat@oak.example.org")


@pytest.mark.django_db
def test_who_objects_gets_nothing_more_and_the_office_finds_the_address(tmp_path: Path, client: Client) -> None:
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    first = mailed("pat@oak.example.org")
    page = first[first.index("/no-more/") :].split()[0]
    assert "All that we send to the address at which you got it" in client.get(page).content.decode()
    assert not SuppressedAddress.objects.exists()
    for _ in range(2):
        assert "You get no more of these mails" in client.post(page).content.decode()
    row = unreachable(SuppressedAddress.objects.all()).get()
    assert (row.address, row.reason) == ("pat@oak.example.org", SuppressedAddress.Reason.OBJECTION)
    mailed("pat@oak.example.org", "direct:2")
    assert OutboxMessage.objects.get(key="direct:2").stopped_by == row


@pytest.mark.django_db
def test_who_objects_after_a_complaint_is_heard_and_not_asked_again(tmp_path: Path, client: Client) -> None:
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    page = path_in(mailed("pat@oak.example.org"))
    mark("pat@oak.example.org", SuppressedAddress.Reason.COMPLAINT, "", at=BEGIN)
    for answer in (client.post(page), client.get(page)):
        assert "You get no more of these mails" in answer.content.decode()
    assert SuppressedAddress.objects.get().reason == SuppressedAddress.Reason.OBJECTION


def path_in(text: str) -> str:
    return text[text.index("/no-more/") :].split(maxsplit=1)[0]


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["of the mail", "of an earlier mail"])
def test_an_objection_is_to_the_address_that_got_the_mail_whatever_the_entry_has_today(
    link: str, tmp_path: Path, client: Client
) -> None:
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    page = path_in(mailed("pat@oak.example.org"))
    pat = Contact.objects.get()
    if link == "of an earlier mail":
        page = path_in(address_for("objection", pat.pk))
    Contact.objects.update(email="right@oak.example.org", wants_invitations=True)
    same = Contact.objects.create(school=pat.school, name="Oak", email="Pat@oak.example.org", wants_invitations=True)
    assert "You get no more of these mails" in client.post(page).content.decode()
    assert [row.address for row in SuppressedAddress.objects.all()] == ["pat@oak.example.org"]
    assert list(Contact.objects.filter(wants_invitations=False)) == [same]
    assert "You get no more of these mails" in client.get(page).content.decode()


@pytest.mark.django_db
def test_of_a_mail_that_went_to_two_addresses_each_reader_objects_to_their_own(tmp_path: Path, client: Client) -> None:
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    page = path_in(mailed("pat@oak.example.org"))
    # Nobody answered, so nobody knows whether it came; then it goes once more, to the address that the office has corrected.
    message = OutboxMessage.objects.get()
    OutboxMessage.objects.update(to="right@oak.example.org")
    Contact.objects.update(email="right@oak.example.org", source_told_in=None, source_told_at=None)
    again = path_in(address_for("objection-mail", number_of(message.pk, "Right@oak.example.org")))
    for link, address in ((page, "pat@oak.example.org"), (again, "right@oak.example.org")):
        SuppressedAddress.objects.all().delete()
        assert "You get no more of these mails" in client.post(link).content.decode()
        assert [row.address for row in SuppressedAddress.objects.all()] == [address]


@pytest.mark.django_db
def test_who_objects_after_the_log_has_forgotten_the_address_is_heard_as_long_as_the_entry_has_it(
    tmp_path: Path, client: Client
) -> None:
    SchoolFactory(register_id="100001")
    imported(tmp_path, "100001,Pat Head,pat@oak.example.org")
    page = path_in(mailed("pat@oak.example.org"))
    OutboxMessage.objects.update(to="")
    client.post(page)
    assert SuppressedAddress.objects.get().address == "pat@oak.example.org"
    Contact.objects.all().delete()
    assert client.get(page).context["state"] == "nobody"


@pytest.mark.django_db
def test_the_command_takes_from_where_the_list_is_on_one_line(tmp_path: Path) -> None:
    SchoolFactory(register_id="100001")
    path = tmp_path / "contacts.csv"
    path.write_text(f"{HEADER}\n100001,Pat Head,pat@oak.example.org")
    for wrong in ("a\nb", "x" * 201):
        with pytest.raises(CommandError, match="--origin is one line of at most 200 characters"):
            call_command("import_contacts", path, origin=wrong)
    call_command("import_contacts", path, origin=COUNCIL)
    assert Contact.objects.get().imported_from == COUNCIL


class Sources(RuleBasedStateMachine):
    """One history of three entries at two schools and two addresses, with a naive book of who was told."""

    by: ClassVar[User]
    schools: ClassVar[list[School]]
    seen: ClassVar[Counter[str]] = Counter()

    addresses = st.sampled_from(["pat@oak.example.org", "sam@elm.example.org"])
    entries = st.integers(0, 2)

    @initialize()
    def begin(self) -> None:
        """Begin with nobody."""
        self.now, self.number, self.fate, self.together = BEGIN, 0, "arrives", False
        self.told: dict[int, bool] = {}
        """Of each entry whose address is from a list: whether its owner was told."""
        self.told_by: dict[int, set[int]] = {}
        self.outer = transaction.atomic()
        self.outer.__enter__()

    def teardown(self) -> None:
        """Forget the history."""
        if hasattr(self, "outer"):
            transaction.set_rollback(True)
            self.outer.__exit__(None, None, None)

    def entry(self, entry: int) -> Contact:
        contact = Contact.objects.filter(name=f"Entry {entry}").first()
        return contact or Contact(school=self.schools[entry % 2], name=f"Entry {entry}")

    @rule(entry=entries, address=addresses)
    def is_imported(self, entry: int, address: str) -> None:
        """A list gives the entry an address; the same once more changes nothing, as the import sees to."""
        contact = self.entry(entry)
        if contact.email == address:
            return
        by_hand = Contact.objects.filter(email=address).exclude(pk__in=self.told).exists()
        contact.email = address
        mark_imported([contact], origin=COUNCIL, now=self.now)
        contact.save()
        self.told.pop(contact.pk, None)
        if not by_hand:
            self.told[contact.pk] = False

    @rule(entry=entries, address=addresses)
    def is_typed(self, entry: int, address: str) -> None:
        """A colleague types another address than the list’s."""
        contact = self.entry(entry)
        if address not in {contact.email, contact.imported_email}:
            contact.email = address
            contact.save()
            self.told.pop(contact.pk, None)

    @rule(kept=entries, gone=entries)
    def are_merged(self, kept: int, gone: int) -> None:
        """Two entries are one; the one that is kept keeps its address, or takes over the other’s where it has none."""
        first, second = self.entry(kept), self.entry(gone)
        if kept != gone and first.pk and second.pk:
            pk = second.pk
            merge_people(first, second, chosen=proposed(first, second), mark=None, by=self.by, now=self.now)
            self.told.pop(pk, None)
            self.seen["merged"] += 1

    @rule(
        to=st.lists(addresses, min_size=1, max_size=2),
        fate=st.sampled_from(["arrives", "arrives", "arrives", "later", "refused", "unsure"]),
        two=st.booleans(),
        minutes=st.integers(1, 2000),
    )
    def mail_goes_out(self, to: list[str], fate: str, two: bool, minutes: int) -> None:
        """Somebody writes, and the clock sends; the server may have a bad day, and a second sender may come in the middle."""
        for address in to:
            self.number += 1
            OutboxMessage.objects.create(key=f"direct:{self.number}", to=address, subject="Hello", body="Good day")
        self.fate, self.together = fate, two
        self.now += timedelta(minutes=minutes)
        deliver_due(clock=lambda: self.now)
        self.together = False

    @rule(place=st.integers(0, 5))
    def comes_back(self, place: int) -> None:
        """A mail that the server took comes back later."""
        sent = list(OutboxMessage.objects.filter(sent_at__isnull=False).order_by("pk"))
        if sent:
            message = sent[place % len(sent)]
            bring_back(message, "no such person", row=None, is_lifted=False, now=self.now)
            for pk in self.told_by.pop(message.pk, set()) & self.told.keys():
                self.told[pk] = False
            self.seen["came back"] += 1

    def send(self, message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        """Stand in for the mail server."""
        if self.together:
            self.together = False
            self.seen["two senders"] += 1
            deliver_due(clock=lambda: self.now)
        if self.fate == "later":
            raise ConnectionError
        if self.fate == "refused":
            raise SMTPRecipientsRefused({message.to: (552, b"mailbox full")})
        before_text()
        if self.fate == "unsure":
            raise Unanswered
        listed = {pk for pk in Contact.objects.filter(email=message.to).values_list("pk", flat=True) if pk in self.told}
        is_due = bool(listed) and not any(self.told[pk] for pk in listed)
        assert (message.source is not None) == is_due, (message.source, listed, self.told)
        if is_due:
            self.seen["told"] += 1
            self.told_by[message.pk] = listed
            self.told |= dict.fromkeys(listed, True)
        return ""


@pytest.mark.django_db
def test_each_address_from_a_list_is_told_once_by_the_first_mail_that_arrives(monkeypatch: pytest.MonkeyPatch) -> None:
    Sources.by, Sources.schools = manager(), [SchoolFactory(), SchoolFactory()]
    Sources.seen.clear()
    current: list[Sources] = []
    begin = Sources.begin

    class Watched(Sources):
        @initialize()
        def begin(self) -> None:
            current.append(self)
            begin(self)

    def send(message: OutboxMessage, *, before_text: Callable[[], None]) -> str:
        return current[-1].send(message, before_text=before_text)

    monkeypatch.setattr(actions, "send", send)
    of_histories = settings(max_examples=examples(30), stateful_step_count=20, phases=[Phase.explicit, Phase.generate])
    run_state_machine_as_test(Watched, settings=of_histories)
    if examples(30) == 30:
        assert {"told", "merged", "came back", "two senders"} <= Sources.seen.keys(), Sources.seen


@pytest.mark.django_db
def test_a_merged_entry_takes_the_source_along_with_the_address() -> None:
    school = SchoolFactory()
    kept = Contact.objects.create(school=school, name="Pat")
    gone = Contact.objects.create(
        school=school,
        name="Pat Head",
        email="pat@oak.example.org",
        imported_email="pat@oak.example.org",
        imported_on=date(2026, 5, 1),
    )
    merge_people(kept, gone, chosen=["email"], mark=None, by=manager(), now=BEGIN)
    kept.refresh_from_db()
    assert (kept.imported_email, kept.imported_on, kept.is_from_list) == ("pat@oak.example.org", date(2026, 5, 1), True)
