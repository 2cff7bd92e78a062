"""Second factor for staff (rule 27), proof before adding a way to sign in, and the reader's language."""

from collections.abc import Callable

from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation

from schools.accounts.devices import remember
from schools.accounts.languages import language_of
from schools.accounts.models import User
from schools.accounts.proofs import is_fresh, must_show_second_factor
from schools.core.request_notes import note_person

Handler = Callable[[HttpRequest], HttpResponseBase]

SHOWING = ("mfa_reauthenticate", "mfa_reauthenticate_webauthn", "account_logout", "phone-token")
"""Pages for staff who have not shown their second factor here: those that ask for it, signing out, and who is signed in.

No other page of allauth's is one: one of them would let them add a second factor of their own.
"""


class StaffSecondFactorMiddleware:
    """Middleware that lets staff in with a second factor alone: who has none sets one up, who has not shown theirs here is asked.

    Who is signed in may be asked, too: signing out does so, and it shows nothing.

    allauth asks for a second factor at signing in, once it is set up. It does not make anybody set one up, and a device on which
    somebody had signed in before stays signed in.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Let the request through, or redirect to the page that sets up a second factor, or to the one that asks for it."""
        if request.path.startswith(reverse("way-back", args=["-"]).removesuffix("-/")):
            return self.get_response(request)  # a link of their mail, open to whoever is signed out as well: it may stop a thief
        if self._must_set_up(request):
            return redirect("mfa_activate_totp")
        if must_show_second_factor(request) and request.path not in map(reverse, SHOWING):
            back = {"next": request.get_full_path()} if request.method == "GET" else {}
            return redirect(reverse("mfa_reauthenticate", query=back))
        return self.get_response(request)

    def _must_set_up(self, request: HttpRequest) -> bool:
        return (
            settings.SPEAKOUT_STAFF_SECOND_FACTOR
            and request.user.is_authenticated
            and request.user.is_staff
            and not request.path.startswith((reverse("account_login").removesuffix("login/"), reverse("phone-token")))
            and not is_mfa_enabled(request.user)
        )


REDIRECTS = {"account_email": "change-address", "account_set_password": "account_reset_password"}
"""Pages of allauth that would get around our rules, and the pages to go to instead.

An address changes only after both the old and the new one have agreed. People without a password choose their first by a link
that is mailed to them.
"""
NEEDS_FRESH_SIGN_IN = {"mfa_add_webauthn", "mfa_activate_totp", "mfa_generate_recovery_codes"}
"""Pages that add a lasting way to sign in: an unlocked phone alone must not be enough for them."""


class ProofMiddleware:
    """Middleware that asks people who want to add a way to sign in to prove who they are.

    allauth asks for the password, but lets people without one pass. They sign in again with a code from their e-mail.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as usual; process_view decides by the page."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponseBase | None:
        """Redirect, or ask for a fresh sign-in; None lets the page answer."""
        name = request.resolver_match.url_name if request.resolver_match else ""
        if not request.user.is_authenticated:
            return None
        if name in REDIRECTS:
            return redirect(REDIRECTS[name])
        if name in NEEDS_FRESH_SIGN_IN and not get_reauthentication_flows(request.user) and not is_fresh(request):
            return render(request, "account/sign_in_anew.html")
        return None


class LanguageMiddleware:
    """Middleware for the language of pages: the one chosen on “me”; before signing in, the one that the browser asks for."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Activate the language for this request only."""
        note_person(request.user.pk)
        language = language_of(request.user) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class DeviceMiddleware:
    """Middleware that names the reader in each page's headers, so that a phone that stores pages shows them to nobody else.

    It also says that nobody but the reader's own browser may keep a page, and gives a device on which somebody is signed in the
    cookie by which it is known again.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the user's id as a header; blank for anonymous users. An answer without it is not ours (a hotel's sign-in page)."""
        response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith(("text/html", "application/json")):
            response.headers["Speakout-Person"] = str(request.user.pk or "")
        # A browser asks again before it shows a page, so that nobody reads what somebody else left there. It may keep it for
        # Back, which `no-store` would take away from forms that are half filled in. Offline, the service worker shows its own
        # copies, which do not heed this.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        note_person(request.user.pk)  # who has signed in with this very request
        if isinstance(request.user, User):
            remember(request, response, request.user)
        return response
