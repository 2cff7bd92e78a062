"""Whether somebody else, a school or the charity has a value too: what is theirs as well is looked for nowhere."""

import json
from collections.abc import Callable, Collection, Iterable
from itertools import product
from typing import Any

from django.db.models import F, Model, Q, TextField, Value
from django.db.models.functions import Cast, Replace

from schools.accounts.models import User
from schools.charity.models import Charity
from schools.core.phones import SEPARATORS, digits_of, number_in
from schools.core.search_words import FEWEST_DIGITS, words_of
from schools.directory.models import Area, Authority, Contact, Region, School
from schools.erasing.models import EarlierValue, PersonKind
from schools.erasing.people import Person
from schools.erasing.registry import PEOPLE
from schools.erasing.spelling import spellings_of
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

WITH_NUMBERS = {"phone", "sms_number", "duty_phone", "safeguarding_phone", "concern_phone", "data_protection", "address"}
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
    """Return whether somebody else, a school or the charity is known by one of the texts, or by a longer one that holds it."""
    return _has_another(texts, person, lambda _: "icontains")


def _address_is_anothers(address: str, person: Person) -> bool:
    """Return whether somebody else has the e-mail address too: joann@oak.org is not ann@oak.org.

    The charity types it with other words.
    """
    return _has_another([address], person, lambda model: "icontains" if model is Charity else "iexact")


def _has_another(texts: Collection[str], person: Person, lookup_in: Callable[[type[Model]], str]) -> bool:
    for model, columns in OTHERS.items():
        rows = _others(model, person).annotate(**{_of(column): Cast(column, TextField()) for column in columns})
        if rows.filter(_either(map(_of, columns), lookup_in(model), *texts)).exists():
            return True
    earlier = _earlier_of_others(person).annotate(of_value=F("value"))
    return bool(earlier.filter(_either(("of_value",), lookup_in(EarlierValue), *texts)).exists())


def number_is_anothers(number: str, person: Person) -> bool:
    """Return whether somebody else, a school or the charity has the phone number too, however it is written there.

    It is given in E.164 format, as columns of numbers store it; a register, or whoever types it, writes it in any other.
    """
    digits = digits_of(number)
    digits = digits if len(digits) >= FEWEST_DIGITS else number
    for model, of_model in OTHERS.items():
        columns = [column for column in of_model if column in WITH_NUMBERS]
        rows = _others(model, person).annotate(**{_of(column): digits_in(column) for column in columns})
        if columns and rows.filter(_either(map(_of, columns), "contains", digits)).exists():
            return True
    earlier = _earlier_of_others(person).annotate(of_value=digits_in("value"))
    return bool(earlier.filter(of_value__contains=digits).exists())


def way_is_anothers(way: str, person: Person) -> bool:
    """Return whether somebody else can be reached by the e-mail address, or the phone number in E.164 format, too."""
    is_number = way.startswith("+") and number_in(way) is not None
    return number_is_anothers(way, person) if is_number else _address_is_anothers(way, person)


def is_somebodys(address: str) -> bool:
    """Return whether anybody, a school or the charity has the e-mail address: also whoever asked for a visit with it."""
    requests = VisitRequest.objects.filter(email__iexact=address)
    return requests.exists() or _address_is_anothers(address, _NOBODY)


def is_nobody_elses(word: str, person: Person) -> bool:
    """Return whether no word of anybody else, of a school, of a place or of the charity begins with this word of a name.

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
    return not any(
        _others(place, person).filter(_either(columns, "icontains", *spellings)).exists() for place, columns in NAMES.items()
    )


def _others(model: type[Model], person: Person) -> Any:
    """Return the rows of the table that are somebody else's today."""
    rows = model._default_manager.order_by()
    if model is VisitRequest:
        # Whoever asked may share an office's mailbox with them. Under the same name it may be they, from another address.
        asks = bool(person.requests or person.contacts)
        return rows.filter(contact=None).exclude(Q(pk__in=person.requests) | Q(name__iexact=person.name)) if asks else rows.none()
    if model is Trustee:
        rows = rows.filter(ended_at=None)
    return rows.exclude(pk__in=person.rows_of(str(model._meta.model_name))) if model in PEOPLE else rows


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
