"""A mail as it goes out: its words, its one button, whom it is from, how these mails end; once as text, once as HTML.

Nothing of it is stored but the words and, once it is sent, the ids of whom it was from: it is worked out when the mail is sent,
so it follows whoever stands in then.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from schools.core.words import long_day
from schools.messages.links import BETWEEN_PARAGRAPHS, Link

ITEM = "- "
"""How a line of a list begins."""
SET_IN = " " * 4
"""How a line begins that is set out. Spaces inside a line are no such sign: people type two after a full stop."""
LINE = re.compile(r"(?:(?P<words>[^/]+): )?(?P<address>https?://\S+)")
"""An address by itself, or behind the words that say where it leads."""


@dataclass(frozen=True)
class Sender:
    """A coordinator from whom a mail is, and to whom its answer goes."""

    name: str
    email: str
    phone: str = ""
    instead_of: str = ""
    """For whom they stand in; blank: for nobody."""
    ids: tuple[int, int | None] | None = None
    """Their own id, and that of whom they stand in for (None: nobody), as the message keeps them; None: they are made up."""

    @property
    def words(self) -> str:
        """The line under the text that says whom it is from."""
        names = {"name": self.name, "other": self.instead_of}
        line = _("From %(name)s for %(other)s, who is away") % names if self.instead_of else _("From %(name)s") % names
        return f"{line}, {self.phone}" if self.phone else line


@dataclass(frozen=True)
class Source:
    """From where an address is, and where its owner objects."""

    origin: str
    """From where the list was, in the words of whoever handed it in; blank: nobody said."""
    on: date
    """When it was handed in."""
    stop: str
    """The page on which its owner objects, with one button."""

    @property
    def words(self) -> str:
        """What the mail says of it."""
        facts = {"origin": self.origin or _("a list of people at schools"), "day": long_day(self.on)}
        words = _(
            "You have not given us this address yourself: it is from %(origin)s, which was handed in on %(day)s. We keep it to "
            "arrange visits to your school, and for nothing else. You may object at any time; then nothing more is sent to it."
        )
        return words % facts

    @property
    def stop_words(self) -> str:
        """The words of the link to the page on which to object."""
        return _("Object: send nothing more to this address")

    @property
    def notice(self) -> str:
        """The address of the privacy notice."""
        return f"{settings.SPEAKOUT_ADDRESS}{reverse('privacy')}"

    @property
    def notice_words(self) -> str:
        """The words of the link to it."""
        return _("What we keep, why and for how long")

    @property
    def text(self) -> str:
        """All of it as plain text; an address stands on a line of its own."""
        return f"{self.words}\n\n{self.stop_words}:\n{self.stop}\n\n{self.notice_words}:\n{self.notice}"


@dataclass(frozen=True)
class Run:
    """Lines of a paragraph that are shown alike: the items of a list, or lines under one another."""

    lines: tuple[str, ...]
    is_list: bool = False

    @property
    def is_set_out(self) -> bool:
        """Whether a line is set in by four spaces or more, such as a code: then the spaces are shown, too."""
        return any(line.startswith(SET_IN) for line in self.lines)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The words of each line, and the address to which they lead; "" where they lead nowhere."""
        matches = ((line, LINE.fullmatch(line)) for line in self.lines)
        return [(match["words"] or match["address"], match["address"]) if match else (line, "") for line, match in matches]


@dataclass(frozen=True)
class Letter:
    """What a mail consists of, in the order in which it is read."""

    subject: str
    body: str
    signature: Sequence[str]
    """The charity’s name, address and site, by lines."""
    link: Link | None = None
    """Its one button. It stands where the body has it; where the body has not, after it."""
    senders: Sequence[Sender] = ()
    opt_out: str = ""
    """The address of the page that ends these mails; blank: nobody may end them, they are part of the service."""
    source: Source | None = None
    """From where its reader's address is, where this mail is the first to say so."""

    @property
    def opt_out_words(self) -> str:
        """The words of the link to that page."""
        return _("Get no more of these mails")

    @property
    def text(self) -> str:
        """The mail as plain text; an address stands on a line of its own."""
        parts = [self._with_links]
        if self.senders:
            parts.append("\n".join(sender.words for sender in self.senders))
        if self.source:
            parts.append(self.source.text)
        if self.opt_out:
            parts.append(f"{self.opt_out_words}:\n{self.opt_out}")
        if self.signature:
            return "\n".join(["\n\n".join(parts), "", "-- ", *self.signature, ""])
        return "\n\n".join(parts) + "\n" if parts != [self.body.strip("\n")] else self.body

    @property
    def html(self) -> str:
        """The same as HTML, by one template that escapes every word."""
        return render_to_string("messages/mail.html", {"letter": self, "language": get_language()})

    @property
    def paragraphs(self) -> list[Link | list[Run]]:
        """What stands above the senders, in its order: the button and other links, and each paragraph of words cut into runs."""
        return [self._links.get(each) or _runs(each) for each in BETWEEN_PARAGRAPHS.split(self._with_links)]

    @property
    def _with_links(self) -> str:
        """The text with its button, which a direct mail has in its words, and the links under it."""
        body = self.body.strip("\n")
        in_words = BETWEEN_PARAGRAPHS.split(body)
        return "\n\n".join([body, *(text for text in self._links if text not in in_words)])

    @property
    def _links(self) -> dict[str, Link]:
        """The button and the links under it, by their paragraphs."""
        return {link.text: link for link in (self.link, *self.link.others)} if self.link else {}


def _is_item(line: str) -> bool:
    return line.startswith(ITEM)


def _runs(paragraph: str) -> list[Run]:
    return [_run(lines, is_list=is_list) for is_list, lines in groupby(paragraph.split("\n"), key=_is_item)]


def _run(lines: Iterable[str], *, is_list: bool) -> Run:
    return Run(tuple(line.removeprefix(ITEM) if is_list else line for line in lines), is_list)
