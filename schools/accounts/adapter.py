"""What allauth asks of us: whether people can sign up, where they go after signing in, when a second factor is needed."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse

from schools.accounts.devices import known_device
from schools.accounts.models import User
from schools.accounts.proofs import is_fresh, must_show_second_factor
from schools.core.rate_limits import take_slot

MOST_TRIES = 10
"""Attempts at the password of one address within TRIES_SECONDS, right or wrong."""
TRIES_SECONDS = 5 * 60


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Our answers to the sign-in pages."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: nobody signs up by themselves."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse further attempts after MOST_TRIES, in whatever process they arrive. Raises ValidationError.

        allauth's own count of failures comes first. That count is read and then written back, so attempts sent at the same moment
        get past it. A device on which the person has signed in before has a count of its own, whatever strangers guess.
        """
        address = str(credentials.get("email", "")).lower()
        device = known_device(request, address)
        if not device:
            super().pre_authenticate(request, **credentials)
        if not take_slot(f"password {address} {device}", limit=MOST_TRIES, seconds=TRIES_SECONDS):
            raise self.validation_error("too_many_login_attempts")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Return whether allauth asks once more who somebody is, before they change how they sign in.

        Whoever signed in just now sets up a second factor, and sees the recovery codes, without typing the password again.
        """
        return not (app == "allauth.mfa" and is_fresh(self.request)) and bool(
            super().is_reauthentication_required(app=app, **kwargs)
        )

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, Any]]:
        """Return the ways to prove once more who one is; to staff who have to show their second factor first, that alone."""
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        if must_show_second_factor(self.request):
            return [way for way in ways if way["id"].startswith("mfa_")]
        return ways

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Return the page for somebody who asked for none: the office for staff, the portal for volunteers."""
        return reverse("admin:index" if request.user.is_staff else "home")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Passkeys: a second factor for staff; for volunteers one more way to sign in, beside the others."""

    def is_mfa_enabled(self, user: User | AnonymousUser, types: Iterable[str] | None = None) -> bool:
        """Return whether a second factor is asked for after a password or a code.

        A volunteer who adds a passkey on one phone must still be able to sign in with a code on another.
        """
        if not isinstance(user, User):
            return False
        if types is None and not user.is_staff:
            types = [Authenticator.Type.TOTP]
        elif types is not None and not user.is_staff and Authenticator.Type.TOTP in types:
            types = [factor for factor in types if factor != Authenticator.Type.WEBAUTHN]
        return bool(super().is_mfa_enabled(user, types=types))
