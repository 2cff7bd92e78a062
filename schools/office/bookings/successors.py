"""A page on which something is arranged with a school that has closed: it leads to what the school has become."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from schools.accounts.requests import SignedInRequest
from schools.directory.models import School
from schools.office.bookings.booking import bookable_schools
from schools.office.schools.facts import chain_of


def redirect_to_successor(request: SignedInRequest, school: School, name: str, *, nothing: str, here: str) -> HttpResponse:
    """Redirect to the page of this name of what the school has become, or to the school's own, which says why there is none.

    So nobody fills in a form that would be refused in the end. `nothing` says that nothing can be done at the school, and `here`
    what is done at what it has become.
    """
    chain = [entry.pk for entry in chain_of(school)]
    now = bookable_schools(request.user).filter(pk__in=chain).order_by("opened", "pk").last()
    if now is None:
        messages.warning(request, f"{nothing} {school}. Its page says what is known.")
        return redirect("admin:school-detail", school.pk)
    state = school.get_status_display().lower()
    messages.info(request, f"{school}, number {school.register_id}, is {state}. This is what it has become: {here} here.")
    return redirect(reverse(name, args=[now.pk], query=request.GET or None))
