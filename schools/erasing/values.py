"""The values by which somebody is known, earlier ones included, and which of them are theirs alone."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cached_property
from itertools import product
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet

from schools.accounts.models import AddressChange
from schools.core.erased import ERASED_VALUE, NO_ADDRESS
from schools.core.phones import as_in_column, digits_of, number_in, pattern_of
from schools.core.search_words import FEWEST_DIGITS, words_of
from schools.directory.models import Contact, ImportChange
from schools.erasing.full_names import WORDS_OF_ROLES, is_full_name
from schools.erasing.links import said_by_link
from schools.erasing.models import EarlierValue
from schools.erasing.others import (
    NO_NAMES,
    is_anothers,
    is_emergency_contact_of_another,
    is_nobody_elses,
    number_is_anothers,
)
from schools.erasing.people import TITLES, Person
from schools.erasing.registry import PEOPLE, own_texts
from schools.erasing.spelling import (
    APOSTROPHES,
    as_json_writes,
    part_in_every_spelling,
    pattern_of_name,
    pattern_of_whole,
    spellings_of,
)
from schools.messages.models import OutboxMessage
from schools.recovery.models import Recovery
from schools.visits.models import Merge, VisitRequest
from schools.volunteers.models import Clearance, Invitation, Volunteer

NO_VALUES = frozenset({"password", "language", "role", "place_precision"})
"""Columns of people that go, and by which nobody is known."""

SHORTEST = 4
"""A name or number of fewer characters is searched nowhere: it would be found in every other word."""

NUMBERS = ("phone", "sms_number")
"""Columns of people that hold a phone number."""


class ValueKind(IntEnum):
    """What a value is; longer ones of a lower kind are replaced first."""

    OTHER = 0
    NAME = 1
    WORD = 2
    """A word of the name, such as the first name, which mails to others use."""
    FIRST = 3
    """A volunteer's first name that is no such word: of fewer letters, or also somebody else's.

    It counts in messages of which references say that they name the volunteer, and nobody else who is called so.
    """


@dataclass(frozen=True)
class Value:
    """One value by which somebody is known."""

    text: str
    kind: ValueKind
    is_theirs_alone: bool
    number: str = ""
    """The phone number in E.164 format, which is found however it is written; "" of any other value."""
    is_exact: bool = False
    """Of a name: whether it is looked for in this spelling alone, since in another one it is somebody else's."""

    @cached_property
    def digits(self) -> str:
        """The digits of the phone number as they stand in every way of writing it; "" of any other value."""
        return digits_of(self.number) if self.number else ""

    @property
    def is_spelled_freely(self) -> bool:
        """Whether it is a name, of which people leave out accents, and type one apostrophe or another."""
        return self.kind is not ValueKind.OTHER and not self.is_exact

    @cached_property
    def written(self) -> tuple[str, ...]:
        """Texts of which one stands in the database wherever the value does, in any spelling, and as JSON writes it."""
        if not self.is_spelled_freely:
            return as_json_writes(self.text)
        if part := part_in_every_spelling(self.text):
            return (part,)
        return tuple(dict.fromkeys(form for text in spellings_of(self.text) for form in as_json_writes(text)))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Finds the value where it is no part of a longer word; a single word of the name as it is written alone."""
        if self.number:
            return pattern_of(self.number)
        either = pattern_of_name(self.text) if self.is_spelled_freely else "|".join(map(re.escape, self.written))
        whole = pattern_of_whole(either, is_address="@" in self.text)
        if self.kind is ValueKind.FIRST:
            # Not where it begins an address, or the whole name of somebody else.
            whole = rf"{whole}(?![\w.+-]*@)(?! [^\W\d_a-z])"
        return re.compile(whole, 0 if self.kind in {ValueKind.WORD, ValueKind.FIRST} else re.IGNORECASE)


class Known(NamedTuple):
    """A text by which somebody is known."""

    text: str
    kind: ValueKind
    number: str = ""
    """The phone number that the text is, in E.164 format; "" where it is none, or too short to be looked for in every way."""


def values_of(person: Person) -> list[Value]:
    """Return the values of the person, in the order in which they are replaced."""
    known = [Known(each.text.strip(), each.kind, each.number) for each in _known(person)]
    called = {each.text for each in known if each.kind is ValueKind.NAME}
    known = [each for each in known if len(each.text) >= SHORTEST and not _is_no_value(each.text, person)]
    known = [each for each in known if each.kind is not ValueKind.NAME or not _names_nobody(each.text, person)]
    names = {each.text for each in known if each.kind is ValueKind.NAME}
    known += [
        Known(name, ValueKind.NAME)
        for name in _signatures(person, names)
        if len(name) >= SHORTEST and not _is_no_value(name, person)
    ]
    shared = {number for number in {each.number for each in known if each.number} if number_is_anothers(number, person)}
    anothers = {text for text in emergency_contacts(person) if is_emergency_contact_of_another(text, person)}
    values = [
        Value(text, kind, number not in shared if number else text not in anothers and not is_anothers([text], person), number)
        for text, kind, number in set(known)
    ]
    values += _spelled_as_another(values, person)
    words = _words_alone(names, person)
    values += [Value(word, ValueKind.WORD, is_theirs_alone=True) for word in sorted(words)]
    values += [Value(name, ValueKind.FIRST, is_theirs_alone=False) for name in sorted(_first_names(called, person) - words)]
    return sorted(values, key=lambda value: (value.kind, -len(value.text), value.text))


def _is_no_value(text: str, person: Person) -> bool:
    """Return whether the text stands where somebody was erased, and not for anybody.

    A part of what is put there is none either, as of an entry that is called “Contact”: it would be found for ever.
    """
    if text.endswith(NO_ADDRESS):
        return True
    value = Value(text, ValueKind.NAME, is_theirs_alone=True)
    return any(holds(instead, value) for instead in (person.instead, ERASED_VALUE))


def _names_nobody(name: str, person: Person) -> bool:
    """Return whether an entry at a school is called by words of roles alone, such as “Reception”, which stand for anything."""
    return bool(person.contacts or person.requests) and WORDS_OF_ROLES.issuperset(words_of(name))


def _spelled_as_another(values: list[Value], person: Person) -> list[Value]:
    """Return the names that somebody else has in another spelling, each as it is: Zoe Hall is not Zoë Hall.

    In every spelling such a name is shared from now on: it counts where the program has written whom a row is about alone.
    """
    exact = []
    for place, value in enumerate(values):
        others = [spelling for spelling in spellings_of(value.text) if spelling != value.text]
        if value.kind is ValueKind.NAME and others and is_anothers(others, person):
            exact.append(replace(value, is_exact=True))
            values[place] = replace(value, is_theirs_alone=False)
    return exact


def number_of_shared(values: Collection[Value]) -> int:
    """Return how many values somebody else, a school or the charity has too, so that nobody looks for what is left of them.

    A name that somebody else spells otherwise counts by its own spelling: where that is theirs alone, it is looked for.
    """
    alone = {value.text for value in values if value.is_exact and value.is_theirs_alone}
    whole = [value for value in values if value.kind is not ValueKind.FIRST]
    return sum(not (value.is_theirs_alone or value.is_exact or value.text in alone) for value in whole)


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


def _known(person: Person) -> Iterator[Known]:
    """Yield whatever the person is known by, or was."""
    for model in PEOPLE:
        rows: Any = model._default_manager
        names = [name for name in own_texts(model) if name not in NO_VALUES]
        for row in rows.filter(pk__in=person.rows_of(str(model._meta.model_name))).values(*names):
            for name in names:
                yield from _ways(name, as_in_column(row[name]))
    for earlier in earlier_values_of(person).exclude(column="reference"):  # a reference names nobody
        yield from _ways(earlier.column, earlier.value)
    yield from _in_logs(person)
    yield from _in_merges(person)
    for text in _addresses_and_numbers(person):
        yield from _ways("", text)
    yield from _in_requests(person)
    if person.volunteers:
        references = {reference.casefold() for reference in (person.reference, *person.other_references)}
        for change in ImportChange.objects.filter(known_by__in=references, run__register="volunteers"):
            yield Known(change.name, ValueKind.NAME)


def emergency_contacts(person: Person) -> set[str]:
    """Return whom they wanted to be called in an emergency, now and before: perhaps somebody whom others named, too."""
    own: Any = Volunteer.objects.filter(pk__in=person.volunteers)
    earlier = earlier_values_of(person).filter(column="emergency_contact")
    texts = {*own.values_list("emergency_contact", flat=True), *earlier.values_list("value", flat=True)}
    return {text.strip() for text in texts} - {""}


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
    for ends in Recovery.objects.filter(user__in=person.users).values_list("old_email", "new_email"):
        yield from ends
    yield from OutboxMessage.objects.filter(to_them).values_list("to", flat=True)
    with_history: tuple[Any, Any] = (Clearance.objects, Clearance.history)
    for clearances in with_history:
        yield from clearances.filter(volunteer__in=person.volunteers).values_list("reference", flat=True)


def _ways(column: str, text: str) -> Iterator[Known]:
    """Yield what is looked for of the value of a column; a phone number, stored with its “+”, is one however it is written."""
    if column == "name":
        yield Known(text, ValueKind.NAME)
        return
    # “Husband” or “None given” stands in notes for anybody.
    if column == "emergency_contact" and not (is_full_name(text) or any(letter.isdecimal() for letter in text)):
        return
    number = number_in(text) if column in NUMBERS or text.startswith("+") else None
    stored = "" if number is None else str(number.as_e164)
    if stored and len(digits_of(stored)) >= FEWEST_DIGITS:
        yield Known(stored, ValueKind.OTHER, stored)
        if pattern_of(stored).fullmatch(text):
            return
    yield Known(text, ValueKind.OTHER)


def _in_requests(person: Person) -> Iterator[Known]:
    """Yield who they said they are where they asked for a visit: there may be another name or phone than we have."""
    columns = ("name", "email", "phone")
    requests = VisitRequest.objects.filter(pk__in=person.requests)
    for row in requests.values(*columns):
        for column in columns:
            yield from _ways(column, as_in_column(row[column]))


def _signatures(person: Person, names: Iterable[str]) -> Iterator[str]:
    """Yield how they signed what was said by their links, such as “Mrs Patel”; what a colleague signed is no name of theirs.

    No word of a signature is looked for by itself: many say there what they are.
    """
    own = {word for name in names for word in words_of(name) if len(word) >= SHORTEST} - NO_NAMES
    for rows, columns in said_by_link(person):
        for signature in {signature for row in rows.values_list(*columns) for signature in row}:
            if own.intersection(words_of(signature)):
                yield signature.strip()


def _in_logs(person: Person) -> Iterator[Known]:
    """Yield what the office's log called them, from before earlier values were kept; of somebody at a school without the role."""
    for model in PEOPLE:
        ids = [str(pk) for pk in person.rows_of(str(model._meta.model_name))]
        log = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
        for called in log.values_list("object_repr", flat=True):
            text = re.sub(r" \([^()]*\)$", "", called) if model is Contact else called
            yield Known(text, ValueKind.OTHER if "@" in text else ValueKind.NAME)


