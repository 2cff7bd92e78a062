"""Find anything: a page of its own, and the lines that the box over every page shows while somebody types."""

from django.http import HttpResponse
from django.shortcuts import render

from schools.accounts.requests import SignedInRequest
from schools.office.finding.groups import answer_to
from schools.office.frame import query_params
from schools.office.frame.pages import page
from schools.office.frame.visibility import today


def find(request: SignedInRequest) -> HttpResponse:
    """Show what fits the words of `q`; without words, every page that the user may open."""
    answer = answer_to(request, query_params.words(request.GET.get("q")), on=today(), all_pages=True)
    return page(request, "office/finding/find.html", "Find anything", answer=answer)


def options(request: SignedInRequest) -> HttpResponse:
    """Return the same as the options of a list, without a page around them."""
    answer = answer_to(request, query_params.words(request.GET.get("q")), on=today())
    return render(request, "office/finding/_options.html", {"answer": answer})
