"""The rows that are somebody's own, or that say what they did, found by the references to them that the registry knows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache
from typing import Any

from django.db.models import Count, Field, ForeignKey, Max, Min, Model, Q, QuerySet

from schools.core.phones import as_in_column
from schools.erasing.links import mails_to, said_by_link
from schools.erasing.models import EarlierValue
from schools.erasing.others import way_is_anothers
from schools.erasing.people import Person
from schools.erasing.registry import PEOPLE, Fate, fates_of, label_of, own_table, tables
from schools.erasing.values import earlier_values_of
from schools.keeping.models import SubjectAccess
from schools.messages.hashed import hashes_of
from schools.messages.masking import LETS_IN, masked, private_kinds
from schools.messages.models import OutboxMessage, SuppressedAddress
from schools.visits.models import MessageAbout, VisitRequest
from schools.volunteers.models import MessageTo

type Value = str | int | float | bool | None
type Row = dict[str, Value]

SECRETS: dict[str, frozenset[str]] = {
    "User": frozenset({"password", "search_words"}),
    "Volunteer": frozenset({"search_words"}),
    "Contact": frozenset({"search_words"}),
    "AddressChange": frozenset({"old_hash", "new_hash"}),
    "OfficeFeed": frozenset({"token_hash"}),
    "FeedToken": frozenset({"token_hash"}),
    "Invitation": frozenset({"token_hash"}),
    "account.EmailConfirmation": frozenset({"key"}),
    "mfa.Authenticator": frozenset({"data"}),
    "socialaccount.SocialToken": frozenset({"token", "token_secret"}),
    "usersessions.UserSession": frozenset({"session_key", "data"}),
    "sessions.Session": frozenset({"session_key", "session_data"}),
}
"""Columns that are in no file, by table: what lets somebody in, and the words of the search, which other columns say too."""

ABOUT_THEM = frozenset(
    {
        "SignOff.volunteer", "VolunteerStep.volunteer", "Cover.volunteer", "Volunteer_areas.volunteer", "MessageTo.volunteer",
        "MessageAbout.volunteer", "MessageTo.contact", "Contact_also_at.contact", "AreaCoordinator.user", "StandIn.coordinator",
        "StandIn.stand_in", "User_groups.user", "User_user_permissions.user", "Recovery.user",
    }
)  # fmt: skip
"""Columns that stay when somebody is erased (“points”) and whose rows are about the person; by others they only did something."""

COUNTED = frozenset({"Clearance"})
"""Tables of which whoever decided about others gets the number alone.

The day of a decision is somebody else's, and whoever reads it has looked at their clearance (rule 13); the number of a row leads
to it.
"""

BY_WAY_OF = {"ClearanceLook": ("volunteer_number", "volunteer"), "RecoveryStep": ("recovery__user", "user")}
"""Tables whose rows are about somebody without a foreign key to them: what leads there, and to which table of people."""

READABLE = frozenset({"School", "Visit", "Session", "SessionType", "Area", "Authority", "Region", "Agreement", "auth.Group"})
"""Tables of which a row is called by its name; of another the number stands there, as its name may be somebody else's."""

NAMED_TO_THEM = frozenset({"ClearanceLook.by"})
"""Columns that point to somebody else whose name the person is given: who looked is what the row is for."""

READ_WITH: dict[str, tuple[str, ...]] = {
    "Session": ("type", "visit__school"), "Visit": ("school",), "ClearanceLook": ("by",),
}  # fmt: skip
"""What such a name is made of besides its row, read with it so that each table takes one query."""

CALLED = {
    "Volunteer": "volunteer",
    "User": "sign-in",
    "User_groups": "roles",
    "Volunteer_areas": "areas",
    "Contact_also_at": "schools where you are too",
    "EarlierValue": "what you were called and reached by before",
    "OutboxMessage": "messages to you",
    "SuppressedAddress": "your address or number, where something came back",
    "ClearanceLook": "looks at your clearances",
    "account.EmailAddress": "e-mail addresses",
    "mfa.Authenticator": "passkeys and second factors",
    "usersessions.UserSession": "devices",
}
"""What a file calls these tables; others are called as the office calls their rows."""

WORDS_OF_MESSAGES = ("subject", "body")

WAYS = ("email", "phone", "sms_number")
"""Columns of people to which something goes to them."""

