"""By what volunteers were known whose entries were made one with another: files of other programs still call them so.

And with what they signed in: a phone may hold what they typed as long as they had another sign-in.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from schools.accounts.models import User
from schools.visits.models import Merge, MergeKind
from schools.volunteers.models import Volunteer

type Entry = dict[str, Any]
"""Columns of an entry as they were before a merge, by name: of the kept one those that it took over from the other."""

NAMES = ("reference", "email")


def earlier_names() -> dict[str, int]:
    """Return the references and addresses of entries that were made one, in small letters, each with the id of the kept one.

    Kept is the entry of today: one that was kept first may have been made one with another since. What an entry was called
    before it got the reference or the address of the other is among them.
    """
    return {name.lower(): kept for entry, kept in _entries_before() for column in NAMES if (name := entry.get(column))}


def kept_sign_ins() -> dict[int, int]:
    """Return the ids of sign-ins that were made one with another by a merge, each with that of the kept entry of today.

    A sign-in that an entry of today has is not among them: it may be somebody else's by now. Nor is that of a person who has none
    today.
    """
    before = {pk: kept for entry, kept in _entries_before() if (pk := entry.get("user_id"))}
    entries = Volunteer.objects.filter(Q(pk__in=before.values()) | Q(user__in=before)).values_list("pk", "user")
    today = {entry: user for entry, user in entries if user is not None}
    taken = set(today.values())
    return {pk: today[kept] for pk, kept in before.items() if pk not in taken and kept in today}


def earlier_sign_ins(user: User) -> frozenset[int]:
    """Return the ids of the sign-ins that this person had before merges gave them the one of today."""
    return frozenset(pk for pk, kept in kept_sign_ins().items() if kept == user.pk)


def is_sign_in_of(pk: int, user: User) -> bool:
    """Whether the sign-in is this person's: that of today, or an earlier one. Nothing is read where it is that of today."""
    return pk == user.pk or pk in earlier_sign_ins(user)


def without_a_way_in(sign_ins: Iterable[int]) -> set[int]:
    """Return those of the sign-ins with which nobody comes in any more: gone or off, and made one with none that is on."""
    off = set(sign_ins)
    off -= set(User.objects.filter(pk__in=off, is_active=True).values_list("pk", flat=True))
    kept = {pk: today for pk, today in kept_sign_ins().items() if pk in off} if off else {}
    come_in = set(User.objects.filter(pk__in=kept.values(), is_active=True).values_list("pk", flat=True)) if kept else set()
    return {pk for pk in off if kept.get(pk) not in come_in}


def _entries_before() -> list[tuple[Entry, int]]:
    """Return what stood in entries before they were made one, the earliest merge first, each with the id of today's entry."""
    merges = Merge.objects.filter(kind=MergeKind.VOLUNTEER, undone_at=None).order_by("pk")
    rows = list(merges.values_list("kept_id", "gone_id", "moves"))
    kept_today: dict[int, int] = {}
    # The last merge first: whom an earlier one kept may have gone in a later one.
    for kept, gone, _ in reversed(rows):
        kept_today[gone] = kept_today.get(kept, kept)
    return [
        (step["before"], kept_today[gone])
        for _, gone, moves in rows
        for step in moves
        if step["table"] == MergeKind.VOLUNTEER and "before" in step
    ]
