"""Who wants nothing more sent is erased, address and all, and gets nothing when a list brings the address again."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import override_settings

from schools.directory.actions.contact_files import import_contacts
from schools.directory.actions.table_kinds import Importer
from schools.erasing.actions import erase
from schools.keeping.actions import purge
from schools.keeping.periods import BY_NAME
from schools.messages.actions import deliver_due, try_address_again
from schools.messages.hashed import MARK, hash_of_address, hashes_of
from schools.messages.models import CAME_BACK, OutboxMessage, SuppressedAddress
from schools.messages.sms import lift_number
from schools.messages.suppression import forget, mark, recognise
from schools.models import Contact, School
from schools.planning.opting_out import contact_has_not_objected, object_for_contact
from schools.visits.planned_messages import _marked
from schools.visits.queries.unreachable import unreachable
from tests.erasing.dumps import dump, places_with
from tests.factories import SchoolFactory, manager

pytestmark = pytest.mark.django_db

Reason = SuppressedAddress.Reason
PAT = "pat@oak.example.org"
ANOTHER_SECRET = "another secret of this installation, long enough for anybody"  # made up


def who_objected(now: datetime) -> Contact:
    """Pat of the Oak School, whose address is from a list and who objected by the link of the first mail."""
    school = School.objects.filter(register_id="100001").first() or SchoolFactory(register_id="100001")
    pat = Contact.objects.create(school=school, name="Philippa Head", email=PAT, entered_at=now)
    object_for_contact(pat.pk)
    return pat


def comes_again(folder: Path, now: datetime) -> Contact:
    """Next year's list has the address once more."""
    path = folder / "contacts.csv"
    path.write_text(f"register_id,name,email\n100001,Philippa Head,{PAT.upper()}")
    assert not import_contacts(path, Importer(None, now, "the council’s list")).refused
    return Contact.objects.get(email=PAT)


def written(now: datetime, key: str = "direct:1", **fields: Any) -> OutboxMessage:
    """A message to Pat, after the clock sent what it may."""
    OutboxMessage.objects.create(**{"key": key, "to": PAT, "subject": "Hello", "body": "Good day", **fields})
    deliver_due(clock=lambda: now)
    return OutboxMessage.objects.get(key=key)


@pytest.mark.parametrize("way", ["by a manager", "by the purge"])
def test_an_objection_holds_after_its_owner_was_erased_and_imported_again(way: str, tmp_path: Path, now: datetime) -> None:
    pat = who_objected(now)
    if way == "by a manager":
        erase(pat, by=manager(), now=now)
    else:
        days = (now.date() - BY_NAME["contacts"].last_day_over(now.date())).days + 1
        Contact.objects.update(entered_at=now - timedelta(days=days))
        purge(clock=lambda: now)
    assert not Contact.objects.exists()
    assert places_with(dump(), {PAT, "philippa"}) == []
    row = SuppressedAddress.objects.get()
    assert (row.reason, row.words, row.address) == (Reason.OBJECTION, "", hash_of_address(PAT))
    anew = comes_again(tmp_path, now)
    assert not contact_has_not_objected(anew.pk)
    assert unreachable(SuppressedAddress.objects.all()).get() == row, "the office sees it before anybody writes there"
    assert written(now).stopped_by == row
    assert mail.outbox == []


def test_what_a_colleague_types_is_known_again_at_the_first_mail_and_can_be_lifted(now: datetime) -> None:
    erase(who_objected(now), by=manager(email="bea@example.org"), now=now)
    Contact.objects.create(school=School.objects.get(), name="Philippa Head", email=PAT)
    assert _marked({PAT, "sam@oak.example.org"}) == {PAT: f"mail to {PAT} comes back, or is unwanted"}
    assert written(now).last_error.startswith("Not sent. Its reader objected to our having it")
    row = unreachable(SuppressedAddress.objects.all()).get()
    assert (row.address, str(row)) == (PAT, PAT)
    try_address_again(row.pk, why="She rang and asked for it.", by=manager(), now=now)
    assert written(now, "direct:2").sent_at == now


def test_who_is_erased_twice_is_kept_once(tmp_path: Path, now: datetime) -> None:
    for _ in range(2):
        erase(who_objected(now), by=manager(), now=now)
        comes_again(tmp_path, now).delete()
        forget(PAT)
        forget(PAT)
    assert SuppressedAddress.objects.get().address == hash_of_address(PAT)


@pytest.mark.parametrize("reason", Reason)
def test_a_wish_stays_and_what_came_back_goes(reason: Reason, now: datetime) -> None:
    mark(PAT, reason, "550 no such person", at=now)
    forget(PAT)
    kept = [(row.address, row.reason, row.words) for row in SuppressedAddress.objects.all()]
    is_wish = reason in {Reason.OBJECTION, Reason.COMPLAINT, Reason.STOP}
    assert kept == ([(hash_of_address(PAT), reason, "")] if is_wish else [])


def test_what_was_lifted_is_no_wish_any_more_and_goes(now: datetime) -> None:
    row = mark(PAT, Reason.OBJECTION, "", at=now)
    assert row is not None
    try_address_again(row.pk, why="She asked for it.", by=manager(), now=now)
    forget(PAT)
    assert not SuppressedAddress.objects.exists()


