"""Pages that anybody may read: the charity's privacy notice, its accessibility statement, and what is stored on a device."""

from itertools import groupby

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schools.charity.placeholders import values
from schools.charity.published import Key, standing
from schools.core.public_texts import html_of
from schools.portal.stored import all_stored


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy notice."""
    return _text(request, Key.PRIVACY, _("Privacy notice"))


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return _text(request, Key.ACCESSIBILITY, _("Accessibility statement"))


@login_not_required
@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """Show what these pages store on the reader's device: worked out from the settings, so that nobody has to keep it."""
    groups = [(_(where), list(stored)) for where, stored in groupby(all_stored(), key=lambda stored: stored.where)]
    return render(request, "portal/cookies.html", {"groups": groups})


def _text(request: HttpRequest, key: Key, title: str) -> HttpResponse:
    """Show what is published of the text, in the language of the page or the one that the address asks for."""
    text = standing(key, request.GET.get("language", ""))
    others = [(code, name) for code, name in settings.LANGUAGES if text and code in text.languages and code != text.language]
    return render(
        request,
        "portal/public_text.html",
        {
            "title": title,
            "text": text,
            "html": html_of(text.words, values()) if text else "",
            "foreign": text.language if text and text.language != get_language() else "",
            "others": others,
        },
    )
