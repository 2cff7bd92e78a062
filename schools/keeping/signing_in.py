"""What is kept of how people sign in: devices, new addresses, ways back in, trustees and strangers, with how each ends."""

from collections.abc import Sequence
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as SignedIn
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, QuerySet
from django.utils import timezone

from schools.accounts.models import AddressChange
from schools.keeping.marks import delete_with_marks, forget_nobodys
from schools.messages.actions import OVER
from schools.messages.erasing import erase_mails, mails_of
from schools.messages.models import OF_SIGNING_IN, TO_STRANGERS, OutboxMessage
from schools.recovery.models import AGREED_WITHIN, Recovery, RecoveryStep, Trustee


def ways_back() -> "QuerySet[Any]":
    """Return the requests to be let in again that have ended."""
    ended: QuerySet[Any] = Recovery.objects.exclude(ended_at=None).annotate(counts_from=F("ended_at"))
    return ended


def signed_out() -> "QuerySet[Any]":
    """Return the devices that are signed in no more: whoever proves anew who they are stays in longer than the setting."""
    going_on = SignedIn.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    rows: QuerySet[Any] = UserSession.objects.exclude(Exists(going_on))
    return rows


def end_ways_back(keys: Sequence[Any]) -> None:
    """Delete the requests with their steps and mails."""
    # A new address that nobody confirmed is in no other table, so no search would find it in a mail.
    erase_mails(mails_of(f"{OF_SIGNING_IN}way-back", keys) + mails_of("way-back", keys))
    RecoveryStep.objects.filter(recovery__in=keys).delete()
    delete_with_marks(Recovery.objects.filter(pk__in=keys), "old_email", "new_email")


def trustees() -> "QuerySet[Any]":
    """Return the trustees who ended and are still named; their row stays as long as steps point to it."""
    return Trustee.objects.exclude(ended_at=None).exclude(name="", email="").annotate(counts_from=F("ended_at"))


def end_trustees(keys: Sequence[Any]) -> None:
    """Take name and address of the trustees out, with the mails to them."""
    erase_mails(mails_of("trustee", keys))
    ended = Trustee.objects.filter(pk__in=keys)
    addresses = list(ended.values_list("email", flat=True))
    ended.update(name="", email="")
    forget_nobodys(addresses)


def never_trustees() -> "QuerySet[Any]":
    """Return whom a manager named as a trustee and who never said yes; no step points to them, since they could take none."""
    expired = ExpressionWrapper(F("named_at") + AGREED_WITHIN, output_field=DateTimeField())
    silent = Trustee.objects.filter(said_yes_at=None).exclude(Exists(RecoveryStep.objects.filter(trustee=OuterRef("pk"))))
    rows: QuerySet[Any] = silent.annotate(counts_from=expired)
    return rows


def delete_trustees(keys: Sequence[Any]) -> None:
    """Delete the trustees with the mails about them."""
    # To themselves, and to each manager that somebody was named.
    erase_mails(mails_of("trustee", keys))
    delete_with_marks(Trustee.objects.filter(pk__in=keys), "email")


def address_changes() -> "QuerySet[Any]":
    """Return the new addresses that wait to be confirmed."""
    rows: QuerySet[Any] = AddressChange.objects.annotate(counts_from=F("expires_at"))
    return rows


def delete_address_changes(keys: Sequence[Any]) -> None:
    """Delete the new addresses with the mails to them."""
    erase_mails(mails_of("address", keys))
    delete_with_marks(AddressChange.objects.filter(pk__in=keys), "new_email")


def mails_to_strangers() -> "QuerySet[Any]":
    """Return the mails to addresses with which nobody signs in: anybody can have typed one, or mistyped their own."""
    written = OutboxMessage.objects.filter(OVER, key__startswith=TO_STRANGERS).exclude(to="")
    rows: QuerySet[Any] = written.annotate(counts_from=F("created_at"))
    return rows


def erase_strangers(keys: Sequence[Any]) -> None:
    """Take the addresses out of the mails, with their marks."""
    addresses = list(OutboxMessage.objects.filter(pk__in=keys).values_list("to", flat=True))
    erase_mails(list(keys))
    forget_nobodys(addresses)
