"""`manage.py doctor`: looks at everything that the installation stands on, and says what is wrong and what to do."""

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from schools.running.health import Level, watch

SIGNS = {Level.WELL: "ok", Level.NOTE: "-", Level.FAULT: "FAULT"}


class Command(BaseCommand):
    """Looks, changes nothing, and ends with 1 where there is a fault."""

    help = "Looks at database, tables, processes, mail, imports, backups, disks, time and certificate; ends with 1 for a fault."
    requires_system_checks: list[str] = []  # noqa: RUF012  # Django's own attribute; the doctor has to work on a bad day

    def handle(self, **_: Any) -> None:
        """Print a line for each check. That it runs at all says that every setting is within its range."""
        findings = watch.findings(now=timezone.now(), anew=True)
        for check, finding in findings:
            self.stdout.write(f"{SIGNS[finding.level]:<6}{check.words}: {finding.sentence}")
        self.stdout.write(f"{SIGNS[Level.WELL]:<6}The settings: each is within its range; else nothing would have started.")
        if any(finding.is_fault for _, finding in findings):
            sys.exit(1)
