"""The mails about invitations and changes of address; each link in them expires, because it lets somebody in.

The keys hold by whom, or for whom, a mail is: schools/volunteers/senders.py reads there whom it is from.
"""

from datetime import datetime

from django.conf import settings
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schools.accounts.languages import in_language_of
from schools.accounts.models import AddressChange, User
from schools.charity.queries import current
from schools.core.words import long_day
from schools.messages.actions import put
from schools.messages.direct import Direct
from schools.messages.links import Link
from schools.messages.models import OutboxMessage
from schools.volunteers.models import Invitation, MessageTo


def key_of_invitation(pk: int) -> str:
    """Return the key of the mail that brings the invitation of this number."""
    return f"invitation:{pk}"


def _lets_somebody_in(message: OutboxMessage, now: datetime) -> bool:
    """Whether the invitation can still be used: it went to the address that is theirs, and they have not left."""
    return Invitation.objects.open(now=now).filter(pk=int(message.key.partition(":")[2])).exists()


OF_INVITATION = Direct(_lets_somebody_in)


def invite(invitation: Invitation, *, secret: str, not_before: datetime | None = None) -> None:
    """Send the link that signs the volunteer in once; with `not_before` it leaves no sooner."""
    with in_language_of(invitation.volunteer.user):
        charity = current()
        subject = _("Your way into %(charity)s") % {"charity": charity.brand}
        hello = _("Hello %(name)s,") % {"name": invitation.volunteer.first_name}
        opening = _(
            "This is your way into the session pages of %(charity)s: which schools you go to, whom to ask for, what to bring, "
            "and where you tell us how it went. Open this page and press “Come in”; then you see what is next for you."
        ) % {"charity": charity.brand}
        closing = _(
            "The link works once, until %(day)s. After that you sign in at %(site)s with this e-mail address: we send you a code "
            "each time, or you choose a password."
        ) % {"day": long_day(timezone.localdate(invitation.expires_at)), "site": settings.SPEAKOUT_ADDRESS}
        link = Link.to("invitation", secret, words=_("Open your session pages"))
        body = f"{hello}\n\n{opening}\n\n{link.text}\n\n{closing}\n"
    message = put(
        key_of_invitation(invitation.pk),
        to=invitation.email,
        subject=subject,
        body=body,
        expires_at=invitation.expires_at,
        not_before=not_before,
    )
    MessageTo.objects.get_or_create(message=message, volunteer=invitation.volunteer)


def welcome(user: User, *, by: User | None, at: datetime | None = None) -> None:
    """Tell somebody who was added that they can sign in, and how; the mail holds no secret.

    `by` None: the operator added them as the first manager. With `at` it is said once more, although it was said before.
    """
    with in_language_of(user):
        charity = current().name or "Speakout"
        subject = _("You can sign in to %(charity)s") % {"charity": charity}
        hello = _("Hello %(name)s,") % {"name": str(user)}
        if by:
            words = _("%(by)s has added you to %(charity)s as %(role)s. You sign in with this e-mail address, %(email)s.")
            opening = words % {
                "charity": charity, "by": by, "role": " ".join(sorted(user.roles)).lower(), "email": user.email,
            }  # fmt: skip
        else:
            opening = _(
                "Speakout is set up at %(site)s, and you are its first manager. You sign in with this e-mail address, %(email)s."
            ) % {"site": settings.SPEAKOUT_ADDRESS, "email": user.email}
        request = _("Open the page for signing in, give the address, and we mail you a code that lets you in.")
        second = _(
            "At the first sign-in you are asked to set up a second step, a passkey or an app on your phone. After that you can "
            "also choose a password. The menu’s Guide says what each page is for."
        )
        login = Link.to("account_request_login_code", words=_("Sign in"))
        closing = f"\n\n{second}" if user.is_staff and settings.SPEAKOUT_STAFF_SECOND_FACTOR else ""
        body = f"{hello}\n\n{opening}\n\n{request}\n\n{login.text}{closing}\n"
    end = f":{by.pk}" if by else f":{at.isoformat()}" if at else ""
    put(f"welcome:{user.pk}{end}", to=user.email, subject=subject, body=body)


def ask_old_address(change: AddressChange, *, secret: str) -> None:
    """Ask the old address to confirm the change; the mail does not name the new address."""
    _ask(
        change,
        end="old",
        to=change.user.email,
        text=gettext_lazy(
            "You, or somebody who is signed in as you, asked to sign in to %(charity)s with another e-mail address."
        ),
        secret=secret,
        otherwise=gettext_lazy(
            "If that was not you, do nothing, sign in and end your other devices under “Me”, and tell your coordinator."
        ),
    )


def ask_new_address(change: AddressChange, *, secret: str) -> None:
    """Ask the new address to confirm the change."""
    _ask(
        change,
        end="new",
        to=change.new_email,
        text=gettext_lazy("Somebody wants to sign in to %(charity)s with this e-mail address."),
        secret=secret,
        otherwise=gettext_lazy("If that was not you, do nothing: without your yes nothing changes."),
    )


def _ask(change: AddressChange, *, end: str, to: str, text: Promise, secret: str, otherwise: Promise) -> None:
    with in_language_of(change.user):
        named = {"charity": current().brand}
        hello, subject = _("Hello,"), _("Your e-mail address for %(charity)s") % named
        both = _("Both addresses have to say yes, until %(day)s.") % {"day": long_day(timezone.localdate(change.expires_at))}
        request = _("Open this page and say yes.")
        link = Link.to("address-change", secret, words=_("See what was asked"))
        body = f"{hello}\n\n{str(text) % named} {request}\n\n{link.text}\n\n{both} {otherwise}\n"
    put(_key(change, end, change.user), to=to, subject=subject, body=body, expires_at=change.expires_at)


def tell_taken(change: AddressChange, owner: User) -> None:
    """Tell the owner of an address who signs in with it that somebody wanted it; nobody else learns about the account."""
    with in_language_of(owner):
        named = {"charity": current().brand}
        subject = _("Your e-mail address for %(charity)s") % named
        words = _(
            "Somebody who signs in to %(charity)s with another address asked to use this one. You sign in with it already, so "
            "nothing changes. If that was you, ask your coordinator which of the two you should keep."
        )
        body = f"{_('Hello,')}\n\n{words % named}\n"
    put(_key(change, "taken", owner), to=change.new_email, subject=subject, body=body)


def tell_changed(change: AddressChange, *, old_email: str, now: datetime) -> None:
    """Tell both addresses that the change is done."""
    for end, to in (("done-old", old_email), ("done-new", change.new_email)):
        with in_language_of(change.user):
            named = {"charity": current().brand, "email": change.new_email}
            subject = _("Your e-mail address for %(charity)s is changed") % named
            words = _("From now on you sign in to %(charity)s with %(email)s, and we write to you there.")
            otherwise = _("If that was not you, tell your coordinator at once.")
            body = f"{_('Hello,')}\n\n{words % named}\n\n{otherwise}\n"
        put(_key(change, f"{end}:{now.isoformat()}", change.user), to=to, subject=subject, body=body)


def _key(change: AddressChange, end: str, reader: User) -> str:
    return f"address:{change.pk}:{change.asked_at.isoformat()}:{end}:{reader.pk}"
