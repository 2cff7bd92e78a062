"""Views that let a phone work without signal: the app's manifest, the service worker, and answers to what a phone sends later.

Pages that a phone keeps, and forms that it sends later, go through the same views and forms as with signal.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schools.accounts.devices import device_of
from schools.accounts.models import User
from schools.accounts.requests import SignedInRequest
from schools.charity.published import versions
from schools.charity.queries import current
from schools.delivery import actions
from schools.delivery.queries import Difference
from schools.visits.queries.merged_people import earlier_sign_ins, without_a_way_in

FILES = (
    "css/bootstrap-reboot.min.css",
    "portal/portal.css",
    "portal/icon.svg",
    "portal/early.js",
    "portal/store.js",
    "portal/outbox.js",
    "portal/lost.js",
    "portal/device.js",
    "portal/judge.js",
    "portal/tally.js",
    "portal/report.js",
)
"""Static files that a kept page needs."""

OPEN_PAGES = ("privacy", "accessibility", "cookies")
"""Pages that anybody may read, without signal too."""

MOST_KEYS = 50
"""Reports about which a phone asks at once; it remembers fewer."""
MOST_SIGN_INS = 50
"""Sign-ins about which a phone asks at once; hardly any phone is shared by so many."""
SIGN_IN = re.compile(r"[0-9]{1,18}")
"""The id of a sign-in as a phone states it."""

KEEP = "Speakout-Keep"
"""A header: in a request, the phone wants to keep the page; in a response, the page may be kept."""


def is_to_keep(request: HttpRequest) -> bool:
    """Whether a phone requests the page to keep it for later."""
    return KEEP in request.headers


def wants_json(request: HttpRequest) -> bool:
    """Whether the phone's script sends a form that was filled in before, and reads the answer as JSON."""
    return request.headers.get("Accept") == "application/json"


def may_be_kept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a successful GET page as one that a phone may keep for when there is no signal."""

    @wraps(view)
    def marked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200:
            response.headers.setdefault(KEEP, "1")
        return response

    return marked


def stored_response(request: HttpRequest, page: str, *, thanks: str) -> JsonResponse:
    """Answer a phone that what it sent is stored, when it was received, and that `page` shows it.

    The message `thanks` is added where the phone opens that page now.
    """
    if "Speakout-Now" in request.headers:
        messages.success(request, thanks)
    return JsonResponse({"kept": True, "page": page, "at": f"{timezone.localtime():%H:%M}"})


def refused_response(
    reasons: Iterable[str],
    *,
    differences: Iterable[Difference] = (),
    again: Iterable[tuple[str, str]] = (),
    rest: Iterable[tuple[str, str]] = (),
) -> JsonResponse:
    """Answer a phone that what it sent was not stored: why, and how it differs from what is stored.

    `again` is what to send as a correction; `rest` is what to send without that about which something is wrong.
    """
    answer = {
        "kept": False,
        "reasons": list(reasons),
        "differs": [asdict(row) for row in differences],
        "again": list(again),
        "rest": list(rest),
    }
    return JsonResponse(answer, status=409)


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Send the app's manifest: its name and its look once it is installed."""
    sizes = [("192", "any"), ("512", "any"), ("512", "maskable")]
    icons = [
        {
            "src": staticfiles_storage.url(f"portal/icon-{size}{'-maskable' if purpose == 'maskable' else ''}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size, purpose in sizes
    ]
    content = {
        "id": "/",
        "name": _("%(charity)s session pages") % {"charity": current().brand},
        "short_name": current().brand,
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf7",
        "theme_color": "#0b6e69",
        "icons": icons,
    }
    return JsonResponse(content, content_type="application/manifest+json")


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """Send the service worker, with the names of this release's files.

    A new name of the charity and a newly published text are a new release to phones: the pages that they keep for when there is
    no signal show them.

    It is at the root because a worker only serves pages below its own address.
    """
    files = [staticfiles_storage.url(name) for name in FILES]
    scripts = [staticfiles_storage.url(name) for name in ("portal/store.js", "portal/outbox.js", "portal/worker.js")]
    release = hashlib.sha256("".join([*files, *scripts, current().brand, *map(str, versions())]).encode()).hexdigest()[:12]
    texts = [reverse(name) for name in OPEN_PAGES]
    named = {"release": release, "files": files, "phone": reverse("phone"), "texts": texts, "home": reverse("home")}
    lines = [f"self.SPEAKOUT = {json.dumps(named)};", f"importScripts({', '.join(json.dumps(script) for script in scripts)});"]
    response = HttpResponse("\n".join(lines), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@login_not_required
@never_cache
@require_safe
def token(request: HttpRequest) -> JsonResponse:
    """Send who is signed in ("" for nobody) and a fresh CSRF token, because the token of a form that waited may be too old.

    `holds` in the address are the sign-ins of which the phone still holds something, but for that of its reader. Of these,
    `earlier` are those that merges made one with the reader's, who may send it; `ended` are those with which nobody comes in any
    more. A stranger learns of no other sign-in than of those that were used on the device.
    """
    holds = {int(text) for text in request.GET.getlist("holds")[:MOST_SIGN_INS] if SIGN_IN.fullmatch(text)}
    earlier = holds & earlier_sign_ins(request.user) if holds and isinstance(request.user, User) else set()
    device = device_of(request)
    asked_of = holds if request.user.is_authenticated else holds.intersection(device.people if device else ())
    answer = {"person": str(request.user.pk or ""), "token": get_token(request)}
    ended = without_a_way_in(asked_of - earlier)
    return JsonResponse({**answer, "earlier": sorted(map(str, earlier)), "ended": sorted(map(str, ended))})


@never_cache
@require_safe
def received(request: SignedInRequest) -> JsonResponse:
    """Send which of the keys in the address are of reports of the signed-in person that have come in; nonsense is none of them.

    A phone whose browser threw its storage away asks so before it says that a report is lost.
    """
    keys = set()
    for text in request.GET.getlist("key")[:MOST_KEYS]:
        with suppress(ValueError):
            keys.add(UUID(text))
    return JsonResponse({"received": sorted(map(str, actions.came_in(keys, by=request.user)))})


@login_not_required
@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """Show what this phone keeps and what waits to be sent; the phone's script fills the page, which holds no personal data."""
    return render(request, "portal/phone.html", {"at": "phone"})
