"""What a school gets beforehand, on a page of its own: a GET shows and writes nothing, and signs nobody in."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from schools.core.downloads import download
from schools.core.errors import RuleBroken
from schools.core.private_pages import without_sign_in
from schools.programme.models import FileKind
from schools.school_portal.forms import ReadForm
from schools.school_portal.letter_pdf import PDF, NotInOurFontError, pdf_of
from schools.school_portal.letters import words_of
from schools.school_portal.packs import PackPage
from schools.school_portal.queries import Dead, opened
from schools.school_portal.views.visits import dead, reasons_to_wait
from schools.visits.actions.letters import open_letter
from schools.visits.actions.school_answers import Giver, say_pack_read

type View = Callable[..., HttpResponse]

LETTER, LETTER_AS_PDF, READ = "letter", "letter-pdf", "read"
"""What the buttons do."""


def linked(view: View) -> View:
    """Open the page for whoever has the link of a mail; without a token against forgery, as the page of the visit."""

    @without_sign_in
    @wraps(view)
    def shown(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        now = timezone.now()
        link = opened(token, on=timezone.localdate(now), with_counts=False)
        return dead(request, link) if isinstance(link, Dead) else view(request, PackPage(link, now=now), token, **kwargs)

    return shown


@linked
@require_http_methods(["GET", "HEAD", "POST"])
def pack(request: HttpRequest, page: PackPage, token: str) -> HttpResponse:
    """Show what there is of the visit’s sessions; by POST open the letter, or keep that somebody has read it all."""
    if request.method != "POST":
        return _page(request, page, token)
    if problems := reasons_to_wait(page.link.access):
        return _page(request, page, token, problems, status=429)
    do = request.POST.get("do", "")
    if do in {LETTER, LETTER_AS_PDF}:
        return _letter(request, page, token, as_pdf=do == LETTER_AS_PDF)
    if do == READ:
        return _read(request, page, token)
    return _page(request, page, token, [_("There is nothing to send here any more. This is how it is now.")], status=409)


@linked
@require_safe
def pack_file(request: HttpRequest, page: PackPage, token: str, item_id: int) -> HttpResponse:
    """Return a file; where it was taken away or replaced, say so and show what there is."""
    item = page.file(item_id)
    if item is None:
        return _page(request, page, token, [_("This file was taken away or replaced. This is what there is now.")], status=404)
    return download(bytes(item.content), name=item.file_name, content_type=FileKind(item.file_kind).label)


def _letter(request: HttpRequest, page: PackPage, token: str, *, as_pdf: bool) -> HttpResponse:
    link = page.link
    try:
        letter = open_letter(link.visit, link.sessions, link.school, link.access, now=page.now)
    except RuleBroken as broken:
        return _page(request, page, token, broken.reasons, status=409)
    words, problems = words_of(letter, link, now=page.now), []
    if as_pdf:
        try:
            return download(pdf_of(words), name=f"letter-of-assurance-{page.on}.pdf", content_type=PDF)
        except NotInOurFontError:
            problems = [_("A name is in letters that our PDF cannot show. Print this page instead.")]
    return _rendered(request, "letter", page, token, problems, letter=words)


def _read(request: HttpRequest, page: PackPage, token: str) -> HttpResponse:
    form = ReadForm(request.POST)
    if not form.is_valid():
        return _page(request, page, token, form=form)
    try:
        giver = Giver(form.cleaned_data["given_by"], page.link.school.pk, page.link.access)
        say_pack_read(page.link.visit.pk, giver, now=page.now)
    except RuleBroken as broken:
        return _page(request, page, token, broken.reasons, status=409)
    return redirect("school-pack", token)


def _page(
    request: HttpRequest,
    page: PackPage,
    token: str,
    problems: Sequence[str] = (),
    *,
    form: ReadForm | None = None,
    status: int = 200,
) -> HttpResponse:
    # Whatever is refused, the name that was typed stays.
    form = form or ReadForm(request.POST if request.POST.get("given_by") else None)
    return _rendered(request, "pack", page, token, problems, form=form, status=status)


def _rendered(
    request: HttpRequest, name: str, page: PackPage, token: str, problems: Sequence[str], *, status: int = 200, **more: Any
) -> HttpResponse:
    form = more.get("form")
    context = {
        "page": page,
        "link": page.link,
        "visit": page.link.visit,
        "token": token,
        "action": reverse("school-pack", args=[token]),
        "problems": [("", problem) for problem in problems] + (form.problems if form else []),
        **more,
    }
    response = render(request, f"school_portal/{name}.html", context, status=status)
    response.headers["Content-Language"] = get_language() or ""
    return response