MOMENTS = (
    "at", "made_at", "asked_at", "recorded_at", "received_at", "sent_at", "sent_on", "decided_on", "noted_at", "told_at",
    "closed_at", "published_at", "checked_at", "lifted_at", "history_date", "action_time", "day",
)  # fmt: skip
"""Columns that say when somebody did something, the best first."""


@dataclass(frozen=True)
class Note:
    """A text that is looked at before it is given: typed into a row that is about the person, or perhaps for somebody else."""

    model: type[Model]
    pk: Any
    row: Any
    column: str
    text: str
    fate: Fate = Fate.NOTE


@dataclass
class OwnRows:
    """The rows of one person, as they stand in a file."""

    person: Person
    rows: dict[str, list[Row]] = field(default_factory=dict)
    """By what rows of the table are called; a table with none is there with an empty list."""
    given: set[tuple[type[Model], Any, str]] = field(default_factory=set)
    """Table, key and column of each value that is in there."""
    notes: list[Note] = field(default_factory=list)
    summed: set[type[Model]] = field(default_factory=set)
    """Tables in which what the person did is a number: those of history, with two moments, and what they decided of others."""

    def __post_init__(self) -> None:
        self._look_at_mails()
        by_links = list(said_by_link(self.person)) if self.person.contacts else []
        for model in tables():
            # What came by their links is theirs as erasing takes it to be, whatever they called themselves there.
            theirs = _theirs(model, self.person, *(Q(pk__in=rows.values("pk")) for rows, _ in by_links if rows.model is model))
            if theirs is not None:
                rows = list(_readable(model, model._default_manager.filter(theirs).order_by("pk")))
                self.rows[name_in_file(model)] = [self._whole(row) for row in rows]
            did = _did(model, self.person)
            if did is not None:
                others = model._default_manager.filter(did).order_by("pk")
                others = others.exclude(theirs) if theirs is not None else others
                self.rows.setdefault(name_in_file(model), []).extend(self._traces(model, others))

    def _look_at_mails(self) -> None:
        """Put the words of mails that came to an address of theirs and may be somebody else's with what is looked at."""
        unsure = OutboxMessage.objects.filter(_to_them(self.person)).exclude(pk__in=_surely_theirs(self.person).values("pk"))
        for mail in unsure.exclude(pk__in=of_others_clearances(self.person).values("pk")).order_by("pk"):
            for name in WORDS_OF_MESSAGES:
                words = without_secrets(getattr(mail, name), lets_in=mail.expires_at is not None)
                self.notes.append(Note(OutboxMessage, mail.pk, mail.pk, name, words, Fate.NAMED))

    def _whole(self, row: Model) -> Row:
        """Return all of a row that is theirs, but for secrets and for others; what was typed is put with the notes."""
        model, shown = type(row), dict[str, Value]()
        fates, secrets = fates_of(model), SECRETS.get(label_of(own_table(model)), frozenset())
        for column in model._meta.concrete_fields:
            name = column.name
            if name in secrets or not self._is_of_nobody_else(row, column):
                continue
            if fates.get(name) is Fate.NOTE:
                if text := str(getattr(row, name) or ""):
                    self.notes.append(Note(model, row.pk, getattr(row, own_table(model)._meta.pk.attname), name, text))
                continue
            shown[name] = self._value(row, column)
            self.given.add((model, row.pk, name))
        return shown

    def _traces(self, model: type[Model], rows: "QuerySet[Any]") -> list[Row]:
        """Return what of rows of others is the person's: that they did something."""
        if own_table(model) is not model:
            return self._sum(model, rows)
        if label_of(model) in COUNTED:
            self.summed.add(model)
            number = rows.count()
            return [{"how many you decided": number}] if number else []
        return [self._trace(row) for row in _readable(model, rows)]

    def _sum(self, model: type[Model], rows: "QuerySet[Any]") -> list[Row]:
        """Return how many states the person made or is named in, and from when to when."""
        self.summed.add(model)
        sums = rows.order_by().aggregate(number=Count("pk"), first=Min("history_date"), last=Max("history_date"))
        if not sums["number"]:
            return []
        return [{"how many you made or are named in": sums["number"], "first": plain(sums["first"]), "last": plain(sums["last"])}]

    def _trace(self, row: Model) -> Row:
        """Return that they did something, without the words and the facts of the row: these are about somebody else."""
        model = type(row)
        trace: Row = {"number": str(row.pk)}
        if label_of(model) in READABLE:
            trace["row"] = str(row)
        for name, table in _pointers(model):
            if getattr(row, f"{name}_id") in self.person.rows_of(str(table._meta.model_name)):
                trace[name] = "you"
                self.given.add((model, row.pk, name))
        when = next((moment for name in MOMENTS if (moment := getattr(row, name, None)) is not None), None)
        return trace | {"when": plain(when)}

    def _is_of_nobody_else(self, row: Model, column: "Field[Any, Any]") -> bool:
        """Return whether the column points to nobody, to the person, or to somebody whom they are told."""
        if f"{label_of(type(row))}.{column.name}" in NAMED_TO_THEM:
            return True
        if not (isinstance(column, ForeignKey) and column.related_model in PEOPLE):
            return True
        pk = getattr(row, column.attname)
        return pk in self.person.rows_of(str(column.related_model._meta.model_name))

    def _value(self, row: Model, column: "Field[Any, Any]") -> Value:
        if isinstance(column, ForeignKey):
            if column.related_model in PEOPLE:
                is_theirs = getattr(row, column.attname) in self.person.rows_of(str(column.related_model._meta.model_name))
                return "you" if is_theirs else plain(getattr(row, column.name))
            readable = label_of(column.related_model) in READABLE
            return plain(getattr(row, column.name) if readable else getattr(row, column.attname))
        if isinstance(row, OutboxMessage) and column.name in WORDS_OF_MESSAGES:
            return without_secrets(getattr(row, column.name), lets_in=row.expires_at is not None)
        if isinstance(row, SuppressedAddress) and column.name == "address":
            # Of who was erased and entered again a hash stands there: they read which of their addresses it is.
            return next((way for way in _ways_to(self.person) if row.address in hashes_of(way)), row.address)
        if column.choices:
            return plain(getattr(row, f"get_{column.name}_display")())
        return plain(getattr(row, column.name))


