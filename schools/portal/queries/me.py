"""Who signs in, with the children counted in the sessions at which they were."""

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce

from schools.accounts.models import User
from schools.visits.models import Cover, CoverState, Session
from schools.volunteers.models import Volunteer


def me_with_attendances(user: User) -> Volunteer | None:
    """The user's volunteer, with `attendances`: what was counted in the pupils' sessions that they attended; None for nobody.

    A live cover is there once for each session and person, so the join to the headcounts counts nothing twice.
    """
    sessions = Session.objects.delivered().for_pupils().order_by().values("pk")
    attended = Cover.objects.filter(volunteer=OuterRef("pk"), state=CoverState.ATTENDED, session__in=sessions).order_by()
    summed = attended.values("volunteer").annotate(sum=Sum("session__headcounts__pupils")).values("sum")
    # By name in a mapping, because Volunteer knows nothing of it.
    added = {"attendances": Coalesce(Subquery(summed), 0)}
    return Volunteer.objects.filter(user=user).annotate(**added).first()
