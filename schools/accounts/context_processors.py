"""Variables about signing in that every template has."""

from django.conf import settings
from django.http import HttpRequest


def second_factor(request: HttpRequest) -> dict[str, bool]:
    """Say whether the office shows the banner that staff sign in without a second factor here."""
    user = getattr(request, "user", None)
    return {"second_factor_is_off": not settings.SPEAKOUT_STAFF_SECOND_FACTOR and bool(user and user.is_staff)}


def single_sign_on(_: HttpRequest) -> dict[str, str]:
    """Say how the charity's own accounts are called on the sign-in page; blank where nobody can sign in with them."""
    return {"single_sign_on": settings.SPEAKOUT_OIDC_NAME}
