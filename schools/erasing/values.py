"""The values by which somebody is known, earlier ones included, and which of them are theirs alone."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.functions import Cast
from phonenumber_field.phonenumber import PhoneNumber
from phonenumbers import NumberParseException

from schools.accounts.models import AddressChange, User
from schools.charity.models import Charity
from schools.core.search_words import words_of
from schools.directory.models import Area, Authority, Contact, ImportChange, Region, School
from schools.erasing.models import EarlierValue
from schools.erasing.people import NO_ADDRESS, Person
from schools.erasing.registry import PEOPLE, own_texts
from schools.messages.models import OutboxMessage
from schools.visits.models import Merge
from schools.volunteers.models import Clearance, Invitation, Volunteer

ERASED_VALUE = "(erased)"
"""Stands in place of an address, a phone and whatever else is no name."""

NO_VALUES = frozenset({"password", "language", "role"})
"""Columns of people that go, and by which nobody is known."""

SHORTEST = 4
"""A name or number of fewer characters is searched nowhere: it would be found in every other word."""

NO_NAMES = frozenset(
    words_of(
        "January February March April May June July August September October November December "
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday School Primary Volunteer Former"
    )
)
"""Words that some people are called by and that stand in mails for something else."""


class ValueKind(IntEnum):
    """What a value is; longer ones of a lower kind are replaced first."""

    OTHER = 0
    NAME = 1
    WORD = 2
    """A word of the name, such as the first name, which mails to others use."""


@dataclass(frozen=True)
class Value:
    """One value by which somebody is known."""

    text: str
    kind: ValueKind
    is_theirs_alone: bool

    @cached_property
    def written(self) -> tuple[str, ...]:
        """The ways in which the text stands in the database: as it is, and as JSON writes it."""
        return tuple(dict.fromkeys((self.text, json.dumps(self.text)[1:-1], json.dumps(self.text, ensure_ascii=False)[1:-1])))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds the value where it is no part of a longer word; a single word of the name as it is written alone."""
        either = "|".join(re.escape(text) for text in self.written)
        return re.compile(rf"(?<![\w-])(?:{either})(?![\w-])", 0 if self.kind is ValueKind.WORD else re.IGNORECASE)


def values_of(person: Person) -> list[Value]:
    """Return the values of the person, in the order in which they are replaced."""
    known = {(text.strip(), kind) for text, kind in _known(person) if len(text.strip()) >= SHORTEST}
    known = {(text, kind) for text, kind in known if text != person.instead and not text.endswith(NO_ADDRESS)}
    names = [text for text, kind in known if kind is ValueKind.NAME]
    values = [Value(text, kind, not _is_anothers(text, person)) for text, kind in known]
    values += [Value(word, ValueKind.WORD, is_theirs_alone=True) for word in sorted(_words_alone(names, person))]
    return sorted(values, key=lambda value: (value.kind, -len(value.text), value.text))


def replaced(text: Any, values: Iterable[Value], person: Person) -> Any:
    """Return the text, or all texts of what JSON holds, with these values replaced."""
    if isinstance(text, str):
        for value in values:
            instead = ERASED_VALUE if value.kind is ValueKind.OTHER else person.instead
            text = value.pattern.sub(instead, text)
        return text
    if isinstance(text, list):
        return [replaced(each, values, person) for each in text]
    if isinstance(text, dict):
        return {key: replaced(each, values, person) for key, each in text.items()}
    return text


def holds(text: Any, value: Value) -> bool:
    """Return whether the text, or a text of what JSON holds, has the value."""
    if isinstance(text, str):
        return value.pattern.search(text) is not None
    if isinstance(text, dict):
        return any(holds(each, value) for each in text.values())
    return isinstance(text, list) and any(holds(each, value) for each in text)


def _known(person: Person) -> Iterator[tuple[str, ValueKind]]:
    """Yield whatever the person is known by, or was."""
    for model in PEOPLE:
        rows: Any = model._default_manager
        names = [name for name in own_texts(model) if name not in NO_VALUES]
        for row in rows.filter(pk__in=person.rows_of(str(model._meta.model_name))).values(*names):
            for name in names:
                yield from _ways(name, str(row[name] or ""))
    for earlier in earlier_values_of(person):
        yield from _ways(earlier.column, earlier.value)
    yield from _in_logs(person)
    yield from _in_merges(person)
    yield from ((text, ValueKind.OTHER) for text in _addresses_and_numbers(person))
    if person.volunteers:
        references = {reference.casefold() for reference in (person.reference, *person.other_references)}
        for change in ImportChange.objects.filter(known_by__in=references, run__register="volunteers"):
            yield change.name, ValueKind.NAME


def earlier_values_of(person: Person) -> QuerySet[EarlierValue]:
    """Return what they were called and reached by before."""
    of_sign_in = Q(table="user", row__in=person.users) | Q(table="contact", row__in=person.contacts)
    return EarlierValue.objects.filter(of_sign_in | Q(table="volunteer", row__in=person.volunteers))


