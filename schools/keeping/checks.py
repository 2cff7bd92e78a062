"""Checks of how long what is kept, for every `manage.py check` and every command that checks."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

PEOPLE = "SPEAKOUT_KEEP_CONTACTS_MONTHS"
EVIDENCE = ("SPEAKOUT_KEEP_CONVERSATIONS_MONTHS", "SPEAKOUT_KEEP_NOTES_MONTHS")


@register()
def evidence_is_kept_long_enough(**_: Any) -> list[CheckMessage]:
    """Require that what was heard of a school is kept as long as its people, whose time counts by it (leaving.py)."""
    least = getattr(settings, PEOPLE)
    return [
        Error(
            f"{name} ({getattr(settings, name)}) is below {PEOPLE} ({least}).",
            hint="The time of people at schools counts by what is kept so long: they would be erased too early. Raise the first "
            "or lower the second in the environment.",
            id="speakout.E002",
        )
        for name in EVIDENCE
        if getattr(settings, name) < least
    ]
