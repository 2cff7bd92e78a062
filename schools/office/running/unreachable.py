"""The page of the addresses that mail does not reach: whose they are, and letting one be tried again."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.messages.actions import try_address_again
from schools.messages.models import SuppressedAddress
from schools.office.frame.pages import allowed, page
from schools.office.frame.visibility import today, visible_rows
from schools.visits.queries.unreachable import readers_of, unreachable

MOST_SHOWN = 200
"""Addresses on one page; the others follow when these are decided about."""


@allowed("view_suppressedaddress", posts={"again": "change_suppressedaddress"})
def unreachable_addresses(request: SignedInRequest) -> HttpResponse:
    """Show the addresses of the user’s people to which no mail goes; a coordinator lets one be tried again, with a reason."""
    on = today()
    rows = unreachable(visible_rows(SuppressedAddress.objects.all(), request.user, on=on))
    if request.method == "POST":
        row = rows.filter(pk=row_id(request.POST.get("address", "")) or 0).first()
        _try_again(request, row.pk if row else 0)
        return redirect("admin:unreachable")
    shown = list(rows.order_by("since", "pk")[: MOST_SHOWN + 1])
    readers = readers_of([row.address for row in shown], request.user, on=on)
    context = {
        "rows": [(row, readers.get(row.address, [])) for row in shown[:MOST_SHOWN]],
        "goes_on": len(shown) > MOST_SHOWN,
    }
    return page(request, "office/running/unreachable.html", "Addresses that could not be reached", **context)


def _try_again(request: SignedInRequest, address_id: int) -> None:
    try:
        released = try_address_again(address_id, why=request.POST.get("why", ""), by=request.user, now=timezone.now())
    except RuleBroken as broken:
        messages.error(request, " ".join(broken.messages))
        return
    mails = {0: "No mail was waiting for that.", 1: "One mail is tried again now."}
    messages.success(request, f"Mail goes there again. {mails.get(released, f'{released} mails are tried again now.')}")
