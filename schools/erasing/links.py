"""Which rows of others name somebody, by references: the lists of the messages, covers, visits, keys of messages, the log."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, Model, OuterRef, Q

from schools.accounts.models import User
from schools.delivery.models import Feedback
from schools.directory.models import Contact
from schools.erasing.people import Person, names_of_colleagues
from schools.messages.models import OF_SIGNING_IN, OutboxMessage
from schools.reach.models import Restatement
from schools.recovery.models import RecoveryStep, Trustee
from schools.visits.chosen_kinds import DATE_CHOSEN
from schools.visits.contact_kinds import CONTACT_BEFORE
from schools.visits.models import (
    AnswerItem,
    Batch,
    ContactLog,
    Cover,
    Merge,
    MessageAbout,
    OfferedDates,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    Visit,
    VisitRequest,
)
from schools.volunteers.emails import key_of_invitation
from schools.volunteers.models import Invitation, SignOff, Volunteer, VolunteerStep

GIVEN_BACK, MORNING_LIST, UNDELIVERED = "given-back", "morning-list", "undelivered"
"""Kinds of messages to coordinators; no list says whom they name, but their keys do, or all of them name somebody."""

SAID_BY_LINK: dict[type[Model], tuple[str, ...]] = {
    SchoolAnswer: ("given_by",),
    SchoolAlarm: ("given_by", "over_by"),
    SchoolChange: ("given_by", "over_by"),
    OfferedDates: ("chosen_by",),
}
"""What people at schools say by their links, each with the columns in which they sign it: who gave it first."""

type Ids = dict[type[Model], set[int]]


class Links:
    """The rows of others that name a person; read before the person's own rows are deleted."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.ids: Ids = defaultdict(set)
        self.mails_to_them: set[int] = set()
        """Messages that are theirs and nobody else's."""
        self._sessions_and_visits(person)
        if person.contacts:
            self._said_by_schools(person)
        self.ids[VisitRequest] |= person.requests
        self._messages(person)
        self._batches(person)
        self.ids[Restatement] |= _ids(Restatement.objects.filter(session__in=self.ids[Session]))
        self._log(person)

    def has(self, model: type[Model], pk: Any) -> bool:
        """Return whether the row names them by reference."""
        return pk in self.ids[model]

    def _sessions_and_visits(self, person: Person) -> None:
        """Find what they were down for, or looked after, or were asked for at: now and at any time before."""
        also_at: Any = Contact.also_at.through
        self.schools = _ids(Contact.objects.filter(pk__in=person.contacts), "school_id")
        self.schools |= _ids(also_at.objects.filter(contact__in=person.contacts), "school_id")
        for covers in _with_history(Cover):
            theirs = covers.filter(volunteer__in=person.volunteers)
            self.ids[Cover] |= _ids(theirs, "id")
            self.ids[Session] |= _ids(theirs, "session_id")
        for sessions in _with_history(Session):
            self.ids[Visit] |= _ids(sessions.filter(id__in=self.ids[Session]), "visit_id")
        named = Q(contact__in=person.contacts) | Q(safeguarding_contact__in=person.contacts)
        named |= Q(coordinator__in=person.users) | Q(school__in=self.schools)
        # Not what else their school has: nobody has looked whether somebody without an entry is there.
        named |= Q(pk__in=_ids(VisitRequest.objects.filter(pk__in=person.requests).exclude(visit=None), "visit_id"))
        for visits in _with_history(Visit):
            self.ids[Visit] |= _ids(visits.filter(named), "id")
        if not person.volunteers:
            self.ids[Session] |= _ids(Session.objects.filter(visit__in=self.ids[Visit]))

    def _said_by_schools(self, person: Person) -> None:
        """Find what was said with their schools, or by them: what they asked for, and whatever came by their links."""
        for talks in (ContactLog, SchoolAnswer, Feedback, VisitRequest, OfferedDates):
            self.ids[talks] |= _ids(talks.objects.filter(school__in=self.schools))
        for of_host in (SchoolAlarm, SchoolChange):
            self.ids[of_host] |= _ids(of_host.objects.filter(visit__school__in=self.schools))
        for asked_for in (VisitRequest, OfferedDates):
            self.ids[asked_for] |= _ids(asked_for.objects.filter(contact__in=person.contacts))
        for rows, _ in said_by_link(person):
            self.ids[rows.model] |= _ids(rows)

    def _messages(self, person: Person) -> None:
        about = MessageAbout.objects.filter(Q(visit__in=self.ids[Visit]) | Q(school__in=self.schools))
        self.ids[MessageAbout] = _ids(about)
        named = _ids(about.exclude(message=None), "message_id")
        for volunteer in person.volunteers:
            named |= _ids(OutboxMessage.objects.filter(key__startswith=f"{GIVEN_BACK}:{volunteer}:"))
        named |= _ids(OutboxMessage.objects.filter(kind=UNDELIVERED)) | self._morning_lists() | self._mails_by_key()
        named |= _ids(OutboxMessage.objects.filter(readers__contact__in=person.contacts))
        invited = Invitation.objects.filter(by__in=person.users).values_list("pk", flat=True)
        keys = [key_of_invitation(pk) for pk in invited] + list(_keys_of_steps(person))
        named |= _ids(OutboxMessage.objects.filter(key__in=keys)) | _mails_about_trustees(person) | _mails_of_welcome(person)
        theirs = Q(about__volunteer__in=person.volunteers) | Q(readers__volunteer__in=person.volunteers)
        self.mails_to_them = mails_to(person)
        named |= _ids(OutboxMessage.objects.filter(theirs)) - self.mails_to_them
        # An SMS says what its mail says, and no list of its own says whom it names.
        self.ids[OutboxMessage] = named | _ids(OutboxMessage.objects.filter(beside__in=named))

    def _morning_lists(self) -> set[int]:
        """Find the lists of the mornings of days on which they went, or for which somebody was needed."""
        days = {day.isoformat() for day in Session.objects.filter(pk__in=self.ids[Session]).values_list("day", flat=True)}
        lists = OutboxMessage.objects.filter(kind=MORNING_LIST).values_list("pk", "key")
        return {pk for pk, key in lists if key.rpartition(":")[2] in days}

    def _mails_by_key(self) -> set[int]:
        """Find the mails about what a school said of which no list says whom they name; their keys have the number of its row."""
        rows = {DATE_CHOSEN: self.ids[OfferedDates], CONTACT_BEFORE: self.ids[SchoolAnswer]}
        beginnings = {f"{beginning}:{pk}" for beginning, ids in rows.items() for pk in ids}
        mails = OutboxMessage.objects.filter(either(Q(key__startswith=f"{beginning}:") for beginning in rows if rows[beginning]))
        return {pk for pk, key in mails.values_list("pk", "key") if ":".join(key.split(":")[:2]) in beginnings}

    def _batches(self, person: Person) -> None:
        """Find what was changed in one go of rows that name them, and of themselves."""
        ids = {str(model._meta.model_name): set(pks) for model, pks in self.ids.items()}
        ids |= {"volunteer": set(person.volunteers), "user": set(person.users)}
        for batch in Batch.objects.only("changes").order_by("pk").iterator():
            if any(change["pk"] in ids.get(change["table"], ()) or _is_invited(person, change) for change in batch.changes):
                self.ids[Batch].add(batch.pk)

    def _log(self, person: Person) -> None:
        """Find the lines of the office's log about them and about rows that are called by their name."""
        of_rows: Ids = {
            Volunteer: set(person.volunteers),
            User: set(person.users),
            Contact: set(person.contacts),
            Trustee: set(person.trustees),
            VisitRequest: self.ids[VisitRequest],
            Cover: self.ids[Cover],
            OutboxMessage: self.ids[OutboxMessage] | self.mails_to_them,
            MessageAbout: self.ids[MessageAbout],
            Merge: _ids(Merge.objects.filter(kept_id__in=person.volunteers | person.contacts)),
        }
        for relation in Volunteer._meta.related_objects:
            table: Any = relation.related_model
            if not relation.many_to_many and table not in of_rows and not hasattr(table, "instance_type"):
                of_rows[table] = _ids(table._default_manager.filter(**{f"{relation.field.name}__in": person.volunteers}))
        for table in (SignOff, VolunteerStep):
            of_rows[table] |= _ids(table._default_manager.filter(by__in=person.users))
        for model, ids in of_rows.items():
            named = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
            self.ids[LogEntry] |= _ids(named.filter(object_id__in=[str(pk) for pk in ids]))


