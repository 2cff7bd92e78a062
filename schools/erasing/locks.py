"""Locking what erasing somebody changes, in the order in which everybody locks (docs/rules.md, Locks)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.db import OperationalError, transaction
from django.db.models import Model

from schools.charity.models import Charity
from schools.delivery.models import Feedback
from schools.directory.models import School
from schools.erasing.links import Links
from schools.erasing.people import PersonRow, person_of
from schools.erasing.places import Place, places_of
from schools.erasing.registry import Fate, own_table
from schools.erasing.values import values_of
from schools.visits.models import (
    Batch,
    Cover,
    MessageAbout,
    OfferedDates,
    SchoolAlarm,
    SchoolAnswer,
    SchoolChange,
    Session,
    Visit,
    VisitRequest,
)
from schools.volunteers.models import Volunteer

ORDER: tuple[type[Model], ...] = (Batch, VisitRequest, OfferedDates, Visit, Volunteer, Session, School)
"""The tables of which whoever changes visits locks rows, in the order in which they do."""

VISIT_OF: dict[type[Model], str] = {
    Visit: "pk",
    Session: "visit",
    Cover: "session__visit",
    **dict.fromkeys((VisitRequest, OfferedDates, SchoolAnswer, SchoolAlarm, SchoolChange, Feedback, MessageAbout), "visit"),
}
"""The column that leads from a row to its visit: whoever changes such rows has locked that visit."""

LOCK_NOT_AVAILABLE = "55P03"
"""What PostgreSQL says where somebody else has a row that is locked without waiting. Any other error is one."""


@dataclass(frozen=True)
class Locks:
    """Rows to lock, by table."""

    ids: Mapping[type[Model], frozenset[int]] = field(default_factory=dict)

    def of(self, table: type[Model]) -> frozenset[int]:
        """Return the ids of the rows of the table."""
        return self.ids.get(table, frozenset())

    def joined(self, others: "Locks") -> "Locks":
        """Return these rows and the others."""
        return Locks({table: self.of(table) | others.of(table) for table in ORDER})

    def take(self, *, waits: bool = True) -> None:
        """Lock the rows that are there, table by table, each by id, until the transaction ends."""
        for table in ORDER:
            # Their keys stay: whoever claims a place on a visit, and comes to it last, waits for none of them.
            rows = table._default_manager.select_for_update(of=("self",), no_key=True, nowait=not waits)
            list(rows.filter(pk__in=self.of(table)).order_by("pk").values_list("pk", flat=True))

    def take_at_once(self) -> bool:
        """Lock the rows if nobody else has one of them, and return whether that is so: who waits for nobody is in no circle."""
        try:
            with transaction.atomic():
                self.take(waits=False)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            return False
        return True


def hold_erasures() -> None:
    """Let no other erasure begin before this transaction ends.

    Whoever locks people for more than erasing them calls it first: two that lock the same in another order would wait for each
    other.
    """
    list(Charity.objects.select_for_update().values_list("pk"))


def hold_what_names(people: Iterable[PersonRow]) -> None:
    """Lock what names these people, before the transaction that erases them changes anything; no other erasure begins then.

    By reference and by name: a transaction around the erasure lets none of it go, so nothing should be missing once it begins.
    """
    hold_erasures()
    locks = Locks()
    for row in people:
        person = person_of(row)
        links = Links(person)
        locks = locks.joined(locks_of(links)).joined(locks_of_places(places_of(values_of(person), links)))
    locks.take()


def locks_of(links: Links) -> Locks:
    """Return what to lock before somebody is erased whom these rows name."""
    ids: dict[type[Model], set[int]] = {table: set(links.ids[table]) for table in ORDER}
    ids[Volunteer] |= links.person.volunteers
    return _with_visits(ids, links.ids)


def locks_of_places(places: Iterable[Place]) -> Locks:
    """Return what to lock before the name is taken out of these places."""
    ids: dict[type[Model], set[int]] = {}
    for place in places:
        if place.fate is not Fate.CLOSED:
            ids.setdefault(own_table(place.model), set()).add(place.row)
    return _with_visits({table: set(ids.get(table, ())) for table in ORDER}, ids)


def _with_visits(ids: dict[type[Model], set[int]], named: dict[type[Model], set[int]]) -> Locks:
    """Return the rows with the visits to which the named rows lead, and every session of these."""
    for table, column in VISIT_OF.items():
        if rows := named.get(table):
            led_to = table._default_manager.filter(pk__in=rows).exclude(**{column: None})
            ids[Visit].update(led_to.order_by().values_list(column, flat=True))
    ids[Session].update(Session.objects.filter(visit__in=ids[Visit]).order_by().values_list("pk", flat=True))
    return Locks({table: frozenset(ids[table]) for table in ORDER})
