"""What is filled into the public texts of the charity: one registry, to which slices further up add what they know.

A text that says “{contact}” stays true when the contact changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from schools.charity.queries import current

GIVE_IT = "Fill it in under “The charity”, or take it out of the text."


@dataclass(frozen=True)
class Placeholder:
    """One thing that is filled in."""

    name: str
    """Stands in the texts of charities, so it never changes."""
    words: str
    """What it is, for whoever writes a text."""
    value: Callable[[], str]
    """What it is today; blank: nobody gave it yet."""


def _safeguarding_phone() -> str:
    phone = current().phone
    return str(phone.as_national) if phone else ""


def _cookies() -> str:
    return f"{settings.SPEAKOUT_ADDRESS}{reverse('cookies')}"


_placeholders: dict[str, Placeholder] = {}


def register(placeholders: Iterable[Placeholder]) -> None:
    """Add placeholders; one of the same name is replaced."""
    _placeholders.update({each.name: each for each in placeholders})


def all_placeholders() -> list[Placeholder]:
    """Return all of them, those about the charity first."""
    return list(_placeholders.values())


def values() -> dict[str, str]:
    """Return what is filled in today, by name; blank: nobody gave it yet."""
    return {name: placeholder.value() for name, placeholder in _placeholders.items()}


register(
    (
        Placeholder("charity", "the charity’s name", lambda: current().name),
        Placeholder("address", "its postal address", lambda: current().address_on_one_line),
        Placeholder("contact", "where answers to its mails go", lambda: current().reply_to),
        Placeholder("data_protection", "who answers about personal data", lambda: current().data_protection),
        Placeholder("safeguarding_phone", "the safeguarding phone", _safeguarding_phone),
        Placeholder("site", "the address of this site", lambda: str(settings.SPEAKOUT_ADDRESS)),
        Placeholder(
            "cookies", "the address of the page about cookies", lambda: f"{settings.SPEAKOUT_ADDRESS}{reverse('cookies')}"
        ),
    )
)