def _mails_about_trustees(person: Person) -> set[int]:
    """Find the mails that name a trustee, and those that say who named one; the first is the trustee’s own."""
    mails = set[int]()
    for trustee in Trustee.objects.filter(Q(pk__in=person.trustees) | Q(named_by__in=person.users)):
        keys = Q(key__startswith=f"trustee:{trustee.pk}:")
        keys |= Q(key=f"trustee:{trustee.pk}") if trustee.named_by_id in person.users else Q()
        mails |= _ids(OutboxMessage.objects.filter(keys))
    return mails


def _mails_of_welcome(person: Person) -> set[int]:
    """Find the mails that say who made somebody a sign-in; their keys end with that user."""
    ends = either(Q(key__endswith=f":{user}") for user in person.users)
    return _ids(OutboxMessage.objects.filter(ends, key__startswith="welcome:"))


def _keys_of_steps(person: Person) -> Iterator[str]:
    """Yield the keys of the mails to whoever was let in that say what a trustee, or a colleague, did."""
    for step in RecoveryStep.objects.filter(Q(trustee__in=person.trustees) | Q(by__in=person.users)):
        for address in ("old", "new"):
            yield f"{OF_SIGNING_IN}way-back:{step.recovery_id}:{step.pk}:{address}"


def _is_invited(person: Person, change: dict[str, Any]) -> bool:
    """Return whether the change is an invitation of theirs: by what the batch keeps, since it may outlast the invitation."""
    return change["table"] == "invitation" and change["after"].get("volunteer") in person.volunteers


