"""Pages beside that of a visit on which somebody at the school fills in one form: its rolls, and its site."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language

from schools.school_portal.forms import GivenForm
from schools.school_portal.queries import VisitPage


def form_page(
    request: HttpRequest,
    template: str,
    page: VisitPage,
    token: str,
    form: GivenForm,
    problems: Sequence[str] = (),
    *,
    is_open: bool,
    status: int = 200,
) -> HttpResponse:
    """Return the page with what is wrong, and with the form while it `is_open`; else what is true, and what was typed in vain.

    Nothing is wrong then with a box that the page does not have.
    """
    context: dict[str, Any] = {
        "page": page,
        "link": page.link,
        "visit": page.link.visit,
        "token": token,
        "form": form if is_open else None,
        "not_stored": () if is_open else form.typed,
        "thanks": request.GET.get("thanks", "") if request.method != "POST" else "",
        "problems": [("", problem) for problem in problems] + [each for each in form.problems if is_open or not each[0]],
    }
    response = render(request, template, context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
