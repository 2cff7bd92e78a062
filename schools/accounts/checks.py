"""What `check --deploy` asks of the settings."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def staff_need_a_second_factor(**_: Any) -> list[CheckMessage]:
    """Staff see clearances: in production they must have a second factor."""
    if settings.SPEAKOUT_STAFF_SECOND_FACTOR:
        return []
    return [
        Error(
            "Staff can sign in without a second factor.",
            hint="Set SPEAKOUT_STAFF_SECOND_FACTOR=true in the environment.",
            id="speakout.E001",
        )
    ]
