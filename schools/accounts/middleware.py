"""Staff need a second factor where the setting says so, another way in needs a proof; pages speak the reader’s language."""

import time
from collections.abc import Callable

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation

from schools.accounts.languages import language_of

Handler = Callable[[HttpRequest], HttpResponseBase]


class StaffSecondFactorMiddleware:
    """Leads staff without a second factor to the page where they set one up, from anywhere but the sign-in pages.

    allauth asks for the second factor once it is set up, but makes nobody set one up.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the request through, or lead to setting up."""
        if self._must_set_up(request):
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        return (
            settings.SPEAKOUT_STAFF_SECOND_FACTOR
            and request.user.is_authenticated
            and request.user.is_staff
            and not request.path.startswith(reverse("account_login").removesuffix("login/"))
            and not is_mfa_enabled(request.user)
        )


REDIRECTS = {"account_email": "change-address", "account_set_password": "account_reset_password"}
"""Pages of allauth that would get around a promise of ours, and where they lead instead.

An address is changed once both have said yes; whoever has no password chooses the first by a link mailed to them.
"""
NEEDS_FRESH_SIGN_IN = {"mfa_add_webauthn", "mfa_activate_totp", "mfa_generate_recovery_codes"}
"""What lets somebody in for ever: a phone left lying about is not enough for it."""


class ProofMiddleware:
    """Asks whoever wants another way in who they are.

    allauth asks for the password, and lets pass whoever has none: they sign in anew, with a code from their e-mail.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as usual; process_view looks at which page it is."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        """Lead on, or ask for a fresh sign-in; None: the page answers."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if not request.user.is_authenticated:
            return None
        if name in REDIRECTS:
            return redirect(REDIRECTS[name])
        if name in NEEDS_FRESH_SIGN_IN and not get_reauthentication_flows(request.user) and not _is_fresh(request):
            return render(request, "account/sign_in_anew.html")
        return None


def _is_fresh(request: HttpRequest) -> bool:
    """Whether somebody proved on this device just now who they are."""
    proofs = get_authentication_records(request, request.user)
    return any(time.time() - proof["at"] < app_settings.REAUTHENTICATION_TIMEOUT for proof in proofs)


class LanguageMiddleware:
    """Shows the pages in the language that the person chose in “me”; before signing in, in the one that the browser asks for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Speak the language for this request alone."""
        language = language_of(request.user) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class DeviceMiddleware:
    """Says of every page whose it is, so that a phone which keeps pages never shows them to another person."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Name the person by number; nobody by nothing."""
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith("text/html"):
            response.headers["Speakout-Person"] = str(request.user.pk or "")
        return response
