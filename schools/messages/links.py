"""Where the one button of a mail leads, and the links under it."""

import re
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.urls import reverse

BETWEEN_PARAGRAPHS = re.compile(r"\n{2,}")
AS_TEXT = re.compile(r"(?P<words>[^\n]+):\n(?P<address>https?://\S+)")
"""A paragraph that is a link, as `Link.text` writes it."""


@dataclass(frozen=True)
class Link:
    """A page of this site, and the words of the button that opens it."""

    address: str
    words: str
    others: tuple["Link", ...] = ()
    """Under the button: to the same of what else the mail is about."""

    @classmethod
    def to(cls, name: str, *args: object, words: str) -> Self:
        """Return the link to the page with this URL name and these arguments."""
        return cls(f"{settings.SPEAKOUT_ADDRESS}{reverse(name, args=args)}", words)

    @classmethod
    def in_body(cls, body: str) -> Self | None:
        """Return the first link that is a paragraph of a mail’s text, as `text` writes it; None: there is none."""
        paragraphs = BETWEEN_PARAGRAPHS.split(body.strip("\n"))
        match = next(filter(None, map(AS_TEXT.fullmatch, paragraphs)), None)
        return cls(match["address"], match["words"]) if match else None

    @property
    def text(self) -> str:
        """The paragraph of a mail’s text that is this link: its words, and its address on a line of its own."""
        return f"{self.words}:\n{self.address}"
