"""What schools have said since a call or an agreement that is undone, to a colleague or by their own page: that holds."""

from django.db.models import Max

from schools.directory.models import SchoolAgreement
from schools.visits.actions.batches import Change
from schools.visits.models import AnswerItem, AnswerState, Batch, ContactLog, SchoolAnswer


def schools_spoken_with_since(batch: Batch) -> set[int]:
    """Return the schools (ids) of the batch's conversations with which there is a newer one; one without an answer is none."""
    own = {change["after"]["school"]: change["pk"] for change in batch.changes if _is_talk(change)}
    talks = ContactLog.objects.spoken().filter(school__in=own).order_by()
    newest: dict[int, int] = dict(talks.values_list("school_id").annotate(Max("pk")))
    return {school for school, pk in newest.items() if pk > own[school]}


def reasons_of_agreement(batch: Batch, change: Change, agreement: SchoolAgreement) -> list[str]:
    """Return a reason where the school has said since that it agrees: its answer was taken, and wrote nothing beside this one."""
    if "before" in change:
        return []
    answers = SchoolAnswer.objects.filter(school=agreement.school_id, item=AnswerItem.AGREEMENT, state=AnswerState.TAKEN)
    answers = answers.filter(decided_at__gte=batch.made_at, before__year=agreement.academic_year)
    return ["The school has said since, by its own page, that it agrees."] if answers.exists() else []


def _is_talk(change: Change) -> bool:
    return change["table"] == "contactlog" and "school" in change["after"]
