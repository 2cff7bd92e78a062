"""Which public texts stand: what is published of the privacy notice and the accessibility statement, and in which words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.translation import get_language

from schools.charity.models import PublicText, PublicTextQuerySet
from schools.core.public_texts import IN_BRACES

Key = PublicText.Key


@dataclass(frozen=True)
class Standing:
    """A published text as somebody reads it."""

    language: str
    words: str
    version: int
    published_at: datetime
    languages: tuple[str, ...]
    """The languages in which it can be read."""
    is_behind: bool
    """Whether the text in the usual language is newer than this one, which is in another."""


def standing(key: str, language: str = "") -> Standing | None:
    """Return what is published of the text in the language; "": that of the page. None where nothing is.

    Where it is not published in that language, the one in the usual language stands for it.
    """
    rows = {row.language: row for row in PublicText.objects.standing().filter(key=key, language__in=dict(settings.LANGUAGES))}
    usual = rows.get(settings.LANGUAGE_CODE)
    row = rows.get(language or get_language() or "", usual)
    if row is None or row.published_at is None:
        return None
    is_behind = usual is not None and usual.published_at is not None and usual.published_at > row.published_at
    return Standing(row.language, row.words, row.version, row.published_at, tuple(rows), is_behind)


def versions() -> list[tuple[str, str, int]]:
    """Return which version of which text stands in which language; one query."""
    return list(PublicText.objects.standing().order_by("key", "language").values_list("key", "language", "version"))


def not_standing() -> list[str]:
    """Return the names of the public texts that are not published in the usual language, as people call them; one query."""
    there = set(in_usual_language().order_by().values_list("key", flat=True))
    return [str(key.label) for key in Key if key.value not in there]


def in_usual_language() -> PublicTextQuerySet:
    """Return the texts that are published in the usual language, for `are_all` where they are read beside something else."""
    return PublicText.objects.standing().in_usual_language()


def are_all(keys: Iterable[str]) -> bool:
    """Return whether these keys, of the texts of `in_usual_language`, are those of both: what `stand` asks."""
    return set(Key.values) <= set(keys)


def stand() -> bool:
    """Return whether privacy notice and accessibility statement are both published; until then nobody new is let in to sign up.

    One query. What stands in other languages changes nothing: everybody reads the usual one where theirs is missing.
    """
    return not not_standing()


FILLED_IN = {"name": "charity", "address": "address", "reply_to": "contact", "data_protection": "data_protection",
             "safeguarding_phone": "safeguarding_phone"}  # fmt: skip
"""What texts fill in of the charity's facts: the placeholder of each."""


def reasons_not_to_blank(facts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield which of these facts of the charity cannot be blank, each with the reason: a published text names it. One query."""
    named = {FILLED_IN[fact]: fact for fact in facts if fact in FILLED_IN}
    if not named:
        return
    for row in PublicText.objects.standing():
        for placeholder in dict.fromkeys(IN_BRACES.findall(row.words)):
            if fact := named.pop(placeholder, ""):
                yield fact, f"The published {row.get_key_display().lower()} names it. Publish one without it first."
