"""Checks of what is installed, for every `manage.py check`."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from schools.core.guides import DOCS, missing_guides


@register()
def guides_are_installed(**_: Any) -> list[CheckMessage]:
    """Require the files of the guides beside the code, because the office shows them as pages."""
    return [
        Error(
            f"The guide {file} is not in {DOCS}.",
            hint="Install the folder docs/ together with the code: check out the whole repository.",
            id="speakout.E010",
        )
        for file in missing_guides()
    ]