def _in_merges(person: Person) -> Iterator[Known]:
    """Yield what stood in the entries that were merged, and in the one that stayed before."""
    for table in ("volunteer", "contact", "user"):
        ids = person.rows_of(table)
        merges = Merge.objects.filter(Q(kept_id__in=person.volunteers | person.contacts))
        for step in (step for merge in merges for step in merge.moves if step["table"] == table and step["pk"] in ids):
            for state in (step.get("before", {}), step.get("after", {})):
                for column in ("name", "email", "phone", "sms_number", "emergency_contact", "home_postcode"):
                    yield from _ways(column, str(state.get(column) or ""))


def _words_alone(names: Iterable[str], person: Person) -> set[str]:
    """Return the words of the names with which no word of anybody else, of a school or of a place begins.

    Of Thornbury-Wace that is the whole and each half: a half is looked for where no hyphen joins it to another word.
    """
    patterns = (rf"[^\W\d_][\w{APOSTROPHES}]{{2,}}", rf"[^\W\d_][\w{APOSTROPHES}]*(?:-[\w{APOSTROPHES}]+)+")
    words = {word for name, pattern in product(names, patterns) for word in re.findall(pattern, name)}
    words -= set(person.instead.split())
    return {word for word in words if len(word) >= SHORTEST and is_nobody_elses(word, person)}


def _first_names(names: Iterable[str], person: Person) -> set[str]:
    """Return the first names of a volunteer, by which mails to partners call them; of others mails say the whole name."""
    if not person.volunteers:
        return set()
    first = {name.split(maxsplit=1)[0] for name in names if name}
    first = {name for name in first if sum(letter.isalpha() for letter in name) > 1 and words_of(name)}
    no_names = NO_NAMES | TITLES
    return {name for name in first if not no_names.intersection(words_of(name)) and not _is_no_value(name, person)}
