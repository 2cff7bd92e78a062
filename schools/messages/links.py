"""Where the one button of a mail leads."""

from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.urls import reverse


@dataclass(frozen=True)
class Link:
    """A page of this site, and the words of the button that opens it."""

    address: str
    words: str

    @classmethod
    def to(cls, name: str, *args: object, words: str) -> Self:
        """Return the link to the page with this URL name and these arguments."""
        return cls(f"{settings.SPEAKOUT_ADDRESS}{reverse(name, args=args)}", words)
