"""Making two entries of the same person one, and undoing that.

Whatever refers to the entry that goes refers to the one that is kept afterwards: every table, its history and the admin's log,
found by the foreign keys themselves, so that a new table needs nothing here. What the kept one has already (the same sign-off,
the same half day) is dropped. Every step is kept in a `Merge`, which puts it back.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.db.models import Model, Q
from django.utils import timezone

from schools.accounts.actions import end_sessions
from schools.accounts.models import Role, User
from schools.core.errors import RuleBroken
from schools.directory.forgetting import hold_before_forgetting
from schools.directory.models import Contact, SchoolAccess
from schools.directory.sources import OF_SOURCE
from schools.messages.erasing import hold_mails
from schools.messages.models import OutboxMessage
from schools.visits.actions.locks import lock_people_and_sessions
from schools.visits.actions.merged_covers import covers_dropped, covers_of, one_cover_a_session, put_back_cover
from schools.visits.actions.merged_messages import Messages, messages_before
from schools.visits.actions.merged_rows import Columns, Moves, Step, columns_of, model_of, row_of, write
from schools.visits.fingerprints import fingerprint
from schools.visits.models import AnswerState, Merge, MergeKind, MessageAbout, SchoolAnswer
from schools.visits.rules.merging import reasons_not_to_merge, warnings_of_ways
from schools.volunteers.actions.steps import switched_off_before_leaving
from schools.volunteers.models import StepKind, Volunteer, VolunteerStatus

type Person = Volunteer | Contact

OF_SMS = ("sms_number", "sms_since")
"""The columns of a contact that are about their yes to SMS, which holds for the phone number that they said it of."""

TOGETHER = {
    "home_postcode": ("home_postcode", "easting", "northing", "place_precision"),
    "status": ("status", "left"),
    "email": ("email", *OF_SOURCE),
    "phone": ("phone", *OF_SMS),
}
"""Fields that are chosen as one: by the first, with what follows from it."""
NOT_CHOSEN = frozenset(
    {"id", "search_words", "easting", "northing", "place_precision", "left", "school", "entered_at", *OF_SOURCE, *OF_SMS}
)
"""Fields that nobody chooses between: they follow from others, or both values are kept."""

CANNOT_COME_BACK = (
    "The entry cannot come back: its reference or its sign-in belongs to somebody else now. Give that person another one first."
)


@dataclass(frozen=True)
class Preview:
    """What a merge would do: how many rows of each table move, and how many are dropped because the kept one has the same.

    `tight` has a sentence for each two sessions of theirs between which there is too little time to travel.
    """

    moved: dict[str, int]
    dropped: dict[str, int]
    tight: list[str]


def choices_between(kept: Person, gone: Person) -> Iterator[str]:
    """Yield the fields in which the two differ and of which one value has to win."""
    for column in kept._meta.concrete_fields:
        if column.name in NOT_CHOSEN:
            continue
        is_other_yes = column.name == "phone" and says_yes_to_sms(kept) != says_yes_to_sms(gone)
        if is_other_yes or column.value_from_object(kept) != column.value_from_object(gone):
            yield column.name


def says_yes_to_sms(person: Person) -> bool:
    """Return whether the entry itself holds a yes to SMS at its phone number; a volunteer's is held by their sign-in."""
    return isinstance(person, Contact) and person.gets_sms


def proposed(kept: Person, gone: Person) -> list[str]:
    """Return the fields of which the value of the one that goes should win: those that the kept one has not.

    So should the phone where only the one that goes said yes to SMS at the same number.
    """
    lacks = {name for name in choices_between(kept, gone) if getattr(kept, name) is None or getattr(kept, name) == ""}
    if kept.phone == gone.phone and says_yes_to_sms(gone) and not says_yes_to_sms(kept):
        lacks.add("phone")
    return [name for name in choices_between(kept, gone) if name in lacks]


def seen(kept: Person, gone: Person) -> str:
    """Return a mark of both entries as they are, so that nobody merges what they have not seen."""
    return hashlib.sha256(repr([sorted(columns_of(row).items(), key=str) for row in (kept, gone)]).encode()).hexdigest()


