"""Sign-in mails go through the outbox as all mail does; what lets somebody in leaves the table once it is sent."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from allauth.account import app_settings
from django.utils import timezone

from schools.accounts.adapter import AccountAdapter
from schools.messages.actions import put

LINKS_HOLD = timedelta(days=3)
"""As long as a link to choose a password, or to confirm an address, works (Django's and allauth's own limits)."""


class OutboxAccountAdapter(AccountAdapter):
    """Writes what allauth mails into the outbox."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail into the outbox; a code or a link in it is of no use later, so it goes when the mail has gone."""
        message = self.render_mail(template_prefix, email, {"request": self.request, "email": email} | context)
        now = timezone.now()
        is_code = template_prefix == "account/email/login_code"
        holds = timedelta(seconds=app_settings.LOGIN_BY_CODE_TIMEOUT) if is_code else LINKS_HOLD
        put(f"sign-in:{uuid4()}", to=email, subject=message.subject, body=message.body, expires_at=now + holds)
