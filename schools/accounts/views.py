"""Confirming an address by the link in a mail, entering a code, and beginning to sign in with the charity's own accounts."""

from typing import Any

from allauth.account.views import ConfirmEmailView, ConfirmLoginCodeView
from allauth.socialaccount.providers.openid_connect.views import login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from requests import RequestException

from schools.accounts.devices import may_get_another_code
from schools.accounts.forms import CodeForm


class ConfirmAddressView(ConfirmEmailView):  # type: ignore[misc]  # allauth has no types
    """The page with the button that confirms an address; it signs in only the browser in which that sign-in waits."""

    def logout_other_user(self, confirmation: object) -> None:
        """Leave whoever is signed in here signed in.

        allauth would sign them out as soon as the link is opened, and with them their phone would lose what it has not sent.
        """


confirm_address = ConfirmAddressView.as_view()


class EnterCodeView(ConfirmLoginCodeView):  # type: ignore[misc]  # allauth has no types
    """The page for the code, and its button for another one, which allauth does not count as one that was asked for."""

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return what the form needs; that of the button needs nothing."""
        begun = {"began": self.stage.state["at"]} if issubclass(self.get_form_class(), CodeForm) else {}
        return {**super().get_form_kwargs(), **begun}

    def form_valid(self, form: Form) -> HttpResponse:
        """Sign in, or send another code; after too many none is sent, and the last one stays good."""
        if not isinstance(form, CodeForm) and not may_get_another_code(self.request, str(self.stage.login.email)):
            words = _("No other code was sent, because too many were asked for. Enter the last one, or try again after a while.")
            messages.error(self.request, words)
            return redirect(self.passthrough_next_url(reverse("account_confirm_login_code")))
        answer: HttpResponse = super().form_valid(form)
        return answer


enter_code = EnterCodeView.as_view()


@login_not_required
def begin_single_sign_on(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Lead to the provider's sign-in page, or say that the provider does not answer."""
    try:
        answer: HttpResponseBase = login(request, provider_id)
    except (RequestException, KeyError):  # no answer, or none of a provider of OpenID Connect
        answer = render(request, "socialaccount/authentication_error.html", status=503)
    return answer
