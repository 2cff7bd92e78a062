"""A check for operators: whether somebody has said whose installation this is (`check --database default`)."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004  # Django's name
from django.db import DatabaseError, transaction

from schools.charity.queries import current


@register(Tags.database)
def the_charity_has_a_name(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Warn while the charity has no name, no address for answers or no safeguarding phone."""
    if "default" not in (databases or ()):
        return []
    try:
        with transaction.atomic():
            missing = current().missing
    except DatabaseError:  # before the first `migrate` there is no table
        return []
    if not missing:
        return []
    return [
        Warning(
            f"Nobody has said {', '.join(missing)} yet: mails and pages have nothing to show for it.",
            hint="A manager fills it in under “The charity” in the office (/admin/charity/).",
            id="speakout.W001",
        )
    ]
