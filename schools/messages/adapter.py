"""Sign-in mails, sent through the outbox like all mails; texts that let somebody in are not kept once they are sent."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from allauth.account import app_settings
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from schools.accounts.adapter import AccountAdapter
from schools.accounts.models import User
from schools.charity.queries import current
from schools.core.rate_limits import take_slot
from schools.messages.actions import put
from schools.messages.models import OF_SIGNING_IN, TO_STRANGERS, SuppressedAddress

LINKS_HOLD = timedelta(days=3)
"""How long a link to choose a password or to confirm an address works (the limits of Django and allauth)."""
CODE, STRANGER = "account/email/login_code", "account/email/unknown_account"
"""Mails for which somebody waits: the code, and that nobody signs in with the address; of no use once a code would have ended."""

HOUR, DAY = 60 * 60, 24 * 60 * 60
OF_STRANGERS, OF_STRANGER = 30, 3
"""Mails to addresses with which nobody signs in: to all of them in an hour, and to each in a day."""

NOTICE = {"is_notice": True, "ip": "", "user_agent": ""}
"""What the text of a notice knows in place of what allauth gives it: network and browser are neither mailed nor kept."""


class OutboxAccountAdapter(AccountAdapter):
    """Puts allauth's mails into the outbox."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail into the outbox with an expiry: its code or link is of no use later, so the text is not kept.

        A notice lets nobody in and has none. To an address with which nobody signs in the mail goes in line like any other, and
        not at all where too many went or its reader wants none; the page reads the same.
        """
        is_to_stranger = template_prefix == STRANGER
        if is_to_stranger and not _may_write_to_stranger(email):
            return
        message = self.render_mail(template_prefix, email, self._words(email) | context)
        key = f"{TO_STRANGERS if is_to_stranger else OF_SIGNING_IN}{uuid4()}"
        expires_at = None if context.get("is_notice") else _expires_at(template_prefix, now=timezone.now())
        put(key, to=email, subject=message.subject, body=message.body, expires_at=expires_at)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell somebody that a way into their sign-in was changed, as mail of signing in: even at a marked address."""
        super().send_notification_mail(template_prefix, user, (context or {}) | NOTICE, email or user.email)

    def _words(self, email: str) -> dict[str, Any]:
        """Return what every one of these mails says: whose site it is about, and where the code is entered."""
        request = self.request
        page = reverse("account_confirm_login_code")
        return {
            "request": request,
            "email": email,
            "charity": current(),
            "site": settings.SPEAKOUT_ADDRESS,
            "code_page": request.build_absolute_uri(page) if request else f"{settings.SPEAKOUT_ADDRESS}{page}",
        }


def _may_write_to_stranger(email: str) -> bool:
    """Return whether one more mail may go to an address with which nobody signs in, since anybody can type any address.

    Nothing is written to one that is marked, so nothing is kept of it either. One address again and again uses up nothing of the
    others'.
    """
    if SuppressedAddress.objects.active().of(email).exists():
        return False
    slots = ((f"stranger {email.lower()}", OF_STRANGER, DAY), ("strangers", OF_STRANGERS, HOUR))
    return all(take_slot(key, limit=most, seconds=seconds) for key, most, seconds in slots)


def _expires_at(template_prefix: str, *, now: datetime) -> datetime:
    """Return until when the mail is of use: a code as long as it works, everything else as long as links do."""
    is_soon_over = template_prefix in {CODE, STRANGER}
    return now + (timedelta(seconds=app_settings.LOGIN_BY_CODE_TIMEOUT) if is_soon_over else LINKS_HOLD)
