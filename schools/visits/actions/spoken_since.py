"""What schools have said since a call or an agreement that is undone, to a colleague or by their own page: that holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from django.db.models import Max, Model, Q

from schools.directory.models import School, SchoolAgreement
from schools.visits.actions.batches import Change, field_values
from schools.visits.models import AnswerItem, AnswerState, Batch, BatchKind, ContactLog, SchoolAnswer


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


def numbers_spoken_with(changes: Iterable[Change]) -> set[int]:
    """Return the schools (ids) of the conversations, under all their register numbers."""
    with_whom = {change["after"]["school"] for change in changes if _is_talk(change)}
    chains = School.objects.filter(pk__in=with_whom, chain__isnull=False).order_by().values("chain")
    numbers = School.objects.filter(Q(pk__in=with_whom) | Q(chain__in=chains)) if with_whom else School.objects.none()
    return set(numbers.values_list("pk", flat=True))


def days_left_over(batch: Batch, rows: Iterable[Model]) -> Iterator[tuple[Change, School]]:
    """Yield, the latest first, the days on which to ask again that an earlier call named and that nobody stands for any more.

    Each of these calls was undone while the call of the batch stood, which kept its day, or while what was booked or added did,
    which had ended the wait; that goes now. `rows` has the schools with which it was, under all their numbers, locked. Whoever
    puts back what was before does so as each is yielded. None where the batch is none of these.
    """
    if batch.kind not in {BatchKind.CALL, BatchKind.BOOK, BatchKind.ADD}:
        return
    of_school: defaultdict[int, dict[int, School]] = defaultdict(dict)
    for row in rows:
        if isinstance(row, School):
            of_school[row.chain or row.pk][row.pk] = row
    undone = Batch.objects.filter(kind=BatchKind.CALL, undone_at__gte=batch.made_at).exclude(pk=batch.pk)
    undone = undone.exclude(left_alone=[])  # of those that were put back whole nothing is left over
    for earlier in undone.order_by("-pk"):
        for numbers in of_school.values():
            yield from _days_of(earlier, numbers)


def _days_of(undone: Batch, numbers: Mapping[int, School]) -> list[tuple[Change, School]]:
    """Return the days of the school, under these numbers by id, that the call left; none where they changed, or a call stands."""
    talks = [each["pk"] for each in undone.changes if _is_talk(each) and each["after"]["school"] in numbers]
    if not talks or _stands(talks, numbers):
        return []
    of_schools = [each for each in undone.changes if each["table"] == "school"]
    days = [(each, numbers[each["pk"]]) for each in of_schools if each["pk"] in numbers]
    return days if all(_is_as_left(school, each) for each, school in days) else []


def _is_as_left(school: School, change: Change) -> bool:
    return bool(field_values(school, list(change["after"])) == change["after"])


def _stands(talks: Collection[int], numbers: Collection[int]) -> bool:
    """Return whether one of the conversations is still written down, or a later one with the school."""
    later = ContactLog.objects.spoken().filter(school__in=numbers, pk__gt=max(talks))
    return ContactLog.objects.filter(pk__in=talks).exists() or later.exists()


def _is_talk(change: Change) -> bool:
    return change["table"] == "contactlog" and "school" in change["after"]
