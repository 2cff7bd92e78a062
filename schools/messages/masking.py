"""What the office shows of a message: its words, with the secret part of every link taken out."""

import re
from urllib.parse import urlsplit

from schools.messages.kinds import all_kinds, kind_of
from schools.messages.models import OutboxMessage

LONGEST_SHOWN = 20
"""A part of a link that is longer and no plain word may be a secret."""
MASK = "…"
LETS_IN = "(It lets somebody in, so it is not shown.)"
OF_ITS_READER = "(Only the person it went to reads it.)"

_LINK = re.compile(r"://[^\s<>\"]+")
"""A link without its scheme: a pattern that begins with letters is tried at each letter of a text, and took 24 times as long."""
_PLAIN = re.compile(rf"[a-z]{{1,{LONGEST_SHOWN}}}(?:[-_][a-z]{{1,{LONGEST_SHOWN}}})*")
"""Words of small letters with hyphens between them, such as “what-a-school-should-know”; no token looks so."""


def masked(text: str) -> str:
    """Return the text with the secret part of every link in it taken out.

    By rule, not by list: whatever stands between two slashes, after an equals sign or after “#”, is longer than 20 characters
    and is no plain word.
    """
    return _LINK.sub(lambda link: _masked_link(link[0]), text)


def _masked_link(link: str) -> str:
    try:
        parts = urlsplit(link[1:])
    except ValueError:  # no address that anybody could open
        return f"://{MASK}"
    query = "&".join(_masked_value(each) for each in parts.query.split("&"))
    path = "/".join(_masked_part(each) for each in parts.path.split("/"))
    host = parts.netloc.rpartition("@")[2]
    return f"://{host}{path}{_behind('?', query)}{_behind('#', _masked_value(parts.fragment))}"


def _behind(sign: str, words: str) -> str:
    return words and sign + words


def _masked_value(pair: str) -> str:
    name, is_named, value = pair.partition("=")
    return f"{_masked_part(name)}={_masked_part(value)}" if is_named else _masked_part(name)


def _masked_part(part: str) -> str:
    return MASK if len(part) > LONGEST_SHOWN and not _PLAIN.fullmatch(part) else part


def private_kinds() -> list[str]:
    """Return the names of the kinds of which only its reader sees the words: they are about their clearance."""
    return [kind.name for kind in all_kinds() if kind.is_private]


def is_private(message: OutboxMessage) -> bool:
    """Return whether only its reader sees the words of the message: it lets somebody in, or is about their clearance."""
    kind = kind_of(message)
    return message.expires_at is not None or (kind is not None and kind.is_private)


def text_to_show(message: OutboxMessage) -> str:
    """Return the text of the message as the office shows it."""
    return words_to_show(message, message.body)


def words_to_show(message: OutboxMessage, words: str) -> str:
    """Return what stands in a column of the message, whatever it is, as the office shows it."""
    if message.expires_at is not None:
        return LETS_IN
    return OF_ITS_READER if is_private(message) else masked(words)


def number_to_show(sms: OutboxMessage) -> str:
    """Return the end of the number to which the SMS went, by which its owner is recognised."""
    return f"…{sms.to[-3:]}" if sms.to else "somebody who was erased"


def subject_to_show(message: OutboxMessage) -> str:
    """Return the subject as the office shows it; of a private message of a kind, what the office calls the kind."""
    kind = kind_of(message)
    return kind.words if kind is not None and kind.is_private else masked(message.subject)
