"""How the installation runs: the last run of each periodic job, and who works in the background."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from schools.accounts.requests import SignedInRequest
from schools.messages.models import OutboxMessage
from schools.office.frame.pages import allowed, page
from schools.office.running.jobs import JOBS
from schools.running.health import watch
from schools.running.models import PeriodicJob, SignOfLife


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
