"""How the installation runs: the last run of each periodic job, who works in the background, and mail that needs a decision."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.core.errors import RuleBroken
from schools.messages.actions import leave_unsent, send_again
from schools.messages.models import OutboxMessage
from schools.office.frame import query_params
from schools.office.frame.pages import allowed, page
from schools.office.running.jobs import JOBS
from schools.running.health import watch
from schools.running.models import PeriodicJob, SignOfLife

MOST_SHOWN = 200
"""Stopped mails on one page; the others follow when these are decided about."""


@allowed("view_periodicjob")
def running(request: SignedInRequest) -> HttpResponse:
    """Show what each check saw, each periodic job with its last run, and each process that works in the background."""
    now = timezone.now()
    rows = {row.name: row for row in PeriodicJob.objects.all()}
    alive = set(SignOfLife.objects.fresh(now=now).values_list("pk", flat=True))
    context: dict[str, Any] = {
        "findings": watch.findings(now=now),
        "jobs": [(job, rows.get(job.name)) for job in JOBS],
        "processes": [(sign, sign.pk in alive) for sign in SignOfLife.objects.all()],
        "stopped": OutboxMessage.objects.to_look_at().count(),
        "waiting": OutboxMessage.objects.due(now=now).count(),
    }
    return page(request, "office/running/running.html", "How it runs", **context)


@allowed("view_outboxmessage", posts={"again": "change_outboxmessage", "leave": "change_outboxmessage"})
def stopped_mail(request: SignedInRequest) -> HttpResponse:
    """Show mail that is not tried again by itself; a manager lets it be tried again, or leaves it."""
    if request.method == "POST":
        _decide(request, query_params.row_id(request.POST.get("message", "")) or 0)
        return redirect("admin:stopped-mail")
    stopped = OutboxMessage.objects.to_look_at().order_by("stopped_at", "pk")
    context = {"stopped": stopped[:MOST_SHOWN], "goes_on": stopped[MOST_SHOWN:].exists()}
    return page(request, "office/running/stopped_mail.html", "Mail that was stopped", **context)


def _decide(request: SignedInRequest, message_id: int) -> None:
    is_again = request.POST["do"] == "again"
    try:
        (send_again if is_again else leave_unsent)(message_id, now=timezone.now())
    except RuleBroken as broken:
        messages.error(request, " ".join(broken.messages))
        return
    messages.success(request, "It is tried again now." if is_again else "It is left unsent.")