def preview_merge(kept: Person, gone: Person, *, by: User, now: datetime) -> Preview:
    """Return what merging would do; nothing is changed. Raises RuleBroken with every reason against it."""
    with transaction.atomic():
        merge = merge_people(kept, gone, chosen=proposed(kept, gone), mark=None, by=by, now=now)
        transaction.set_rollback(True)
    moved: dict[str, int] = {}
    dropped: dict[str, int] = {}
    for step in merge.moves:
        name = _plural(model_of(step["table"]))
        numbers = moved if "after" in step else dropped
        if not name.startswith("historical") and (step["table"], step["pk"]) not in _own(merge) and _moves_row(step):
            numbers[name] = numbers.get(name, 0) + 1
    return Preview(moved, dropped, warnings_of_ways(kept, gone, on=timezone.localdate(now)))


def _moves_row(step: Step) -> bool:
    """Return whether a row moves or goes by the step; messages and what they are about follow under the same name besides."""
    return step["table"] not in {"outboxmessage", "messageabout"} or "volunteer_id" in step.get("before", ())


def _plural(model: type[Model]) -> str:
    """Return what rows of the table are called, for somebody who reads it: a row of “areas” for one that only joins."""
    owner: Any = model._meta.auto_created  # the table that it was made for
    for joined in owner._meta.many_to_many if owner else ():
        if joined.remote_field.through is model:
            return str(joined.related_model._meta.verbose_name_plural)
    return str(model._meta.verbose_name_plural)


def _own(merge: Merge) -> set[tuple[str, int]]:
    return {(merge.kind, merge.kept_id), (merge.kind, merge.gone_id)}


@transaction.atomic
def merge_people(kept: Person, gone: Person, *, chosen: Collection[str], mark: str | None, by: User, now: datetime) -> Merge:
    """Make two volunteers, or two contacts, one: `kept` stays, with the values of `gone` in the `chosen` fields.

    `mark` is `seen` of both as somebody looked at them; None: nobody has to have looked. Raises RuleBroken with every reason.
    """
    kept, gone = _locked(kept, gone)
    if mark is not None and mark != seen(kept, gone):
        raise RuleBroken(["Somebody changed one of the two meanwhile. Look at them again."])
    takes_sign_in = "user" in chosen and "user" in choices_between(kept, gone)
    if reasons := reasons_not_to_merge(kept, gone, on=timezone.localdate(now), takes_sign_in=takes_sign_in):
        raise RuleBroken(reasons)
    moves, was = Moves(), columns_of(kept)
    words = f"{_name(gone)} merged into {_name(kept)}"
    values = _values(kept, gone, chosen)
    messages = None
    if isinstance(kept, Volunteer) and isinstance(gone, Volunteer):
        messages = messages_before(kept.pk, gone.pk)
        one_cover_a_session(kept, gone, moves)
        status = str(values.get("status", kept.status))
        comes_back = kept.status == VolunteerStatus.LEFT != status and kept.pk not in switched_off_before_leaving([kept.pk])
        _one_way_to_leave(gone, moves, status=status)
        _one_sign_in(kept, gone, moves, wins=takes_sign_in, comes_back=comes_back)
    _move_references(kept, gone, moves)
    if isinstance(kept, Contact) and isinstance(gone, Contact):
        _all_schools(kept, gone, moves)
    moves.drop(type(gone)._default_manager.get(pk=gone.pk))
    if values:
        moves.change(type(kept), kept.pk, {name: was[name] for name in values}, values)
    if messages is not None:
        _one_reader(messages, moves, now=now)
    return Merge.objects.create(
        kind=MergeKind(str(kept._meta.model_name)),
        kept_id=kept.pk,
        gone_id=gone.pk,
        words=words[:400],
        by=by,
        made_at=now,
        moves=moves.steps,
    )


def _locked(kept: Person, gone: Person) -> tuple[Person, Person]:
    """Lock both, people before sessions and each by id; raise RuleBroken where somebody merged one of them before.

    Visits of a contact that goes are written after it, and whoever erases one has locked the visits before.
    """
    rows: dict[int, Any]
    if isinstance(kept, Volunteer):
        sessions = covers_of(gone.pk).values_list("session", flat=True)
        rows, _ = lock_people_and_sessions([kept.pk, gone.pk], list(sessions))
    else:
        hold_before_forgetting()
        contacts = Contact.objects.select_for_update(of=("self",)).filter(pk__in=(kept.pk, gone.pk)).order_by("pk")
        rows = {contact.pk: contact for contact in contacts}
    if kept.pk not in rows or gone.pk not in rows:
        raise RuleBroken(["One of the two is not there any more: somebody was quicker. Look at the list again."])
    return rows[kept.pk], rows[gone.pk]


