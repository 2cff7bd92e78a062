"""Whether somebody else, a school or the charity has a value too: what is theirs as well is looked for nowhere."""

import json
import re
from collections.abc import Collection, Iterable, Iterator
from itertools import product
from typing import Any

from django.db.models import Model, Q, TextField, Value
from django.db.models.functions import Cast, Replace

from schools.accounts.models import User
from schools.charity.models import Charity
from schools.core.phones import SEPARATORS, digits_of, number_in, pattern_of
from schools.core.search_words import FEWEST_DIGITS, words_of
from schools.directory.models import Area, Authority, Contact, Region, School, Site
from schools.erasing.models import EarlierValue, PersonKind
from schools.erasing.people import Person
from schools.erasing.registry import PEOPLE
from schools.erasing.spelling import pattern_of_whole, spellings_of
from schools.recovery.models import Trustee
from schools.visits.models import VisitRequest
from schools.volunteers.models import Volunteer

NO_NAMES = frozenset(
    words_of(
        "January February March April May June July August September October November December "
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday School Primary Volunteer Former"
    )
)
"""Words that some people are called by and that stand in mails for something else."""

OTHERS: dict[type[Model], tuple[str, ...]] = {
    Volunteer: ("name", "email", "phone", "home_postcode"),
    User: ("name", "email", "phone", "sms_number"),
    Contact: ("name", "email", "phone", "sms_number"),
    School: ("name", "phone", "postcode"),
    Site: ("postcode",),
    Area: ("name", "duty_phone"),
    Authority: ("name",),
    Region: ("name",),
    Trustee: ("name", "email"),
    VisitRequest: ("name", "email", "phone"),
    Charity: (
        "name", "address", "sender", "reply_to", "safeguarding_phone", "concern_name", "concern_phone", "data_protection",
    ),
}  # fmt: skip
"""Where a value of somebody else would stand. What people typed about others is no value of theirs.

Whom the charity names today, and its trustees, are somebody else even where it is the same person: what stands there is theirs in
a role that they still have, and a manager ends that on its own page.
"""

WITH_NUMBERS = {
    "phone", "sms_number", "duty_phone", "safeguarding_phone", "concern_phone", "data_protection", "address", "value",
}  # fmt: skip
"""The columns among them in which a phone number may stand, some of them as somebody typed it."""

NAMES: dict[type[Model], tuple[str, ...]] = {
    Area: ("name",),
    Authority: ("name",),
    Region: ("name",),
    Trustee: ("name",),
    VisitRequest: ("name",),
    Charity: ("name", "concern_name", "data_protection"),
}
"""Where a single word of a name may be another's, besides the rows that have words to be found by."""


_NOBODY = Person(PersonKind.REQUESTER, reference="", name="", instead="")
"""Stands for nobody: whoever is somebody is somebody else."""


def is_anothers(texts: Collection[str], person: Person) -> bool:
    """Return whether somebody else, a school or the charity is known by one of the texts, or by a longer one that holds it.

    Whole, as it is cut out of texts: joann@oak.org is not ann@oak.org, and Brian Brown is not Ian Brown.
    """
    whole = re.compile(pattern_of_whole("|".join(map(re.escape, texts)), is_address=any("@" in text for text in texts)), re.I)
    for rows, columns in _where_others_stand(person):
        as_texts = rows.annotate(**{_of(column): Cast(column, TextField()) for column in columns})
        if _has(as_texts.filter(_either(map(_of, columns), "icontains", *texts)), columns, whole):
            return True
    return False


def number_is_anothers(number: str, person: Person) -> bool:
    """Return whether somebody else, a school or the charity has the phone number too, however it is written there.

    It is given in E.164 format, as columns of numbers store it; a register, or whoever types it, writes it in any other.
    """
    digits, whole = digits_of(number), pattern_of(number)
    if len(digits) < FEWEST_DIGITS:
        digits, whole = number, re.compile(rf"{re.escape(number)}(?!\d)")
    for rows, of_table in _where_others_stand(person):
        columns = [column for column in of_table if column in WITH_NUMBERS]
        as_texts = rows.annotate(**{_of(column): Cast(column, TextField()) for column in columns})
        as_digits = as_texts.annotate(**{f"digits_{_of(column)}": digits_in(column) for column in columns})
        there = _either([f"digits_{_of(column)}" for column in columns], "contains", digits)
        if columns and _has(as_digits.filter(there), columns, whole):
            return True
    return False


