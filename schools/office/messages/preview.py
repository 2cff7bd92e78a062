"""How a text of messages reads in a mail about a real visit, before it is stored; nothing is written, and nothing is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import translation
from django.utils.safestring import SafeString

from schools.charity.queries import current
from schools.directory.senders import senders_of
from schools.messages.envelopes import Letter, Sender
from schools.messages.kinds import from_nobody, kind_named
from schools.messages.models import OutboxMessage
from schools.messages.sending import letter_of, sender
from schools.messages.texts import Text
from schools.messages.wording import on_trial
from schools.office.messages.example import NOBODY, Example, ExampleMail, example_of
from schools.office.messages.example_mails import example_mail
from schools.visits.models import Visit
from schools.visits.queries import responsible_by_visit


@dataclass(frozen=True)
class Preview:
    """A mail that says the text."""

    example: Example
    letter: Letter
    text: str
    html: SafeString
    sender: str
    answers: str
    """To which addresses an answer goes."""
    facts: Mapping[str, object]
    """What stands in the place of each placeholder of the text."""
    says_it: bool
    """Whether a mail about this visit says the text at all."""


def preview_of(text: Text, words: str | None, language: str, visit: Visit, *, on: date, nonce: str) -> Preview | None:
    """Return the mail about the visit as it would go out on that day; None: the visit has no session yet.

    `words` are tried in place of what is stored; None: what is stored. The HTML is for a frame of a page with this nonce.
    """
    example = example_of(visit, language)
    if example is None:
        return None
    with translation.override(language), on_trial({} if words is None else {(text.key, language): words}) as trial:
        made = example_mail(text, example)
        letter = _letter(made, example, on=on)
        html = letter.html.replace("<style>", f'<style nonce="{nonce}">', 1)
        answers = ", ".join(each.email for each in letter.senders) or current().reply_to
        says_it = text.key in trial.facts
        return Preview(example, letter, letter.text, SafeString(html), sender(), answers, trial.facts.get(text.key, {}), says_it)


def _letter(made: ExampleMail, example: Example, *, on: date) -> Letter:
    kind = kind_named(made.kind)
    if kind is None:
        raise KeyError(made.kind)
    subject, body = made.mail
    message = OutboxMessage(key=f"{made.kind}:{NOBODY}", kind=made.kind, subject=subject, body=body)
    message.link = made.link
    message.senders = _senders(example.visit, on=on) if kind.senders is not from_nobody else ()
    return letter_of(message, kind, current())


def _senders(visit: Visit, *, on: date) -> Sequence[Sender]:
    return senders_of(responsible_by_visit([visit], on=on)[visit.pk])
