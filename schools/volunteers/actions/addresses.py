"""Changing the e-mail address with which somebody signs in: both the old and the new address have to confirm."""

from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from schools.accounts.models import AddressChange, User
from schools.core.errors import RuleBroken
from schools.core.rate_limits import take_slot
from schools.core.secrets import hash_of, new_secret
from schools.directory.models import Contact
from schools.messages.erasing import erase_mails, mails_of
from schools.messages.suppression import forget
from schools.volunteers import emails
from schools.volunteers.models import Volunteer
from schools.volunteers.queries import change_of

MOST_CHANGES = 5
"""How often somebody can ask for another address within an hour."""

CHANGE_HOLDS = timedelta(days=3)
"""How much time both addresses have to confirm."""

OVER = gettext_noop("This link was used already, or is too old. Sign in and ask for the change again, under “Me”.")


@transaction.atomic
def request_address_change(user: User, *, new_email: str, now: datetime) -> AddressChange:
    """Ask both addresses to confirm that the user signs in with the new one; an earlier change that still waits is deleted.

    Where somebody else signs in with the new address already, that person is told, nobody else learns it, and the change is never
    completed. Raises RuleBroken when the address is the user's own, or has just become another one, or when they asked too often.
    """
    new_email, read = new_email.strip().lower(), user.email
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if user.email != read:
        raise RuleBroken([_(OVER)])
    if new_email == user.email:
        raise RuleBroken([_("You sign in with this address already. Give the new one.")])
    # Each request mails two addresses, and the owner of the new one may know nothing about us.
    if not take_slot(f"address change {user.pk}", limit=MOST_CHANGES, seconds=60 * 60):
        raise RuleBroken([_("You asked for this several times within an hour. Look for our mails, or try again in an hour.")])
    old_secret, new_secret_ = new_secret(), new_secret()
    end_address_change(user)
    change = AddressChange.objects.create(
        user=user,
        new_email=new_email,
        old_hash=hash_of(old_secret),
        new_hash=hash_of(new_secret_),
        asked_at=now,
        expires_at=now + CHANGE_HOLDS,
    )
    emails.ask_old_address(change, secret=old_secret)
    if owner := _other_owner(change):
        emails.tell_taken(change, owner)
    else:
        emails.ask_new_address(change, secret=new_secret_)
    return change


def end_address_change(user: User) -> None:
    """Delete the change that waits, with all that knew the new address by it alone.

    That may be a stranger's, or mistyped, and once the row is gone nothing leads there from the user: so the mails lose it, and
    where it cannot be reached and is nobody's, that is forgotten too.
    """
    for change in AddressChange.objects.filter(user=user):
        erase_mails(mails_of("address", [change.pk]))
        change.delete()
        forget_unless_known(change.new_email)


def forget_unless_known(address: str) -> None:
    """Erase that an address which somebody typed cannot be reached, where nobody who signs in, goes or is at a school has it."""
    tables: tuple[Any, ...] = (User, Volunteer, Contact)
    if not any(table.objects.filter(email__iexact=address).exists() for table in tables):
        forget(address)


def _other_owner(change: AddressChange) -> User | None:
    """Return who else signs in with the new address, which may be their second one; None: nobody."""
    others = User.objects.exclude(pk=change.user_id)
    with_it = EmailAddress.objects.filter(email=change.new_email).values("user")
    return others.filter(Q(email=change.new_email) | Q(pk__in=with_it)).order_by("pk").first()


@transaction.atomic
def confirm_address_change(secret: str, *, now: datetime) -> AddressChange:
    """Store that one of the two addresses has confirmed; the second confirmation changes the address, and both are told.

    Raises RuleBroken when the link was used or has expired, or when somebody else signs in with the address by now.
    """
    change_and_end = change_of(secret, now=now)
    if change_and_end is None:
        raise RuleBroken([_(OVER)])
    change, end = change_and_end
    user = User.objects.select_for_update().get(pk=change.user_id)
    there = AddressChange.objects.select_for_update().filter(pk=change.pk).first()
    if there is None:  # pressed twice: the first press has changed the address
        raise RuleBroken([_(OVER)])
    change = there
    change.user = user
    if end == "old":
        change.old_said_yes_at = change.old_said_yes_at or now
    else:
        change.new_said_yes_at = change.new_said_yes_at or now
    change.save()
    if change.old_said_yes_at and change.new_said_yes_at:
        _change(change, now=now)
    return change


def _change(change: AddressChange, *, now: datetime) -> None:
    if _other_owner(change):
        raise RuleBroken([_(OVER)])
    user, old_email = change.user, change.user.email
    user.email = change.new_email
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
            EmailAddress.objects.filter(user=user).delete()
            EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    except IntegrityError as taken:
        raise RuleBroken([_(OVER)]) from taken
    emails.tell_changed(change, old_email=old_email, now=now)
    AddressChange.objects.filter(pk=change.pk).delete()
