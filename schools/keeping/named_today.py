"""Whom the charity names today, for whatever they do in it: no night takes them out there, where nobody reads what is left."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from schools.charity.models import Charity, PublicText
from schools.erasing.full_names import is_full_name
from schools.erasing.spelling import in_one_spelling, pattern_of_whole
from schools.recovery.models import Trustee


def named_today(people: "QuerySet[Any]", ways: Sequence[str]) -> list[int]:
    """Return the ids of the people whom the charity names today by one of these columns of theirs, such as name and address.

    They are a trustee who may let somebody in, the person to whom a concern goes, who answers about personal data, or stand in a
    text that is published. An address counts as a whole; so does a name, in whatever spelling (rule 26), where it is a full one:
    “Office” names nobody.
    """
    texts = "\n".join(in_one_spelling(text) for text in _texts())
    return [pk for pk, *called in people.order_by().values_list("pk", *ways) if _stand_in(texts, called)]


def _texts() -> Iterator[str]:
    """Yield the texts in which the charity names people today: few, so that no database has to compare spellings."""
    tables: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (Trustee.objects.filter(ended_at=None), ("name", "email")),
        (Charity.objects.all(), ("concern_name", "data_protection", "sender", "reply_to", "address")),
        (PublicText.objects.all(), ("words",)),
    )
    for rows, columns in tables:
        for row in rows.values_list(*columns):
            yield from row


def _stand_in(texts: str, called: Iterable[str | None]) -> bool:
    """Return whether the texts, in one spelling, hold one of the names and addresses as a whole."""
    sure = [(in_one_spelling(way), "@" in way) for way in called if way and ("@" in way or is_full_name(way))]
    return any(
        way in texts and re.search(pattern_of_whole(re.escape(way), is_address=is_address), texts) is not None
        for way, is_address in sure
    )
