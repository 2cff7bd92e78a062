"""Whom a letter of assurance names: who is down for it, has agreed to be named, and may be there on that day."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef

from schools.core.nations import Scheme, scheme_of
from schools.directory.models import Site
from schools.visits.models import Cover, CoverState, Session, Visit
from schools.volunteers.models import Volunteer
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
    """How many more come of whom it says nothing: they have not agreed, or may not be there on that day as far as we know."""


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
    covers = Cover.objects.filter(session__in=[each.pk for each in sessions], state=CoverState.ACCEPTED).with_may_come()
    rows: Any = covers.annotate(may_be_named=agrees_to_be_named(OuterRef("volunteer")))
    days: defaultdict[date, dict[int, Any]] = defaultdict(dict)
    for cover in rows.select_related("volunteer", "session__site").order_by("session__day", "volunteer__name", "pk"):
        known = days[cover.session.day].setdefault(cover.volunteer_id, cover)
        known.may_come = known.may_come or cover.may_come  # to one of the sessions is enough
    return Letter(scheme, [_day(day, list(of_day.values())) for day, of_day in days.items()])


def _day(day: date, covers: list[Any]) -> LetterDay:
    named = [each.volunteer for each in covers if each.may_come and each.may_be_named and each.volunteer.name.strip()]
    return LetterDay(day, covers[0].session.site, named, len(covers) - len(named))
