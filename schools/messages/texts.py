"""The texts of messages, and of calls, that a manager may put into other words: one registry, filled by the slices that say them.

Each slice lists its own in `texts.py`, and nowhere else: a mail says a text by its key (`schools.messages.wording`).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

IN_BRACES = re.compile(r"\{([^{}]*)\}")
"""A placeholder as people type it: “{where}”."""
IN_BUILT_IN = re.compile(r"%\((\w+)\)s")
"""The same in a built-in text."""

NOT_NEEDED = frozenset({"charity"})
"""Placeholders that may be left out: the signature under each mail names the charity too."""


class Part(Enum):
    """Which part of a mail a text is, or that it is spoken: as the office calls it, and the most characters that may be typed."""

    SUBJECT = "A subject", 120
    """Names and days still come into it."""
    BUTTON = "A button", 40
    TEXT = "A text", 2000
    SPOKEN = "A sentence", 300
    """It is read out on the phone, and stands in no mail."""

    @property
    def words(self) -> str:
        """The part as a sentence begins with it."""
        return self.value[0]

    @property
    def longest(self) -> int:
        """The most characters that may be typed."""
        return self.value[1]


@dataclass(frozen=True)
class Text:
    """One text of messages that may be edited."""

    key: str
    """Stands in the table of edited texts, so it never changes."""
    kinds: tuple[str, ...]
    """The names of the kinds whose messages say it; empty for what is said on the phone."""
    words: str
    """What it is, for the office: “Cancelled: subject”."""
    built_in: str
    """The words that it has from the beginning, marked for translation, with placeholders such as %(where)s."""
    part: Part = Part.TEXT

    @property
    def placeholders(self) -> list[str]:
        """The names of what is filled in, in the order in which the built-in text has them."""
        return list(dict.fromkeys(IN_BUILT_IN.findall(self.built_in)))

    @property
    def needed(self) -> list[str]:
        """Those that other words must have as well."""
        return [name for name in self.placeholders if name not in NOT_NEEDED]


_by_key: dict[str, Text] = {}


def register(texts: Iterable[Text]) -> None:
    """Add texts. Raises ValueError where there is another of the same key."""
    for text in texts:
        if _by_key.setdefault(text.key, text) != text:
            msg = f"There are two texts with the key “{text.key}”. Give one of them another."
            raise ValueError(msg)


def all_texts() -> list[Text]:
    """Return every text, in the order in which they were registered."""
    return list(_by_key.values())


def text_of(key: str) -> Text | None:
    """Return the text with the key; None where there is none."""
    return _by_key.get(key)


def texts_of(kinds: tuple[str, ...], key: str, words: str, **parts: str) -> Iterator[Text]:
    """Yield the texts of one message: the name of each part ends its key and its words.

    A part whose name begins with “subject” is a subject, one that begins with “button” a button.
    """
    for name, built_in in parts.items():
        part = next((part for part in (Part.SUBJECT, Part.BUTTON) if name.startswith(part.name.lower())), Part.TEXT)
        yield Text(f"{key}.{name.replace('_', '-')}", kinds, f"{words}: {name.replace('_', ' ')}", built_in, part)


def spoken_texts(key: str, words: str, **parts: str) -> Iterator[Text]:
    """Yield what somebody of the office says on the phone, a sentence each; keys and words are as for a message."""
    for name, built_in in parts.items():
        yield Text(f"{key}.{name.replace('_', '-')}", (), f"{words}: {name.replace('_', ' ')}", built_in, Part.SPOKEN)
