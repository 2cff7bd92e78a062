"""What somebody has proved on this device: when last, and whether with a second factor."""

import time
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest

from schools.accounts.models import User


def is_fresh(request: HttpRequest) -> bool:
    """Return whether this person proved just now, on this device, who they are: by signing in, or again afterwards."""
    proofs = get_authentication_records(request, request.user)
    return any(time.time() - proof["at"] < app_settings.REAUTHENTICATION_TIMEOUT for proof in proofs)


def showed_second_factor(request: HttpRequest) -> bool:
    """Return whether this person has shown a second factor on this device since they signed in here."""
    return any(proof["method"] == "mfa" for proof in get_authentication_records(request, request.user))


def must_show_second_factor(request: HttpRequest) -> bool:
    """Return whether somebody of staff is signed in here who has a second factor, must have it, and has not shown it here."""
    return (
        settings.SPEAKOUT_STAFF_SECOND_FACTOR
        and request.user.is_authenticated
        and request.user.is_staff
        and not showed_second_factor(request)
        and bool(is_mfa_enabled(request.user))
    )


def keep_first_factor(*, request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Receive that a second factor was added: on the device where it is the first, it counts as shown.

    Elsewhere it has to be shown: who only reads the person's mail may wait there, signed in, until there is one.
    """
    others = Authenticator.objects.filter(user=user).exclude(pk=authenticator.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    if not others.exists():
        record_authentication(request, user, method="mfa", id=authenticator.pk, type=authenticator.type)
