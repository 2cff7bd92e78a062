"""When somebody proved last, on this device, who they are."""

import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.http import HttpRequest


def is_fresh(request: HttpRequest) -> bool:
    """Return whether this person proved just now, on this device, who they are: by signing in, or again afterwards."""
    proofs = get_authentication_records(request, request.user)
    return any(time.time() - proof["at"] < app_settings.REAUTHENTICATION_TIMEOUT for proof in proofs)
