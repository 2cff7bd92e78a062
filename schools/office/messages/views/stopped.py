"""Mail that is not tried again by itself, and what is decided about it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.core.row_ids import row_id
from schools.messages.actions import leave_unsent, send_again
from schools.messages.masking import masked, subject_to_show
from schools.messages.models import OutboxMessage
from schools.office.frame.pages import allowed, page

MOST_SHOWN = 200
"""Stopped mails on one page; the others follow when these are decided about."""


@allowed("view_outboxmessage", posts={"again": "change_outboxmessage", "leave": "change_outboxmessage"})
def stopped_mail(request: SignedInRequest) -> HttpResponse:
    """Show mail that is not tried again by itself; a manager lets it be tried again, or leaves it."""
    if request.method == "POST":
        decide(request, row_id(request.POST.get("message", "")) or 0)
        return redirect("admin:stopped-mail")
    stopped = OutboxMessage.objects.to_look_at().order_by("stopped_at", "pk")
    lines = [(message, subject_to_show(message), masked(message.last_error)) for message in stopped[:MOST_SHOWN]]
    goes_on = stopped[MOST_SHOWN:].exists()
    return page(request, "office/messages/stopped.html", "Mail that was stopped", lines=lines, goes_on=goes_on)


def decide(request: SignedInRequest, message_id: int) -> None:
    """Try the message again, or leave it, as `do` says; tell the user so, or why that cannot be."""
    is_again = request.POST["do"] == "again"
    try:
        (send_again if is_again else leave_unsent)(message_id, now=timezone.now())
    except RuleBroken as broken:
        messages.error(request, " ".join(broken.messages))
    else:
        messages.success(request, "It is tried again now." if is_again else "It is left unsent.")
