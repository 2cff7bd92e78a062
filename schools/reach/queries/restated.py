"""What became of a published period after it was published."""

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from schools.reach.models import Publication, Restatement


def with_restated(publications: QuerySet[Publication]) -> QuerySet[Publication]:
    """Return them with `restated`: how many sessions of each period were restated since. Their numbers stay as published."""
    since = Restatement.objects.filter(
        session__day__range=(OuterRef("first_day"), OuterRef("last_day")), at__gt=OuterRef("published_at")
    ).order_by()
    # All of them are one group, whatever they are: a subquery has no other way to count.
    number = since.annotate(all=Value(1)).values("all").annotate(number=Count("session", distinct=True)).values("number")
    return publications.annotate(restated=Coalesce(Subquery(number, output_field=IntegerField()), 0))
