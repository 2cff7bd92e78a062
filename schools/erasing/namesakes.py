"""Who else is called by somebody's first name: in what names both of them, nobody knows whom that name means."""

from typing import Any

from django.db.models import Model, Q

from schools.accounts.models import User
from schools.core.search_words import words_of
from schools.directory.models import Contact
from schools.erasing.links import Links
from schools.erasing.models import EarlierValue
from schools.erasing.people import Person
from schools.erasing.spelling import spellings_of
from schools.messages.models import OutboxMessage
from schools.visits.models import MessageAbout, VisitRequest
from schools.volunteers.models import Volunteer

CALLED_BY_FIRST_NAME: tuple[type[Model], ...] = (OutboxMessage, MessageAbout)
"""What the program writes with first names alone: those of volunteers. Elsewhere it writes the whole name."""


class Namesakes:
    """Everybody but the person who is called by one of their first names, or was, and the messages that name these others."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self._links: dict[str, Links] = {}

    def may_be_meant(self, first_name: str, model: type[Model], pk: Any) -> bool:
        """Return whether the name may mean somebody else in the row: a message that names or was for them, or no message."""
        if model not in CALLED_BY_FIRST_NAME:
            return True
        if first_name not in self._links:
            self._links[first_name] = Links(self._called(first_name))
        links = self._links[first_name]
        return links.has(model, pk) or (model is OutboxMessage and pk in links.mails_to_them)

    def _called(self, first_name: str) -> Person:
        """Return all of them as if they were one."""
        words = words_of(first_name)
        tables: list[type[Model]] = [Volunteer, User, Contact, VisitRequest]
        ids: dict[str, set[int]] = {str(model._meta.model_name): set() for model in tables}
        for model in tables[:-1]:
            table = str(model._meta.model_name)
            rows = model._default_manager.filter(search_words__contains=words[0]).values_list("pk", "name")
            ids[table].update(pk for pk, name in rows if set(words).issubset(words_of(name)))
        requests = VisitRequest.objects.values_list("pk", "name")
        ids["visitrequest"].update(pk for pk, name in requests if set(words).issubset(words_of(name)))
        before = Q(pk=None)
        for spelling in spellings_of(first_name):
            before |= Q(value__icontains=spelling)
        for earlier in EarlierValue.objects.filter(before, column="name", table__in=ids):
            if set(words).issubset(words_of(earlier.value)):
                ids[earlier.table].add(earlier.row)
        others = {table: frozenset(pks - self.person.rows_of(table)) for table, pks in ids.items()}
        return Person(
            self.person.kind, reference="", name=first_name, instead="", volunteers=others["volunteer"], users=others["user"],
            contacts=others["contact"], requests=others["visitrequest"] - self.person.kept_requests,
        )  # fmt: skip