def _name(person: Person) -> str:
    return f"{person.name} ({person.reference})" if isinstance(person, Volunteer) else str(person)


def _values(kept: Person, gone: Person, chosen: Collection[str]) -> Columns:
    """Return the columns that the kept one takes over."""
    theirs = columns_of(gone)
    attnames = {column.name: column.attname for column in kept._meta.concrete_fields}
    names = [name for name in choices_between(kept, gone) if name in chosen]
    # An e-mail address brings its source along, which volunteers do not have: they give their addresses themselves.
    columns = [attnames[each] for name in names for each in TOGETHER.get(name, (name,)) if each in attnames]
    return {name: theirs[name] for name in columns}


def _one_way_to_leave(gone: Volunteer, moves: Moves, *, status: str) -> None:
    """Drop that the duplicate left, where the person has not: somebody ended the membership of the entry, not of the person."""
    if status != VolunteerStatus.LEFT:
        for step in gone.steps.filter(step=StepKind.LEFT):
            moves.drop(step)


def _one_sign_in(kept: Volunteer, gone: Volunteer, moves: Moves, *, wins: bool, comes_back: bool) -> None:
    """Switch off the sign-in that nobody uses any more, unless somebody works in the office with it.

    Where the kept entry had left and `comes_back`, its own is switched on, as by the step.
    """
    user = kept.user if wins else gone.user
    own = None if wins else kept.user
    if comes_back and own is not None and not own.is_active and not own.is_staff:
        moves.change(User, own.pk, {"is_active": False}, {"is_active": True})
        end_sessions([own.pk])
    if user is not None and user.is_active and not user.is_superuser and not user.roles - {Role.VOLUNTEER}:
        moves.change(User, user.pk, {"is_active": True}, {"is_active": False})
        end_sessions([user.pk])


def _one_reader(messages: Messages, moves: Moves, *, now: datetime) -> None:
    """Let the one entry know what either knew, so that the merge tells nothing, swallows nothing and repeats nothing."""
    for pk, before, after in messages.keys:
        with suppress(IntegrityError):  # the kept one was told the same: then both stay as they are
            moves.change(OutboxMessage, pk, {"key": before}, {"key": after})
            # A reminder is known by its key; so it finds its rows where it is tried again.
            old, new = ({"facts": fingerprint(key)} for key in (before, after))
            for row in MessageAbout.objects.filter(message=pk, **old).order_by("pk").values_list("pk", flat=True):
                moves.change(MessageAbout, row, old, new)
    for about in messages.known_together(now=now):
        about.save()
        moves.made(about)


def _move_references(kept: Person, gone: Person, moves: Moves) -> None:
    for column, row in _pointing_to(gone):
        try:
            moves.change(type(row), row.pk, {column: gone.pk}, {column: kept.pk})
        except IntegrityError:  # the kept one has the same already
            if isinstance(row, SchoolAccess):
                _go_on_by(SchoolAccess.objects.get(contact=kept.pk, purpose=row.purpose), row, moves)
            moves.drop(row)
    log = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(kept), object_id=str(gone.pk))
    for pk in log.values_list("pk", flat=True):
        moves.change(LogEntry, pk, {"object_id": str(gone.pk)}, {"object_id": str(kept.pk)})


def _pointing_to(row: Model) -> Iterator[tuple[str, Model]]:
    """Yield each row that points to this one, with the column in which it does."""
    for relation in row._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and not relation.many_to_many:
            column = relation.field.attname  # type: ignore[union-attr]  # a foreign key that points here
            for other in relation.related_model._default_manager.filter(**{column: row.pk}).order_by("pk"):  # type: ignore[union-attr]  # columns alone are named
                yield column, other


