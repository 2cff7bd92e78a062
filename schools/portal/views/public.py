"""Pages that anybody may read: the charity's privacy notice and its accessibility statement."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schools.charity.queries import accessibility_statement, privacy_notice
from schools.core.public_texts import html_of


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Show the privacy notice."""
    return render(request, "portal/public_text.html", {"title": _("Privacy notice"), "text": html_of(privacy_notice())})


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """Show the accessibility statement."""
    return render(
        request, "portal/public_text.html", {"title": _("Accessibility statement"), "text": html_of(accessibility_statement())}
    )
