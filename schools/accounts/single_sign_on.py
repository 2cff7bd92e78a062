"""Signing in with the charity's own accounts (OpenID Connect), where the settings name a provider.

The provider says which address somebody has. Whoever was invited under that address is signed in; nobody else gets an account,
and nothing of what the provider tells is stored: the next sign-in asks it again. A second factor of ours is asked for as always.
"""

from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import redirect, render


class InvitedOnlyAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Lets in who is known by an address that the provider vouches for."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return False: nobody signs up by themselves."""
        return False

    def is_email_verified(self, provider: Any, email: str) -> bool:
        """Return False: `authenticate_by_email` decides, which sees what the provider says of the address."""
        return False

    def authenticate_by_email(self, sociallogin: SocialLogin) -> Any:
        """Return who signs in with the address, and the address; None where nobody does, or where it is not to be believed.

        With domains in the settings the provider vouches for theirs alone, because accounts of guests and of the public have
        addresses that somebody typed. A provider that says that it has not verified an address is believed, too.
        """
        for address in sociallogin.email_addresses:
            domain = address.email.rpartition("@")[2].lower()
            claims = _claims_of(sociallogin)
            if settings.SPEAKOUT_OIDC_DOMAINS:
                address.verified = domain in settings.SPEAKOUT_OIDC_DOMAINS and claims.get("email_verified", True) is True
            else:
                address.verified = claims.get("email_verified") is True
        return super().authenticate_by_email(sociallogin)

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Tell who is not known what to do. Raises ImmediateHttpResponse, with the page."""
        if sociallogin.state.get("process") != "login":
            # An account of the provider is never joined to somebody who is signed in: that would be one more way in.
            raise ImmediateHttpResponse(redirect("me"))
        if not sociallogin.is_existing:
            _refuse(request, sociallogin)


def _claims_of(sociallogin: SocialLogin) -> dict[str, Any]:
    """Return what the provider says of the person."""
    known = sociallogin.account.extra_data
    return dict(known.get("userinfo") or known.get("id_token") or known)


def _refuse(request: HttpRequest, sociallogin: SocialLogin) -> NoReturn:
    email = next((address.email for address in sociallogin.email_addresses), "")
    words = {"email": email, "provider": settings.SPEAKOUT_OIDC_NAME}
    raise ImmediateHttpResponse(render(request, "account/signup_closed.html", words, status=403))
