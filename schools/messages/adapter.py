"""Sign-in mails, sent through the outbox like all mails; texts that let somebody in are not kept once they are sent."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account import app_settings
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from schools.accounts.adapter import AccountAdapter
from schools.charity.queries import current
from schools.messages.actions import put
from schools.messages.models import OF_SIGNING_IN

LINKS_HOLD = timedelta(days=3)
"""How long a link to choose a password or to confirm an address works (the limits of Django and allauth)."""


class OutboxAccountAdapter(AccountAdapter):
    """Puts allauth's mails into the outbox."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put the mail into the outbox with an expiry: its code or link is of no use later, so the text is not kept."""
        message = self.render_mail(template_prefix, email, self._words(email) | context)
        now = timezone.now()
        is_code = template_prefix == "account/email/login_code"
        holds = timedelta(seconds=app_settings.LOGIN_BY_CODE_TIMEOUT) if is_code else LINKS_HOLD
        put(f"{OF_SIGNING_IN}{uuid4()}", to=email, subject=message.subject, body=message.body, expires_at=now + holds)

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
