"""The log of messages: which of the outbox somebody may see, by visit, school and volunteer, and whom each one is for."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Collate
from django.db.models.lookups import IContains, In

from schools.accounts.models import User
from schools.core.ids import Ids
from schools.directory.models import Contact, School
from schools.messages.masking import masked, private_kinds
from schools.messages.models import OutboxMessage, OutboxMessageQuerySet
from schools.visits.models import MessageAbout, Visit
from schools.volunteers.models import MessageTo, Volunteer

type Rows = Collection[int] | QuerySet[Any]

TEXTS_READ = 5_000
"""Of so many messages the words of the text are looked for: the newest that other choices leave."""


def messages_seen_by(user: User, *, on: date) -> OutboxMessageQuerySet:
    """Return the messages that the user may see: managers all; coordinators those about their visits, schools and volunteers."""
    return OutboxMessage.objects.mails() if user.is_manager else _of_rows(*_rows_of(user, on=on))


def messages_to_look_at(user: User, *, on: date) -> OutboxMessageQuerySet:
    """Return those of `messages_seen_by` that somebody has to decide about.

    They are few, so each of them is asked whether it is the user's: nobody looks for every message of all their years first.
    """
    stopped = OutboxMessage.objects.mails().to_look_at()
    if user.is_manager:
        return stopped
    is_theirs = (Q(Exists(rows.filter(message=OuterRef("pk")))) for rows in _rows_of(user, on=on))
    return stopped.filter(reduce(or_, is_theirs))


def _rows_of(user: User, *, on: date) -> tuple[QuerySet[Any], ...]:
    """Return what a coordinator's messages are about and whom they are for: their visits, schools and volunteers."""
    schools, volunteers = _own(School, user, on=on), _own(Volunteer, user, on=on)
    return (
        MessageAbout.objects.filter(visit__in=_own(Visit, user, on=on)),
        MessageAbout.objects.filter(school__in=schools),
        MessageAbout.objects.filter(volunteer__in=volunteers),
        MessageTo.objects.filter(volunteer__in=volunteers),
        *_to_contacts_at(schools),
    )


def _own(model: Any, user: User, *, on: date) -> QuerySet[Any]:
    own: QuerySet[Any] = model.objects.for_user(user, on=on).order_by().values("pk")
    return own


class InOneList(In):
    """`IN` of a subquery, which PostgreSQL answers once and not for each row.

    It takes a search of subjects to find next to nothing, and would read the whole list anew for each message that it does find:
    25 seconds for a volunteer and a word among 100,000 messages.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition on an array, which stands before the statement begins."""
        column, column_params = self.process_lhs(compiler, connection)
        subquery, params = self.process_rhs(compiler, connection)
        return f"{column} IN (SELECT unnest(ARRAY{subquery}))", [*column_params, *params]


def _of_rows(*rows: QuerySet[Any]) -> OutboxMessageQuerySet:
    """Return the messages that one of these rows of MessageAbout or MessageTo is about."""
    return _in_one_of(*(some.filter(message__isnull=False).values("message") for some in rows))


def _in_one_of(*ids: QuerySet[Any]) -> OutboxMessageQuerySet:
    """Return the messages whose id stands in one of these lists.

    Each list is short and read from an index. With one OR, the database would ask of every message ever written whether one of
    them holds it.
    """
    first, *others = (some.order_by() for some in ids)
    ids_of_all = first.union(*others, all=True) if others else first
    return OutboxMessage.objects.filter(InOneList(F("pk"), ids_of_all.query))


def _to_contacts_at(schools: Rows) -> tuple[QuerySet[Any], QuerySet[Any]]:
    """Return who the messages are for that go to people at these schools: to their own, and to those whom they share."""
    own = Contact.objects.filter(school__in=schools).order_by().values("pk")
    shared = Contact.also_at.through.objects.filter(school__in=schools).order_by().values("contact")
    return MessageTo.objects.filter(contact__in=own), MessageTo.objects.filter(contact__in=shared)


def about_visits(visits: Rows) -> OutboxMessageQuerySet:
    """Return the messages about these visits."""
    return _of_rows(MessageAbout.objects.filter(visit__in=visits))


def about_schools(schools: Rows) -> OutboxMessageQuerySet:
    """Return the messages to these schools and about visits to them."""
    visits = Visit.objects.filter(school__in=schools).order_by().values("pk")
    return _of_rows(
        MessageAbout.objects.filter(school__in=schools), MessageAbout.objects.filter(visit__in=visits), *_to_contacts_at(schools)
    )


def about_school(school: School, user: User, *, on: date) -> OutboxMessageQuerySet:
    """Return the messages to the school and about visits to it, under all of its register numbers that the user may see."""
    if school.chain is None:
        return about_schools([school.pk])
    return about_schools(School.objects.for_user(user, on=on).filter(chain=school.chain).order_by().values("pk"))


