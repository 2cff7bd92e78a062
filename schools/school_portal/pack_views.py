"""What a school gets beforehand, on a page of its own: a GET shows and writes nothing, and signs nobody in."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from schools.core.downloads import download
from schools.core.private_pages import STRICT, kept_nowhere
from schools.programme.models import FileKind
from schools.school_portal.packs import PackPage
from schools.school_portal.queries import Dead, opened
from schools.school_portal.views import dead

type View = Callable[..., HttpResponse]


def linked(view: View) -> View:
    """Open the page for whoever has the link of a mail; without a token against forgery, as the page of the visit."""

    @login_not_required
    @csrf_exempt
    @kept_nowhere
    @csp_override(STRICT)
    @wraps(view)
    def shown(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        on = timezone.localdate()
        link = opened(token, on=on)
        return dead(request, link) if isinstance(link, Dead) else view(request, PackPage(link, on), token, **kwargs)

    return shown


@linked
@require_safe
def pack(request: HttpRequest, page: PackPage, token: str) -> HttpResponse:
    """Show what there is of the visit’s sessions."""
    return _page(request, page, token)


@linked
@require_safe
def pack_file(request: HttpRequest, page: PackPage, token: str, item_id: int) -> HttpResponse:
    """Return a file; where it was taken away or replaced, say so and show what there is."""
    item = page.file(item_id)
    if item is None:
        return _page(request, page, token, [_("This file was taken away or replaced. This is what there is now.")], status=404)
    return download(bytes(item.content), name=item.file_name, content_type=FileKind(item.file_kind).label)


def _page(
    request: HttpRequest, page: PackPage, token: str, problems: list[str] | None = None, *, status: int = 200
) -> HttpResponse:
    context = {
        "page": page,
        "link": page.link,
        "visit": page.link.visit,
        "token": token,
        "problems": [("", problem) for problem in problems or ()],
    }
    response = render(request, "school_portal/pack.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