def mails_to(person: Person) -> set[int]:
    """Return the messages that are for the person and for nobody else, as their lists or keys say; of a contact neither does."""
    keyed = Q(key__in=[f"ask-for-visit:{pk}" for pk in person.requests] + [f"trustee:{pk}" for pk in person.trustees])
    for trustee in person.trustees:
        keyed |= Q(key__startswith="way-back:", key__endswith=f":yes:trustee:{trustee}")
    return _ids(OutboxMessage.objects.filter(keyed)) | _mails_to_volunteer(person)


def _mails_to_volunteer(person: Person) -> set[int]:
    """Return the messages that are for the volunteer and for no other."""
    theirs = Q(about__volunteer__in=person.volunteers) | Q(readers__volunteer__in=person.volunteers)
    others = Q(readers__isnull=False) & ~Q(readers__volunteer__in=person.volunteers)
    return _ids(OutboxMessage.objects.filter(theirs)) - _ids(OutboxMessage.objects.filter(theirs & others))


def said_by_link(person: Person) -> Iterator[tuple[Any, tuple[str, ...]]]:
    """Yield the rows of each table that people at schools wrote by the person's links, with the columns in which they signed.

    Left out is what a colleague with an entry of their own has signed: mailboxes are shared. An answer to the five questions has
    no link of its own: the school's answer that says so has.
    """
    colleagues = names_of_colleagues(person.contacts) if person.contacts else []

    def but_of_colleagues(rows: Any, column: str) -> Any:
        return rows.exclude(either(Q(**{f"{column}__iexact": name}) for name in colleagues))

    for model, columns in SAID_BY_LINK.items():
        yield but_of_colleagues(model._default_manager.filter(access__contact__in=person.contacts), columns[0]), columns
    theirs = SchoolAnswer.objects.filter(item=AnswerItem.QUESTIONS, access__contact__in=person.contacts)
    of_same = theirs.order_by().filter(visit=OuterRef("visit"), school=OuterRef("school"))
    yield but_of_colleagues(Feedback.objects.filter(Exists(of_same)), "given_by"), ("given_by",)


def either(ways: Iterable[Q]) -> Q:
    """Return the ways joined by “or”; where there is none, no row is meant."""
    return reduce(or_, ways, Q(pk=None))


def _ids(rows: Any, column: str = "pk") -> set[int]:
    return set(rows.order_by().values_list(column, flat=True))


def _with_history(model: Any) -> tuple[Any, Any]:
    """Return the rows of the table as they are, and as they ever were."""
    return model.objects.all(), model.history.all()
