"""What became of a published period after it was published, and what was published of a day."""

from datetime import date

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from schools.reach.models import Publication, Restatement
from schools.visits.models import Session, SessionStage


def with_changes(publications: QuerySet[Publication]) -> QuerySet[Publication]:
    """Return them with `changed`: how many outcomes of each period were reported, corrected or restated since.

    Their numbers stay as published. An outcome is corrected where its session has a version or a stage that it never had before:
    another room, or that the school was told of it, is no correction.
    """
    published_at = OuterRef(OuterRef("published_at"))
    before = Session.history.filter(
        id=OuterRef("id"), version=OuterRef("version"), stage=OuterRef("stage"), history_id__lt=OuterRef("history_id")
    )
    states = Session.history.filter(~Q(stage=SessionStage.SCHEDULED), id=OuterRef("pk"), history_date__gt=published_at)
    corrected = Exists(states.filter(~Exists(before)))
    restated = Exists(Restatement.objects.filter(session=OuterRef("pk"), at__gt=published_at))
    since = Session.objects.filter(
        Q(recorded_at__gt=OuterRef("published_at")) | corrected | restated,
        day__range=(OuterRef("first_day"), OuterRef("last_day")),
    ).order_by()
    # All of them are one group, whatever they are: a subquery has no other way to count.
    number = since.annotate(all=Value(1)).values("all").annotate(number=Count("pk")).values("number")
    return publications.annotate(changed=Coalesce(Subquery(number, output_field=IntegerField()), 0))


def published_with(day: date) -> QuerySet[Publication]:
    """Return the publications of periods in which the day lies."""
    return Publication.objects.filter(first_day__lte=day, last_day__gte=day).defer("counts")
