"""Whom the charity names today, for whatever they do in it: no night takes them out there, where nobody reads what is left."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from schools.charity.models import Charity, PublicText
from schools.erasing.full_names import is_full_name
from schools.erasing.spelling import pattern_of_whole
from schools.recovery.models import Trustee


def named_today(people: "QuerySet[Any]", ways: Sequence[str]) -> list[int]:
    """Return the ids of the people whom the charity names today by one of these columns of theirs, such as name and address.

    They are a trustee who may let somebody in, the person to whom a concern goes, who answers about personal data, or stand in a
    text that is published. An address counts as a whole; so does a name, where it is a full one: “Office” names nobody.
    """
    may_stand = Q()
    for way in ways:
        for rows, columns in _texts():
            may_stand |= ~Q(**{way: ""}) & Q(Exists(_naming(rows, columns, way)))
    likely = list(people.filter(may_stand).order_by().values_list("pk", *ways))
    if not likely:
        return []
    texts = [text for rows, columns in _texts() for row in rows.values_list(*columns) for text in row]
    return [pk for pk, *called in likely if _stand_in(texts, called)]


def _texts() -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the rows in which the charity names people today, with their columns."""
    yield Trustee.objects.filter(ended_at=None), ("name", "email")
    yield Charity.objects.all(), ("concern_name", "data_protection", "sender", "reply_to", "address")
    yield PublicText.objects.all(), ("words",)


def _naming(rows: Any, columns: Sequence[str], way: str) -> "QuerySet[Any]":
    """Return the rows of which one of the columns holds the column `way` of the outer row, be it within a longer word."""
    either = Q()
    for column in columns:
        either |= Q(**{f"{column}__icontains": OuterRef(way)})
    naming: QuerySet[Any] = rows.filter(either)
    return naming


def _stand_in(texts: Iterable[str], called: Iterable[str | None]) -> bool:
    """Return whether one of the texts holds one of the names and addresses as a whole."""
    sure = [way for way in called if way and ("@" in way or is_full_name(way))]
    wholes = [re.compile(pattern_of_whole(re.escape(way), is_address="@" in way), re.IGNORECASE) for way in sure]
    return any(whole.search(text) is not None for text in texts for whole in wholes)
