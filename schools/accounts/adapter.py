"""What allauth asks of us: sign-up is closed, who works in the office begins there, a volunteer's passkey is no second lock."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from schools.accounts.models import User
from schools.core.places import take_slot

MOST_TRIES = 10
"""Of a password for one address in TRIES_SECONDS, right or wrong."""
TRIES_SECONDS = 5 * 60


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """What the sign-in pages ask of us."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse who tries passwords: after allauth's own count of failures, so many tries and no more, in whatever processes.

        Its count is read and written back, so that tries sent at the same moment slip past it. Raises ValidationError.
        """
        super().pre_authenticate(request, **credentials)
        whose = str(credentials.get("email", "")).lower()
        if not take_slot(f"password {whose}", limit=MOST_TRIES, seconds=TRIES_SECONDS):
            raise self.validation_error("too_many_login_attempts")

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Where somebody begins who asked for no page: staff in the office, volunteers in the portal."""
        return reverse("admin:index" if request.user.is_staff else "home")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Passkeys: a second factor for staff; for volunteers one more way in, which must not shut the others."""

    def is_mfa_enabled(self, user: User | AnonymousUser, types: Iterable[str] | None = None) -> bool:
        """Whether a second factor is asked for after a password or a code.

        A volunteer who adds a passkey on one phone must still come in with a code on another.
        """
        if not isinstance(user, User):
            return False
        if types is None and not user.is_staff:
            types = [Authenticator.Type.TOTP]
        elif types is not None and not user.is_staff and Authenticator.Type.TOTP in types:
            types = [one for one in types if one != Authenticator.Type.WEBAUTHN]
        return bool(super().is_mfa_enabled(user, types=types))

    def _get_site_name(self) -> str:
        """What a phone calls the place of the passkey."""
        return "Speakout"
