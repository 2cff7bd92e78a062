"""The links by which requests for visits are confirmed: signed for one request, mailed to the address that it names.

No secret is stored: a link is signed with the installation's key, so a copy of the database opens nothing.
"""

import re
from datetime import datetime, timedelta

from django.core import signing

from schools.visits.models import RequestState, VisitRequest

SALT = "schools.visits.request_links"
SEPARATOR = "."
HOLDS = timedelta(days=7)
"""How long somebody has to confirm what they asked for."""
PAGE = "ask-confirm"

TOKEN = re.compile(r"(?P<request>[0-9]{1,18})\.[\w-]{20,}", re.ASCII)


def token_of_request(request: VisitRequest) -> str:
    """Return what stands in the address of the request's link."""
    return signing.Signer(salt=SALT, sep=SEPARATOR).sign(str(request.pk))


def read_request(token: str) -> VisitRequest | None:
    """Return the request of a link, with its school, its visit and its person; None where we never signed it, or it is gone."""
    match = TOKEN.fullmatch(token)
    if match is None:
        return None
    try:
        signing.Signer(salt=SALT, sep=SEPARATOR).unsign(token)
    except signing.BadSignature:
        return None
    return VisitRequest.objects.select_related("school", "visit", "contact").filter(pk=match["request"]).first()


def is_too_old(request: VisitRequest, *, now: datetime) -> bool:
    """Return whether nobody confirmed the request in time."""
    return request.state == RequestState.UNCONFIRMED and now >= request.asked_at + HOLDS
