"""Whether there are enough people to let anybody in again, the last manager included."""

from datetime import datetime

from schools.recovery.queries import managers_of_today, trustees_of_today
from schools.running.health import Check, Finding

ENOUGH = 2
"""So many have to be left when a manager is locked out: who asks and who agrees, or two who agree."""


def look_at_people(now: datetime) -> Finding:
    """Look whether two people are left, managers or trustees, when one manager is locked out. It is nobody's fault, so a note."""
    left = max(managers_of_today(now=now).count() - 1, 0) + trustees_of_today(now=now).count()
    if left >= ENOUGH:
        return Finding.well("If a manager is locked out, others are left who can let them in again.")
    return Finding.note(
        "If a manager loses phone and recovery codes, nobody can let them in again. Add another manager, or name trustees under "
        "Trustees, until two are left; each counts after two weeks: docs/operations.md, Somebody is locked out."
    )


CHECKS = (Check("way-back", "Who could let a manager in again", look_at_people, kept=30),)
