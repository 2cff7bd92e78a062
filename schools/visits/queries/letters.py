"""Whom a letter of assurance names: who is down for it, has agreed to be named, and is clear on that day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef

from schools.core.nations import Scheme, scheme_of
from schools.directory.models import Site
from schools.visits.models import Cover, CoverState, Session, Visit
from schools.volunteers.models import Clearance, Volunteer
from schools.volunteers.queries import agrees_to_be_named


@dataclass(frozen=True)
class LetterDay:
    """Who comes on one day."""

    day: date
    place: Site | None
    """At which of the school's sites; None: at its own address."""
    named: list[Volunteer]
    """Those whom the letter names, each once, in the order of their names."""
    others: int
    """How many more come of whom it says nothing: they have not agreed, or are not known to be clear on that day."""


@dataclass(frozen=True)
class Letter:
    """What a letter of assurance says; worked out anew each time, and stored nowhere."""

    scheme: Scheme
    days: list[LetterDay]

    @property
    def named(self) -> set[int]:
        """The numbers of all whom it names."""
        return {person.pk for day in self.days for person in day.named}


def letter_of(visit: Visit, sessions: Iterable[Session]) -> Letter:
    """Return who comes to these sessions as it is now, in one query. Who was only asked does not come."""
    scheme = scheme_of(visit.school.nation)
    clear = Clearance.objects.clear_on(OuterRef("session__day"), scheme).filter(volunteer=OuterRef("volunteer"))
    covers = Cover.objects.filter(session__in=[each.pk for each in sessions], state=CoverState.ACCEPTED)
    rows: Any = covers.annotate(is_clear=Exists(clear), may_be_named=agrees_to_be_named(OuterRef("volunteer")))
    days: defaultdict[date, dict[int, Any]] = defaultdict(dict)
    for cover in rows.select_related("volunteer", "session__site").order_by("session__day", "volunteer__name", "pk"):
        days[cover.session.day][cover.volunteer_id] = cover
    return Letter(scheme, [_day(day, list(of_day.values())) for day, of_day in days.items()])


def _day(day: date, covers: list[Any]) -> LetterDay:
    named = [each.volunteer for each in covers if each.is_clear and each.may_be_named and each.volunteer.name.strip()]
    return LetterDay(day, covers[0].session.site, named, len(covers) - len(named))
