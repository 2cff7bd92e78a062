"""What mails say for a text: the charity’s own words where somebody edited it, else the built-in ones, translated."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import get_language, gettext

from schools.charity.queries import remembered
from schools.messages.models import EditedText
from schools.messages.rules import reasons_not_to_say
from schools.messages.texts import IN_BRACES, IN_BUILT_IN, Text, text_of

type Words = Mapping[tuple[str, str], str]
"""Texts in other words, by key and language."""
type Facts = Mapping[str, object]
"""What stands in the place of each placeholder."""


def wording(key: str, facts: Facts | None = None) -> str:
    """Return what mails in today’s language say for the text, with the facts filled in.

    Edited words that do not fit must stop no mail: the built-in ones go out, and home says so (schools/messages/health.py).
    """
    known = text_of(key)
    if known is None:
        raise KeyError(key)
    facts, which = facts or {}, (key, get_language() or "")
    edited = edited_texts().get(which)
    if trial := _trial.get():
        trial.facts[key] = facts
        edited = trial.words.get(which, edited)
    if edited is not None and fits(known, edited):
        return IN_BRACES.sub(lambda placeholder: str(facts[placeholder[1]]), edited)
    built_in = gettext(known.built_in)
    return built_in % facts if known.placeholders else built_in


def edited_texts() -> Words:
    """Return all edited texts; read once in each run through messages, and once in each request."""
    return remembered("edited texts", _read)


def _read() -> Words:
    return {(key, language): words for key, language, words in EditedText.objects.values_list("key", "language", "text")}


@lru_cache(maxsize=1024)
def fits(known: Text, words: str) -> bool:
    """Return whether mails can say the words in place of the built-in text."""
    return not reasons_not_to_say(known, words)


def as_typed(known: Text) -> str:
    """Return the built-in text in today’s language, with its placeholders as people type them."""
    words = gettext(known.built_in)
    return IN_BUILT_IN.sub(r"{\1}", words).replace("%%", "%") if known.placeholders else words


@dataclass(frozen=True)
class Trial:
    """Words that are tried and not stored, and the facts of each text that was said meanwhile, by its key."""

    words: Words
    facts: dict[str, Facts] = field(default_factory=dict)


_trial: ContextVar[Trial | None] = ContextVar("trial_of_texts", default=None)


@contextmanager
def on_trial(words: Words) -> Iterator[Trial]:
    """Let texts say these words inside the block, as if they were stored; nobody else’s mails say them."""
    trial = Trial(words)
    token = _trial.set(trial)
    try:
        yield trial
    finally:
        _trial.reset(token)
