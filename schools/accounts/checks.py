"""Checks of the settings for `check --deploy`."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def staff_need_a_second_factor(**_: Any) -> list[CheckMessage]:
    """Require a second factor for staff in production, because they see clearances (rule 27)."""
    if settings.SPEAKOUT_STAFF_SECOND_FACTOR:
        return []
    return [
        Error(
            "Staff can sign in without a second factor.",
            hint="Set SPEAKOUT_STAFF_SECOND_FACTOR=true in the environment.",
            id="speakout.E001",
        )
    ]
