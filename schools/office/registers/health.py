"""Whether imports go on."""

from datetime import datetime, timedelta

from schools.directory.models import ImportRun, RunState
from schools.office.registers.tasks import is_left_alone
from schools.running.health import Check, Finding

STUCK = timedelta(minutes=5)
"""A killed import is taken up again after a minute or two."""


def look_at_imports(now: datetime) -> Finding:
    """Look for imports that should be worked on and are not.

    One may give no sign of life for minutes although it is well: while it is written in one piece, while it works out which
    figures move, or while it waits for another.
    """
    silent = ImportRun.objects.filter(state__in=[RunState.READING, RunState.APPLYING], seen_at__lte=now - STUCK)
    stuck = sum(is_left_alone(run, now=now) for run in silent.only("state", "attempt", "seen_at"))
    if not stuck:
        return Finding.well("None stands still.")
    return Finding.fault(f"{stuck} import{'' if stuck == 1 else 's'} stood still for five minutes. See to speakout-heavy.")


CHECKS = (Check("imports", "Imports", look_at_imports),)