def test_a_number_that_answered_stop_is_known_again_until_its_owner_says_yes(now: datetime) -> None:
    mark("+447400123456", Reason.STOP, "They answered STOP.", at=now)
    forget("+447400123456")
    assert not places_with(dump(), {"7400123456"})
    assert SuppressedAddress.objects.active().of("+447400123456").exists()
    lift_number("+447400123456", by=manager(), now=now)
    assert not SuppressedAddress.objects.active().of("+447400123456").exists()
    mark("+447400123456", Reason.STOP, "They answered STOP.", at=now + timedelta(days=1))
    assert SuppressedAddress.objects.active().get().address == "+447400123456"


def test_no_address_is_read_out_of_a_hash_and_another_installation_makes_another(now: datetime) -> None:
    ours = hash_of_address(f" {PAT.upper()} ")
    assert ours == hash_of_address(PAT)
    assert ours.startswith(MARK)
    assert PAT not in ours
    with override_settings(SECRET_KEY=ANOTHER_SECRET, SECRET_KEY_FALLBACKS=[]):
        assert hash_of_address(PAT) != ours
        mark(PAT, Reason.OBJECTION, "", at=now)
        forget(PAT)
    assert not SuppressedAddress.objects.of(PAT).exists(), "its secret is not ours"
    with override_settings(SECRET_KEY_FALLBACKS=[ANOTHER_SECRET]):
        assert len(hashes_of(PAT)) == 2
        assert SuppressedAddress.objects.of(PAT).exists(), "an earlier secret is believed as long as it stands there"
        forget(PAT)
    assert SuppressedAddress.objects.get().address == ours, "from then on it is kept by the secret of today"


def test_an_address_that_is_kept_under_two_secrets_and_as_it_is_becomes_one_row_that_keeps_the_wish(now: datetime) -> None:
    with override_settings(SECRET_KEY=ANOTHER_SECRET, SECRET_KEY_FALLBACKS=[]):
        earlier = hash_of_address(PAT)
    words = {"since": now, "words": ""}
    for address, reason in ((earlier, Reason.OBJECTION), (hash_of_address(PAT), Reason.COMPLAINT)):
        SuppressedAddress.objects.create(address=address, reason=reason, **words)
    with override_settings(SECRET_KEY_FALLBACKS=[ANOTHER_SECRET]):
        recognise([PAT])
        assert SuppressedAddress.objects.get().address == PAT
        SuppressedAddress.objects.update(reason=Reason.BOUNCE)
        SuppressedAddress.objects.create(address=earlier, reason=Reason.OBJECTION, **words)
        assert mark(PAT, Reason.BOUNCE, "550", at=now + timedelta(days=1)) is not None
    row = SuppressedAddress.objects.get()
    assert (row.address, row.reason, row.lifted_at) == (PAT, Reason.OBJECTION, None)


def test_of_a_hash_and_an_address_what_came_last_holds_and_a_wish_over_everything(now: datetime) -> None:
    earlier, later = now, now + timedelta(days=1)
    lifted: dict[str, Any] = {
        "reason": Reason.BOUNCE,
        "since": earlier - timedelta(days=9),
        "words": "550 away",
        "lifted_why": "They are back.",
    }
    bounce: dict[str, Any] = {"reason": Reason.BOUNCE, "words": "550 gone"}
    wish: dict[str, Any] = {"reason": Reason.OBJECTION, "words": ""}
    cases: list[tuple[dict[str, Any], dict[str, Any], tuple[str, str, bool]]] = [
        # of the hash, of the address, what is so afterwards: reason, words, whether mail goes there
        (bounce | {"since": later}, lifted | {"lifted_at": earlier}, (Reason.BOUNCE, "550 gone", False)),
        (bounce | {"since": earlier}, lifted | {"lifted_at": later}, (Reason.BOUNCE, "550 away", True)),
        (lifted | {"lifted_at": later}, bounce | {"since": earlier}, (Reason.BOUNCE, "550 away", True)),
        (lifted | {"lifted_at": earlier}, bounce | {"since": later}, (Reason.BOUNCE, "550 gone", False)),
        (wish | {"since": earlier}, bounce | {"since": later}, (Reason.OBJECTION, f"{CAME_BACK}550 gone", False)),
        (wish | {"since": later}, bounce | {"since": earlier}, (Reason.OBJECTION, "", False)),
        (bounce | {"since": later}, wish | {"since": earlier}, (Reason.OBJECTION, f"{CAME_BACK}550 gone", False)),
        (lifted | {"lifted_at": later}, wish | {"since": earlier}, (Reason.OBJECTION, "", False)),
    ]
    for hashed, plain, after in cases:
        SuppressedAddress.objects.all().delete()
        SuppressedAddress.objects.create(address=hash_of_address(PAT), **hashed)
        SuppressedAddress.objects.create(address=PAT, **plain)
        recognise([PAT])
        row = SuppressedAddress.objects.get()
        assert (row.reason, row.words, row.lifted_at is not None) == after, (hashed, plain)
        assert row.address == PAT
