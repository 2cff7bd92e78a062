"""Staff need a second factor where the setting says so; a page speaks the reader’s language and says whose it is."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
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
