"""Devices on which somebody has signed in before: a stranger's wrong guesses do not shut their owners out.

A signed cookie names the device and who has signed in on it. It lets nobody in; it only gives the device limits of its own.
"""

from dataclasses import dataclass

from allauth.core import ratelimit
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.utils.crypto import get_random_string

from schools.accounts.models import User
from schools.core.rate_limits import take_slot

COOKIE = "speakout-device"
SALT = "schools.accounts.devices"
KEPT_SECONDS = 400 * 24 * 60 * 60
"""As long as browsers keep a cookie at most; each sign-in begins anew."""
MOST_PEOPLE = 5
"""Who signed in last; a computer that many share knows no more of them."""
CODES = ((3, 60), (30, 24 * 60 * 60))
"""Codes that a known device may ask for, in so many seconds, when others have used up those of the address."""


@dataclass(frozen=True)
class Device:
    """What the cookie says."""

    key: str
    people: tuple[int, ...]
    """Ids of users, the latest last."""


def device_of(request: HttpRequest) -> Device | None:
    """Return the device that sent the request; None where nobody has signed in on it, or its cookie is not ours."""
    try:
        key, people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=KEPT_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Device(str(key), tuple(people))


def known_device(request: HttpRequest, email: str) -> str:
    """Return the key of the device where somebody has signed in on it with the address before; "" otherwise."""
    device = device_of(request)
    if device and User.objects.filter(email=email.lower(), pk__in=device.people).exists():
        return device.key
    return ""


def may_ask_for_code(request: HttpRequest, email: str) -> bool:
    """Return whether a known device may ask for one more code although others have asked for too many."""
    key = known_device(request, email)
    return bool(key) and all(take_slot(f"code {email.lower()} {key} {span}", limit=most, seconds=span) for most, span in CODES)


def may_get_another_code(request: HttpRequest, email: str) -> bool:
    """Return whether one more code may be mailed to the address; it counts as one that was asked for on the page for codes."""
    return ratelimit.consume(request, action="request_login_code", key=email.lower()) or may_ask_for_code(request, email)


def remember(request: HttpRequest, response: HttpResponseBase, user: User) -> None:
    """Give the device its cookie, where it does not know the user yet."""
    device = device_of(request) or Device(get_random_string(32), ())
    if user.pk in device.people:
        return
    people = (*device.people, user.pk)[-MOST_PEOPLE:]
    response.set_cookie(
        COOKIE,
        signing.dumps((device.key, people), salt=SALT),
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