def _addresses_and_numbers(person: Person) -> Iterator[str]:
    """Yield addresses to which something went to them, and the numbers of their certificates."""
    to_them = Q(about__volunteer__in=person.volunteers) | Q(readers__volunteer__in=person.volunteers)
    yield from Invitation.objects.filter(volunteer__in=person.volunteers).values_list("email", flat=True)
    yield from EmailAddress.objects.filter(user__in=person.users).values_list("email", flat=True)
    yield from AddressChange.objects.filter(user__in=person.users).values_list("new_email", flat=True)
    yield from OutboxMessage.objects.filter(to_them).values_list("to", flat=True)
    with_history: tuple[Any, Any] = (Clearance.objects, Clearance.history)
    for clearances in with_history:
        yield from clearances.filter(volunteer__in=person.volunteers).values_list("reference", flat=True)


def _ways(column: str, text: str) -> Iterator[tuple[str, ValueKind]]:
    """Yield the ways in which the value of a column is written; a phone number, which is stored with its “+”, has several."""
    if column == "name":
        yield text, ValueKind.NAME
        return
    yield text, ValueKind.OTHER
    if not text.startswith("+"):
        return
    try:
        number = PhoneNumber.from_string(text)
    except NumberParseException:
        return
    for way in (str(number.as_e164), str(number.as_national), str(number.as_international)):
        yield way, ValueKind.OTHER
        yield way.replace(" ", ""), ValueKind.OTHER


def _in_logs(person: Person) -> Iterator[tuple[str, ValueKind]]:
    """Yield what the office's log called them: from before earlier values were kept."""
    for model in (Volunteer, User, Contact):
        ids = [str(pk) for pk in person.rows_of(str(model._meta.model_name))]
        log = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
        for text in log.values_list("object_repr", flat=True):
            yield text, ValueKind.OTHER if "@" in text else ValueKind.NAME


def _in_merges(person: Person) -> Iterator[tuple[str, ValueKind]]:
    """Yield what stood in the entries that were merged, and in the one that stayed before."""
    for table in ("volunteer", "contact", "user"):
        ids = person.rows_of(table)
        merges = Merge.objects.filter(Q(kept_id__in=person.volunteers | person.contacts))
        for step in (step for merge in merges for step in merge.moves if step["table"] == table and step["pk"] in ids):
            for state in (step.get("before", {}), step.get("after", {})):
                for column in ("name", "email", "phone", "sms_number", "emergency_contact", "home_postcode"):
                    yield from _ways(column, str(state.get(column) or ""))


_OTHERS: dict[type[Model], tuple[str, ...]] = {
    Volunteer: ("name", "email", "phone", "home_postcode"),
    User: ("name", "email", "phone", "sms_number"),
    Contact: ("name", "email", "phone", "sms_number"),
    School: ("name", "phone", "postcode"),
    Area: ("name", "duty_phone"),
    Authority: ("name",),
    Region: ("name",),
    Charity: ("name", "address", "sender", "reply_to", "safeguarding_phone"),
}
"""Where a value of somebody else would stand. What people typed about others is no value of theirs."""


def _is_anothers(text: str, person: Person) -> bool:
    """Return whether somebody else, a school or the charity is known by the text too, or by a longer one that holds it."""
    for model, columns in _OTHERS.items():
        rows = _others(model, person).annotate(**{f"of_{column}": Cast(column, TextField()) for column in columns})
        either = Q()
        for column in columns:
            either |= Q(**{f"of_{column}__icontains": text})
        if rows.filter(either).exists():
            return True
    # Whom somebody wants to be called in an emergency is a value of that person, not of who wrote it down.
    earlier = EarlierValue.objects.filter(value__icontains=text).exclude(column="emergency_contact")
    for table in ("volunteer", "user", "contact"):
        earlier = earlier.exclude(table=table, row__in=person.rows_of(table))
    return earlier.exists()


def _others(model: type[Model], person: Person) -> Any:
    rows = model._default_manager.order_by()
    is_of_people = model in {Volunteer, User, Contact}
    return rows.exclude(pk__in=person.rows_of(str(model._meta.model_name))) if is_of_people else rows


def _words_alone(names: Iterable[str], person: Person) -> set[str]:
    """Return the words of the names with which no word of anybody else, of a school or of a place begins."""
    words = {word for name in names for word in re.findall(r"[^\W\d_][\w'’]{2,}", name)}
    words -= set(person.instead.split())
    return {word for word in words if len(word) >= SHORTEST and _is_nobody_elses(word, person)}


def _is_nobody_elses(word: str, person: Person) -> bool:
    parts = words_of(word)
    if not parts or NO_NAMES.intersection(parts):
        return False
    for model in (Volunteer, User, Contact, School):
        rows = _others(model, person)
        if any(rows.filter(Q(search_words__startswith=part) | Q(search_words__contains=f" {part}")).exists() for part in parts):
            return False
    places: tuple[Any, ...] = (Area, Authority, Region, Charity)
    return not any(place.objects.filter(name__icontains=word).exists() for place in places)
