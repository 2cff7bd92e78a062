"""Confirming an address by the link in a mail, and beginning to sign in with the charity's own accounts."""

from allauth.account.views import ConfirmEmailView
from allauth.socialaccount.providers.openid_connect.views import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from requests import RequestException


class ConfirmAddressView(ConfirmEmailView):  # type: ignore[misc]  # allauth has no types
    """The page with the button that confirms an address; it signs in only the browser in which that sign-in waits."""

    def logout_other_user(self, confirmation: object) -> None:
        """Leave whoever is signed in here signed in.

        allauth would sign them out as soon as the link is opened, and with them their phone would lose what it has not sent.
        """


confirm_address = ConfirmAddressView.as_view()


@login_not_required
def begin_single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the provider's sign-in page, or say that the provider does not answer."""
    try:
        answer: HttpResponseBase = login(request, provider_id)
    except (RequestException, KeyError):  # no answer, or none of a provider of OpenID Connect
        answer = render(request, "socialaccount/authentication_error.html", status=503)
    return answer
