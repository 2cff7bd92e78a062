"""What volunteers are mailed about coming in; links let somebody in, so each expires."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from schools.accounts.models import AddressChange
from schools.core.words import long_day
from schools.messages.actions import put
from schools.volunteers.models import Invitation


def _address_of(name: str, secret: str) -> str:
    return f"{settings.SPEAKOUT_ADDRESS}{reverse(name, args=[secret])}"


def invite(invitation: Invitation, *, secret: str) -> None:
    """Send the link that lets the volunteer in once."""
    until = long_day(timezone.localdate(invitation.expires_at))
    body = (
        f"Hello {invitation.volunteer.first_name},\n\n"
        "This is your way into Speakout's session pages: which schools you go to, whom to ask for, what to bring, and where you "
        f"tell us how it went.\n\n{_address_of('invitation', secret)}\n\n"
        f"The link works once, until {until}. After that you sign in with this e-mail address: we send you a code each time, or "
        "you choose a password.\n"
    )
    put(
        f"invitation:{invitation.pk}",
        to=invitation.email,
        subject="Your way into Speakout",
        body=body,
        expires_at=invitation.expires_at,
    )


def ask_old_address(change: AddressChange, *, secret: str) -> None:
    """Ask the address that is given up whether that is right; it does not say where to."""
    _ask(
        change,
        end="old",
        to=change.user.email,
        text="You, or somebody who is signed in as you, asked to sign in to Speakout with another e-mail address.",
        secret=secret,
        otherwise="If that was not you, do nothing, sign in and end your other devices under “Me”, and tell your coordinator.",
    )


def ask_new_address(change: AddressChange, *, secret: str) -> None:
    """Ask the new address whether it is theirs."""
    _ask(
        change,
        end="new",
        to=change.new_email,
        text="Somebody wants to sign in to Speakout with this e-mail address.",
        secret=secret,
        otherwise="If that was not you, do nothing: without your yes nothing changes.",
    )


def _ask(change: AddressChange, *, end: str, to: str, text: str, secret: str, otherwise: str) -> None:
    body = (
        f"Hello,\n\n{text} Open this page and say yes:\n\n{_address_of('address-change', secret)}\n\n"
        f"Both addresses have to say yes, until {long_day(timezone.localdate(change.expires_at))}. {otherwise}\n"
    )
    put(_key(change, end), to=to, subject="Your e-mail address for Speakout", body=body, expires_at=change.expires_at)


def tell_taken(change: AddressChange) -> None:
    """Tell the owner of an address with a sign-in of its own that somebody wanted it; nobody else learns that it has one."""
    body = (
        "Hello,\n\nSomebody who signs in to Speakout with another address asked to use this one. You sign in with it already, so "
        "nothing changes. If that was you, ask your coordinator which of the two you should keep.\n"
    )
    put(_key(change, "taken"), to=change.new_email, subject="Your e-mail address for Speakout", body=body)


def tell_changed(change: AddressChange, *, old_email: str, now: datetime) -> None:
    """Tell both addresses that the change is done."""
    for end, to in (("done-old", old_email), ("done-new", change.new_email)):
        body = (
            f"Hello,\n\nFrom now on you sign in to Speakout with {change.new_email}, and we write to you there.\n\n"
            "If that was not you, tell your coordinator at once.\n"
        )
        put(f"{_key(change, end)}:{now.isoformat()}", to=to, subject="Your e-mail address for Speakout is changed", body=body)


def _key(change: AddressChange, end: str) -> str:
    return f"address:{change.pk}:{change.asked_at.isoformat()}:{end}"
