"""Pages that open by a secret in their address: strict about what they load, and careful that nobody else learns the address."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt

STRICT = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
"""Such a page needs its sheet and its icon, and no script."""


def kept_nowhere(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Keep the address to its reader: no page that is opened next, no cache and no search engine learns it."""

    @wraps(view)
    def unseen(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        response = view(request, **kwargs)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store, private"
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
        return response

    return unseen


def without_sign_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Open the page to whoever has its address; it is kept nowhere, loads next to nothing, and never asks who is signed in.

    No token against forgery: a browser that sends no referrer sends “Origin: null”, which Django refuses; and whoever can forge
    the request has the address, which is all that the page asks for.
    """
    return login_not_required(csrf_exempt(kept_nowhere(csp_override(STRICT)(view))))
