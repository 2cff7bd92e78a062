"""The signed-in volunteer, with the pupils of the sessions that they attended."""

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from schools.accounts.models import User
from schools.visits.models import Cover, CoverState, Session
from schools.volunteers.models import Volunteer


def me_with_attendances(user: User) -> Volunteer | None:
    """Return the user's volunteer with `attendances`, the pupils counted in the sessions that they attended.

    None where the user is not a volunteer. Each session and person has at most one live cover, so the join to the headcounts
    counts nothing twice.
    """
    sessions = Session.objects.delivered().for_pupils().order_by().values("pk")
    attended = Cover.objects.filter(volunteer=OuterRef("pk"), state=CoverState.ATTENDED, session__in=sessions).order_by()
    summed = attended.values("volunteer").annotate(sum=Sum("session__headcounts__pupils")).values("sum")
    # In a mapping, because Volunteer has no such attribute, which mypy would report.
    added = {"attendances": Coalesce(Subquery(summed), 0)}
    return Volunteer.objects.filter(user=user).annotate(**added).first()