@cache
def _names() -> dict[type[Model], str]:
    """Return what each table is called in a file, with the app where two are called the same."""
    called: dict[str, list[type[Model]]] = {}
    for model in tables():
        if own_table(model) is model:
            called.setdefault(CALLED.get(label_of(model), str(model._meta.verbose_name_plural)), []).append(model)
    return {
        model: name if len(models) == 1 or model._meta.app_label == "schools" else f"{name} ({model._meta.app_label})"
        for name, models in called.items()
        for model in models
    }


def name_in_file(model: type[Model]) -> str:
    """Return what the table is called in a file; a table of history is the earlier states of its table."""
    name = _names()[own_table(model)]
    return name if own_table(model) is model else f"{name}, earlier states"


def _pointers(model: type[Model]) -> Iterator[tuple[str, type[Model]]]:
    """Yield the columns of the table that point to people, with the table of these."""
    for column in model._meta.concrete_fields:
        if isinstance(column, ForeignKey) and column.related_model in PEOPLE:
            yield column.name, column.related_model


def _theirs(model: type[Model], person: Person, *others: Q) -> Q | None:
    """Return which rows of the table are about the person, the others included; None where it has none such."""
    ways = list(others)
    if model in PEOPLE or (model is VisitRequest and person.requests):
        ways.append(Q(pk__in=person.rows_of(str(model._meta.model_name))))
    if rows := BY_WORDS.get(model):
        ways.append(Q(pk__in=rows(person).values("pk")))
    if way := BY_WAY_OF.get(label_of(model)):
        path, people = way
        ways.append(Q(**{f"{path}__in": person.rows_of(people)}))
    fates, label = fates_of(model), label_of(own_table(model))
    for name, table in _pointers(model):
        if fates.get(name) is Fate.GONE or f"{label}.{name}" in ABOUT_THEM:
            ways.append(Q(**{f"{name}__in": person.rows_of(str(table._meta.model_name))}))
    return _either(ways)


def _asked_by(person: Person) -> "QuerySet[Any]":
    """Return the requests for what is held that were the person's, by what each knows them by (subjects.py)."""
    by_number = Q(volunteer_number__in=person.volunteers)
    return SubjectAccess.objects.filter(by_number | Q(volunteer_number=None, reference__in=person.references))


def _suppressed(person: Person) -> "QuerySet[Any]":
    """Return the marks of their addresses and numbers."""
    rows: QuerySet[Any] = SuppressedAddress.objects.of(*_ways_to(person))
    return rows


def _did(model: type[Model], person: Person) -> Q | None:
    """Return which rows of the table say what the person did; None where it has none such."""
    fates, label = fates_of(model), label_of(own_table(model))
    return _either(
        Q(**{f"{name}__in": person.rows_of(str(table._meta.model_name))})
        for name, table in _pointers(model)
        if fates.get(name) is Fate.POINTS and f"{label}.{name}" not in ABOUT_THEM
    )