def to_volunteers(volunteers: Rows) -> OutboxMessageQuerySet:
    """Return the messages to these volunteers."""
    return _of_rows(*_to_volunteers(volunteers))


def _to_volunteers(volunteers: Rows) -> tuple[QuerySet[Any], QuerySet[Any]]:
    return MessageAbout.objects.filter(volunteer__in=volunteers), MessageTo.objects.filter(volunteer__in=volunteers)


def to_people(words: str) -> OutboxMessageQuerySet:
    """Return the messages to whom the words name: a volunteer, somebody at a school, or an address."""
    volunteers = Volunteer.objects.named(words).order_by().values("pk")
    contacts = Contact.objects.named(words).order_by()
    rows = (*_to_volunteers(volunteers), MessageTo.objects.filter(contact__in=contacts.values("pk")))
    addresses = contacts.exclude(email="").values("email")
    return _in_one_of(
        *(some.filter(message__isnull=False).values("message") for some in rows),
        OutboxMessage.objects.filter(to__icontains=words).values("pk"),
        OutboxMessage.objects.filter(to__in=addresses).values("pk"),
    )


class HasWord(IContains):
    """`icontains`, in half the time on PostgreSQL for a word of ASCII letters.

    It makes a text upper case letter by letter as the locale has it, which takes longer than all the rest of a search. A word of
    ASCII alone can only stand where the text has ASCII too, but for the likes of a dotless ı, which nobody looks for as an I.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        """Return the condition, without the locale where the word needs none."""
        lookup = IContains(Collate(self.lhs, "C"), self.rhs) if self.rhs.isascii() else IContains(self.lhs, self.rhs)
        sql, params = lookup.as_sql(compiler, connection)
        return sql, list(params)


def with_words(messages: OutboxMessageQuerySet, words: str) -> OutboxMessageQuerySet:
    """Return those of the messages whose subject has all the words, and those that have them in subject and text as shown.

    Texts are read of the newest of `messages` alone (`TEXTS_READ`), so that a search costs the same after ten years: narrow by
    school, person or days first. What is not shown is not searched: private messages, and the secret part of a link. Costs a
    query now.
    """
    wanted = words.split()
    shown = messages.exclude(kind__in=private_kinds())
    in_subject = reduce(and_, (Q(HasWord(F("subject"), word)) for word in wanted), Q())
    return shown.filter(in_subject | Q(pk__in=Ids(_with_text(shown, wanted))))


def _with_text(messages: OutboxMessageQuerySet, wanted: Sequence[str]) -> list[int]:
    """Return the ids of those of the newest messages that have all the words in what is shown of subject and text."""
    newest = messages.order_by("-created_at", "-pk").values("pk")[:TEXTS_READ]
    candidates = OutboxMessage.objects.filter(pk__in=newest, expires_at=None).order_by()
    for word in wanted:
        candidates = candidates.filter(Q(HasWord(F("subject"), word)) | Q(HasWord(F("body"), word)))
    # The database has read the secrets in links too: otherwise somebody could guess one letter by letter.
    folded = [word.casefold() for word in wanted]
    rows = candidates.values_list("pk", "subject", "body")
    return [pk for pk, *texts in rows if _has_all(masked("\n".join(texts)).casefold(), folded)]


def _has_all(text: str, words: Iterable[str]) -> bool:
    return all(word in text for word in words)


@dataclass
class Parties:
    """Whom one message is for and which visits it is about."""

    readers: list[Any] = field(default_factory=list)
    """Volunteers, schools and people at schools, each once."""
    visits: list[Visit] = field(default_factory=list)

    @property
    def names(self) -> str:
        """The names of the readers."""
        return ", ".join(str(reader) for reader in self.readers)


def parties_of(messages: Iterable[OutboxMessage]) -> dict[int, Parties]:
    """Return whom the messages are for, by the message’s id; two queries for any number."""
    ids = [message.pk for message in messages]
    parties: defaultdict[int, Parties] = defaultdict(Parties)
    about = MessageAbout.objects.filter(message__in=ids).select_related("volunteer", "school", "visit__school").order_by("pk")
    for row in about:
        theirs = parties[row.message_id or 0]
        _add(theirs.readers, row.volunteer or row.school)
        _add(theirs.visits, row.visit)
    for reader in MessageTo.objects.filter(message__in=ids).select_related("volunteer", "contact__school").order_by("pk"):
        _add(parties[reader.message_id].readers, reader.volunteer or reader.contact)
    return parties


def _add(rows: list[Any], row: object) -> None:
    """Add the row, once; None, as of a mail to the office, whose reader is known by the address alone, is nobody."""
    if row is not None and row not in rows:
        rows.append(row)
