"""What a phone needs to be of use without signal: an app to install, a worker that keeps pages, answers to what waited on it.

What a page of the portal says to a phone, and what a phone sends later, go through the same views and forms as with signal.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from schools.delivery.queries import Difference

FILES = (
    "css/bootstrap.min.css",
    "portal/portal.css",
    "portal/icon.svg",
    "portal/early.js",
    "portal/store.js",
    "portal/device.js",
    "portal/report.js",
)
"""Without these a page that was kept is not itself."""

KEEP = "Speakout-Keep"
"""The header with which a phone asks for a page to keep, and with which such a page says that it may be kept."""


def is_to_keep(request: HttpRequest) -> bool:
    """Whether a phone asks for the page before it needs it."""
    return KEEP in request.headers


def is_waiting(request: HttpRequest) -> bool:
    """Whether the phone itself sends what somebody typed, and reads the answer."""
    return request.headers.get("Accept") == "application/json"


def may_be_kept(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark the page as one that a phone keeps for when there is no signal; never a refusal or another's answer."""

    @wraps(view)
    def marked(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        if request.method == "GET" and response.status_code == 200:
            response.headers.setdefault(KEEP, "1")
        return response

    return marked


def kept(request: HttpRequest, page: str, *, thanks: str) -> JsonResponse:
    """The answer to what a phone sent: it is stored, and `page` shows it; `thanks` too where the phone goes there now."""
    if "Speakout-Now" in request.headers:
        messages.success(request, thanks)
    return JsonResponse({"kept": True, "page": page})


def not_kept(
    reasons: Iterable[str], *, differences: Iterable[Difference] = (), again: Iterable[tuple[str, str]] = ()
) -> JsonResponse:
    """The answer to what a phone sent and cannot be stored: why, what somebody else said, and how to send it as a correction."""
    differs = [asdict(row) for row in differences]
    return JsonResponse({"kept": False, "reasons": list(reasons), "differs": differs, "again": list(again)}, status=409)


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """How the app is called and looks once it is installed."""
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
    said = {
        "id": "/",
        "name": _("Speakout session pages"),
        "short_name": "Speakout",
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": "#fbfaf7",
        "theme_color": "#0b6e69",
        "icons": icons,
    }
    return JsonResponse(said, content_type="application/manifest+json")


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker, at the root because it looks after every page of the portal; it names the files of this release."""
    files = [staticfiles_storage.url(name) for name in FILES]
    scripts = [staticfiles_storage.url(name) for name in ("portal/store.js", "portal/worker.js")]
    release = hashlib.sha256("".join([*files, *scripts]).encode()).hexdigest()[:12]
    named = {"release": release, "files": files, "phone": reverse("phone"), "home": reverse("home")}
    lines = [f"self.SPEAKOUT = {json.dumps(named)};", f"importScripts({', '.join(json.dumps(one) for one in scripts)});"]
    response = HttpResponse("\n".join(lines), content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Service-Worker-Allowed"] = "/"
    return response


@login_not_required
@never_cache
@require_safe
def token(request: HttpRequest) -> JsonResponse:
    """Who is signed in ("" for nobody), and a fresh token for forms that waited longer than theirs lives."""
    return JsonResponse({"person": str(request.user.pk or ""), "token": get_token(request)})


@login_not_required
@require_safe
def phone(request: HttpRequest) -> HttpResponse:
    """What is kept on this phone and what waits to be sent. The page itself knows nothing of anybody: the phone fills it."""
    return render(request, "portal/phone.html", {"at": "phone"})