def way_is_anothers(way: str, person: Person) -> bool:
    """Return whether somebody else can be reached by the e-mail address, or the phone number in E.164 format, too."""
    is_number = way.startswith("+") and number_in(way) is not None
    return number_is_anothers(way, person) if is_number else is_anothers([way], person)


def is_emergency_contact_of_another(text: str, person: Person) -> bool:
    """Return whether another volunteer wants the same person to be called in an emergency: a couple's mother, or a friend.

    It is no column of OTHERS: there their own name, which a partner may have typed as theirs, would be the partner's.
    """
    return bool(_others(Volunteer, person).filter(emergency_contact__icontains=text).exists())


def is_somebodys(address: str) -> bool:
    """Return whether anybody, a school or the charity has the e-mail address: also whoever asked for a visit with it."""
    return is_anothers([address], _NOBODY)


def is_nobody_elses(word: str, person: Person) -> bool:
    """Return whether no word of anybody else, of a school, of a place or of the charity begins with this word of a name, or did.

    In no spelling, since a word of a name is taken out in every one: “O'Donovan” stays where “O’Donovan” is erased.
    """
    parts = words_of(word)
    if not parts or NO_NAMES.intersection(parts):
        return False
    for model in (Volunteer, User, Contact, School):
        rows = _others(model, person)
        if any(rows.filter(Q(search_words__startswith=part) | Q(search_words__contains=f" {part}")).exists() for part in parts):
            return False
    spellings = spellings_of(word)
    for place, columns in NAMES.items():
        if _others(place, person).filter(_either(columns, "icontains", *spellings)).exists():
            return False
    # What was written while they were called so means them still.
    before = _earlier_of_others(person).filter(_either(["value"], "icontains", *spellings), column="name")
    names = before.order_by().values_list("value", flat=True)
    return not any(each.startswith(tuple(parts)) for name in names for each in words_of(name))


def _where_others_stand(person: Person) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the rows of each table that are somebody else's, with the columns in which a value of theirs would stand."""
    for model, columns in OTHERS.items():
        yield _others(model, person), columns
    yield _earlier_of_others(person), ("value",)


def _has(rows: Any, columns: Collection[str], pattern: re.Pattern[str]) -> bool:
    """Return whether one of the columns, as text, holds what is looked for; the database has found where it may."""
    cells = rows.values_list(*map(_of, columns)).iterator()
    return any(pattern.search(text) is not None for row in cells for text in row if text)


def _others(model: type[Model], person: Person) -> Any:
    """Return the rows of the table that are somebody else's today."""
    rows = model._default_manager.order_by()
    if model is VisitRequest:
        return rows.exclude(pk__in=rows.filter(_asked_by(person)).values("pk"))
    if model is Trustee:
        rows = rows.filter(ended_at=None)
    return rows.exclude(pk__in=person.rows_of(str(model._meta.model_name))) if model in PEOPLE else rows


def _asked_by(person: Person) -> Q:
    """Return which requests for a visit are the person's; a namesake's is not.

    At a school of theirs, the same name is they, from another address.
    """
    entries = Contact.objects.filter(pk__in=person.contacts)
    at_theirs = Q(school__in=entries.values("school")) | Q(school__shared_contacts__in=person.contacts)
    known = Q(pk__in=person.requests | person.kept_requests)
    return known | Q(at_theirs, contact=None, name__iexact=person.name)


def _earlier_of_others(person: Person) -> Any:
    # Whom somebody wants to be called in an emergency is a value of that person, not of who wrote it down.
    earlier = EarlierValue.objects.exclude(column="emergency_contact")
    for table in ("volunteer", "user", "contact"):
        earlier = earlier.exclude(table=table, row__in=person.rows_of(table))
    return earlier


def _of(column: str) -> str:
    """Return the name under which the column stands as the text that is looked through."""
    return f"of_{column}"


def _either(columns: Iterable[str], lookup: str, *texts: str) -> Q:
    either = Q()
    for column, text in product(columns, texts):
        either |= Q(**{f"{column}__{lookup}": text})
    return either


def digits_in(column: str) -> Any:
    """Return the column as text without what stands between the digits of a number."""
    text: Any = Cast(column, TextField())
    # In JSON SQLite writes what is no ASCII as an escape, such as a blank at which no line breaks.
    for separator in dict.fromkeys((*SEPARATORS, *(json.dumps(each)[1:-1] for each in SEPARATORS))):
        text = Replace(text, Value(separator), Value(""), output_field=TextField())
    return text
