"""The signed-in volunteer, with what the sessions amount to that they attended."""

from datetime import date

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from schools.accounts.models import User
from schools.core.periods import AcademicYear
from schools.programme.models import Audience
from schools.recovery.models import Recovery
from schools.visits.models import Cover, CoverState, SessionStage
from schools.volunteers.models import Volunteer


def me_with_attendances(user: User, *, on: date) -> Volunteer | None:
    """Return the user's volunteer with what was counted in the delivered sessions for pupils that they attended.

    `attendances` are all pupils counted there, guests too; `attendances_this_year` those of the academic year of the day;
    `schools_visited` the schools that were visited, one under its successive register numbers counted once; `is_being_let_in`
    whether somebody asked to let them in again. None where the user is not a volunteer. Each session and person has at most one
    live cover, so the join to the headcounts counts nothing twice.
    """
    year = AcademicYear.of(on).period
    summed = Sum("session__headcounts__pupils")
    this_year = Sum("session__headcounts__pupils", filter=Q(session__day__range=(year.first_day, year.last_day)))
    visited = F("session__visit__school_id")
    schools = Count(Coalesce("session__visit__school__chain", visited), distinct=True)
    # In a mapping, because Volunteer has no such attributes, which mypy would report.
    added = {
        "attendances": _of_attended(summed),
        "attendances_this_year": _of_attended(this_year),
        "schools_visited": _of_attended(schools),
        "is_being_let_in": Exists(Recovery.objects.open().filter(user=OuterRef("user"))),
    }
    return Volunteer.objects.filter(user=user).annotate(**added).first()


def _of_attended(aggregate: Sum | Count) -> Coalesce:
    """Return the aggregate over the covers of the outer volunteer's attended sessions; 0 where there are none."""
    # Asked of the sessions of these covers; a list of the sessions that count would hold every session ever delivered.
    attended: QuerySet[Cover] = Cover.objects.filter(
        volunteer=OuterRef("pk"),
        state=CoverState.ATTENDED,
        session__stage=SessionStage.DELIVERED,
        session__type__audience=Audience.PUPILS,
    )
    return Coalesce(Subquery(attended.order_by().values("volunteer").annotate(amount=aggregate).values("amount")), 0)
