"""With which schools somebody has spoken since a call that is undone: what they said then holds."""

from django.db.models import Max

from schools.visits.actions.batches import Change
from schools.visits.actions.calls import NOBODY
from schools.visits.models import Batch, ContactLog


def schools_spoken_with_since(batch: Batch) -> set[int]:
    """Return the schools (ids) of the batch's conversations with which there is a newer one; one without an answer is none."""
    own = {change["after"]["school"]: change["pk"] for change in batch.changes if _is_talk(change)}
    talks = ContactLog.objects.filter(school__in=own).exclude(who=NOBODY).order_by()
    newest: dict[int, int] = dict(talks.values_list("school_id").annotate(Max("pk")))
    return {school for school, pk in newest.items() if pk > own[school]}


def _is_talk(change: Change) -> bool:
    return change["table"] == "contactlog" and "school" in change["after"]
