"""What a volunteer has given: sessions, hours, and how many seats were filled where they were."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Subquery, Sum

from schools.core.periods import AcademicYear
from schools.visits.models import Cover, CoverState, Headcount, Session
from schools.volunteers.models import Volunteer


@dataclass(frozen=True)
class Total:
    """Sessions at which somebody was, and what they come to."""

    sessions: int
    minutes: int
    attendances: int

    @property
    def hours(self) -> str:
        """The time in the sessions themselves, in hours, to the quarter."""
        quarters = round(self.minutes / 15)
        return f"{quarters / 4:,.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Given:
    """What somebody has given this school year, and since they began."""

    this_year: Total
    ever: Total


def given_by(volunteer: Volunteer, *, on: date) -> Given:
    """Delivered sessions that the volunteer attended in whatever role; children not counted add nothing. One query."""
    counted = Headcount.objects.filter(session=OuterRef("pk")).order_by().values("session").annotate(sum=Sum("pupils"))
    theirs = Cover.objects.filter(volunteer=volunteer, state=CoverState.ATTENDED).values("session")
    rows = Session.objects.delivered().filter(pk__in=theirs).annotate(filled=Subquery(counted.values("sum")))
    sessions = list(rows.order_by("day"))
    year = AcademicYear.of(on)
    return Given(_sum(one for one in sessions if year.first_day <= one.day <= year.last_day), _sum(sessions))


def _sum(sessions: Iterable[Session]) -> Total:
    sessions = list(sessions)
    filled = sum(getattr(one, "filled", None) or 0 for one in sessions)
    return Total(len(sessions), sum(one.minutes for one in sessions), filled)