def _either(ways: "Iterator[Q] | list[Q]") -> Q | None:
    """Return the ways joined by “or”; None where there is none."""
    all_of_them: Q | None = None
    for way in ways:
        all_of_them = way if all_of_them is None else all_of_them | way
    return all_of_them


def _to_them(person: Person) -> Q:
    """Return which messages may have been for the person: by the lists of readers, and by their addresses and numbers."""
    return _to_ways(_ways_to(person)) | _listed(person)


def _surely_theirs(person: Person) -> "QuerySet[OutboxMessage]":
    """Return the messages that were for the person and for nobody else, which they get without that anybody reads them first.

    An address that somebody else has too, such as an office's, says nothing; a list that names somebody else says that it is
    not theirs alone, whatever the address.
    """
    alone = {way for way in _ways_to(person) if not way_is_anothers(way, person)}
    read_by = MessageTo.objects.exclude(volunteer=None).exclude(volunteer__in=person.volunteers).values("message")
    read_at_school = MessageTo.objects.exclude(contact=None).exclude(contact__in=person.contacts).values("message")
    about_others = MessageAbout.objects.exclude(message=None).exclude(volunteer=None).exclude(volunteer__in=person.volunteers)
    theirs = OutboxMessage.objects.filter(_to_ways(alone) | _listed(person))
    theirs = theirs.exclude(pk__in=of_others_clearances(person).values("pk"))
    return theirs.exclude(Q(pk__in=read_by) | Q(pk__in=read_at_school) | Q(pk__in=about_others.values("message")))


BY_WORDS: dict[type[Model], Callable[[Person], "QuerySet[Any]"]] = {
    EarlierValue: earlier_values_of, OutboxMessage: _surely_theirs, SuppressedAddress: _suppressed, SubjectAccess: _asked_by,
}  # fmt: skip
"""Tables whose rows are the person's by words in them: a reference, an address, a list of readers."""


def of_others_clearances(person: Person) -> "QuerySet[OutboxMessage]":
    """Return the messages about a clearance that are not the person's own, whatever address they went to.

    Whose each is, its list of readers says; one without a list is nobody's. They are in no file but their reader's, and nobody
    looks through them for somebody else: that would be a look at a clearance (rule 13).
    """
    readers = MessageTo.objects.exclude(volunteer=None)
    own = Q(pk__in=readers.filter(volunteer__in=person.volunteers).values("message"))
    of_others = Q(pk__in=readers.exclude(volunteer__in=person.volunteers).values("message"))
    return OutboxMessage.objects.filter(~own | of_others, kind__in=private_kinds())


def _to_ways(ways: set[str]) -> Q:
    return Q(to__in=ways) | Q(beside__to__in=ways)


def _listed(person: Person) -> Q:
    for_contacts = MessageTo.objects.filter(contact__in=person.contacts).values("message")
    return Q(pk__in=mails_to(person)) | Q(pk__in=for_contacts)


def _ways_to(person: Person) -> set[str]:
    """Return the addresses and numbers to which something goes to them, as messages have them."""
    ways = set[str]()
    reached: tuple[type[Model], ...] = (*PEOPLE, VisitRequest)
    for model in reached:
        rows: Any = model._default_manager
        there = {column.name for column in model._meta.concrete_fields}
        columns = [name for name in WAYS if name in there]
        for texts in rows.filter(pk__in=person.rows_of(str(model._meta.model_name))).values_list(*columns):
            ways.update(as_in_column(text) for text in texts)
    ways.discard("")
    return ways


def _readable(model: type[Model], rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Return the rows with what their names, and those of what they point to, are made of."""
    paths = list(READ_WITH.get(label_of(model), ()))
    for column in model._meta.concrete_fields:
        if isinstance(column, ForeignKey) and (label := label_of(column.related_model)) in READABLE:
            paths += [column.name, *(f"{column.name}__{path}" for path in READ_WITH.get(label, ()))]
    return rows.select_related(*paths) if paths else rows


def without_secrets(words: str, *, lets_in: bool) -> str:
    """Return the words of a message without what lets somebody in, or answers for somebody: the manager reads them, too."""
    return LETS_IN if lets_in else masked(words)


def plain(value: Any) -> Value:
    """Return the value as it stands in a file."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)