def _go_on_by(kept: SchoolAccess, gone: SchoolAccess, moves: Moves) -> None:
    """Let what was said by the links of one access be said by those of the other: by them alone it is known whose it is."""
    for column, row in _pointing_to(gone):
        before: Columns = {column: gone.pk}
        after: Columns = {column: kept.pk}
        if isinstance(row, SchoolAnswer):
            before |= {"link_generation": row.link_generation, "state": row.state}
            # Whom a link named that was ended since confirms nothing: neither before the merge nor afterwards.
            ended = row.state == AnswerState.OPEN and row.link_generation not in {None, gone.generation}
            generation = kept.generation if row.link_generation is not None else None
            after |= {"link_generation": generation, "state": AnswerState.LEFT if ended else row.state}
        moves.change(type(row), row.pk, before, after)


def _all_schools(kept: Contact, gone: Contact, moves: Moves) -> None:
    """Put the contact at the schools of both, at each once."""
    through = Contact.also_at.through
    for row in through.objects.filter(contact=kept, school=kept.school_id):
        moves.drop(row)
    if gone.school_id != kept.school_id and not kept.also_at.filter(pk=gone.school_id).exists():
        moves.made(through.objects.create(contact_id=kept.pk, school_id=gone.school_id))


@transaction.atomic
def undo_merge(merge: Merge, *, by: User, now: datetime) -> Merge:
    """Make two entries of one again; what came to the kept one since stays with it.

    What somebody changed since is left as it is and listed in `left_alone`; so is a place that nobody comes back to. Raises
    RuleBroken when it was undone before, or when the entry cannot come back.
    """
    hold_before_forgetting()  # whoever erases one of them deletes the merge last
    merge = Merge.objects.select_for_update(of=("self",)).get(pk=merge.pk)
    if merge.undone_at is not None:
        raise RuleBroken(["This was undone already."])
    later = Merge.objects.filter(kind=merge.kind, undone_at=None, pk__gt=merge.pk)
    if latest := later.filter(kept_id=merge.kept_id).first() or later.filter(gone_id=merge.kept_id).first():
        raise RuleBroken([f"Undo the later merge first: {latest.words}."])
    covers = covers_dropped(merge.moves)
    if merge.kind == MergeKind.VOLUNTEER:
        lock_people_and_sessions([merge.kept_id], [step["before"]["session_id"] for step in covers])
        hold_mails([step["pk"] for step in merge.moves if step["table"] == OutboxMessage._meta.model_name])
    left: list[str] = []
    for step in reversed(merge.moves):
        try:
            with transaction.atomic():
                left += put_back_cover(step, merged_at=merge.made_at) if step in covers else _put_back(step)
        except IntegrityError:
            model = model_of(step["table"])
            if (step["table"], step["pk"]) in _own(merge):
                raise RuleBroken([CANNOT_COME_BACK]) from None
            left.append(f"One of the {model._meta.verbose_name_plural} no longer fits, so it was left out.")
    if users := [step["pk"] for step in merge.moves if step["table"] == User._meta.model_name]:
        end_sessions(users)
    _forget_what_was_the_others(merge)
    merge.undone_at, merge.undone_by, merge.left_alone = now, by, left
    merge.save()
    return merge


def _forget_what_was_the_others(merge: Merge) -> None:
    """Drop, of what the kept one was called and reached by before, what it had of the other one, who has it again.

    The database keeps each earlier value, for erasing, which is further up. As one of the kept entry it would be somebody else's
    where the other one is erased, and stay.
    """
    theirs = Q(pk=None)
    for step in merge.moves:
        if (step["table"], step["pk"]) == (merge.kind, merge.kept_id):
            for column, value in step.get("after", {}).items():
                theirs |= Q(column=column, value=str(value or ""))
    earlier: Any = model_of("earliervalue")._default_manager
    earlier.filter(theirs, table=merge.kind, row=merge.kept_id).delete()


def _put_back(step: Step) -> list[str]:
    """Undo one step; return sentences about what was changed since and stays."""
    model, pk = model_of(step["table"]), step["pk"]
    if "after" not in step:
        row_of(step).save_base(raw=True, force_insert=True)
        return []
    there = model._default_manager.filter(pk=pk).first()
    if there is None:
        return []
    if "before" not in step:
        there.delete()
        return []
    now = columns_of(there)
    same = {name: value for name, value in step["before"].items() if now[name] == step["after"][name]}
    if same:
        write(model, pk, same)
    changed = [model._meta.get_field(name) for name in step["before"] if name not in same]
    return [f"{there}: {column.verbose_name} was changed since." for column in changed]  # type: ignore[union-attr]  # columns alone
