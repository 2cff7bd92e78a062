"""The pages of the guides: which there are, and one of them."""

from django.http import Http404, HttpResponse

from schools.accounts.requests import SignedInRequest
from schools.core.guides import GUIDES, guide_named
from schools.office.frame.guide_sections import GUIDE_ADDRESS
from schools.office.frame.pages import page


def index(request: SignedInRequest) -> HttpResponse:
    """Show which guides there are, with the sections of each."""
    guides = [guide_named(name, address=GUIDE_ADDRESS) for name in GUIDES]
    return page(request, "office/guides/guides.html", "Guides", guides=guides)


def guide(request: SignedInRequest, name: str) -> HttpResponse:
    """Show a guide. Raises Http404 for a name that no guide has."""
    if name not in GUIDES:
        msg = "There is no such guide."
        raise Http404(msg)
    shown = guide_named(name, address=GUIDE_ADDRESS)
    return page(request, "office/guides/guide.html", shown.title, guide=shown)
