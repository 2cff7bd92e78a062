"""Whom the search of the calendar means: schools and volunteers at once."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from schools.accounts.models import User
from schools.core.search_words import pieces_of
from schools.directory.models import School, SchoolQuerySet
from schools.visits.models import Headcount, SessionQuerySet
from schools.volunteers.models import Volunteer, VolunteerQuerySet


@dataclass(frozen=True)
class Named:
    """The schools and the volunteers that a text names. They are not narrowed to what the user may see: the sessions are."""

    schools: SchoolQuerySet
    volunteers: VolunteerQuerySet

    def at_schools(self, sessions: SessionQuerySet) -> SessionQuerySet:
        """Return those of the sessions that are at one of the schools, or in which its pupils sit as guests."""
        theirs = Headcount.objects.filter(session=OuterRef("pk"), school__in=self.schools.order_by().values("pk"))
        return sessions.filter(Q(visit__school__in=self.schools) | Q(Exists(theirs)))

    @classmethod
    def by(cls, text: str, user: User, *, on: date) -> "Named | None":
        """Return whom the text names; None where it has no word, which names everybody.

        One letter of each word may be wrong where it names neither a school nor a volunteer of the user.
        """
        pieces = pieces_of(text)
        if not pieces:
            return None
        strict = cls(School.objects.having(pieces, forgiving=False), Volunteer.objects.having(pieces, forgiving=False))
        if strict.schools.for_user(user, on=on).exists() or strict.volunteers.for_user(user, on=on).exists():
            return strict
        return cls(School.objects.having(pieces, forgiving=True), Volunteer.objects.having(pieces, forgiving=True))
